"""Which vendors can do a comparison: everything is checked at all of them, and nothing is sent."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import attrs

from tryon_batch import BatchItem
from tryon_batch.manifest.checking import check_items
from tryon_batch.outfits import with_first_step
from tryon_core import BytesSource, ImageSource, NoOptions, Problem, TryOnRequest
from tryon_core.engine import Session, make_options, one_line, require_settings
from tryon_core.errors import (
    ConfigurationError,
    DownloadFailed,
    InputError,
    TryOnError,
    UnknownOption,
    ValidationFailed,
)
from tryon_report.comparing.inputs import SharedImages, share_images

OpenSession = Callable[[str], Session]
"""Opens a provider by the name that the caller gave it, or raises `ConfigurationError`."""


@attrs.frozen(kw_only=True)
class VendorProblem:
    """One thing that keeps a comparison from being made.

    Attributes:
        provider: as the caller named it; empty when it is of an image, whichever vendor gets it.
        field: the input concerned, empty when it is none.
        message: what is wrong, as a sentence.
        remedy: what to do, empty when the message says it.
    """

    provider: str = ""
    field: str = ""
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        places = "".join(f"{place}: " for place in (self.provider, self.field) if place)
        return one_line(f"{places}{self.message} {self.remedy}".strip())


class ComparisonRefused(InputError):
    """A comparison cannot be made as it was asked for; nothing was sent.

    The message has a line for each problem.

    Attributes:
        problems: all of them, at all vendors.
    """

    remedy = "Correct it, or leave out the vendors that cannot do it with skip_unfit=True."

    def __init__(self, problems: Sequence[VendorProblem]) -> None:
        self.problems = tuple(problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        head = f"{count} with this comparison; nothing was sent."
        is_of_all = any(not problem.provider for problem in problems)
        super().__init__(head, remedy="Correct it." if is_of_all else None)
        self.reword("\n".join([head, *map(str, problems)]))


def _of_vendor(provider: str, errors: Sequence[TryOnError]) -> Iterator[VendorProblem]:
    for error in errors:
        if isinstance(error, ValidationFailed):
            yield from _of_images(error.problems, provider)
        else:
            yield VendorProblem(provider=provider, message=error.message, remedy=error.remedy)


def _of_images(problems: Sequence[Problem], provider: str = "") -> Iterator[VendorProblem]:
    for one in problems:
        yield VendorProblem(provider=provider, field=one.field, message=one.message)


@attrs.frozen(kw_only=True)
class Vendor:
    """One that can do it.

    Attributes:
        session: of its provider.
        request: what it is asked for; its images are in memory.
        chain: put a top and a bottom on in two requests, if it takes one garment at a time.
    """

    session: Session
    request: TryOnRequest
    chain: bool

    def items(self, files: Mapping[str, ImageSource]) -> list[BatchItem]:
        """Return the items of the run, with files in the place of what is in memory."""
        info = self.session.info
        local = {
            field: files[field]
            for field, image in self.request.images.items()
            if field in files and isinstance(image, BytesSource)
        }
        request = self.request.with_images(local)
        item = BatchItem(id=info.id, provider=info.id, request=request)
        return with_first_step(item, info) if self.chain else [item]

    def problems(self) -> list[Problem]:
        """Return what is wrong with the request, or with its steps."""
        found = check_items(self.items({}), {self.session.info.id: self.session}, fit=False)
        return list(dict.fromkeys(chain.from_iterable(found.values())))


@attrs.frozen(kw_only=True)
class Plan:
    """A comparison that can be made.

    Attributes:
        shared: the images that all get.
        vendors: who gets them, in the order in which they were named.
        left_out: why others cannot do it, by the name that the caller gave the provider.
    """

    shared: SharedImages
    vendors: tuple[Vendor, ...]
    left_out: Mapping[str, Sequence[TryOnError]]

    @property
    def sessions(self) -> Mapping[str, Session]:
        """The sessions of the vendors, by the ids of their providers."""
        return {vendor.session.info.id: vendor.session for vendor in self.vendors}


def make_plan(
    images: Mapping[str, ImageSource],
    names: Sequence[str],
    open_session: OpenSession,
    *,
    options: Mapping[str, Any],
    chained: bool = False,
    needs_keys: bool = True,
    skip_unfit: bool = False,
) -> Plan:
    """Check everything at all vendors.

    Args:
        images: the person and the garments, by field.
        names: the providers.
        open_session: opens one.
        options: those of each, by its name or its id.
        chained: put a top and a bottom on in two requests where a vendor takes one garment.
        needs_keys: whether a missing key is a problem: not for an estimate.
        skip_unfit: leave out a vendor that cannot do it.

    Raises:
        InputError: nothing can be compared, whichever vendor gets it.
        ComparisonRefused: every problem of each vendor.
    """
    _check_names(images, names, options)
    opened, unfit = _open_all(names, open_session)
    shared = share_images(images, _fetcher(opened))
    vendors: list[Vendor] = []
    for name, session in opened.items():
        own = options.get(name, options.get(session.info.id))
        vendor, errors = _look_at(session, own, shared, chained=chained)
        errors = [*_missing_keys(session, needs_keys=needs_keys), *errors]
        if errors:
            unfit[name] = errors
        else:
            vendors.append(vendor)
    if shared.problems or (unfit and not (skip_unfit and vendors)):
        named = (_of_vendor(name, unfit[name]) for name in names if name in unfit)
        raise ComparisonRefused([*_of_images(shared.problems), *chain.from_iterable(named)])
    left_out = {name: unfit[name] for name in names if name in unfit}
    return Plan(shared=shared, vendors=tuple(vendors), left_out=left_out)


def _check_names(
    images: Mapping[str, ImageSource], names: Sequence[str], options: Mapping[str, Any]
) -> None:
    if set(images) <= {"person"}:
        raise InputError(
            "no garment was given.", remedy="Give top, bottom, dress, or top and bottom."
        )
    if not names:
        raise InputError("no provider was named.", remedy="Name those that are to be compared.")
    ids = [name.partition("@")[0] for name in names]
    twice = next((name for name in ids if ids.count(name) > 1), None)
    if twice is not None:
        raise InputError(
            f"the provider {twice!r} was named twice.",
            remedy="Compare models of one vendor as the rows of a manifest, with tryon batch.",
        )
    other = next((name for name in options if name not in {*names, *ids}), None)
    if other is not None:
        raise InputError(
            f"there are options for {other!r}, which is not compared.",
            remedy=f"Name one of {', '.join(names)}.",
        )


def _open_all(
    names: Sequence[str], open_session: OpenSession
) -> tuple[dict[str, Session], dict[str, list[TryOnError]]]:
    opened: dict[str, Session] = {}
    unfit: dict[str, list[TryOnError]] = {}
    for name in names:
        try:
            opened[name] = open_session(name)
        except ConfigurationError as error:
            unfit[name] = [error]
    return opened, unfit


def _fetcher(opened: Mapping[str, Session]) -> Callable[[str], bytes]:
    """Return what fetches an image that was given by its address."""

    def fetch(url: str) -> bytes:
        if not opened:
            raise DownloadFailed("there is no provider that could be used.", change="Name one.")
        session = next(iter(opened.values()))
        found = session.transport.download(
            url, deadline_s=session.download_deadline_s(), trust=session.trust
        )
        return found.data

    return fetch


def _look_at(
    session: Session, given: Any, shared: SharedImages, *, chained: bool
) -> tuple[Vendor, list[TryOnError]]:
    """Return a vendor, and what is wrong with what it is asked for.

    Where its options are wrong, the rest is looked at without them, as far as it can be.
    """
    errors: list[TryOnError] = []
    info = session.info
    asked: object = NoOptions()
    for options in (given, None):
        try:
            asked = make_options(info.options, options, provider=info.id)
            break
        except UnknownOption as error:
            errors = errors or [error]
    vendor = Vendor(session=session, request=_request(session, shared, asked), chain=chained)
    if isinstance(asked, info.options):
        # Images are not made to fit here: they are as all vendors get them.
        unusable = {problem.field for problem in shared.problems}
        found = [problem for problem in vendor.problems() if problem.field not in unusable]
        errors += [ValidationFailed(found, provider=info.id)] if found else []
    return vendor, errors


def _request(session: Session, shared: SharedImages, options: Any) -> TryOnRequest:
    """Return a request with the bytes, or with the address that holds the same ones."""
    local = {problem.field: BytesSource(b"") for problem in shared.problems}
    local |= {name: BytesSource(one.data, name=one.name) for name, one in shared.images.items()}
    request = TryOnRequest(**local, options=options)
    delivery = session.info.capabilities_for(request).delivery
    if "upload" in delivery or session.bound.can_publish:
        return request
    addresses = {name: one.address for name, one in shared.images.items() if one.address}
    return request.with_images(addresses)


def _missing_keys(session: Session, *, needs_keys: bool) -> list[TryOnError]:
    if needs_keys:
        try:
            require_settings(session.info, session.settings)
        except ConfigurationError as error:
            return [error]
    return []
