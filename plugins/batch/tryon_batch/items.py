"""The values of a run: its items, requests as plain values, its policy, and what became of it."""

import functools
import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import attrs

from tryon_core import (
    Attempt,
    BytesSource,
    ImageSource,
    Job,
    LibraryModel,
    Notice,
    PathSource,
    PollPolicy,
    Problem,
    ProviderInfo,
    TryOnRequest,
    TryOnResult,
    UrlSource,
)
from tryon_core.engine import SOURCES, Verdict, canonical, make_options, option_specs, verdict_of
from tryon_core.errors import Billed, JobExpired, TryOnError

State: TypeAlias = Literal[
    "planned",
    "intent",
    "accepted",
    "finished",
    "saved",
    "refused",
    "failed",
    "outcome_unknown",
]
"""The state of an item.

`planned` nothing was sent; `intent` the paid request is about to be sent, or its answer was lost
and the vendor is asked for it; `accepted` the vendor has taken it; `finished` its result is known
and not fetched yet; `saved` its images are files; `refused` the vendor did not take it; `failed` it
took it and gave no result; `outcome_unknown` the answer was lost.
"""
STATES: tuple[State, ...] = get_args(State)
SETTLED: frozenset[State] = frozenset({"saved", "refused", "failed", "outcome_unknown"})
"""States that a run does not change, unless its policy says so."""
SENT: frozenset[State] = frozenset({"accepted", "finished"})
"""States of items that the vendor has taken and the run is not done with."""
UNFINISHED: tuple[State, ...] = tuple(state for state in STATES if state not in SETTLED)
"""States with which a later run goes on."""
IN_DOUBT: tuple[State, ...] = ("intent", "outcome_unknown")
"""States of items that may have been charged without anybody knowing of a job."""
Basis: TypeAlias = Literal["usage", "list", "expected"]
"""Where an amount comes from, see `Cost.basis`."""


NOTHING: Mapping[Any, Any] = {}
"""The same for all items that have nothing: ten thousand empty ones fill the memory."""


@attrs.frozen(kw_only=True)
class BatchItem:
    """One try-on of a run.

    Attributes:
        id: unique within the run and fit for a file name; results are named after it.
        provider: id of the provider.
        request: what to try on; its options are an instance of the provider's options class.
        row: its row in the manifest, counted from 1; None when there is none.
        given: person and garments as they are written there, by column; the lists repeat it.
        own: the caller's own columns, which the run ignores and the lists repeat.
        parser: id of the provider that finds what the request keeps, empty for the same one.
        digest: of what the journal has under this id, when the item was taken from there; None
            when it comes from the caller, and may ask for something else.
        after: id of the item that is its first step, whose image is the person; None without one.
        then: what is put on the image of this item, which is a first step; None without that.
    """

    id: str
    provider: str
    request: TryOnRequest
    row: int | None = None
    given: Mapping[str, Any] = attrs.field(default=NOTHING, hash=False)
    own: Mapping[str, Any] = attrs.field(default=NOTHING, hash=False)
    parser: str = ""
    digest: str | None = None
    after: str | None = None
    then: TryOnRequest | None = None

    @property
    def step(self) -> TryOnRequest:
        """What is sent, but for the person of a second step, which the first one makes."""
        return self.request if self.after is None else attrs.evolve(self.request, bottom=None)


@attrs.frozen(kw_only=True)
class Cost:
    """What one paid request cost, or may have cost.

    Attributes:
        amount: in `currency`; None when the price is unknown, never zero instead.
        currency: ISO 4217 code or `credits`; empty when unknown.
        units: images, or what else the vendor counts.
        basis: `usage` when the vendor said how many units it charged, `list` when it is what the
            price card says for the images that came, `expected` when it is what the price card says
            for the images that were asked for, since none have come.
    """

    amount: Decimal | None
    currency: str
    units: Decimal
    basis: Basis


@attrs.frozen(kw_only=True)
class ParsingCost:
    """What one parsing cost that was made to keep what a person wears, or may have cost.

    Attributes:
        id: as `PaidParsing.id`.
        provider: id of the provider that was asked.
        amount: at list price, in `currency`; None when the price is unknown.
        currency: ISO 4217 code or `credits`; empty when unknown.
        billed: `yes`, or `unknown` when its answer never came.
    """

    id: str
    provider: str
    amount: Decimal | None
    currency: str
    billed: Billed


@attrs.frozen(kw_only=True)
class SavedFile:
    """One image of an item on disk.

    Attributes:
        path: relative to the folder of the run.
        sha256: of the file, as hex digits.
        bytes: its size.
    """

    path: str
    sha256: str
    bytes: int


@attrs.frozen
class EqualWork:
    """What equal work gave.

    Attributes:
        files: its images.
        notices: remarks about them.
        problems: as `Entry.problems`.
    """

    files: tuple[Path, ...]
    notices: tuple[Notice, ...] = ()
    problems: tuple[Problem, ...] | None = None


