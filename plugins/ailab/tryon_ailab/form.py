"""The multipart form of a submission."""

from tryon_ailab.models import CLOTHES_TYPES, GARMENT_PARTS
from tryon_ailab.options import Options
from tryon_core import FilePart, TryOnRequest
from tryon_core.http import FormFields


def form_of(request: TryOnRequest, *, capital_booleans: bool = False) -> FormFields:
    """Return the parts in the order of the vendor's documents.

    Args:
        request: a valid request, whose images are local.
        capital_booleans: send `True` and `False`, as the vendor's Python SDK does, instead of
            `true` and `false`, as its documents have it.
    """
    options: Options = request.options
    person = ("person_image", FilePart(request.images["person"]))
    if options.model == "base":
        ((category, garment),) = request.garments.items()
        return [
            ("task_type", "async"),
            person,
            ("clothes_image", FilePart(garment)),
            ("clothes_type", CLOTHES_TYPES[category]),
        ]
    form: list[tuple[str, str | FilePart]] = [("task_type", "async"), person]
    form += [(GARMENT_PARTS[name], FilePart(image)) for name, image in request.garments.items()]
    return [*form, *_option_parts(options, capital_booleans=capital_booleans)]


def _option_parts(options: Options, *, capital_booleans: bool) -> list[tuple[str, str | FilePart]]:
    parts: list[tuple[str, str | FilePart]] = []
    if options.resolution is not None:
        parts.append(("resolution", str(options.resolution)))
    if options.restore_face is not None:
        word = str(options.restore_face)
        parts.append(("restore_face", word if capital_booleans else word.lower()))
    if options.coarse_image is not None:
        parts.append(("coarse_image", FilePart(options.coarse_image)))
    if options.gender is not None:
        parts.append(("gender", options.gender))
    return parts
