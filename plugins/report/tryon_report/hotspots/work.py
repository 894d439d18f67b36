"""Parses images, each once.

A parsing is no job: it is one call, and there is nothing to wait for. So there is no scheduler
here, only threads that take image after image.
"""

import itertools
import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Any, TypeAlias

import attrs

from tryon_core import Category, GarmentRegion, ParseRequest, PathSource, ProviderInfo
from tryon_core.engine import (
    CATEGORIES,
    LONG_PAUSE_S,
    RUN_LOGGER,
    Session,
    full_jitter_s,
    make_options,
    parse,
)
from tryon_core.errors import (
    ConfigurationError,
    InputError,
    TryOnError,
    describe_error,
    may_repeat,
)
from tryon_report.hotspots.images import Found, Image, Key, Outcome, State, Task
from tryon_report.hotspots.record import Record

_MOST_ATTEMPTS = 10
_BACKOFF_S, _MOST_BACKOFF_S = 1.0, 60.0
_LONGEST_PAUSE_S = 300.0
_LOGGER = logging.getLogger(RUN_LOGGER)


def plan(images: Iterable[Image], record: Record, *, again: bool) -> list[Task]:
    """Return what has to be parsed: what is not known yet, equal images once.

    Args:
        images: all of them.
        record: knows what was found before.
        again: ask again where an earlier call was or may have been paid for and gave nothing.
    """
    groups: dict[Key, list[Image]] = {}
    for image in images:
        if image.sha256 is not None:
            groups.setdefault(image.key, []).append(image)
    tasks = []
    for key, equal in groups.items():
        found = record.found(key)
        asked = [one for one in CATEGORIES if any(one in image.categories for image in equal)]
        missing = tuple(one for one in asked if one not in found)
        if missing and (again or record.error(key) is None):
            tasks.append(Task(images=equal, categories=missing, found=found))
    return tasks


@attrs.define
class Work:
    """Parses images, as many at once as is fair, and writes down each that is done.

    Attributes:
        sessions: the providers, by id.
        record: where it is written down.
        fit: make images fit the provider's limits.
        again: as for `plan`.
        threads: images at once.
        stop_after: failures in a row that say nothing about the image, after which no more begin.
        left_by: why images were left, None when none was.
    """

    sessions: Mapping[str, Session]
    record: Record
    fit: bool = True
    again: bool = False
    threads: int = 4
    stop_after: int = 5
    left_by: TryOnError | None = None
    _outcomes: dict[Key, Outcome] = attrs.field(factory=dict)
    _stopped: threading.Event = attrs.field(factory=threading.Event)
    _counting: threading.Lock = attrs.field(factory=threading.Lock)
    _failed_in_row: int = 0

    def run(self, tasks: Sequence[Task], tell: Callable[[int], None]) -> None:
        """Do all tasks; what was begun is written down, whatever interrupts it.

        Args:
            tasks: what to do.
            tell: called with the number of tasks that are done.

        Raises:
            OutputError: the record cannot be written.
        """
        futures: dict[Future[_Answer], Task] = {}
        with ThreadPoolExecutor(max_workers=self.threads) as pool:
            try:
                futures |= {pool.submit(self._look, task): task for task in tasks}
                for number, future in enumerate(as_completed(futures), 1):
                    self._settle(futures[future], future.result())
                    tell(number)
            finally:
                self._stopped.set()
                pool.shutdown(cancel_futures=True)
                for future, task in futures.items():
                    if task.images[0].key not in self._outcomes and not future.cancelled():
                        self._settle(task, future.result())

    def outcome(self, image: Image) -> Outcome:
        """Return what is known of an image now."""
        if image.sha256 is None:
            gone = InputError(f"the file {str(image.path)!r} is gone or cannot be read.")
            return Outcome(state="refused", error=describe_error(gone))
        known = self.record.found(image.key)
        found = {one: known[one] for one in image.categories if one in known}
        if len(found) == len(image.categories):
            return Outcome(state="found", found=found)
        done = self._outcomes.get(image.key)
        if done is not None:
            return attrs.evolve(done, found=found)
        error = self.record.error(image.key)
        state: State = "left"
        if error is not None:
            state = "outcome_unknown" if error["billed"] == "unknown" else "failed"
        return Outcome(state=state, found=found, error=error)

    def _settle(self, task: Task, answer: "_Answer") -> None:
        outcome, paid = answer
        if outcome.found or paid or outcome.state in {"failed", "outcome_unknown"}:
            self.record.add(task, outcome, paid=paid)
        self._outcomes[task.images[0].key] = outcome

    def _look(self, task: Task) -> "_Answer":
        image = task.images[0]
        session = self.sessions[image.provider]
        options: object = make_options(session.info.options, None, provider=session.info.id)
        photo = PathSource(image.path)
        request = ParseRequest(image=photo, categories=task.categories, options=options)
        work = f"hotspots:{image.run.meta.get('run', '')}:{image.sha256}"
        for attempt in itertools.count(1):
            if self._stopped.is_set():
                break
            try:
                with session.pacer.turn(_ignore):
                    parsing = parse(
                        session, request, fit=self.fit, payer=work, retry_unknown=self.again
                    )
            except TryOnError as error:
                if may_repeat(error) and attempt < _MOST_ATTEMPTS:
                    self._pause(session, error, attempt)
                    continue
                outcome = _after(error)
                self._count(outcome, error)
                return outcome, _paid(error.parsings, session.info)
            self._failed_in_row = 0
            paid = _paid(parsing.paid, session.info)
            return Outcome(state="found", found=_hotspots(parsing.regions)), paid
        return Outcome(state="left"), ()

    def _pause(self, session: Session, error: TryOnError, attempt: int) -> None:
        if error.retry_after_s is None:
            pause_s = full_jitter_s(attempt, base_s=_BACKOFF_S, most_s=_MOST_BACKOFF_S)
        else:
            pause_s = min(max(0.0, error.retry_after_s), _LONGEST_PAUSE_S)
        if pause_s >= LONG_PAUSE_S:
            _LOGGER.warning("%s asks for a pause of %.0f s.", session.info.name, pause_s)
        # Not on the session's clock: an interruption ends the pause.
        self._stopped.wait(pause_s)

    def _count(self, outcome: Outcome, error: TryOnError) -> None:
        """Begin nothing more after what would befall every image."""
        with self._counting:
            self._failed_in_row = 0 if outcome.state == "refused" else self._failed_in_row + 1
            if outcome.state == "left":
                self.left_by = self.left_by or error
            is_general = isinstance(error, ConfigurationError) or error.fault == "account"
            if is_general or self._failed_in_row >= self.stop_after:
                self._stopped.set()


_Answer: TypeAlias = tuple[Outcome, Sequence[Mapping[str, Any]]]
"""What became of a task, and the calls that were paid for it."""


def _after(error: TryOnError) -> Outcome:
    state: State = "refused" if error.fault == "input" else "left"
    if error.billed != "no":
        state = "failed" if error.billed == "yes" else "outcome_unknown"
    return Outcome(state=state, found=_hotspots(error.regions), error=describe_error(error))


def _hotspots(regions: Mapping[Category, GarmentRegion | None]) -> Found:
    return {one: region.hotspot() if region else None for one, region in regions.items()}


def _paid(calls: Iterable[Any], info: ProviderInfo) -> list[Mapping[str, Any]]:
    price = info.capabilities.parse_price
    amount, currency = (None, "") if price is None else (str(price.amount), price.currency)
    return [{**attrs.asdict(call), "amount": amount, "currency": currency} for call in calls]


def _ignore(wait_s: float) -> None:
    """Do nothing: a short pause is not worth a word."""
