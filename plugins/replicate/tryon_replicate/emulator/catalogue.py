"""The models that the emulator has, each with the inputs that its page names."""

from collections.abc import Mapping

from tryon_testing.emulation import Field

_IMAGE, _TEXT, _SWITCH, _NUMBER = (
    Field(is_required=True),
    Field(),
    Field(kind=bool),
    Field(kind=int),
)
_P_IMAGE = {
    "person_image": _IMAGE,
    "garment_images": Field(kind=list, is_required=True),
    **dict.fromkeys(("prompt", "reference_pose"), _TEXT),
    **dict.fromkeys(("turbo", "preserve_input_size", "no_op"), _SWITCH),
    "output_format": Field(choices=("jpg", "png", "webp")),
    "output_quality": Field(kind=int, least=0, most=100),
    "seed": _NUMBER,
}
_IDM_VTON = {
    **dict.fromkeys(("human_img", "garm_img"), _IMAGE),
    **dict.fromkeys(("garment_des", "mask_img"), _TEXT),
    "category": Field(choices=("upper_body", "lower_body", "dresses")),
    **dict.fromkeys(("crop", "force_dc", "mask_only"), _SWITCH),
    "steps": Field(kind=int, least=1, most=40),
    "seed": _NUMBER,
}
_OOTD = {
    **dict.fromkeys(("vton_img", "garm_img"), _IMAGE),
    "category": Field(choices=("upperbody", "lowerbody", "dress")),
    **dict.fromkeys(("n_steps", "seed"), _NUMBER),
    "image_scale": Field(kind=float),
}
MODELS: Mapping[str, tuple[str, Mapping[str, Field]]] = {
    "prunaai/p-image-try-on": ("", _P_IMAGE),
    "cuuupid/idm-vton": (
        "0513734a452173b8173e907e3a59d19a36266e55b48528559432bd21c7d7e985",
        _IDM_VTON,
    ),
    "k-amir/ootdifussiondc": (
        "3d375cf5aa238751a8e4342eda56a11f960964bb1023f8610ee052b5fbdc69ea",
        _OOTD,
    ),
}
"""Version and inputs by name; an official model needs no version. What must be given is the person,
then the garment."""


def find_model(wanted: str) -> str | None:
    """Return the model of `ID`, `owner/name:ID`, or of `owner/name` when it is an official one."""
    for name, (version, _) in MODELS.items():
        if wanted in ({version, f"{name}:{version}"} if version else {name}):
            return name
    return None
