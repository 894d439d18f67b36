"""A task whose answer was lost: whether the service lists any that nobody knows.

Tasks bear no id of the caller's, so a listed task is never certainly the one that was lost. But the
list is complete, and where it has no stranger in the time of the request, nothing was accepted.
"""

from datetime import datetime, timedelta, timezone
from typing import Any

import attrs

from tryon_core import Attempt, CallContext, NonEmpty, NotAccepted, Undecided
from tryon_dashscope.tasks import read

BEIJING = timezone(timedelta(hours=8))
_LISTED = timedelta(hours=24)
_TEXT = "%Y%m%d%H%M%S"
_MOST_PAGES = 50  # of ten tasks each, which is the usual size; how large a page may be is not said
_FAMILY = "tryon"


@attrs.frozen
class _Row:
    task_id: NonEmpty
    gmt_create: int  # milliseconds since 1970
    model_name: Any = None

    @property
    def made_at(self) -> datetime:
        return datetime.fromtimestamp(self.gmt_create / 1000, timezone.utc)

    def may_be_ours(self, ctx: CallContext) -> bool:
        is_named = isinstance(self.model_name, str) and bool(self.model_name.strip())
        is_of_another = is_named and _FAMILY not in self.model_name
        return self.task_id not in ctx.known_jobs and not is_of_another


@attrs.frozen
class _Page:
    total: int
    total_page: int = 1
    data: list[_Row] | None = None


def look_up(attempt: Attempt, ctx: CallContext) -> NotAccepted | Undecided:
    """Return what the list of tasks says of a request; never that a task is its own.

    Source: Model Studio, "Manage asynchronous tasks".
    """
    if ctx.clock.now() - attempt.earliest > _LISTED:
        return Undecided(reason="DashScope lists the tasks of the last 24 hours only.")
    # The texts of the query have no zone. Where a task of that time is listed, it is Beijing's.
    # Else all is listed that the window can mean, in Beijing or in UTC.
    narrow = attempt.earliest.astimezone(BEIJING), attempt.latest.astimezone(BEIJING)
    wide = attempt.earliest.astimezone(timezone.utc), narrow[1]
    for start, end in (narrow, wide):
        rows = _listed(start, end, ctx)
        if rows is None:
            return Undecided(reason="DashScope lists too many tasks of that time.")
        found = [row for row in rows if attempt.earliest <= row.made_at <= attempt.latest]
        if found:
            break
    strangers = [row.task_id for row in found if row.may_be_ours(ctx)]
    return Undecided(candidates=strangers) if strangers else NotAccepted()


def _listed(start: datetime, end: datetime, ctx: CallContext) -> list[_Row] | None:
    """Return all tasks between two times, None when they are too many or changed meanwhile."""
    window = {"start_time": f"{start:{_TEXT}}", "end_time": f"{end:{_TEXT}}"}
    rows: list[_Row] = []
    for number in range(1, _MOST_PAGES + 1):
        page = read(ctx.http.get("tasks", params={**window, "page_no": str(number)}), _Page)
        rows += page.data or []
        if number >= page.total_page or not page.data:
            return rows if len({row.task_id for row in rows}) == page.total else None
    return None
