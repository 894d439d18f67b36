"""The models that the emulator has, each with the inputs that its page names."""

from collections.abc import Mapping

from tryon_testing.emulation import Field, read_fields

MODELS: Mapping[str, tuple[str, Mapping[str, Field]]] = {
    "prunaai/p-image-try-on": (
        "",
        read_fields(
            "person_image*:text garment_images*:list prompt:text turbo:flag reference_pose:text "
            "preserve_input_size:flag output_format:jpg|png|webp output_quality:0..100 seed:int "
            "no_op:flag"
        ),
    ),
    "cuuupid/idm-vton": (
        "0513734a452173b8173e907e3a59d19a36266e55b48528559432bd21c7d7e985",
        read_fields(
            "human_img*:text garm_img*:text garment_des:text mask_img:text crop:flag force_dc:flag "
            "category:upper_body|lower_body|dresses mask_only:flag steps:1..40 seed:int"
        ),
    ),
}
"""Version and inputs by name; an official model needs no version. What must be given is the person,
then the garment."""


OLDER = "0" * 64
"""An earlier version of the model that is no official one; the vendor keeps all that there were."""


def find_model(wanted: str) -> tuple[str, str] | None:
    """Return model and version of `ID`, `owner/name:ID`, or of `owner/name` of an official one."""
    for name, (latest, _) in MODELS.items():
        for version in (latest, OLDER) if latest else ("",):
            if wanted in ({version, f"{name}:{version}"} if version else {name}):
                return name, version
    return None
