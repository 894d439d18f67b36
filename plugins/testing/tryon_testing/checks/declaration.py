"""Checks of what a provider declares and of `validate_inputs`; nothing is sent."""

import random
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import Any, NoReturn, get_args

import attrs
import pytest

from tryon_core.answers import contradictions
from tryon_core.codec import option_specs
from tryon_core.dispatch import BoundProvider
from tryon_core.errors import Billed, Fault, JobError, Retry, TryOnError
from tryon_core.http import NoHttp
from tryon_core.models import (
    CATEGORIES,
    Capabilities,
    ErrorCode,
    ImageRules,
    NoOptions,
    ParseRequest,
    Problem,
    SettingSpec,
    TryOnRequest,
)
from tryon_core.settings import BASE_URL
from tryon_testing.checks.base import (
    ProviderUnderTest,
    fail,
    hook_context,
    module_of,
    require,
    since,
)
from tryon_testing.isolated import what_importing_does
from tryon_testing.monitors import forbidding_the_network
from tryon_testing.samples import edge_case_requests

_CURRENCY = re.compile("[A-Z]{3}|credits")
_NEVER_READ = frozenset({"data", "file", "ftp"})
_ANSWERS = {"fault": get_args(Fault), "retry": get_args(Retry), "billed": get_args(Billed)}
_SECRET_NAME = re.compile(r"key|secret|token|password|signature")


class StructureChecks(ProviderUnderTest):
    """The declaration is whole, and the hooks are what the core will call."""

    @since("0.1")
    def test_it_declares_itself(self) -> None:
        """The id, the entry point and the version of the hooks fit this core."""
        require(self.info.name.strip(), f"{self.info.id}: `info.name` is empty. Name the vendor.")

    @since("0.1")
    def test_its_hooks_fit(self) -> None:
        """Every required hook is there, marked, and takes the arguments of its specification."""
        try:
            BoundProvider(self.loaded)
        except TryOnError as error:
            fail(str(error))

    @since("0.1")
    def test_importing_it_does_no_work(self) -> None:
        """Importing opens no connection, writes no file, starts nothing, and loads no stack."""
        module = module_of(self)
        if module is None:
            pytest.skip("the provider's class is in no module that can be imported")
        deeds = what_importing_does(module, [entry for entry in sys.path if entry])
        require(
            not deeds,
            f"importing {module} does work: {'; '.join(deeds)}. Every command of the user pays "
            "for it: do it inside the hook, and use `ctx.http` for the network.",
        )

    @since("0.1")
    def test_its_options_are_a_frozen_documented_class(self) -> None:
        """Options are frozen, each has a default and a line in the docstring."""
        faults = list(_option_faults(self.info.options))
        require(not faults, f"{self.info.id}: {' '.join(faults)}")

    @since("0.1")
    def test_its_settings_can_be_found(self) -> None:
        """Keys are secret, required settings say where they come from, addresses are `https`."""
        faults = [fault for spec in self.info.settings for fault in _setting_faults(spec)]
        require(not faults, f"{self.info.id}: {' '.join(faults)}")

    @since("0.1")
    def test_its_limits_name_their_source(self) -> None:
        """Garments are declared, and every limit and price says which document it is from."""
        info = self.info
        named = {"capabilities": info.capabilities, **info.models}
        faults = [
            f"{name}: {fault}"
            for name, capabilities in named.items()
            for fault in _capability_faults(capabilities)
        ]
        require(not faults, f"{info.id}: {' '.join(faults)}")

    @since("0.1")
    def test_it_takes_no_addresses_that_the_vendor_cannot_read(self) -> None:
        """Beside `http` and `https` only addresses that its own `publish_image` gives."""
        info = self.info
        has_store = callable(getattr(self.loaded.provider, "publish_image", None))
        named = {"capabilities": info.capabilities, **info.models}
        odd = {
            name: sorted(capabilities.url_schemes - {"http", "https"})
            for name, capabilities in named.items()
            if capabilities.url_schemes & _NEVER_READ
            or not (has_store or capabilities.url_schemes <= {"http", "https"})
        }
        faults = [f"{name}: `url_schemes` has {', '.join(odd[name])}." for name in odd]
        require(
            not faults,
            f"{info.id}: {' '.join(faults)} An image at such an address is sent, and the vendor "
            "cannot read it. Name the scheme of the vendor's own store, for which `publish_image` "
            "gives addresses, and no other.",
        )

    @since("0.1")
    def test_its_errors_are_in_the_table(self) -> None:
        """A vendor's codes are declared, each with what it means and what to do."""
        info = self.info
        calls_a_vendor = any(spec.required or spec.name == BASE_URL for spec in info.settings)
        require(
            info.errors or not calls_a_vendor,
            f"{info.id}: `info.errors` is empty. Give it the entries of your ErrorTable, so that "
            "every documented code can be checked and is on the provider's page.",
        )
        faults = [fault for entry in info.errors for fault in _error_faults(entry)]
        require(not faults, f"{info.id}: {' '.join(faults)}")


