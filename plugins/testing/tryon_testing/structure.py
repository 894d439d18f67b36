"""Checks of what a provider declares; nothing is called or sent."""

import re
import sys
from collections.abc import Iterator
from http import HTTPStatus

import attrs
import pytest

from tryon_core.answers import contradictions
from tryon_core.dispatch import BoundProvider
from tryon_core.errors import JobError, TryOnError
from tryon_core.models import Capabilities, ErrorCode, ImageRules, NoOptions, SettingSpec
from tryon_core.settings import BASE_URL
from tryon_testing.breach import breach, require
from tryon_testing.importing import what_importing_does
from tryon_testing.members import ContractMembers, module_of
from tryon_testing.versions import since

_SECRET_NAME = re.compile(r"key|secret|token|password|signature")


class StructureChecks(ContractMembers):
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
            breach(str(error))

    @since("0.1")
    def test_importing_it_does_no_work(self) -> None:
        """Importing opens no connection, writes no file, starts nothing, and loads no stack."""
        module = module_of(self)
        if module is None:
            pytest.skip("the provider's class lies in no module that can be imported")
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
    def test_its_errors_are_in_the_table(self) -> None:
        """A vendor's codes are declared, each with what it means and what to do."""
        info = self.info
        calls_a_vendor = any(spec.required or spec.name == BASE_URL for spec in info.settings)
        require(
            info.errors or not calls_a_vendor,
            f"{info.id}: `info.errors` is empty. Give it the entries of your ErrorTable, so that "
            "every documented code can be checked and stands on the provider's page.",
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
    for field in attrs.fields(options):
        if field.init and field.default is attrs.NOTHING:
            yield f"{name}.{field.name} has no default. Callers give no options at all at times."
        if not re.search(rf"\b{field.name}\b", options.__doc__ or ""):
            yield (
                f"{name}.{field.name} has no documentation. Name it under `Attributes:` in the "
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


def _error_faults(entry: ErrorCode) -> Iterator[str]:
    name = f"the error {entry.code or entry.http_status!r}"
    if not entry.meaning.strip():
        yield f"{name} has no `meaning`. Say what the vendor means by it."
    if not (entry.remedy or entry.error.remedy).strip():
        yield (
            f"{name} has no remedy: {entry.error.__name__} has none of its own. Give `remedy=`, a "
            "sentence that says what to do."
        )
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