@attrs.frozen(kw_only=True)
class Entry:
    """One item as the journal has it.

    Attributes:
        id: as `BatchItem.id`.
        provider: id of the provider.
        model: the option `model`, empty when the provider has none.
        row: as `BatchItem.row`.
        state: its state.
        fingerprint: identifies the work, None until its images were looked at.
        job: what the vendor accepted; once it is finished it carries where its images are.
        attempts: paid requests that were sent.
        error: what went wrong last, as plain values: `type`, `message`, `remedy`, `fault`, `retry`,
            `billed`, `vendor_code`, `request_id`; `body`, the beginning of an answer that was not
            understood, where there is one.
        files: the images, once saved.
        cost: what its paid request cost or may have cost; None when nothing can have been charged.
        times: when it reached a state (UTC), by state.
        notices: remarks about its images, once they are saved.
        problems: what judges find wrong with them; None when nobody judged them.
        given: as `BatchItem.given`.
        own: as `BatchItem.own`.
        attempt: the latest paid request, by which it can be looked up; None until there is one.
        after: as `BatchItem.after`.
        parsings: all that was paid to find what it keeps, whatever became of it since.
        earlier: how it stood before it was sent once more, wherever that may have cost something.
            The journal keeps this by itself; it is read from there and never written.
    """

    id: str
    provider: str
    model: str = ""
    row: int | None = None
    state: State = "planned"
    fingerprint: str | None = None
    job: Job | None = None
    attempts: int = 0
    error: Mapping[str, Any] | None = None
    files: tuple[SavedFile, ...] = ()
    cost: Cost | None = None
    times: Mapping[State, datetime] = attrs.field(default=NOTHING, hash=False)
    notices: tuple[Notice, ...] = ()
    problems: tuple[Problem, ...] | None = None
    given: Mapping[str, Any] = attrs.field(default=NOTHING, hash=False)
    own: Mapping[str, Any] = attrs.field(default=NOTHING, hash=False)
    attempt: Attempt | None = None
    after: str | None = None
    parsings: tuple[ParsingCost, ...] = ()
    earlier: "tuple[Entry, ...]" = ()

    @property
    def verdict(self) -> Verdict:
        """`doubtful` or `passed`; empty when its images were not judged."""
        return verdict_of(self.problems)


OnEvent: TypeAlias = Callable[[Entry], None]
"""What a run calls with each item that it has written down, in the thread that writes.

An exception from it ends the run as an error of the journal does: no request is sent before its
event was taken.
"""


def was_saved(entry: Entry) -> bool:
    """Return whether the images of an item that is not saved were so before: its job was paid."""
    return entry.state in {"accepted", "finished"} and "saved" in entry.times


def _ids(value: Iterable[str]) -> frozenset[str]:
    """Keep a single id whole: a str is an iterable of letters."""
    return frozenset([value] if isinstance(value, str) else value)


@attrs.frozen(kw_only=True)
class BatchPolicy:
    """How a run goes about its work.

    Attributes:
        fit: make local images fit the provider's limits.
        retry_unknown: send again what may have been paid for: only when you have looked.
        retry_failed: send again what was refused or failed.
        redo: ids of items that are bought again. Their files are replaced when the new ones are
            there, and stay when there are none.
        settle: by id, what somebody found out about items whose outcome was unknown; see `settle`.
        again: buy work although it was done before, here or in an earlier run.
        max_in_flight: requests to one provider at once, None for what makes use of its quota.
        stop_after: failures of one kind in a row (credits, key, outage, lost answers) after which
            nothing more is sent to that provider.
        job_timeout_s: seconds for which a job is waited; a later run goes on waiting.
        quota_storage: where the quota is counted: `memory://`, or `redis://...` when several
            machines share an account.
        polling: when to poll.
        chain: put a top and a bottom on in two requests, each of which costs, where the vendor
            takes one garment at a time.
        executor_runs_once: vouch for an executor of your own: it does each call at most once,
            whatever becomes of a worker. Those of the standard library need no word.
    """

    fit: bool = False
    retry_unknown: bool = False
    retry_failed: bool = False
    redo: frozenset[str] = attrs.field(default=frozenset(), converter=_ids)
    settle: Mapping[str, str] = attrs.field(factory=dict, hash=False)
    again: bool = False
    max_in_flight: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.ge(1))
    )
    stop_after: int = attrs.field(default=5, validator=attrs.validators.ge(1))
    job_timeout_s: float = 3600.0
    quota_storage: str = "memory://"
    polling: PollPolicy = attrs.field(factory=PollPolicy)
    chain: bool = False
    executor_runs_once: bool = False


