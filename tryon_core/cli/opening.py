"""A client for one command: its submission is watched, its remarks are printed."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

# Its names are imported on first use: the client makes `--help` and completion slow.
import tryon_core
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.printing import note, show_notes
from tryon_core.installed import EXTENSION_GROUP, entry_points
from tryon_core.models import Job, ParseRequest
from tryon_core.registry import REGISTRY
from tryon_core.remembered import JobStore, job_of
from tryon_core.settings import EXTENSIONS, USE, find_config


@contextmanager
def open_client(
    invocation: Invocation, provider: str, *, config: Path | None = None
) -> "Iterator[tryon_core.Client]":
    """Give a client, and print as notes what the library logs meanwhile.

    Raises:
        ConfigurationError: the provider or its settings cannot be used.
    """
    with (
        show_notes(),
        tryon_core.Client(
            provider,
            config=config,
            extensions=[*invocation.extensions, _watch_what_is_paid(invocation)],
            submitting=tryon_core.SubmitPolicy(on_wait=invocation.tell_wait),
        ) as client,
    ):
        invocation.is_free = client.info.is_free()
        note_unknown_tables(config)
        yield client


@contextmanager
def open_job(
    invocation: Invocation, token: str, *, provider: str | None, config: Path | None
) -> "Iterator[tuple[tryon_core.Client, Job]]":
    """Give the job of a token, or of a short id, and a client for its provider.

    A submission whose answer was lost is looked up first.

    Raises:
        InputError: it names no job, or the job is of another provider.
        NotSent: the vendor did not accept that submission.
        OutcomeUnknown: it is still not known what became of it.
        ConfigurationError: the provider or its settings cannot be used.
    """
    store = JobStore.of_user()
    found = job_of(token, store)
    with open_client(invocation, provider or found.provider, config=config) as client:
        if not isinstance(found, Job):
            from tryon_core.lost_answers import find_remembered  # noqa: PLC0415  (slow)

            found = find_remembered(client.session, found, jobs=store)
        yield client, found


def note_unknown_tables(config: Path | None) -> None:
    """Name the tables of the configuration file that nothing that is installed reads."""
    for remark in unused_tables(find_config(config)):
        note(remark)


def unused_tables(tables: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Give a sentence for each table that nothing that is installed reads."""
    unused = dict.fromkeys(set(tables) - {EXTENSIONS}, "provider")
    for entry in REGISTRY.installed():
        unused.pop(entry.id, None)
    installed = {point.name for point in entry_points(EXTENSION_GROUP)}
    for name in set(tables.get(EXTENSIONS, {})) - {USE, *installed}:
        unused[f"{EXTENSIONS}.{name}"] = "extension"
    for name, kind in sorted(unused.items()):
        yield f"the table [{name}] of the configuration file is not used: no such {kind}."


def _watch_what_is_paid(invocation: Invocation) -> SimpleNamespace:
    """Return an extension that notes what becomes of the paid request, and of a parsing before it.

    Ctrl-C leaves the submission open, every other end closes it.
    """

    @tryon_core.hookimpl(wrapper=True)
    def submit() -> Generator[None, Job, Job]:
        invocation.tell_submission()
        try:
            job = yield
        except Exception:
            invocation.is_submitting = False
            raise
        invocation.job = job
        invocation.is_submitting = False
        return job

    @tryon_core.hookimpl(wrapper=True)
    def parse_garment(
        request: ParseRequest, ctx: tryon_core.CallContext
    ) -> Generator[None, object, object]:
        is_free, before = ctx.info.is_free(request), invocation.parsing_billed
        invocation.parsing = "begun"
        invocation.parsing_billed = before if is_free else "unknown"
        invocation.say("parsing")
        try:
            found = yield
        except tryon_core.TryOnError as error:
            invocation.parsing_billed = before if is_free else error.billed
            raise
        invocation.parsing = "done"
        invocation.parsing_billed = before if is_free else "yes"
        return found

    return SimpleNamespace(submit=submit, parse_garment=parse_garment)
