"""A comparison is a run with one item for each vendor: planned here, worked on by tryon-batch."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import attrs

from tryon_batch import (
    BatchItem,
    BatchPolicy,
    Budget,
    Entry,
    JournalReader,
    OpenRun,
    check_budget,
    open_run,
)
from tryon_batch.costs import summarise
from tryon_batch.estimate import Estimate, estimate
from tryon_batch.items import OnEvent
from tryon_batch.journal import JOURNAL_NAME
from tryon_batch.output import check_lists
from tryon_batch.resuming import to_send
from tryon_core import Client, ImageSource, PathSource, as_source
from tryon_core.engine import CATEGORIES, Session, check_target
from tryon_core.errors import InputError, OutputError, TryOnError, describe_error
from tryon_core.models import ImageLike
from tryon_report.comparing.inputs import write_images
from tryon_report.comparing.reading import NOTE, is_comparison, read_comparison
from tryon_report.comparing.values import JSON_NAME, SHEET_NAME, Comparison
from tryon_report.comparing.vendors import Plan, make_plan


def compare(
    person: ImageLike,
    *,
    top: ImageLike | None = None,
    bottom: ImageLike | None = None,
    dress: ImageLike | None = None,
    providers: Sequence[str | Client],
    out: Path | str,
    options: Mapping[str, Any] | None = None,
    skip_unfit: bool = False,
    max_cost: Iterable[str] = (),
    allow_unpriced: bool = False,
    policy: BatchPolicy | None = None,
    config: Path | str | Mapping[str, Mapping[str, Any]] | None = None,
    on_event: OnEvent | None = None,
) -> Comparison:
    """Try the same garments on the same person at several vendors, from the same pixels.

    It is a run of tryon-batch with an item for each vendor: however the process ends, the same call
    goes on where it stopped and pays for nothing twice, and a vendor can be added later. That one
    or the other vendor fails is no error: it is on the comparison.

    Args:
        person: photo of one person.
        top: garment for the upper body.
        bottom: garment for the lower body.
        dress: one-piece garment.
        providers: ids of installed providers, or clients.
        out: folder of the run: images, journal, lists, `comparison.json`, `comparison.jpg`.
        options: those of each provider, by its id.
        skip_unfit: leave out the vendors that cannot do it; else one of them refuses it all.
        max_cost: refuse to begin when it may cost more, such as `["25USD", "40credits"]`.
        allow_unpriced: do what has no known price in spite of that.
        policy: how to go about it, such as what to send again, or `chain` for a top and a bottom
            at vendors that take one garment; nothing is made to fit any vendor.
        config: configuration file, or its tables, of the providers that are named by id.
        on_event: called with each item that was written down, from another thread.

    Raises:
        ComparisonRefused: every problem at each vendor; nothing was sent.
        BudgetExceeded: it may cost more than it may; nothing was sent.
        InputError: the run in that folder asks for something else.
        JournalBusy: another process works in that folder.
        OutputError: a file cannot be written.
    """
    folder = Path(out)
    policy = attrs.evolve(policy or BatchPolicy(), fit=False)
    images = named_images(person, top=top, bottom=bottom, dress=dress)
    providers = [providers] if isinstance(providers, str) else providers
    budgets = [Budget.parse(text) for text in max_cost]
    with ExitStack() as stack:
        given = {one.info.id: one for one in providers if isinstance(one, Client)}
        names = [one.info.id if isinstance(one, Client) else one for one in providers]

        def open_session(name: str) -> Session:
            client = given.get(name) or stack.enter_context(Client(name, config=config))
            return client.session

        plan = make_plan(
            images,
            names,
            open_session,
            options=options or {},
            chained=policy.chain,
            skip_unfit=skip_unfit,
        )
        ready = get_ready(plan, folder, policy)
        ready.check_budgets(budgets, allow_unpriced=allow_unpriced)
        clock = plan.vendors[0].session.clock
        with open_run(folder, clock=clock) as run:
            ready.begin(run)
            _work(ready, run, policy, on_event)
    return read_comparison(folder)


def _work(ready: "Ready", run: OpenRun, policy: BatchPolicy, on_event: OnEvent | None) -> None:
    sessions = ready.plan.sessions
    outcomes = run.work(ready.items, sessions, policy=policy, on_event=on_event)
    with run.listing(), closing(outcomes):
        for _ in outcomes:
            pass


def named_images(person: ImageLike, **garments: ImageLike | None) -> dict[str, ImageSource]:
    """Return the images by field, the garments in the order of their categories.

    Raises:
        UnusableImage: a value is no image at all.
    """
    images = {"person": as_source(person, field="person")}
    for category in CATEGORIES:
        value = garments.get(category)
        if value is not None:
            images[category] = as_source(value, field=category)
    return images


@attrs.frozen(kw_only=True)
class Ready:
    """A comparison of which is known what it would send.

    Attributes:
        plan: what is compared.
        folder: of its run.
        items: of its run; their images are files that `begin` writes.
        entries: what the journal has, as planning would leave it.
        sent: the items for which a paid request would be sent.
        notes: what the journal is to note.
    """

    plan: Plan
    folder: Path
    items: Sequence[BatchItem]
    entries: Sequence[Entry]
    sent: Sequence[BatchItem]
    notes: Mapping[str, str]

    @property
    def estimate(self) -> Estimate:
        """What it would cost."""
        infos = {name: session.info for name, session in self.plan.sessions.items()}
        return estimate(self.sent, infos)

    def check_budgets(self, budgets: Sequence[Budget], *, allow_unpriced: bool) -> None:
        """Refuse to cost more than is allowed.

        Raises:
            BudgetExceeded: it may cost more, or a price is not known.
        """
        spent = summarise(self.entries).at_most.amounts
        check_budget(self.estimate, budgets, allow_unpriced=allow_unpriced, spent=spent)

    def begin(self, run: OpenRun) -> None:
        """Write the images that all get, and note what is compared.

        Raises:
            OutputError: they cannot be written.
        """
        write_images(self.plan.shared.images.values(), self.folder)
        run.journal.note(self.notes)


def get_ready(plan: Plan, folder: Path, policy: BatchPolicy) -> Ready:
    """Return what a comparison would send; nothing is written.

    Raises:
        InputError: the run in that folder asks for something else.
        OutputError: the folder cannot be used, or holds files of other origin under our names.
    """
    files = {field: PathSource(folder / one.place) for field, one in plan.shared.images.items()}
    items = [item for vendor in plan.vendors for item in vendor.items(files)]
    infos = {name: session.info for name, session in plan.sessions.items()}
    check_target(f"{folder}/")
    check_lists(folder)
    path = folder / JOURNAL_NAME
    meta: Mapping[str, str] = {}
    entries: list[Entry] = []
    if path.is_file():
        with JournalReader(path) as journal:
            meta, entries = journal.meta, journal.as_planned(items)
    before: Mapping[str, Any] = json.loads(meta.get(NOTE, "{}"))
    note = _note(plan, before)
    if not is_comparison(meta):
        _refuse_others_files(folder, has_run=bool(entries))
    elif entries:
        _refuse_other_images(folder, note, before)
    return Ready(
        plan=plan,
        folder=folder,
        items=items,
        entries=entries,
        sent=to_send(items, entries, infos, policy),
        notes={NOTE: json.dumps(note)},
    )


def _refuse_others_files(folder: Path, *, has_run: bool) -> None:
    if has_run:
        raise OutputError(f"{str(folder)!r} holds a run that is no comparison.")
    for name in (JSON_NAME, SHEET_NAME):
        if (folder / name).exists():
            raise OutputError(
                f"{str(folder / name)!r} is there, and no comparison has written it.",
                remedy="Move it away, or choose another folder.",
            )


def _refuse_other_images(folder: Path, note: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Refuse to put results of other images beside those that are there."""
    if any(note[name] != before[name] for name in ("person", "garments")):
        raise InputError(
            f"the comparison in {str(folder)!r} is one of other images.",
            remedy="Use the same person and garments, or another folder.",
        )


def _note(plan: Plan, before: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the journal keeps of a comparison; vendors may have been compared before."""
    places = {field: one.place.as_posix() for field, one in plan.shared.images.items()}
    left_out = {
        name.partition("@")[0]: _described(errors) for name, errors in plan.left_out.items()
    }
    earlier = {
        name: errors
        for name, errors in before.get("left_out", {}).items()
        if name not in plan.sessions
    }
    return {
        "person": places.pop("person"),
        "garments": places,
        "left_out": {**earlier, **left_out},
    }


def _described(errors: Iterable[TryOnError]) -> list[Mapping[str, Any]]:
    return [describe_error(error) for error in errors]
