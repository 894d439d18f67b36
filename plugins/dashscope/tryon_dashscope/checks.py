"""What the vendor would refuse, beyond the declared limits."""

import re
from collections.abc import Iterator

from tryon_core import CallContext, ImageSource, LibraryModel, Problem, TryOnRequest, UrlSource
from tryon_core.errors import UnusableImage
from tryon_core.images import probe
from tryon_dashscope.options import Options

REFINER = "aitryon-refiner"
_WHOLE = re.compile(r"-?[0-9]{1,6}")


def setting_problems(ctx: CallContext) -> Iterator[Problem]:
    """Yield the settings whose values mean nothing."""
    inspection = ctx.settings.text("data_inspection")
    if inspection not in {"default", "enable"}:
        yield Problem(
            "settings.data_inspection", f"{inspection!r} means nothing. Give default or enable."
        )
    override = ctx.settings.get("resolution_override")
    if isinstance(override, str) and not _WHOLE.fullmatch(override):
        yield Problem(
            "settings.resolution_override", f"{override!r} is no whole number. Give one, or none."
        )


def option_problems(request: TryOnRequest) -> Iterator[Problem]:
    """Yield the options that do not belong to the model, and those that it lacks."""
    options: Options = request.options
    if options.model != REFINER:
        yield from _refiner_only(options)
        return
    if options.coarse_image is None:
        yield Problem(
            "options.coarse_image",
            f"{REFINER} works over a finished result. Give that.",
            code="missing",
        )
    else:
        yield from _size_problems(request.person, options.coarse_image)
    if options.gender is None:
        yield Problem(
            "options.gender",
            f"{REFINER} must know the person's gender. Give woman or man.",
            code="missing",
        )
    yield from _not_for_refiner(options)


def _refiner_only(options: Options) -> Iterator[Problem]:
    for name, value in (("coarse_image", options.coarse_image), ("gender", options.gender)):
        if value is not None:
            yield Problem(
                f"options.{name}",
                f"only {REFINER} takes it. Leave it out, or give model={REFINER}.",
            )


def _not_for_refiner(options: Options) -> Iterator[Problem]:
    if options.resolution != -1:
        yield Problem(
            "options.resolution",
            f"{options.resolution} was given, and {REFINER} keeps the size. Leave it out.",
        )
    if not options.restore_face:
        yield Problem(
            "options.restore_face", f"False was given, and {REFINER} keeps the face. Leave it out."
        )


def _size_problems(person: ImageSource | LibraryModel, coarse: ImageSource) -> Iterator[Problem]:
    sizes = [_size(person), _size(coarse)]
    if None not in sizes and sizes[0] != sizes[1]:
        photo, result = (f"{width}x{height} px" for width, height in filter(None, sizes))
        yield Problem(
            "options.coarse_image",
            f"it is {result} and the person photo {photo}; {REFINER} wants them of one size. Give "
            "a result that was made with resolution=-1 from this very photo.",
            code="size_mismatch",
        )


def _size(image: ImageSource | LibraryModel) -> tuple[int, int] | None:
    """Return width and height, None where that is not known or for others to complain about."""
    if isinstance(image, (UrlSource, LibraryModel)):
        return None
    try:
        found = probe(image, field="image")
    except UnusableImage:
        return None
    if found.width_px is None or found.height_px is None:
        return None
    return found.width_px, found.height_px
