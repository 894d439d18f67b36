"""A policy: which providers may be used, and what may be spent; kept before anything is sent."""

import contextlib
import re
import uuid
from collections.abc import Generator, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import attrs

from tryon_core import (
    CallContext,
    GarmentRegion,
    Job,
    JobUpdate,
    ParseRequest,
    Problem,
    TryOnError,
    TryOnRequest,
    hookimpl,
)
from tryon_core.errors import SettingsError
from tryon_core.extensions import observer
from tryon_extensions.ledger import Ledger
from tryon_extensions.money import expected, limits, words

_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")


@attrs.define(kw_only=True, eq=False)
class Policy:
    """Refuses what is not allowed here, or costs too much, before anything is sent.

    What counts is the price card, and what the vendor says that a job took once that is known.

    Attributes:
        providers: ids of those that are allowed; all when none is named.
        most_per_call: most that one request may cost, such as `["0.50 USD", "3 CNY"]`.
        most_per_day: most that all requests of a day (UTC) may cost together.
        ledger: file in which a day is counted; all processes with the same file share its limit.
        allow_unpriced: allow what has no known price, or one in a currency without a limit; it
            counts as nothing.
    """

    providers: tuple[str, ...] = attrs.field(default=(), converter=words)
    most_per_call: Mapping[str, Decimal] = attrs.field(default=(), converter=limits)
    most_per_day: Mapping[str, Decimal] = attrs.field(default=(), converter=limits)
    ledger: Path | None = attrs.field(default=None, converter=attrs.converters.optional(Path))
    allow_unpriced: bool = False

    def __attrs_post_init__(self) -> None:
        if self.most_per_day and self.ledger is None:
            raise ValueError("most_per_day needs a 'ledger', the file in which a day is counted")

    @hookimpl
    def validate_inputs(
        self, request: TryOnRequest | ParseRequest, ctx: CallContext
    ) -> Sequence[Problem]:
        """Refuse a provider, an unknown price, and a request that costs too much by itself."""
        if self.providers and ctx.provider not in self.providers:
            return [_problem(f"{ctx.provider} is not allowed here; use {self.providers[0]}.")]
        cost, limited = expected(ctx.info, request), {*self.most_per_call, *self.most_per_day}
        if not limited or (cost and not cost[0]):
            return []
        if cost is None or cost[1] not in limited:
            how = "at unknown price" if cost is None else f"in {cost[1]}, for which is no limit"
            said = f"it is {how}. Set 'price' under [{ctx.provider}] in tryon.toml, or a limit."
            return [] if self.allow_unpriced else [_problem(said)]
        amount, currency = cost
        if amount > self.most_per_call.get(currency, amount):
            most = self.most_per_call[currency]
            return [_problem(f"it costs {amount} {currency}; {most} {currency} are allowed.")]
        return []

    @hookimpl(wrapper=True)
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Generator[None, Job, Job]:
        """Count a try-on before it is sent."""
        with self._counted(request, ctx) as (ledger, mark):
            job = yield
        with contextlib.suppress(SettingsError):  # then it counts in full
            if ledger:
                ledger.name(mark, _name(job))
                self._settle(job, job.result.usage if job.result else {})
        return job

    @hookimpl(wrapper=True)
    def parse_garment(
        self, request: ParseRequest, ctx: CallContext
    ) -> Generator[None, Sequence[GarmentRegion | None], Sequence[GarmentRegion | None]]:
        """Count a parsing before it is sent."""
        with self._counted(request, ctx):
            return (yield)

    @hookimpl(wrapper=True)
    @observer
    def poll(self, job: Job, ctx: CallContext) -> Generator[None, JobUpdate, None]:
        """Correct what was counted, when the vendor says what the job took."""
        update = yield
        if update.result is not None:
            self._settle(job, update.result.usage)
        is_free = update.failure is not None and update.failure.billed == "no"
        if is_free and update.state.is_final and self.ledger is not None:
            Ledger(self.ledger).give_back(_name(job))

    @contextlib.contextmanager
    def _counted(
        self, request: TryOnRequest | ParseRequest, ctx: CallContext
    ) -> Iterator[tuple[Ledger | None, str]]:
        """Reserve what a request costs, and give it back when the vendor certainly took nothing."""
        cost, mark = expected(ctx.info, request), uuid.uuid4().hex
        most = self.most_per_day.get(cost[1]) if cost else None
        if cost is None or most is None or self.ledger is None:
            yield None, mark
            return
        ledger = Ledger(self.ledger)
        ledger.reserve(mark, ctx.clock.now().date(), *cost, most)
        try:
            yield ledger, mark
        except TryOnError as error:
            if error.billed == "no" and error.job is None:
                with contextlib.suppress(SettingsError):
                    ledger.give_back(mark)
            raise

    def _settle(self, job: Job, usage: Mapping[str, str]) -> None:
        for currency in self.most_per_day:
            if self.ledger and _NUMBER.fullmatch(usage.get(currency, "")):
                Ledger(self.ledger).correct(usage[currency], currency, job=_name(job))


def _problem(message: str) -> Problem:
    return Problem("provider", message, code="policy")


def _name(job: Job) -> str:
    return f"{job.provider}:{job.id}"
