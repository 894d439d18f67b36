"""The invented vendor where lost answers can be looked up, by a reference and by time alone.

Then providers that do it wrong, each in one way.
"""

from datetime import datetime, timedelta
from typing import Any

import attrs

from acme import INFO, SOURCE, AcmeProvider
from tryon_core import (
    Attempt,
    CallContext,
    Found,
    Job,
    LookUp,
    NotAccepted,
    TryOnRequest,
    Undecided,
    hookimpl,
)


@attrs.frozen
class Row:
    task_id: str
    at: datetime
    reference: str | None = None


@attrs.frozen
class Rows:
    tasks: list[Row]


class ByReference(AcmeProvider):
    """Sends an id of the caller's own, by which the vendor finds the task."""

    info = attrs.evolve(INFO, look_up=LookUp(settles_s=60, source=SOURCE))

    @hookimpl
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Job:
        ((category, garment),) = request.garments.items()
        form: list[Any] = [("kind", category), self.part("garment", garment)]
        form += [self.part("person", request.images["person"])]
        form += [("reference", self.reference(ctx.attempt))]
        answer = ctx.http.post("tasks", multipart=form)
        return ctx.new_job(answer.id_at("task_id") or self.read(answer, Row).task_id)

    def reference(self, attempt: Attempt | None) -> str:
        assert attempt is not None
        return attempt.key

    @hookimpl
    def find_submission(
        self, attempt: Attempt, ctx: CallContext
    ) -> Found | NotAccepted | Undecided:
        params = {"reference": attempt.key}
        rows = self.read(ctx.http.get("tasks", params=params), Rows).tasks
        found = [row for row in rows if self.is_ours(row, attempt)]
        if found:
            return Found(ctx.new_job(found[0].task_id))
        return Undecided() if rows else NotAccepted()

    def is_ours(self, row: Row, attempt: Attempt) -> bool:
        return row.reference == attempt.key


class ByTime(AcmeProvider):
    """Can only say whether a task of the time is there that nobody knows."""

    info = attrs.evolve(INFO, look_up=LookUp(settles_s=60, source=SOURCE))

    @hookimpl
    def find_submission(
        self, attempt: Attempt, ctx: CallContext
    ) -> Found | NotAccepted | Undecided:
        strangers = tuple(
            row.task_id
            for row in self.read(ctx.http.get("tasks"), Rows).tasks
            if attempt.earliest <= row.at <= attempt.latest and row.task_id not in ctx.known_jobs
        )
        return Undecided(candidates=strangers) if strangers else NotAccepted()


class TakesTheOnlyOne(ByTime):
    @hookimpl
    def find_submission(self, attempt, ctx):
        found = super().find_submission(attempt, ctx)
        if isinstance(found, Undecided) and found.candidates:
            return Found(ctx.new_job(found.candidates[0]))
        return found


class NamesKnownJobs(ByTime):
    @hookimpl
    def find_submission(self, attempt, ctx):
        return super().find_submission(attempt, attrs.evolve(ctx, known_jobs=frozenset()))


class SendsNoReference(ByReference):
    def reference(self, attempt):
        return "always the same"


class IsNeverSure(ByReference):
    @hookimpl
    def find_submission(self, attempt, ctx):
        found = super().find_submission(attempt, ctx)
        return found if isinstance(found, Found) else Undecided()


class SaysNothing(ByReference):
    @hookimpl
    def find_submission(self, attempt, ctx):
        return Undecided()


class SubmitsToLook(ByReference):
    @hookimpl
    def find_submission(self, attempt, ctx):
        ctx.http.post("tasks", form={"kind": "top"})
        return super().find_submission(attempt, ctx)


class FindsNonsense(ByReference):
    @hookimpl
    def find_submission(self, attempt, ctx):
        found = super().find_submission(attempt, ctx)
        return Found(ctx.new_job("nonsense")) if isinstance(found, Found) else found


class TakesOutagesForAbsence(ByReference):
    @hookimpl
    def find_submission(self, attempt, ctx):
        answer = ctx.http.get("tasks", params={"reference": attempt.key}).json_object()
        tasks = answer.get("tasks")
        return Found(ctx.new_job(tasks[0]["task_id"])) if tasks else NotAccepted()


class BreaksOnPages(ByReference):
    @hookimpl
    def find_submission(self, attempt, ctx):
        tasks = ctx.http.get("tasks", params={"reference": attempt.key}).json_object()["tasks"]
        return Found(ctx.new_job(tasks[0]["task_id"])) if tasks else NotAccepted()


class TakesWhatComes(ByReference):
    def is_ours(self, row, attempt):
        return True


class DeniesWhatHasNoImages(ByReference):
    @hookimpl
    def find_submission(self, attempt, ctx):
        is_late = ctx.clock.now() > attempt.sent_at + timedelta(hours=1)
        return NotAccepted() if is_late else super().find_submission(attempt, ctx)


class Undeclared(ByReference):
    info = INFO


class Unsourced(ByReference):
    info = attrs.evolve(INFO, look_up=LookUp(settles_s=60))