def _option_faults(options: type) -> Iterator[str]:
    if options is NoOptions:
        return
    name = options.__name__
    if not _is_frozen(options):
        yield (
            f"the options class {name} is not frozen. Use @attrs.frozen: a request must not change "
            "between validation and submission."
        )
    for option in option_specs(options):
        if option.default is attrs.NOTHING:
            yield f"{name}.{option.name} has no default. Callers give no options at all at times."
        if not re.search(rf"\b{option.name}\b", options.__doc__ or ""):
            yield (
                f"{name}.{option.name} has no documentation. Name it under `Attributes:` in the "
                "docstring of the class: help and pages are made from that."
            )


def _is_frozen(options: type) -> bool:
    # attrs tells it by no public name before version 25.4.
    return "frozen" in options.__setattr__.__name__


def _setting_faults(spec: SettingSpec) -> Iterator[str]:
    if _SECRET_NAME.search(spec.name) and not spec.secret and spec.default is None:
        yield f"the setting {spec.name!r} looks like a key but is not `secret=True`."
    if spec.required and spec.default is None and not spec.env:
        yield f"the required setting {spec.name!r} names no environment variable: give `env=`."
    if spec.required and spec.default is None and not spec.help.strip():
        yield f"the required setting {spec.name!r} has no `help`: say where one gets it."
    if spec.name == BASE_URL and not (spec.default or "https://").startswith("https://"):
        yield f"the setting 'base_url' is {spec.default!r} by default: keys travel by https only."


def _capability_faults(capabilities: Capabilities) -> Iterator[str]:
    if not capabilities.garments:
        yield "`garments` is empty. Declare each combination that may be asked for."
    for role in ("person_rules", "garment_rules"):
        rules: ImageRules = getattr(capabilities, role)
        if rules != ImageRules(source=rules.source) and not rules.source.strip():
            yield f"`{role}` sets limits without `source`. Name the document that they are from."
    for name in ("price", "parse_price"):
        price = getattr(capabilities, name)
        if price is not None and not price.source.strip():
            yield f"`{name}` has no `source`. Name the page that says so."
        if price is not None and not _CURRENCY.fullmatch(price.currency):
            yield f"`{name}` is in {price.currency!r}. Give a code such as USD, or `credits`."


