"""The page of a run, or of several as one: its rows, its totals and what is left to do."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import attrs

from tryon_batch import Entry, RunFolder
from tryon_batch.cli.costs import HEADINGS, cells, sentences
from tryon_batch.costs import Ledger, summarise
from tryon_report.comparing.reading import is_comparison, read_comparison
from tryon_report.run_page.actions import Action, actions_for
from tryon_report.run_page.rows import FindThumbnail, Link, Row, RowMaker, Tone

_FIRST = ("outcome_unknown", "intent", "failed", "refused", "finished", "accepted", "planned")
"""What a person must look at comes before what is saved."""


@attrs.frozen
class RowsOfState:
    """The rows of a page that are in one state.

    Attributes:
        word: the state, for people.
        tone: its colour.
        rows: their number.
    """

    word: str
    tone: Tone
    rows: int


@attrs.frozen(kw_only=True)
class Page:
    """What the page of a run says.

    Attributes:
        title: names the run, or the first of several.
        folders: of the runs.
        began_at: when the first of them was begun.
        changed_at: when anything was written last.
        rows: all items; what must be looked at comes first.
        states: how many rows are in each state, in the order of the rows.
        codes: number of rows with a notice, or a problem, of each code.
        verdicts: number of rows by what judges say of their images, without those that say nothing.
        ledger: what it cost.
        actions: what is left to do for the runs as a whole.
        is_running: whether a process works on one of them.
        footnotes: what must be said beside the numbers of comparisons.
    """

    title: str
    folders: tuple[Path, ...]
    began_at: datetime | None
    changed_at: datetime | None
    rows: tuple[Row, ...]
    states: "tuple[RowsOfState, ...]"
    codes: Mapping[str, int]
    verdicts: Mapping[str, int]
    ledger: Ledger
    actions: tuple[Action, ...]
    is_running: bool
    footnotes: tuple[str, ...] = ()

    @property
    def spent(self) -> tuple[str, ...]:
        """What it cost, in the sentences of `tryon costs`."""
        return tuple(sentences(self.ledger))

    @property
    def cost_table(self) -> tuple[Sequence[str], ...]:
        """The table of `tryon costs`, its headings first; empty when nothing was paid."""
        lines = (*self.ledger.lines, *self.ledger.open)
        return (HEADINGS, *map(cells, lines)) if lines else ()

    @property
    def summary(self) -> str:
        """How many rows are in each state, in words."""
        return ", ".join(f"{one.rows:,} {one.word}" for one in self.states) or "no rows"

    @property
    def noticed(self) -> int:
        """How many rows have notices, or problems."""
        return sum(bool(row.notices or row.problems) for row in self.rows)


@attrs.frozen(kw_only=True)
class RunToShow:
    """One of the runs of a page.

    Attributes:
        run: the run.
        thumbnail: finds the thumbnails of its images.
        is_running: whether a process works on it.
    """

    run: RunFolder
    thumbnail: FindThumbnail
    is_running: bool = False


def make_page(runs: Sequence[RunToShow], *, link: Link) -> Page:
    """Return the page of runs, as their journals are now.

    Args:
        runs: at least one.
        link: finds the address of a file.

    Raises:
        InputError: a journal is gone or damaged.
    """
    rows: list[Row] = []
    entries: list[Entry] = []
    actions: list[Action] = []
    footnotes: list[str] = []
    for nth, one in enumerate(runs, 1):
        found = list(one.run.entries())
        maker = RowMaker(
            run=one.run,
            asked=one.run.asked(),
            thumbnail=one.thumbnail,
            link=link,
            is_running=one.is_running,
            prefix="row" if len(runs) == 1 else f"run-{nth}",
        )
        made = maker.make_all(found)
        if is_comparison(one.run.meta):
            comparison = read_comparison(one.run.folder)
            numbers = {vendor.provider: vendor.numbers for vendor in comparison.vendors}
            made = [attrs.evolve(row, numbers=numbers.get(row.id, ())) for row in made]
            footnotes += [*comparison.left_out, *comparison.footnotes]
        rows += made
        entries += found
        actions += () if one.is_running else actions_for(one.run, found)
    is_running = any(one.is_running for one in runs)
    rows.sort(key=partial(_rank, is_running=is_running))
    began = [datetime.fromisoformat(one.run.meta["created_at"]) for one in runs]
    return Page(
        title=runs[0].run.folder.absolute().name or "run",
        folders=tuple(one.run.folder.absolute() for one in runs),
        began_at=min(began, default=None),
        changed_at=max((at for entry in entries for at in entry.times.values()), default=None),
        rows=tuple(rows),
        states=tuple(
            RowsOfState(word, tone, number)
            for (word, tone), number in Counter((row.word, row.tone) for row in rows).items()
        ),
        codes=Counter(
            code for row in rows for code in {code for code, _ in (*row.problems, *row.notices)}
        ),
        verdicts=Counter(row.verdict for row in rows if row.verdict),
        ledger=summarise(entries),
        actions=tuple(actions),
        is_running=is_running,
        footnotes=tuple(dict.fromkeys(footnotes)),
    )


def _rank(row: Row, *, is_running: bool) -> tuple[float, ...]:
    """Return the place of a row among others: what failed first, then what is remarkable.

    While a run goes on, what was saved last comes before what is still to come.
    """
    if row.is_urgent:
        return (0, _FIRST.index(row.state))
    if not row.is_saved:
        return (2 if is_running else 1, _FIRST.index(row.state))
    saved_at = row.times.get("saved")
    if is_running and saved_at is not None:
        return (1, -saved_at.timestamp())
    return (3, 0 if row.verdict == "doubtful" else 1 if row.problems or row.notices else 2)
