"""What a run is to do, and with which providers: from a manifest, two folders, or its journal."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import attrs

from tryon_batch.cli.commands import BatchCall
from tryon_batch.costs import counted
from tryon_batch.ids import Shard, is_first_step, require_known
from tryon_batch.items import BatchItem, BatchPolicy, Entry, request_digest, request_from_plain
from tryon_batch.journal import JournalReader
from tryon_batch.manifest import Manifest, pair_folders, read_manifest
from tryon_batch.manifest.checking import check_items, check_manifest
from tryon_batch.manifest.columns import ManifestProblems, RowProblem, named_rows
from tryon_batch.outfits import both_steps, linked
from tryon_batch.output import DELIMITER
from tryon_batch.resuming import to_send
from tryon_batch.workers import SessionElsewhere, SessionSource
from tryon_core import Clock, PathSource, ProviderInfo, TryOnRequest
from tryon_core.cli.invocation import Invocation
from tryon_core.cli.printing import note
from tryon_core.cli.terminal import show_progress
from tryon_core.engine import (
    REGISTRY,
    Session,
    make_options,
    open_session,
    require_all_settings,
)
from tryon_core.errors import InputError, UnknownOption

PROVIDERS = "providers"
"""Name under which it keeps how the providers were asked for, by their ids."""
_NOWHERE = TryOnRequest(person=PathSource(Path("unknown")))
_NOT_KEPT = "the journal does not hold its images"


@attrs.frozen(kw_only=True, eq=False)
class Sessions:
    """Opens providers by the names that a manifest gives them.

    Attributes:
        clock: source of time of all of them.
        config: configuration file, None for the usual one.
        extensions: names of extensions beside those that the settings have in use.
    """

    clock: Clock
    config: Path | None
    extensions: tuple[str, ...] = ()
    _by_name: dict[str, Session] = attrs.field(factory=dict)

    def open(self, name: str) -> Session:
        """Return a provider's session; no key is needed yet.

        Args:
            name: id of an installed provider, or `id@distribution`.

        Raises:
            ConfigurationError: it is not installed, or its settings cannot be read.
        """
        if name not in self._by_name:
            self._by_name[name] = open_session(
                REGISTRY.load(name),
                config=self.config,
                clock=self.clock,
                extensions=self.extensions,
            )
        return self._by_name[name]

    @property
    def by_name(self) -> Mapping[str, Session]:
        """The sessions by the names under which they were opened."""
        return self._by_name

    def require_keys(self) -> None:
        """Make sure that all keys and settings are there that a request needs.

        Raises:
            MissingCredential: names all keys that are missing.
        """
        require_all_settings(*self._by_name.values())

    @property
    def by_id(self) -> Mapping[str, Session]:
        """The sessions by the ids of their providers."""
        return {session.info.id: session for session in self._by_name.values()}

    @property
    def infos(self) -> Mapping[str, ProviderInfo]:
        """What the providers declare, by their ids."""
        return {name: session.info for name, session in self.by_id.items()}

    @property
    def sources(self) -> Mapping[str, SessionSource]:
        """How worker processes open the same providers, by their ids."""
        return {
            session.info.id: SessionElsewhere.of(session, name)
            for name, session in self._by_name.items()
        }


@attrs.frozen(kw_only=True)
class Work:
    """What is to be done.

    Attributes:
        items: those that can be done.
        left_out: why others cannot be done now, by id.
        notes: what the journal is to note.
        is_whole: whether these are all items that there are.
        others: items that are planned and left for a later call.
    """

    items: Sequence[BatchItem]
    left_out: Mapping[str, str] = attrs.field(factory=dict)
    notes: Mapping[str, str] = attrs.field(factory=dict)
    is_whole: bool = True
    others: Sequence[BatchItem] = ()

    def require(self, ids: Collection[str]) -> None:
        """Make sure that these items are there.

        Raises:
            InputError: one of them is not.
        """
        require_known(ids, [*self.left_out, *(item.id for item in self.items)])

    def only(self, ids: Collection[str]) -> "Work":
        """Return what concerns these items; all when none are named.

        Raises:
            InputError: one of them is not there.
        """
        if not ids:
            return self
        self.require(ids)
        ids = both_steps(ids, self.items)
        return attrs.evolve(
            self,
            items=[item for item in self.items if item.id in ids],
            others=[item for item in self.items if item.id not in ids],
            left_out={name: why for name, why in self.left_out.items() if name in ids},
            is_whole=False,
        )


def work_of_manifest(invocation: Invocation, call: BatchCall, sessions: Sessions) -> Work:
    """Return what a manifest, or two folders, ask for; every row of it is checked.

    Raises:
        InputError: it has problems.
    """
    manifest = _read(call)
    for sentence in manifest.notes:
        note(sentence)
    if call.shard is not None:
        manifest, every = _part(manifest, call.shard), len(manifest.rows)
        note(f"shard {call.shard} has {len(manifest.rows):,} of {counted(every, 'row')}.")
    with show_progress(quiet=invocation.quiet) as say:
        if manifest.rows:
            say(f"checking {counted(len(manifest.rows), 'row')}")
        items = check_manifest(manifest, sessions.open, fit=call.fit)
    names = {session.info.id: name for name, session in sessions.by_name.items()}
    notes = {DELIMITER: manifest.delimiter, PROVIDERS: json.dumps(names)}
    return Work(items=items, notes=notes)


def work_of_journal(
    invocation: Invocation, call: BatchCall, sessions: Sessions, journal: JournalReader
) -> Work:
    """Return what a journal has: its images are looked at where they are to be sent.

    Raises:
        InputError: there is nothing that can be done.
    """
    open_sessions(journal, sessions)
    entries = list(journal.entries())
    if not entries and call.shard is not None:
        note(f"shard {call.shard} has no rows.")
        return Work(items=())
    if not entries:
        raise InputError(
            f"nothing was planned in the run in {str(call.folder)!r}.",
            remedy="Name its manifest too.",
        )
    asked, digests = journal.asked(), journal.requests()
    items, not_kept = [], set()
    for entry in entries:
        info = sessions.by_id[entry.provider].info
        try:
            request = request_from_plain(asked[entry.id], info)
        except (KeyError, UnknownOption):
            not_kept.add(entry.id)
            request = _stand_in(entry, info)
        parser = asked.get(entry.id, {}).get("parser", "")
        if parser and parser not in sessions.by_id:
            sessions.open(parser)
        items.append(_item(entry, request, digests[entry.id], parser))
    items = linked(items)
    ids = both_steps(call.named_ids(), items)
    wanted = [item for item in items if not ids or item.id in ids]
    sending = to_send(wanted, entries, sessions.infos, policy_of(call))
    if any(item.id in not_kept for item in sending) and _has_manifest(call):
        note("the journal does not hold all that was asked: the manifest is read again.")
        work = work_of_manifest(invocation, call, sessions)
        # Items that were sent go on, whatever the manifest says now.
        listed = {item.id for item in work.items} | {item.id for item in sending}
        others = [item for item in items if item.id not in listed]
        return attrs.evolve(work, items=[*work.items, *others])
    with show_progress(quiet=invocation.quiet) as say:
        if sending:
            of_rows = {item.row or item.id for item in sending}
            say(f"checking {counted(len(of_rows), 'row')}")
        sound = [item for item in sending if item.id not in not_kept]
        found = check_items(sound, sessions.by_id, fit=call.fit)
    left_out = {item.id: _NOT_KEPT for item in sending if item.id in not_kept}
    for item_id, problems in found.items():
        left_out[item_id] = "; ".join(f"{one.field}: {one.message}" for one in problems)
    both = both_steps(left_out, sending) & {item.id for item in sending}
    left_out |= dict.fromkeys(both - left_out.keys(), "its other step cannot be sent")
    if left_out and not _has_more(entries, sending, left_out):
        rows = {entry.id: entry.row for entry in entries}
        raise ManifestProblems(
            [
                RowProblem(rows[name], "", message=f"{name}: {why}")
                for name, why in left_out.items()
            ],
            source=f"the run in {str(call.folder)!r}",
        )
    _note_edits(call, sessions, journal)
    return Work(items=[item for item in items if item.id not in left_out], left_out=left_out)


def open_sessions(journal: JournalReader, sessions: Sessions) -> None:
    """Open the providers of a run as they were asked for when it began."""
    names = json.loads(journal.meta.get(PROVIDERS, "{}"))
    for provider in dict.fromkeys([*(entry.provider for entry in journal.entries()), *names]):
        sessions.open(names.get(provider, provider))


def note_changes(items: Iterable[BatchItem], journal: JournalReader) -> None:
    """Say which rows of a manifest that is followed ask for something else than before."""
    known = journal.requests()
    rows = [item for item in items if not is_first_step(item.id)]
    other = [item for item in rows if known.get(item.id, "") not in {"", request_digest(item)}]
    if other:
        places = _places([(item.id, item.row) for item in other])
        note(f"the manifest asks for something else than before: {places}.")


def _note_edits(call: BatchCall, sessions: Sessions, journal: JournalReader) -> None:
    """Say how a manifest that is not followed differs from what is done."""
    if not _has_manifest(call):
        return
    known = journal.requests()
    source = str(call.manifest or call.garments)
    try:
        manifest = _part(_read(call), call.shard)
        items = check_manifest(manifest, sessions.open, fit=call.fit, known=known)
    except ManifestProblems as error:
        edits = f"problems, such as {error.message.splitlines()[1]}"
    else:
        asked = {item.id: item for item in items if not is_first_step(item.id)}
        entries = (entry for entry in journal.entries() if not is_first_step(entry.id))
        rows = {entry.id: entry.row for entry in entries}
        groups = {
            "changed": [
                (name, one.row)
                for name, one in asked.items()
                if known.get(name, "") not in {"", request_digest(one)}
            ],
            "new": [(name, one.row) for name, one in asked.items() if name not in known],
            "gone": [(name, row) for name, row in rows.items() if name not in asked],
        }
        edits = "; ".join(f"{what}: {_places(group)}" for what, group in groups.items() if group)
    if edits:
        note(
            f"{source!r} was edited since the run began ({edits}). The run goes on with what was "
            f"asked then. To follow it instead: {call.follow_command()}"
        )


def _places(group: Sequence[tuple[str, int | None]]) -> str:
    rows = [row for _, row in group if row is not None]
    if len(rows) == len(group):
        return named_rows(rows)
    more = f" and {len(group) - 1:,} more" if len(group) > 1 else ""
    return f"{group[0][0]!r}{more}"


def _has_manifest(call: BatchCall) -> bool:
    if call.manifest is not None:
        return call.manifest.is_file()
    return bool(call.persons and call.garments and call.persons.is_dir())


def policy_of(call: BatchCall, *, left_out: Collection[str] = ()) -> BatchPolicy:
    """Return how a call goes about its run.

    Args:
        call: what was asked.
        left_out: items that are not bought again now, although they were named.
    """
    return BatchPolicy(
        fit=call.fit,
        retry_unknown=call.retry_unknown,
        retry_failed=call.retry_failed,
        redo=frozenset(call.redo) - frozenset(left_out),
        again=call.again,
        max_in_flight=call.concurrency,
        stop_after=call.stop_after,
        quota_storage=call.quota_storage,
    )


def _has_more(
    entries: Iterable[Entry],
    sending: Sequence[BatchItem],
    left_out: Mapping[str, str],
) -> bool:
    """Return whether anything can be done besides what is left out."""
    is_running = any(entry.state in {"accepted", "finished", "saved"} for entry in entries)
    return is_running or len(sending) > len(left_out)


def _stand_in(entry: Entry, info: ProviderInfo) -> TryOnRequest:
    """Return a request for an item that is not sent: its options say which model works on it."""
    given = {"model": entry.model} if entry.model else {}
    try:
        options: object = make_options(info.options, given, provider=info.id)
    except UnknownOption:
        return _NOWHERE
    return attrs.evolve(_NOWHERE, options=options)


def _item(entry: Entry, request: TryOnRequest, digest: str, parser: str) -> BatchItem:
    return BatchItem(
        id=entry.id,
        provider=entry.provider,
        request=request,
        row=entry.row,
        given=entry.given,
        own=entry.own,
        parser=parser,
        digest=digest,
        after=entry.after,
    )


def _part(manifest: Manifest, shard: Shard | None) -> Manifest:
    """Return the part of a manifest that is done here; its problems are those of the whole."""
    if shard is None:
        return manifest
    rows = tuple(row for row in manifest.rows if shard.owns(row.id))
    return attrs.evolve(manifest, rows=rows)


def _read(call: BatchCall) -> Manifest:
    if call.manifest is not None:
        return read_manifest(
            call.manifest,
            provider=call.provider,
            options=call.options,
            keep=call.keep,
            parser=call.parser,
            chain=call.chain,
        )
    if call.persons is None or call.garments is None or call.category is None:
        raise InputError("--persons, --garments and --category belong together.")
    return pair_folders(
        call.persons,
        call.garments,
        category=call.category,
        provider=call.provider,
        options=call.options,
        keep=call.keep,
        parser=call.parser,
    )
