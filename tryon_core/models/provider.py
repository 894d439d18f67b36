"""What a provider declares about itself; everything derivable is derived from this."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Literal, TypeAlias, get_args

import attrs

from tryon_core.base64_text import base64_bytes
from tryon_core.errors import Billed, Fault, Retry, TryOnError
from tryon_core.image_formats import FORMATS
from tryon_core.models.request import (
    CATEGORIES,
    Category,
    NoOptions,
    ParseRequest,
    TryOnRequest,
    as_categories,
)

Delivery: TypeAlias = Literal["url", "upload"]
API_VERSION = 1
"""The newest version of the hooks that this core calls."""
OLDEST_API_VERSION = 1
"""The oldest one that it still calls."""
AS_PERSON = "person"
"""What `ProviderInfo.size_of` says of results that are as large as the photo of the person."""
FAMILY = "*"
"""Ends a code that means all codes which begin like it."""


def _combinations(value: Iterable[Iterable[Category]]) -> frozenset[frozenset[Category]]:
    return frozenset(frozenset(as_categories(entry)) for entry in value)


def _each(value: Iterable[str]) -> tuple[str, ...]:
    """Keep a single name whole: a str is an iterable of letters."""
    return (value,) if isinstance(value, str) else tuple(value)


def _names(value: Iterable[str]) -> frozenset[str]:
    return frozenset(_each(value))


def _only(*allowed: str) -> Callable[[Any, "attrs.Attribute[Any]", Iterable[str]], None]:
    def check(_: Any, attribute: "attrs.Attribute[Any]", value: Iterable[str]) -> None:
        unknown = sorted(set(value) - set(allowed))
        if unknown:
            raise ValueError(
                f"{attribute.name}: unknown {', '.join(map(repr, unknown))}; "
                f"there is {', '.join(allowed)}"
            )

    return check


def _known_categories(
    _: Any, attribute: "attrs.Attribute[Any]", value: frozenset[frozenset[Category]]
) -> None:
    for combination in value:
        _only(*CATEGORIES)(_, attribute, combination)


@attrs.frozen(kw_only=True)
class ImageRules:
    """The limits that a vendor sets for an image in one role.

    Attributes:
        formats: accepted file formats, empty when the vendor names none.
        min_bytes: smallest file, inclusive.
        max_bytes: largest file, inclusive.
        max_base64_bytes: largest base64 text of the image, inclusive, for a vendor that counts
            that; `max_bytes` becomes the file that fits into it, unless it is less.
        min_side_px: least length of either side, inclusive.
        max_side_px: greatest length of either side, inclusive.
        is_any_pixel_fine: whether images are certain to be turned by their EXIF orientation and
            converted from any colours. Else one that needs it gets a warning unless it is made to
            fit.
        fit_to_rgb: whether `fit` writes greyscale images in RGB, for a vendor that may refuse grey.
        source: the vendor document that these limits come from.
        fit_to: narrower limits to aim at when an image is made to fit, None for these: for a vendor
            whose documents leave open whether a border is within the limit. An image that satisfies
            these limits is sent as it is.
    """

    formats: frozenset[str] = attrs.field(
        default=frozenset(), converter=_names, validator=_only(*FORMATS)
    )
    min_bytes: int = 1
    max_bytes: int | None = None
    max_base64_bytes: int | None = None
    min_side_px: int = 1
    max_side_px: int | None = None
    is_any_pixel_fine: bool = False
    fit_to_rgb: bool = False
    source: str = ""
    fit_to: "ImageRules | None" = None

    def __attrs_post_init__(self) -> None:
        if self.max_base64_bytes is not None:
            most = base64_bytes(self.max_base64_bytes)
            most = most if self.max_bytes is None else min(most, self.max_bytes)
            object.__setattr__(self, "max_bytes", most)

    def narrowed(self, max_base64_bytes: int) -> "ImageRules":
        """Return these rules for images of at most so many bytes as base64."""
        most = min(max_base64_bytes, self.max_base64_bytes or max_base64_bytes)
        fit_to = self.fit_to and self.fit_to.narrowed(most)
        return attrs.evolve(self, max_base64_bytes=most, fit_to=fit_to)


@attrs.frozen(kw_only=True)
class Quota:
    """How often a vendor lets an account call.

    Attributes:
        submissions: submissions allowed per `window_s`, None when unknown.
        window_s: length of that window in seconds.
        running_jobs: jobs that may run at once, None when unlimited or unknown.
        queries_per_s: polls allowed per second, None when unknown.
        poll_interval_s: seconds between polls that the vendor recommends.
        source: the vendor document.
    """

    submissions: int | None = None
    window_s: float = 1.0
    running_jobs: int | None = None
    queries_per_s: float | None = None
    poll_interval_s: float = 3.0
    source: str = ""


@attrs.frozen(kw_only=True)
class Price:
    """The list price of one output image on a given day.

    Attributes:
        amount: price in `currency`.
        currency: ISO 4217 code, or `credits`.
        as_of: the day on which the source said so.
        source: the vendor document.
        is_own: it is not the vendor's, but the caller's own, such as that of a contract.
    """

    amount: Decimal
    currency: str
    as_of: date
    source: str
    is_own: bool = False


def _groups(value: Iterable[Iterable[Category]]) -> tuple[tuple[Category, ...], ...]:
    return tuple(as_categories(tuple(group)) for group in value)


@attrs.frozen(kw_only=True)
class Capabilities:
    """What a provider can do, as data.

    Attributes:
        garments: the combinations that may be asked for, such as `{"top"}` or `{"top", "bottom"}`.
        person_library: whether a `LibraryModel` may stand for the person.
        person_rules: limits for the person photo.
        garment_rules: limits for garment images.
        delivery: how images reach the vendor: by `url`, by `upload`, or either.
        max_base64_bytes: most bytes that the local images of one request may have together as
            base64, None for any: for a vendor that limits the whole body of JSON.
        url_schemes: schemes of the image addresses that the vendor can read, such as that of its
            own store beside `http` and `https`.
        outputs: most images per submission.
        parse_categories: what `parse_garment` can look for, empty when it is not offered.
        parse_together: groups of categories that one call of `parse_garment` may ask for, empty
            when it may ask for any. There is one call for each group, and each may cost.
        keeps_unnamed_garments: a garment that the request does not name stays as it is worn.
        result_lifetime_s: seconds until result addresses die, None when unknown; of addresses that
            do not say it themselves, counted from the submission.
        job_lifetime_s: seconds until the vendor forgets a job, None when unknown.
        typical_job_s: seconds that a job usually takes.
        price: None when unknown, never zero unless it is free.
        parse_price: price of one call of `parse_garment`, None when unknown.
        quota: how often one may call.
    """

    garments: frozenset[frozenset[Category]] = attrs.field(
        converter=_combinations, validator=_known_categories
    )
    person_library: bool = False
    person_rules: ImageRules = attrs.field(factory=ImageRules)
    garment_rules: ImageRules = attrs.field(factory=ImageRules)
    delivery: frozenset[str] = attrs.field(
        default=frozenset({"url", "upload"}),
        converter=_names,
        validator=[attrs.validators.min_len(1), _only(*get_args(Delivery))],
    )
    max_base64_bytes: int | None = None
    url_schemes: frozenset[str] = attrs.field(
        default=frozenset({"http", "https"}), converter=_names
    )
    outputs: int = 1
    parse_categories: tuple[Category, ...] = attrs.field(
        default=(), converter=as_categories, validator=_only(*CATEGORIES)
    )
    parse_together: tuple[tuple[Category, ...], ...] = attrs.field(default=(), converter=_groups)
    keeps_unnamed_garments: bool = False
    result_lifetime_s: float | None = None
    job_lifetime_s: float | None = None
    typical_job_s: float = 10.0
    price: Price | None = None
    parse_price: Price | None = None
    quota: Quota = attrs.field(factory=Quota)


def _is_kind(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    if value not in {str, bool, int, float}:
        raise TypeError(f"{attribute.name}: expected str, bool, int or float, got {value!r}")


@attrs.frozen(kw_only=True)
class SettingSpec:
    """A setting that a provider reads, and where it may come from.

    Attributes:
        name: name as an argument and in the configuration file, such as `api_key`. Call the
            vendor's address `base_url`: the core takes a trailing slash off it, and lets images
            come from its host wherever that lies, as an emulator's does.
        env: environment variables in the order in which they are looked up.
        secret: the value is masked wherever it could be shown.
        required: without it nothing can be sent.
        default: value when none is given; `""` is one, which `ctx.settings.text(name)` returns.
        help: where to get it, as a sentence.
        choices: the only values that it can have, empty for any. A difference between capital and
            small letters does not count; `ctx.settings` has the spelling that is declared.
        kind: `str`, `bool`, `int` or `float`. `ctx.settings` has text in any case: `true` or
            `false` for a `bool` (read it with `ctx.settings.flag(name)`), and of a number one that
            `int()` or `float()` takes; a `float` is finite.
        above: a number must be greater than this.
        cut_ending: taken off the end of a `base_url`, such as `/v1` where some of the vendor's own
            tools have it in the address and some do not.
        instead_of: the required setting that this one replaces, together with all others that name
            the same, as an access key and its secret replace an API key.
    """

    name: str
    env: tuple[str, ...] = attrs.field(default=(), converter=_each)
    secret: bool = False
    required: bool = False
    default: str | None = None
    help: str = ""
    choices: tuple[str, ...] = attrs.field(default=(), converter=_each)
    kind: type[Any] = attrs.field(default=str, validator=_is_kind)
    above: float | None = None
    cut_ending: str = ""
    instead_of: str = ""


def _is_error(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    if not (isinstance(value, type) and issubclass(value, TryOnError)):
        raise TypeError(f"{attribute.name}: expected a class of tryon_core.errors, got {value!r}")


@attrs.frozen(kw_only=True)
class ErrorCode:
    """What one code of a vendor means; the plugin, its page and the contract kit read it.

    Attributes:
        code: the vendor's code as it comes in an answer. One that ends in `*` is a family, such as
            `InvalidParameter*`; an empty one means the status alone.
        error: the class of `tryon_core.errors` that it is.
        meaning: what the vendor means by it, as a sentence.
        http_status: the status that it comes with, None when it may come with any.
        remedy: what to do, as a sentence; empty for what the class says.
        fault: whose fault it is, None for what the class says.
        retry: whether the same call may succeed, None for what the class says.
        billed: whether it is charged, None for what the class says. Give `no` to a failure of the
            service (`VendorUnavailable`), or to a limit with a status of 500 and above, only where
            the vendor says that nothing is charged: a submission that it answers may have been
            billed otherwise, unless the status is 4xx.
    """

    code: str = attrs.field(validator=attrs.validators.instance_of(str))
    error: type[TryOnError] = attrs.field(validator=_is_error)
    meaning: str
    http_status: int | None = None
    remedy: str = ""
    fault: Fault | None = None
    retry: Retry | None = None
    billed: Billed | None = None

    def fits(self, code: str, http_status: int | None) -> bool:
        """Return whether this entry speaks of a code that came with a status."""
        if self.http_status is not None and self.http_status != http_status:
            return False
        if not self.code:
            return self.http_status is not None
        if self.code.endswith(FAMILY):
            return code.startswith(self.code.removesuffix(FAMILY))
        return code == self.code

    @property
    def rank(self) -> tuple[bool, int, bool]:
        """Greater for the entry that says more; of several that fit, the greatest counts."""
        is_exact = bool(self.code) and not self.code.endswith(FAMILY)
        return is_exact, len(self.code), self.http_status is not None

    def to_error(self, message: str, **answers: Any) -> TryOnError:
        """Return the error with this entry's answers.

        Args:
            message: the culprit and the value, as a sentence.
            answers: further arguments of `TryOnError`, such as `request_id`.
        """
        own: dict[str, Any] = {"fault": self.fault, "retry": self.retry, "billed": self.billed}
        own["remedy"] = self.remedy or None
        said = {name: answer for name, answer in own.items() if answer is not None}
        return self.error(message, **{**said, **answers})


def _settings(value: Iterable[SettingSpec]) -> tuple[SettingSpec, ...]:
    return tuple(value)


def _errors(value: Iterable[ErrorCode]) -> tuple[ErrorCode, ...]:
    return tuple(value)


def _samples(value: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(value)


def _attrs_class(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    if not (isinstance(value, type) and attrs.has(value)):
        raise TypeError(f"{attribute.name}: {value!r} is not an attrs class")


def one_output(request: TryOnRequest) -> int:
    """Return 1: what a submission gives with most providers."""
    del request
    return 1


def _only_with_option(
    info: "ProviderInfo", attribute: "attrs.Attribute[Any]", value: Mapping[str, Capabilities]
) -> None:
    options = attrs.fields_dict(info.options) if attrs.has(info.options) else {}
    if value and "model" not in options:
        raise ValueError(f"{attribute.name}: {info.options.__name__} has no option 'model'")


def _only_options(
    info: "ProviderInfo", attribute: "attrs.Attribute[Any]", value: Mapping[str, Iterable[str]]
) -> None:
    is_by_option = attribute.name == "option_models"
    named = value if is_by_option else {name for names in value.values() for name in names}
    unknown = sorted(set(named) - set(attrs.fields_dict(info.options)))
    if unknown:
        raise ValueError(f"{attribute.name}: {info.options.__name__} has no {', '.join(unknown)}")


def _only_settings(info: "ProviderInfo", _: "attrs.Attribute[Any]", value: Any) -> None:
    names = {spec.name for spec in info.settings}
    for header, text in () if callable(value) else value.items():
        for hole in re.findall(r"\{(\w+)\}", text):
            if hole not in names:
                raise ValueError(f"headers: {header!r} names the setting {hole!r}, which is none")


@attrs.frozen(kw_only=True)
class LookUp:
    """That a vendor can be asked what became of a request whose answer was lost.

    Attributes:
        settles_s: seconds after the end of a request until the vendor shows it, if it accepted it;
            its absence before that is no proof. None where absence is never one.
        source: where the vendor describes what is asked.
    """

    settles_s: float | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.ge(0))
    )
    source: str = ""


@attrs.frozen(kw_only=True)
class ProviderInfo:
    """The declaration of a provider: `provider.info`.

    Attributes:
        id: equals the entry-point name; small letters, digits and underscores, beginning with a
            letter and not with `tryon`, and not `extensions`.
        name: the name that people read.
        capabilities: what it can do, when the options name no model of `models`.
        options: a frozen attrs class with the provider's own options.
        settings: the settings it reads, keys and base address included.
        models: what it can do instead with other models, by the value of the option `model`.
            Parsing, the life of jobs and the pace of polling are always those of `capabilities`.
        option_models: options that only some models take, such as `{"gender": {"refiner"}}`. Other
            models refuse them unless they have their default.
        required_options: options that a model cannot do without, by the model: there they must not
            be None.
        headers: sent with every request of `ctx.http` to a path. Either texts in which `{name}`
            means a setting, such as `{"Authorization": "Bearer {api_key}"}`; a header whose
            setting has no value is left out. Or a function `ctx -> headers`.
        recorded_headers: names of headers whose values may be stored in a cassette, such as those
            that choose how the vendor works. Other headers are left out, keys are masked.
        secret_fields: names of headers, parameters and JSON fields whose values are masked in a
            cassette though their names do not say so, such as an account's id.
        errors: the vendor's error codes, as `ErrorTable.entries`.
        notices: codes of the remarks that its results may carry, and what each means.
        look_up: that it has the hook `find_submission`, and when an absence is a proof.
        count_outputs: how many images a valid request should give, for estimates of its cost.
        price_of: what one image of a request costs, where that depends on more than the model; None
            for the price of its `capabilities`.
        size_of: how large the images of a request are, as its documents say: a function of a
            context whose `request` is the try-on. It returns `person` (as large as the photo of the
            person), pixels such as `576x1024`, a shape such as `3:4`, or None where nothing is
            said. Results of another size are doubtful.
        publish_samples: answers to the requests of `publish_image`, in their order, as the vendor
            documents them: JSON, or an empty text. With them `tryon explain` shows what is sent
            after an upload; it sends nothing itself.
        clock_tolerance_s: seconds by which the clock here may differ from the vendor's, which signs
            requests by the time; None where no request is.
        homepage: where to get an account.
        api_version: version of the hooks that the plugin was written for, 1 where it says none.
    """

    id: str = attrs.field(validator=attrs.validators.instance_of(str))
    name: str
    capabilities: Capabilities = attrs.field(validator=attrs.validators.instance_of(Capabilities))
    options: type = attrs.field(default=NoOptions, validator=_attrs_class)
    settings: tuple[SettingSpec, ...] = attrs.field(
        default=(),
        converter=_settings,
        validator=attrs.validators.deep_iterable(attrs.validators.instance_of(SettingSpec)),
    )
    models: Mapping[str, Capabilities] = attrs.field(
        factory=dict, hash=False, validator=_only_with_option
    )
    option_models: Mapping[str, Iterable[str]] = attrs.field(
        factory=dict, hash=False, validator=_only_options
    )
    required_options: Mapping[str, Iterable[str]] = attrs.field(
        factory=dict, hash=False, validator=_only_options
    )
    headers: Mapping[str, str] | Callable[[Any], Mapping[str, str]] = attrs.field(
        factory=dict, hash=False, validator=_only_settings
    )
    recorded_headers: frozenset[str] = attrs.field(default=frozenset(), converter=_names)
    secret_fields: frozenset[str] = attrs.field(default=frozenset(), converter=_names)
    errors: tuple[ErrorCode, ...] = attrs.field(
        default=(),
        converter=_errors,
        validator=attrs.validators.deep_iterable(attrs.validators.instance_of(ErrorCode)),
    )
    notices: Mapping[str, str] = attrs.field(factory=dict, hash=False)
    look_up: LookUp | None = None
    count_outputs: Callable[[TryOnRequest], int] = attrs.field(
        default=one_output, validator=attrs.validators.is_callable()
    )
    price_of: Callable[[TryOnRequest], Price | None] | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.is_callable())
    )
    size_of: Callable[[Any], str | None] | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.is_callable())
    )
    publish_samples: tuple[Any, ...] = attrs.field(default=(), converter=_samples, hash=False)
    clock_tolerance_s: float | None = None
    homepage: str = ""
    api_version: int = attrs.field(default=1, validator=attrs.validators.instance_of(int))

    def capabilities_for(self, request: TryOnRequest | ParseRequest) -> Capabilities:
        """Return what holds for one request: for the model that its options name."""
        if isinstance(request, ParseRequest):
            return self.capabilities
        return self.models.get(getattr(request.options, "model", ""), self.capabilities)

    def takes(self, model: str, option: str) -> bool:
        """Return whether a model takes an option."""
        return model in self.option_models.get(option, (model,))

    def price_for(self, request: TryOnRequest) -> Price | None:
        """Return what one image of a request costs; a price of the caller's own comes first."""
        price = self.capabilities_for(request).price
        if self.price_of is None or (price is not None and price.is_own):
            return price
        return self.price_of(request)

    def is_free(self, request: TryOnRequest | ParseRequest | None = None) -> bool:
        """Return whether a request costs nothing; without one, whether no try-on ever costs.

        Only what is declared with a price of 0 is free.

        Args:
            request: what is asked for; its model decides.
        """
        if isinstance(request, ParseRequest):
            prices = [self.capabilities.parse_price]
        elif request is not None:
            prices = [self.capabilities_for(request).price]
        else:
            prices = [entry.price for entry in (self.capabilities, *self.models.values())]
        return all(price is not None and price.amount == 0 for price in prices)
