"""Requests that a provider must take, and requests that it must refuse, from its declaration."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import combinations
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import attrs
from hypothesis import assume, strategies as st

from tryon_core.codec import make_options, option_specs
from tryon_core.errors import InputError
from tryon_core.models import (
    CATEGORIES,
    BytesSource,
    Capabilities,
    Category,
    ImageRules,
    ImageSource,
    LibraryModel,
    ParseRequest,
    ProviderInfo,
    TryOnRequest,
    UrlSource,
)
from tryon_core.validation import base64_share
from tryon_testing.strategies.images import broken_images, valid_images
from tryon_testing.strategies.options import (
    Strategies,
    WrongOption,
    valid_options,
    valid_values,
    wrong_options,
)

AddressOf: TypeAlias = Callable[[bytes], str]
"""Gives an image an address from which the service can fetch it."""

_NO_OPTIONS: Strategies = MappingProxyType({})
_MODEL = "model"


@attrs.frozen(kw_only=True)
class InvalidRequest:
    """A call that breaks exactly one rule, and must be refused before anything is sent.

    Attributes:
        call: the method of `Client`.
        arguments: what to call it with.
        field: the input that the refusal must name, such as `person` or `options.seed`.
        why: what is wrong, for people.
    """

    call: Literal["submit", "parse_garment"] = "submit"
    arguments: Mapping[str, Any]
    field: str
    why: str

    @classmethod
    def of(
        cls,
        request: TryOnRequest,
        *,
        field: str,
        why: str,
        options: Mapping[str, Any] = MappingProxyType({}),
        **changes: Any,
    ) -> "InvalidRequest":
        """Return a valid try-on in which something was made wrong.

        Args:
            request: the valid one.
            field: the input that the refusal must name.
            why: what is wrong.
            options: the options that differ.
            **changes: the other arguments that differ, such as `person`.
        """
        whole: dict[str, Any] = {str(name): image for name, image in request.garments.items()}
        whole |= {"person": request.person, **changes}
        whole["options"] = {**_mapping(request.options), **options}
        return cls(arguments=whole, field=field, why=why)


def sources(
    rules: ImageRules, address_of: AddressOf | None = None
) -> st.SearchStrategy[ImageSource]:
    """Images that satisfy the rules, in memory, and at an address when there is a place for them.

    Args:
        rules: the limits.
        address_of: publishes an image for the test.
    """
    local = valid_images(rules)
    if address_of is None:
        return local
    return local | local.map(lambda image: UrlSource(address_of(image.data)))


def models(
    info: ProviderInfo, *, options: Strategies = _NO_OPTIONS
) -> st.SearchStrategy[dict[str, Any]]:
    """The choice of a model as a mapping of options; empty when there is nothing to choose.

    Args:
        info: the provider's declaration.
        options: strategies by name, for options whose values the class does not tell.
    """
    found = [option for option in option_specs(info.options) if option.name == _MODEL]
    if not found:
        return st.just({})
    names = options.get(_MODEL) or valid_values(found[0], ImageRules())
    chosen = st.fixed_dictionaries({_MODEL: names})
    return chosen if found[0].default is attrs.NOTHING else st.just({}) | chosen


@st.composite
def valid_requests(
    draw: st.DrawFn,
    info: ProviderInfo,
    *,
    options: Strategies = _NO_OPTIONS,
    people: st.SearchStrategy[LibraryModel] | None = None,
    address_of: AddressOf | None = None,
) -> TryOnRequest:
    """Try-on requests in which validation finds nothing, the exact limits among them.

    Args:
        draw: given by Hypothesis.
        info: the provider's declaration.
        options: strategies by name, for options whose values their types and validators do not
            tell. What depends on several options at once is a `filter` or `map` behind this.
        people: entries of the vendor's library, for a provider that has one.
        address_of: lets some images be addresses; without it all are in memory.
    """
    chosen = draw(models(info, options=options))
    model = _model(info, chosen)
    capabilities = info.models.get(model, info.capabilities)
    rest = {name: value for name, value in options.items() if name != _MODEL}
    known = rest | {name: st.just(value) for name, value in chosen.items()}
    others = valid_options(info.options, rules=capabilities.person_rules, given=known)
    values = {
        name: value
        for name, value in draw(others).items()
        if name != _MODEL and info.takes(model, name)
    } | chosen
    person = draw(_people(capabilities, people, address_of))
    combination = draw(st.sampled_from(_offered(capabilities)))
    garment = sources(capabilities.garment_rules, address_of)
    request = TryOnRequest(
        person=person,
        options=make_options(info.options, values, provider=info.id),
        **{category: draw(garment) for category in combination},
    )
    assume(base64_share(request.images, capabilities) is None)  # else they are too much together
    return request


def _model(info: ProviderInfo, chosen: Mapping[str, Any]) -> str:
    default = attrs.fields_dict(info.options).get(_MODEL)
    return str(chosen.get(_MODEL, default.default if default else ""))


def _people(
    capabilities: Capabilities,
    people: st.SearchStrategy[LibraryModel] | None,
    address_of: AddressOf | None,
) -> st.SearchStrategy[ImageSource | LibraryModel]:
    photos = sources(capabilities.person_rules, address_of)
    return photos | people if capabilities.person_library and people is not None else photos


def _offered(capabilities: Capabilities) -> list[tuple[Category, ...]]:
    return sorted(_ordered(combination) for combination in capabilities.garments)


def _ordered(combination: frozenset[Category]) -> tuple[Category, ...]:
    return tuple(category for category in CATEGORIES if category in combination)


@st.composite
def valid_parse_requests(
    draw: st.DrawFn, info: ProviderInfo, *, address_of: AddressOf | None = None
) -> ParseRequest:
    """Parse requests in which validation finds nothing; options keep their defaults.

    Args:
        draw: given by Hypothesis.
        info: the declaration of a provider that offers parsing.
        address_of: lets some images be addresses.
    """
    asked = st.lists(st.sampled_from(info.capabilities.parse_categories), min_size=1, unique=True)
    return ParseRequest(
        image=draw(sources(info.capabilities.person_rules, address_of)),
        categories=draw(asked),
        options=make_options(info.options, None, provider=info.id),
    )


@attrs.frozen(kw_only=True)
class _Violation:
    """One way to break a request; `changes` gives the arguments that differ."""

    field: str
    why: str
    changes: Callable[[], Mapping[str, Any]]


@st.composite
def invalid_requests(
    draw: st.DrawFn,
    info: ProviderInfo,
    *,
    valid: st.SearchStrategy[TryOnRequest] | None = None,
) -> InvalidRequest:
    """Valid try-on requests in which one thing was made wrong.

    Args:
        draw: given by Hypothesis.
        info: the provider's declaration.
        valid: requests to begin with, `valid_requests(info)` by default.
    """
    request = draw(valid_requests(info) if valid is None else valid)
    violation = draw(st.sampled_from(_violations(info, request)))
    return InvalidRequest.of(
        request, field=violation.field, why=violation.why, **violation.changes()
    )


def as_request(info: ProviderInfo, invalid: InvalidRequest) -> TryOnRequest | None:
    """Return an invalid try-on as a request, None when its options cannot be built at all.

    Args:
        info: the provider's declaration.
        invalid: made by `invalid_requests`.
    """
    others = {name: value for name, value in invalid.arguments.items() if name != "options"}
    try:
        options: object = make_options(info.options, invalid.arguments["options"], provider=info.id)
        return TryOnRequest(**others, options=options)
    except InputError:
        return None


def _mapping(options: Any) -> dict[str, Any]:
    return {spec.name: getattr(options, spec.name) for spec in option_specs(type(options))}


def _violations(info: ProviderInfo, request: TryOnRequest) -> list[_Violation]:
    capabilities = info.capabilities_for(request)
    return [
        *_image_violations("person", capabilities.person_rules),
        *(
            b
            for name in request.garments
            for b in _image_violations(name, capabilities.garment_rules)
        ),
        *_person_violations(capabilities),
        *_combination_violations(request, capabilities),
        *_option_violations(info, capabilities),
    ]


def _image_violations(field: str, rules: ImageRules) -> Iterator[_Violation]:
    for broken in broken_images(rules):
        yield _Violation(
            field=field,
            why=f"{field}: {broken.why}",
            changes=partial(_image, field, broken.make),
        )


def _image(field: str, make: Callable[[], ImageSource]) -> dict[str, Any]:
    return {field: make()}


def _person_violations(capabilities: Capabilities) -> Iterator[_Violation]:
    if not capabilities.person_library:
        yield _Violation(
            field="person",
            why="there is no library of people",
            changes=partial(dict, person=LibraryModel(name="nobody")),
        )


def _combination_violations(
    request: TryOnRequest, capabilities: Capabilities
) -> Iterator[_Violation]:
    if not request.garments:
        return
    garment = next(iter(request.garments.values()))
    for combination in _all_combinations():
        if frozenset(combination) not in capabilities.garments:
            given = {name: garment if name in combination else None for name in CATEGORIES}
            yield _Violation(
                field=combination[-1] if combination else "garments",
                why=f"{' + '.join(combination) or 'nothing'} is not offered",
                changes=partial(dict, given),
            )


def _all_combinations() -> Iterator[tuple[Category, ...]]:
    for size in range(len(CATEGORIES) + 1):
        yield from combinations(CATEGORIES, size)


def _option_violations(info: ProviderInfo, capabilities: Capabilities) -> Iterator[_Violation]:
    for wrong in wrong_options(info.options, rules=capabilities.person_rules):
        yield _Violation(
            field=wrong.field,
            why=f"{wrong.field}: {wrong.why}",
            changes=partial(_option, wrong),
        )


def _option(wrong: WrongOption) -> dict[str, Any]:
    return {"options": {wrong.name: wrong.value()}}


@st.composite
def invalid_parse_requests(draw: st.DrawFn, info: ProviderInfo) -> InvalidRequest:
    """Calls of `parse_garment` in which one thing is wrong.

    Args:
        draw: given by Hypothesis.
        info: the provider's declaration.
    """
    rules = info.capabilities.person_rules
    offered = info.capabilities.parse_categories
    violations = [_Violation(field="categories", why="not offered", changes=dict)]
    if offered:
        violations = [*_image_violations("image", rules), *_category_violations(offered)]
    violation = draw(st.sampled_from(violations))
    image: BytesSource = draw(valid_images(rules))
    return InvalidRequest(
        call="parse_garment",
        arguments={"image": image, "categories": offered or ("top",)} | dict(violation.changes()),
        field=violation.field,
        why=violation.why,
    )


def _category_violations(offered: tuple[Category, ...]) -> Iterator[_Violation]:
    yield _Violation(
        field="categories", why="no category is asked for", changes=partial(dict, categories=())
    )
    missing: list[str] = [name for name in CATEGORIES if name not in offered]
    for name in (*missing, "hat"):
        yield _Violation(
            field="categories",
            why=f"{name} is not offered",
            changes=partial(dict, categories=(*offered, name)),
        )