@attrs.frozen(kw_only=True)
class Outcome:
    """What a run says of one item when it is done with it.

    Attributes:
        item: what was asked.
        state: `saved`, `refused`, `failed` or `outcome_unknown`; what a later run can go on with
            is `planned`, `accepted` or `finished`, and `error` says why this one left it.
        entry: the same as the journal has it.
        paths: the images, where the run has a folder.
        result: the images, where it has none.
        error: why there are none.
        is_earlier: nothing was sent for it: this work had been done, or had failed, before.
    """

    item: BatchItem
    state: State
    entry: Entry
    paths: tuple[Path, ...] = ()
    result: TryOnResult | None = None
    error: TryOnError | None = None
    is_earlier: bool = False

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Remarks about the images, such as a sleeve that may be wrong."""
        return self.entry.notices

    @property
    def problems(self) -> tuple[Problem, ...] | None:
        """What judges find wrong with the images; None when nobody judged them."""
        return self.entry.problems

    @property
    def verdict(self) -> Verdict:
        """`doubtful` or `passed`; empty when the images were not judged."""
        return self.entry.verdict


def gone(entry: Entry, *, billed: Billed, why: str) -> JobExpired:
    """Return the error for an item whose images are gone for good."""
    names = ", ".join(file.path for file in entry.files)
    return JobExpired(
        f"the file {names} is gone, and {why}.",
        provider=entry.provider,
        job=entry.job,
        billed=billed,
        remedy=f"Buy it again with redo=[{entry.id!r}], or put the file back.",
    )


Plain: TypeAlias = Mapping[str, Any]
_PERSON = "person"


class _NotKept(Exception):
    """A value has no plain form."""


def plain_request(request: TryOnRequest) -> Plain | None:
    """Return a request as plain values, None when some of it cannot be kept."""
    images = _images(request)
    try:
        return {
            "images": {name: _plain(value) for name, value in images.items()},
            "options": _plain_options(request.options),
            **({} if request.keep is None else {"keep": request.keep}),
        }
    except _NotKept:
        return None


def request_from_plain(asked: Plain, info: ProviderInfo) -> TryOnRequest:
    """Return the request of plain values.

    Raises:
        UnknownOption: the provider has not these options any more.
    """
    images = {name: _image(value) for name, value in asked["images"].items()}
    options = {name: _option(value) for name, value in asked["options"].items()}
    made: object = make_options(info.options, options, provider=info.id)
    return TryOnRequest(options=made, keep=asked.get("keep"), **images)


def shown_inputs(request: TryOnRequest) -> Plain:
    """Return what a request names as person and garments, for lists."""
    images = _images(request)
    shown = {
        ("person_model" if isinstance(value, LibraryModel) else name): _shown(value)
        for name, value in images.items()
    }
    return shown if request.keep is None else {**shown, "keep": request.keep}


def request_digest(item: BatchItem) -> str:
    """Return a digest of what an item asks for, by the names of its files, not by their content."""
    request = item.request
    person = request.person
    facts = {
        "provider": item.provider,
        "images": {name: _named(source) for name, source in request.images.items()},
        "library": person if isinstance(person, LibraryModel) else None,
        "options": request.options,
        **({"after": item.after} if item.after else {}),
        **({} if request.keep is None else {"keep": [request.keep, item.parser]}),
    }
    return hashlib.sha256(canonical(facts).encode()).hexdigest()


def _named(source: ImageSource) -> str:
    if isinstance(source, BytesSource):
        return hashlib.sha256(source.data).hexdigest()
    return str(source.path.absolute()) if isinstance(source, PathSource) else source.url


def _images(request: TryOnRequest) -> dict[str, ImageSource | LibraryModel]:
    return {_PERSON: request.person, **dict(request.garments.items())}


def _plain(value: Any) -> Any:
    if isinstance(value, PathSource):
        return {"path": str(value.path.absolute())}
    if isinstance(value, UrlSource):
        return {"url": value.url}
    if isinstance(value, LibraryModel):
        return {"library": attrs.asdict(value)}
    raise _NotKept


def _plain_options(options: Any) -> Plain:
    cls: Any = type(options)
    return {name: _plain_option(getattr(options, name)) for name in _option_names(cls)}


@functools.lru_cache(maxsize=64)
def _option_names(cls: type) -> tuple[str, ...]:
    # All items of a run share a class of options, and to read its types takes 0.1 ms.
    return tuple(spec.name for spec in option_specs(cls))


def _plain_option(value: Any) -> Any:
    if isinstance(value, SOURCES):
        return _plain(value)
    if isinstance(value, (tuple, list)):
        return [_plain_option(entry) for entry in value]
    if value is None or isinstance(value, (str, int, float)):
        return value
    raise _NotKept


def _image(value: Plain) -> ImageSource | LibraryModel:
    if "library" in value:
        return LibraryModel(**value["library"])
    return UrlSource(value["url"]) if "url" in value else PathSource(Path(value["path"]))


def _option(value: Any) -> Any:
    if isinstance(value, list):
        return [_option(entry) for entry in value]
    return _image(value) if isinstance(value, dict) else value


def _shown(value: ImageSource | LibraryModel) -> Any:
    if isinstance(value, LibraryModel):
        return {name: text for name, text in attrs.asdict(value).items() if text is not None}
    if isinstance(value, BytesSource):
        return f"{value.name} ({len(value.data):,} bytes)"
    return value.url if isinstance(value, UrlSource) else str(value.path)
