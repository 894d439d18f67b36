"""A task whose answer was lost: whether the service lists any that nobody knows.

Tasks bear no id of the caller's, so a listed task is never certainly the one that was lost. But the
list is complete, and where it has no stranger in the time of the request, nothing was accepted.
"""

from datetime import datetime, timedelta, timezone
from typing import Any

import attrs

from tryon_core import Attempt, CallContext, NonEmpty, NotAccepted, Undecided
from tryon_dashscope.tasks import BEIJING
from tryon_dashscope.wire import read, text

_LISTED = timedelta(hours=24)
_TEXT = "%Y%m%d%H%M%S"
# Of ten tasks each, which is the usual size; how large a page may be is not said.
_MOST_PAGES = 50
_FAMILY = "tryon"


@attrs.frozen
class Row:
    """A task in the list; `gmt_create` is in milliseconds since 1970."""

    task_id: NonEmpty
    gmt_create: int
    model_name: Any = None


@attrs.frozen
class Page:
    """A page of the list."""

    total: int
    total_page: int = 1
    data: list[Row] | None = None


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
        found = [row for row in rows if attempt.earliest <= _time(row) <= attempt.latest]
        if found:
            break
    strangers = [row.task_id for row in found if _may_be_ours(row, ctx)]
    return Undecided(candidates=strangers) if strangers else NotAccepted()


def _listed(start: datetime, end: datetime, ctx: CallContext) -> list[Row] | None:
    """Return all tasks between two times, None when they are too many or changed meanwhile."""
    rows: list[Row] = []
    for number in range(1, _MOST_PAGES + 1):
        page, _ = read(
            ctx.http.get(
                "tasks",
                params={
                    "start_time": f"{start:{_TEXT}}",
                    "end_time": f"{end:{_TEXT}}",
                    "page_no": str(number),
                },
            ),
            Page,
        )
        rows += page.data or []
        if number >= page.total_page or not page.data:
            return rows if len({row.task_id for row in rows}) == page.total else None
    return None


def _time(row: Row) -> datetime:
    return datetime.fromtimestamp(row.gmt_create / 1000, timezone.utc)


def _may_be_ours(row: Row, ctx: CallContext) -> bool:
    model = text(row.model_name)
    return row.task_id not in ctx.known_jobs and (not model or _FAMILY in model)
