"""The core's own validation: everything that follows from declared capabilities."""

import difflib
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from tryon_core.base64_text import base64_chars
from tryon_core.codec import OptionSpec, option_specs
from tryon_core.images import check_request_images
from tryon_core.images.files import file_size
from tryon_core.models import (
    CATEGORIES,
    Capabilities,
    Category,
    ImageRules,
    ImageSource,
    LibraryModel,
    ParseRequest,
    Problem,
    ProviderInfo,
    TryOnRequest,
    UrlSource,
    in_order,
)

GARMENT_COMBINATION = "garment_combination"
"""Code of the problem of garments that cannot be tried on together."""


def check_declared(
    request: TryOnRequest | ParseRequest,
    capabilities: Capabilities,
    models: Mapping[str, Capabilities] = MappingProxyType({}),
) -> tuple[Problem, ...]:
    """Return every problem with a provider's declared limits. Reads headers of local images only.

    A problem names the other models that would take the garments.
    """
    if isinstance(request, ParseRequest):
        found = _check_categories(request.categories, capabilities.parse_categories)
    else:
        combined = _check_combination(request, capabilities, models)
        found = (*combined, *_check_person(request, capabilities))
    rules = {name: rules_for(name, capabilities) for name in request.images}
    schemes = capabilities.url_schemes
    images = check_request_images(request.images, rules, schemes=schemes)
    return (*found, *images, *_check_base64(request.images, capabilities))


def base64_share(images: Mapping[str, ImageSource], capabilities: Capabilities) -> int | None:
    """Return how many bytes of base64 each image may have, None when all fit in as they are.

    What small images leave of the limit is for the others.
    """
    limit = capabilities.max_base64_bytes
    if limit is None:
        return None
    sizes = sorted(_base64_sizes(images).values())
    for number, size in enumerate(sizes):
        share = limit // (len(sizes) - number)
        if size > share:
            return share
        limit -= size
    return None


def _base64_sizes(images: Mapping[str, ImageSource]) -> Mapping[str, int]:
    local = {name: image for name, image in images.items() if not isinstance(image, UrlSource)}
    return {name: base64_chars(file_size(image)) for name, image in local.items()}


def _check_base64(
    images: Mapping[str, ImageSource], capabilities: Capabilities
) -> tuple[Problem, ...]:
    if base64_share(images, capabilities) is None:
        return ()
    sizes = _base64_sizes(images)
    return (
        Problem(
            max(sizes, key=sizes.__getitem__),
            f"the local images have {sum(sizes.values()):,} bytes together as base64; at most "
            f"{capabilities.max_base64_bytes:,} can be sent. fit=True compresses them more, or "
            "scales them down.",
            code="images_too_many_bytes",
        ),
    )


def check_options(request: TryOnRequest | ParseRequest, info: ProviderInfo) -> tuple[Problem, ...]:
    """Return the options that the chosen model does not take, and those that it lacks."""
    if isinstance(request, ParseRequest):
        return ()
    options, model = request.options, getattr(request.options, "model", "")
    specs = {spec.name: spec for spec in option_specs(type(options))}
    not_taken = (
        Problem(
            f"options.{name}",
            f"the model {model!r} does not take it. Leave it out, or choose the model "
            f"{' or '.join(sorted(models))}.",
            code="option_not_offered",
        )
        for name, models in info.option_models.items()
        if not info.takes(model, name) and getattr(options, name) != specs[name].made_default
    )
    lacking = (
        Problem(
            f"options.{name}",
            f"the model {model!r} needs it.{_choices_of(specs[name])}",
            code="option_missing",
        )
        for name in info.required_options.get(model, ())
        if getattr(options, name) is None
    )
    return (*not_taken, *lacking)


def _choices_of(spec: OptionSpec) -> str:
    return f" Give {' or '.join(map(str, spec.choices))}." if spec.choices else ""


def rules_for(field: str, capabilities: Capabilities) -> ImageRules:
    """Return the limits for the image in a field: `person`, `image` or a garment category."""
    is_garment = field in CATEGORIES
    return capabilities.garment_rules if is_garment else capabilities.person_rules


def _check_combination(
    request: TryOnRequest, capabilities: Capabilities, models: Mapping[str, Capabilities]
) -> tuple[Problem, ...]:
    given = frozenset(request.garments)
    if given in capabilities.garments:
        return ()
    allowed = "; ".join(map(" + ".join, in_order(capabilities.garments)))
    if not given:
        return (
            Problem(
                "garments",
                f"no garment was given. Give one of: {allowed}.",
                code="garment_missing",
            ),
        )
    named = " + ".join(in_order([given])[0])
    clash = "dress" in given and len(given) > 1
    reason = "a dress replaces top and bottom: give it alone" if clash else "not offered"
    able = sorted(name for name, other in models.items() if given in other.garments)
    hint = f" With the option model={able[0]} it can." if able else ""
    if not clash and not able and all(frozenset({one}) in capabilities.garments for one in given):
        hint = " chain=True does it in two steps, which cost twice (try_on() and runs have it)."
    return (
        Problem(
            max(given, key=CATEGORIES.index),
            f"{named} cannot be combined here ({reason}).{hint} Give one of: {allowed}.",
            code=GARMENT_COMBINATION,
        ),
    )


def check_keep(
    request: TryOnRequest, info: ProviderInfo, parser: ProviderInfo
) -> tuple[Problem, ...]:
    """Return what keeps the garment that is to be kept from being found and sent."""
    keep, able = request.keep, info.capabilities_for(request)
    if keep is None:
        return ()
    if isinstance(request.person, LibraryModel):
        message = "a library model wears nothing of its own. Give a photo."
        return (Problem("keep", message, code="keep_no_photo"),)
    if keep in request.garments or "dress" in request.garments:
        replaced = " + ".join(request.garments)
        message = f"the {keep} cannot be kept, because {replaced} replaces it. Leave one out."
        return (Problem("keep", message, code="keep_replaced"),)
    if able.keeps_unnamed_garments:
        return ()
    problems = []
    if keep not in parser.capabilities.parse_categories:
        message = (
            f"{parser.name} cannot find a {keep} that is worn. Give its image instead, or name a "
            "provider that can, such as parser='local'."
        )
        problems.append(Problem("keep", message, code="keep_not_offered"))
    both = frozenset({*request.garments, keep})
    if request.garments and both not in able.garments:
        message = (
            f"what is kept is sent with the new garment, and {' + '.join(in_order([both])[0])} "
            "cannot be combined here."
        )
        problems.append(Problem("keep", message, code="keep_combination"))
    return tuple(problems)


def _check_person(request: TryOnRequest, capabilities: Capabilities) -> tuple[Problem, ...]:
    if isinstance(request.person, LibraryModel) and not capabilities.person_library:
        return (
            Problem(
                "person",
                "this provider has no model library. Give a photo.",
                code="person_library",
            ),
        )
    return ()


def _check_categories(asked: Sequence[str], offered: Sequence[Category]) -> tuple[Problem, ...]:
    if not offered:
        return (
            Problem(
                "categories",
                "this provider cannot parse garments. Choose another provider.",
                code="parse_not_offered",
            ),
        )
    if not asked:
        return (Problem("categories", f"none was given. Give any of: {', '.join(offered)}."),)
    problems = []
    for category in asked:
        if category not in offered:
            near = difflib.get_close_matches(str(category), offered, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            problems.append(
                Problem(
                    "categories",
                    f"unknown category {category!r}.{hint} Give any of: {', '.join(offered)}.",
                    code="unknown_category",
                )
            )
    return tuple(problems)
