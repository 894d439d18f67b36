"""Runs to look at: journals written by hand, with images, and no vendor."""

import hashlib
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import attrs

from providers import FakeOptions, picture
from tryon_batch import BatchItem, Cost, Journal, RunFolder, SavedFile, read_runs
from tryon_core import Job, PathSource, TryOnRequest, errors
from tryon_core.errors import describe_error
from tryon_core.models import Notice
from tryon_testing.clocks import START, FakeClock

USD = Cost(amount=Decimal("0.10"), currency="USD", units=Decimal(1), basis="list")
JOB = Job(provider="fake", id="job-1", submitted_at=START, expires_at=START + timedelta(hours=2))
TIMES = {
    "intent": START,
    "accepted": START + timedelta(seconds=1),
    "finished": START + timedelta(seconds=11),
    "saved": START + timedelta(seconds=12),
}
UNKNOWN = describe_error(errors.OutcomeUnknown("the answer was lost."))
REFUSED = describe_error(errors.UnusableImage("too small. Pass fit=True.", code="image_too_small"))
STATES = {
    "planned": {},
    "intent": {"times": {"intent": START}, "cost": USD},
    "accepted": {"job": JOB, "cost": USD, "times": TIMES},
    "finished": {"job": JOB, "cost": USD, "times": TIMES},
    "saved": {"job": JOB, "cost": USD, "times": TIMES},
    "refused": {"error": REFUSED},
    "failed": {
        "error": describe_error(errors.JobFailed("no body was found.", billed="no")),
        "cost": USD,
        "job": JOB,
    },
    "outcome_unknown": {"error": UNKNOWN, "cost": USD, "times": {"intent": START}},
}
"""What the journal has of an item in each state."""


@attrs.frozen(kw_only=True)
class Made:
    """One item of a run.

    Attributes:
        id: its id.
        state: its state.
        person: bytes of the photo of the person, None for a file that is gone.
        files: the images that came, by name.
        facts: other fields of the entry.
        own: the caller's own columns.
        inputs: other arguments of the request.
        after: id of its first step.
    """

    id: str
    state: str = "saved"
    person: bytes | None = attrs.field(factory=picture)
    files: dict = attrs.field(factory=dict)
    facts: dict = attrs.field(factory=dict)
    own: dict = attrs.field(factory=dict)
    inputs: dict = attrs.field(factory=dict)
    after: str | None = None


def write_run(folder: Path, *items: Made, provider="fake") -> RunFolder:
    """Write the journal and the images of a run, as a run would leave it.

    A saved item without named files gets one image.
    """
    inputs = folder.parent / "inputs"
    inputs.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    with Journal(folder / "run.tryon", clock=FakeClock()) as journal:
        journal.plan([_item(inputs, made, provider, row) for row, made in enumerate(items, 1)])
        entries = {entry.id: entry for entry in journal.entries()}
        journal.record([_entry(folder, entries[made.id], made) for made in items])
    return read_runs([folder])[0]


def _item(inputs, made, provider, row):
    digest = hashlib.sha256(made.id.encode()).hexdigest()[:8]
    person, top = inputs / f"person-{digest}.png", inputs / f"top-{digest}.png"
    if made.person is not None:
        person.write_bytes(made.person)
    top.write_bytes(picture(colour=(10, 120, 200)))
    given = {"person": PathSource(person), "top": PathSource(top), **made.inputs}
    options = given.pop("options", FakeOptions())
    request = TryOnRequest(**given, options=options)
    return BatchItem(
        id=made.id, provider=provider, request=request, row=row, own=made.own, after=made.after
    )


def _entry(folder, entry, made):
    files = made.files
    if made.state == "saved" and not files:
        name = f"{hashlib.sha256(made.id.encode()).hexdigest()[:8]}.png"
        files = {name: picture(colour=(200, 60, 30))}
    for name, data in files.items():
        if data is not None:
            (folder / name).write_bytes(data)
    saved = [
        SavedFile(path=name, sha256=hashlib.sha256(data or b"").hexdigest(), bytes=len(data or b""))
        for name, data in files.items()
    ]
    facts = {**STATES[made.state], "files": tuple(saved), **made.facts}
    return attrs.evolve(entry, state=made.state, attempts=1, **facts)


def each_state() -> tuple[Made, ...]:
    """Return an item in each state, called after it; the saved one has a notice."""
    notice = Notice("sleeve_uncertain", "The sleeve may be wrong.")
    return tuple(
        Made(id=state, state=state, facts={"notices": (notice,)} if state == "saved" else {})
        for state in STATES
    )
