"""The local try-on as two functions over arrays: dress a person, and say what they wear."""

from collections.abc import Mapping, Sequence

import attrs
import numpy as np

from tryon_local.body import BoolArray, ByteArray, Refused
from tryon_local.compose import Outfit, compose
from tryon_local.frame import SIDES
from tryon_local.garment import Garment, TopLandmarks, clear_category, read_garment
from tryon_local.parsing import parse_person
from tryon_local.perception import Backend, perceive
from tryon_local.regions import Region, find_region
from tryon_local.warp import Wearer, make_wearer, sleeve_reach, warp_garment

COMBINATIONS = (
    frozenset({"top"}),
    frozenset({"bottom"}),
    frozenset({"dress"}),
    frozenset({"top", "bottom"}),
)
_BACK_TO_FRONT = ("bottom", "dress", "top")
_GARMENT_TORSOS = {"top": 1.7, "bottom": 2.6, "dress": 3.0}
_GARMENT_SIDE_PX = (640, 1600)
_UPRIGHT = "use a photo of a person who stands upright, faces the camera and lets the arms hang."
_OVER_ELBOW, _BENT = 0.65, 0.2
"""Share of the arm from which a sleeve covers the elbow, and the cosine of a bend that tears it."""
_LAID_FLAT = "use an image of it laid flat, seen from the front, with the sleeves spread."
_FORCE = "The option force draws it all the same."


@attrs.frozen(eq=False, kw_only=True)
class Preview:
    """A person in new clothes.

    Attributes:
        image: shape (H, W, 3), as large as the photo.
        edit_mask: shape (H, W); outside it the image equals the photo, bit by bit.
        warnings: codes from `NOTICES`, empty when all is well.
        backend: how the person was found, `"blazepose"` or `"silhouette"`.
    """

    image: ByteArray
    edit_mask: BoolArray
    warnings: tuple[str, ...]
    backend: str


def dress_person(
    person_rgb: ByteArray,
    garments: Mapping[str, ByteArray],
    *,
    backend: Backend = "auto",
    force: bool = False,
) -> Preview:
    """Draw garments onto the person in a photo; same input, same bytes.

    Args:
        person_rgb: shape (H, W, 3), one person seen from the front.
        garments: by category, `top`, `bottom`, `dress`, or `top` and `bottom`; each image of
            shape (H, W, 3), or (H, W, 4) with a matte of its own.
        backend: how the person is found.
        force: draw even what is certain to look wrong.

    Raises:
        ValueError: the garments are not one of the four combinations.
        Refused: `no_person`, `several_people`, `person_cut_off`, `no_garment`; without `force`
            also `pose_unsuited`, `other_garment`, `garment_unsuited`.
    """
    _check_combination(frozenset(garments))
    photo = np.ascontiguousarray(person_rgb[..., :3])
    body = perceive(photo, backend=backend)
    if body.obstacle and not force:
        raise Refused("pose_unsuited", "person", f"{body.obstacle}; {_UPRIGHT} {_FORCE}")
    parse = parse_person(photo, body)
    wearer = make_wearer(photo, body, parse)
    wearer = attrs.evolve(wearer, loses_top=len(garments) > 1)
    outfits, warnings = [], [*body.warnings, *parse.warnings]
    for category in _BACK_TO_FRONT:
        if category in garments:
            garment = _read(garments[category], category, wearer)
            if not force:
                _refuse_other_kind(garment)
                _refuse_unsuited(garment)
            outfit = _fit(garment, wearer)
            if not force:
                _refuse_bent_sleeves(outfit, wearer)
            warnings += garment.warnings
            outfits.append(outfit)
    image, edit_mask = compose(wearer, tuple(outfits))
    return Preview(
        image=image,
        edit_mask=edit_mask,
        warnings=tuple(dict.fromkeys(warnings)),
        backend=body.backend,
    )


def parse_garments(
    person_rgb: ByteArray, categories: Sequence[str], *, backend: Backend = "auto"
) -> tuple[Region | None, ...]:
    """Find the garments that a person wears.

    Args:
        person_rgb: shape (H, W, 3), one person seen from the front.
        categories: any of `top`, `bottom`, `dress`.
        backend: how the person is found.

    Returns:
        One region per category, in order; None where the person does not wear it.

    Raises:
        Refused: `no_person`, `several_people`.
    """
    photo = np.ascontiguousarray(person_rgb[..., :3])
    body = perceive(photo, backend=backend)
    parse = parse_person(photo, body)
    return tuple(find_region(photo, body, parse, category) for category in categories)


def kind_of_garment(image: ByteArray) -> str:
    """Tell `"top"`, `"bottom"` or `"dress"` from the outline of a garment laid flat.

    Args:
        image: shape (H, W, 3), or (H, W, 4) with a matte of its own.

    Raises:
        Refused: `no_garment`.
    """
    return read_garment(image).category


def _check_combination(categories: frozenset[str]) -> None:
    if categories not in COMBINATIONS:
        raise ValueError(
            f"{sorted(categories)} cannot be worn together; "
            "give top, bottom, dress, or top and bottom"
        )


def _read(image: ByteArray, category: str, wearer: Wearer) -> Garment:
    """Read a garment about as large as it will be drawn: neither coarse nor aliased."""
    low, high = _GARMENT_SIDE_PX
    side_px = round(np.clip(_GARMENT_TORSOS[category] * wearer.frame.torso_px, low, high))
    return read_garment(image, category, side_px=int(side_px))


def _refuse_other_kind(garment: Garment) -> None:
    known = garment.landmarks if garment.category == "top" else None
    marks = known if isinstance(known, TopLandmarks) else None
    seen = clear_category(garment.shape, garment.rgb, marks)
    if seen not in {None, garment.category}:
        raise Refused(
            "other_garment",
            garment.category,
            f"the garment was given as {garment.category}, and has the outline of a {seen}; "
            f"give it as {seen}. {_FORCE}",
        )


def _refuse_unsuited(garment: Garment) -> None:
    if garment.obstacle:
        raise Refused(
            "garment_unsuited",
            garment.category,
            f"the garment would be drawn wrongly: {garment.obstacle}; {_LAID_FLAT} {_FORCE}",
        )


def _refuse_bent_sleeves(outfit: Outfit, wearer: Wearer) -> None:
    for side in SIDES:
        shoulder, elbow, wrist = wearer.arm(side)
        upper, lower = elbow - shoulder, wrist - elbow
        bend = float(upper @ lower) / max(float(np.hypot(*upper) * np.hypot(*lower)), 1.0)
        if outfit.sleeve_reach[side] > _OVER_ELBOW and bend < _BENT:
            why = f"an arm is bent, and the long sleeves of the {outfit.category} cannot follow it"
            raise Refused("pose_unsuited", "person", f"{why}; {_UPRIGHT} {_FORCE}")


def _fit(garment: Garment, wearer: Wearer) -> Outfit:
    return Outfit(
        category=garment.category,
        layers=warp_garment(garment, wearer),
        sleeve_reach=sleeve_reach(garment, wearer),
    )
