"""What a preview may have got wrong, and what helps."""

from collections.abc import Mapping
from types import MappingProxyType

NOTICES: Mapping[str, str] = MappingProxyType(
    {
        "garment_matte_uncertain": (
            "The garment could not be separated cleanly from its background; send it on a plain "
            "background, or as a PNG with a transparent one."
        ),
        "garment_fit_rough": (
            "The garment's shoulders or sides were not recognised, so it was only scaled to fit; "
            "an image of it laid flat, seen from the front, works better."
        ),
        "sleeve_uncertain": (
            "The sleeves are wide, puffed, uneven or lie on the body of the garment and may be "
            "drawn wrongly; spread them away from the sides in the image."
        ),
        "garment_type_detected": (
            "The outline of the garment shows another kind than the one that was named, and it was "
            "put on as that kind; leave out garment_type=detect if that is wrong."
        ),
        "pose_unusual": (
            "The person does not stand upright facing the camera with arms at the sides, so the "
            "garment may sit wrongly; a frontal, upright photo works better."
        ),
        "silhouette_only": (
            "The body was estimated from its outline alone; install the pose networks, or use a "
            "plain background and hanging arms."
        ),
    }
)