def _error_faults(entry: ErrorCode) -> Iterator[str]:
    name = f"the error {entry.code or entry.http_status!r}"
    if not entry.meaning.strip():
        yield f"{name} has no `meaning`. Say what the vendor means by it."
    if not (entry.remedy or entry.error.remedy).strip():
        yield (
            f"{name} has no remedy: {entry.error.__name__} has none of its own. Give `remedy=`, a "
            "sentence that says what to do."
        )
    for answer, words in _ANSWERS.items():
        said = getattr(entry, answer)
        if said not in {None, *words}:
            yield f"{name} says {answer}={said!r}. Give one of {', '.join(words)}."
    if not issubclass(entry.error, JobError):
        told = entry.to_error("", http_status=entry.http_status)
        yield from (f"{name}: {said}" for said in contradictions(told))
    is_guess = not entry.code and entry.billed == "no"
    if is_guess and (entry.http_status or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        yield (
            f"{name} says billed='no' of a status alone, which may be the page of a gateway behind "
            "which the work goes on. Leave `billed` away, or name the code of which the vendor "
            "says so."
        )


AnyRequest = TryOnRequest | ParseRequest
_FIELDS = {"person", "image", "categories", "garments", "options", *CATEGORIES}


class ValidationChecks(ProviderUnderTest):
    """Validation describes every request, whatever it is, and touches nothing."""

    @since("0.1")
    def test_validation_returns_a_list_of_problems(self) -> None:
        """Never None, which would be dropped without a word, nor anything else."""
        for request in self._all_requests():
            _check_answer(_ask(self, request), request)

    @since("0.1")
    def test_validation_never_raises(self) -> None:
        """Whatever is asked becomes a problem, not an exception."""
        for request in self._all_requests():
            try:
                _ask(self, request)
            except Exception as error:  # noqa: BLE001  (whatever it is, it fails the check)
                fail(
                    f"validate_inputs raised {type(error).__name__} ({error}) for {_shown(request)}"
                    ". Return a Problem that names the field instead: validation reports "
                    "everything at once and never raises."
                )

    @since("0.1")
    def test_validation_uses_no_network(self) -> None:
        """No request through `ctx.http`, no socket, no process, no sleep."""
        for request in self._all_requests():
            http = _NotingHttp()
            with forbidding_the_network() as tried:
                _ask_quietly(self, request, http)
            require(
                not (http.asked or tried),
                f"validate_inputs used the network or waited: {', '.join(http.asked + tried)}. "
                "`Client.validate()` promises that nothing is sent: ask the vendor in submit().",
            )

    @since("0.1")
    def test_validation_is_the_same_every_time(self) -> None:
        """The answer depends on the request alone, not on what was asked before."""
        asked = list(self._all_requests())
        first = [_ask_quietly(self, request) for request in asked]
        order = list(range(len(asked)))
        random.Random(1).shuffle(order)  # noqa: S311  (an order, not a secret)
        for index in order:
            again = _ask_quietly(self, asked[index])
            require(
                again == first[index],
                f"validate_inputs answered {again!r} where it had answered {first[index]!r} "
                f"before, for {_shown(asked[index])}. Keep no state: the answer must follow from "
                "the request.",
            )

    @since("0.1")
    def test_validation_accepts_the_sample_requests(self) -> None:
        """What the contract gives as valid has no problems."""
        valid: list[AnyRequest] = [*self.requests(), *self.parse_requests()]
        for request in valid:
            problems = [problem for problem in _ask(self, request) if problem.severity == "error"]
            require(
                not problems,
                f"validate_inputs refused {_shown(request)}: {problems}. Correct the hook, or "
                "override requests() with requests that the vendor accepts.",
            )

    def _all_requests(self) -> Iterable[AnyRequest]:
        return (*self.requests(), *self.parse_requests(), *edge_case_requests(self.info))


class _NotingHttp(NoHttp):
    def __init__(self) -> None:
        self.asked: list[str] = []

    def refuse(self, method: str, url: str) -> NoReturn:
        self.asked.append(f"ctx.http.{method.lower()}()")
        super().refuse(method, url)


def _ask(subject: ProviderUnderTest, request: AnyRequest, http: NoHttp | None = None) -> Any:
    # The provider itself, not through pluggy: that drops None.
    ctx = hook_context(subject, request, http)
    return subject.loaded.provider.validate_inputs(request, ctx)


def _ask_quietly(
    subject: ProviderUnderTest, request: AnyRequest, http: NoHttp | None = None
) -> Any:
    try:
        return _ask(subject, request, http)
    except Exception as error:  # noqa: BLE001  (that it raises is another check's business)
        return f"{type(error).__name__}: {error}"


def _check_answer(answer: Any, request: AnyRequest) -> None:
    require(
        answer is not None,
        f"validate_inputs returned None for {_shown(request)}. Return [] when there are no "
        "problems: pluggy drops None, so a forgotten `return` would silently accept everything.",
    )
    is_list = isinstance(answer, Sequence) and not isinstance(answer, str)
    require(
        is_list and all(isinstance(entry, Problem) for entry in answer),
        f"validate_inputs returned {answer!r} for {_shown(request)}. Return a list of Problem.",
    )
    for problem in answer:
        field = problem.field.partition(".")[0].partition("[")[0]
        require(
            field in _FIELDS,
            f"a problem names the field {problem.field!r}, which callers do not know. Name it as "
            "they give it: `person`, `top`, `options.<name>`.",
        )
        require(problem.message.strip(), f"the problem of {problem.field!r} has no message.")


def _shown(request: AnyRequest) -> str:
    return repr(request)[:300]
