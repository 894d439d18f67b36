"""One item of a run as a page shows it: values made of its journal, without any HTML."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

import attrs

from tryon_batch import Entry, RunFolder
from tryon_batch.cli.documents import state_word
from tryon_batch.costs import summarise
from tryon_batch.ids import is_first_step
from tryon_batch.items import SENT, State
from tryon_batch.output import record_of
from tryon_core.cli.printing import in_shell
from tryon_core.engine import json_text
from tryon_core.errors import UnusableImage
from tryon_report.run_page.actions import Action, actions_of
from tryon_report.thumbnails import Thumbnail

Tone: TypeAlias = Literal["good", "warn", "bad", "doubt", "open", "plain"]
TONES: Mapping[State, Tone] = {
    "planned": "open",
    "intent": "doubt",
    "accepted": "open",
    "finished": "open",
    "saved": "good",
    "refused": "warn",
    "failed": "bad",
    "outcome_unknown": "doubt",
}
FindThumbnail: TypeAlias = Callable[[Path, int], Thumbnail | None]
"""Returns the thumbnail of a file whose longer side has so many pixels, None where it is not made
yet; raises UnusableImage."""
INPUT_PX, RESULT_PX = 128, 256
"""The longer sides of thumbnails. With 2,000 rows of three images each, their bytes count."""
Link: TypeAlias = Callable[[Path], str | None]
"""Returns the address of a file for the page, None where it has none."""
_REASONS = {
    "missing": "the file is gone",
    "truncated": "the file is cut off",
    "damaged": "the file is damaged",
    "unsupported_format": "this format cannot be shown here",
    "image_animated": "an animation",
    "bomb": "too large to be shown",
}
_NO_RESULT: Mapping[State, str] = {
    "planned": "not sent yet",
    "accepted": "at the vendor",
    "finished": "not fetched yet",
    "refused": "refused",
    "failed": "failed",
}


@attrs.frozen(kw_only=True)
class Shown:
    """An image of a row, or what stands for it.

    Attributes:
        role: what it is, such as `person`, `top` or `result`.
        name: as the caller named it, or the name of its file.
        path: its file, None where it is none on this machine.
        link: where the whole image is, for the page; None where a browser cannot open it.
        thumbnail: None when there is none.
        missing: why there is none.
    """

    role: str
    name: str
    path: Path | None = None
    link: str | None = None
    thumbnail: Thumbnail | None = None
    missing: str = ""


@attrs.frozen(kw_only=True)
class Row:
    """One item as the page shows it.

    Attributes:
        key: identifies it on the page: letters, digits and hyphens.
        id: as the journal has it.
        folder: of its run.
        state: its state.
        word: the same for people.
        tone: the colour of that word.
        times: when it reached a state, by state.
        inputs: person and garments.
        first_step: what was put on first, where it took two steps.
        results: the images that came, or one that says why there is none.
        verdict: what judges say of its images: `passed`, `doubtful`, or empty.
        problems: code and message of all that they find.
        notices: code and message of each remark.
        error: what went wrong last.
        remedy: what to do about it.
        actions: commands about it, the best one first.
        cost: what it cost, for people.
        dies_at: when the vendor deletes images that nobody is fetching; None once they are saved.
        facts: what else is known of it: name and value.
        numbers: of a comparison, what is compared, a line each.
    """

    key: str
    id: str
    folder: Path
    state: State
    word: str
    tone: Tone
    times: Mapping[State, datetime] = attrs.field(factory=dict, hash=False)
    inputs: tuple[Shown, ...] = ()
    first_step: tuple[Shown, ...] = ()
    results: tuple[Shown, ...] = ()
    verdict: str = ""
    problems: tuple[tuple[str, str], ...] = ()
    notices: tuple[tuple[str, str], ...] = ()
    error: str = ""
    remedy: str = ""
    actions: tuple[Action, ...] = ()
    cost: str = ""
    dies_at: datetime | None = None
    facts: tuple[tuple[str, str], ...] = ()
    numbers: tuple[str, ...] = ()

    @property
    def is_saved(self) -> bool:
        """Whether its images are files."""
        return self.state == "saved"

    @property
    def is_unknown(self) -> bool:
        """Whether somebody has to find out what became of it."""
        return self.state == "outcome_unknown" or (self.state == "intent" and bool(self.actions))

    @property
    def is_urgent(self) -> bool:
        """Whether a person has something to do about it, and to read."""
        return self.is_unknown or self.state in {"refused", "failed"}

    @property
    def codes(self) -> str:
        """The codes of its notices and problems as JSON, for the filter."""
        return json_text([code for code, _ in (*self.problems, *self.notices)])


@attrs.frozen(kw_only=True)
class RowMaker:
    """Makes the rows of one run.

    Attributes:
        run: the run.
        asked: what its items ask for, see `RunFolder.asked`.
        thumbnail: finds the thumbnail of a file.
        link: finds the address of a file.
        is_running: whether a process works on the run, so that nothing is to be done yet.
        prefix: of the keys of its rows.
    """

    run: RunFolder
    asked: Mapping[str, Mapping[str, Any]]
    thumbnail: FindThumbnail
    link: Link
    is_running: bool = False
    prefix: str = "row"

    def make_all(self, entries: Iterable[Entry]) -> list[Row]:
        """Return the items of the run as rows; the first step of an outfit is part of its row."""
        by_id = {entry.id: entry for entry in entries}
        shown = [entry for entry in by_id.values() if not is_first_step(entry.id)]
        return [
            self.make(number, entry, by_id.get(entry.after or ""))
            for number, entry in enumerate(shown, 1)
        ]

    def make(self, number: int, entry: Entry, first: Entry | None = None) -> Row:
        """Return an item as a row.

        Args:
            number: tells it from the other rows of the run.
            entry: as the journal has it.
            first: its first step, where it is an outfit in two steps. The item waits as long as
                nobody knows what became of that, which is then what the row says.
        """
        asked = self.asked.get(entry.id, {})
        said = first if first is not None and first.state == "outcome_unknown" else entry
        error = {} if said.state == "saved" else said.error or {}
        is_being_sent = self.is_running and said.state == "intent"
        return Row(
            key=f"{self.prefix}-{number}",
            id=entry.id,
            folder=self.run.folder.absolute(),
            state=said.state,
            word="being sent" if is_being_sent else state_word(said.state),
            tone="open" if is_being_sent else TONES[said.state],
            times=entry.times,
            inputs=tuple(self._inputs(entry, asked.get("images", {}))),
            first_step=() if first is None else tuple(self._files("first step", first)),
            results=tuple(self._results(entry)),
            verdict=entry.verdict,
            problems=tuple((one.code, in_shell(one.message)) for one in entry.problems or ()),
            notices=tuple((notice.code, notice.message) for notice in entry.notices),
            error=in_shell(str(error.get("message") or "")),
            remedy=in_shell(str(error.get("remedy") or "")),
            actions=() if self.is_running else tuple(actions_of(said, self.run.folder.absolute())),
            cost=_cost([entry] if first is None else [first, entry]),
            dies_at=None if self.is_running else _dies_at(entry),
            facts=tuple(_facts(entry, first, asked.get("options", {}))),
        )

    def _inputs(self, entry: Entry, images: Mapping[str, Any]) -> Iterator[Shown]:
        """Yield what went in: as the request has it, else as the lists name it."""
        for role, value in images.items():
            name = _text(entry.given.get(role, value.get("path") or value.get("url") or ""))
            if "path" in value:
                yield self._file(role, name, Path(value["path"]), INPUT_PX)
            elif "url" in value:
                missing = f"at {urlsplit(str(value['url'])).hostname}"
                yield Shown(role=role, name=name, missing=missing)
            else:
                facts = [_text(fact) for fact in value.get("library", {}).values() if fact]
                yield Shown(role=role, name=" ".join(facts), missing="of the vendor's library")
        if not images:
            for role, value in entry.given.items():
                if value and role in _ROLES:
                    yield Shown(role=role, name=_text(value), missing="not kept")

    def _results(self, entry: Entry) -> Iterator[Shown]:
        yield from self._files("result", entry)
        if not entry.files:
            yield Shown(
                role="result", name="", missing=_NO_RESULT.get(entry.state, state_word(entry.state))
            )

    def _files(self, role: str, entry: Entry) -> Iterator[Shown]:
        for number, path in enumerate(self.run.paths(entry), 1):
            is_first = number == 1
            side_px = INPUT_PX if is_first_step(entry.id) else RESULT_PX
            yield self._file(role if is_first else f"{role} {number}", path.name, path, side_px)

    def _file(self, role: str, name: str, path: Path, side_px: int) -> Shown:
        try:
            thumbnail, missing = self.thumbnail(path, side_px), "not looked at yet"
        except UnusableImage as error:
            thumbnail, missing = None, _REASONS.get(error.code, "no image")
        link = None if missing == _REASONS["missing"] else self.link(path)
        return Shown(
            role=role, name=name, path=path, link=link, thumbnail=thumbnail, missing=missing
        )


ImageOnPage: TypeAlias = tuple[Path, int]
"""A file of which a page shows a thumbnail, and the longer side of that."""


def images_of(
    run: RunFolder, entries: Iterable[Entry], asked: Mapping[str, Mapping[str, Any]]
) -> Iterator[ImageOnPage]:
    """Yield the files of which a page shows thumbnails, results first.

    Args:
        run: where the results are.
        entries: some of its items.
        asked: what its items ask for, see `RunFolder.asked`.
    """
    found = list(entries)
    for entry in found:
        side_px = INPUT_PX if is_first_step(entry.id) else RESULT_PX
        yield from ((path, side_px) for path in run.paths(entry))
    for entry in found:
        for value in asked.get(entry.id, {}).get("images", {}).values():
            if "path" in value:
                yield Path(value["path"]), INPUT_PX


_NOTHING: tuple[Any, ...] = (None, "", 0, [])
_ROLES = ("person", "person_model", "top", "bottom", "dress")


def _cost(requests: Sequence[Entry]) -> str:
    """Return what the paid requests of a row cost in all, by the rule of `tryon costs`."""
    ledger = summarise(requests)
    parts = [str(ledger.spent)] if ledger.lines else []
    return ", ".join([*parts, f"perhaps {ledger.possible}"] if ledger.open else parts)


def _dies_at(entry: Entry) -> datetime | None:
    """Return when images that are not saved yet are gone."""
    job = entry.job
    if job is None or entry.state not in SENT:
        return None
    images = () if job.result is None else job.result.images
    moments = [job.expires_at, *(image.expires_at for image in images)]
    return min((moment for moment in moments if moment is not None), default=None)


def _facts(
    entry: Entry, first: Entry | None, options: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield what else is known of an item, as far as there is anything to say."""
    record, sent_at = record_of(entry), entry.times.get("intent")
    facts = {
        "provider": f"{entry.provider} {entry.model}".strip(),
        "row": entry.row,
        "first step": first and f"{first.id}: {state_word(first.state)}",
        "job": record["job"],
        "request id": record["request_id"],
        "vendor's code": (entry.error or {}).get("vendor_code"),
        "paid requests": entry.attempts,
        "sent": sent_at and f"{sent_at:%Y-%m-%d %H:%M:%S} UTC",
        "at the vendor": record["job_s"] and f"{record['job_s']:.1f} s",
        "fetched in": record["fetch_s"] and f"{record['fetch_s']:.1f} s",
        "file": [f"{file.path} ({file.bytes / 1000:,.0f} kB)" for file in entry.files],
        **{f"option {name}": value for name, value in options.items()},
        **entry.own,
    }
    return ((name, _text(value)) for name, value in facts.items() if value not in _NOTHING)


def _text(value: Any) -> str:
    """Return a value of the manifest, or of an option, for people."""
    if isinstance(value, Mapping):
        return " ".join(_text(part) for part in value.values() if part)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(_text, value))
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "yes" if value is True else "no" if value is False else str(value)
