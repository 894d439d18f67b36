import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import attrs
import pytest
from filelock import FileLock

from batch_entries import EXPECTED, USD, item, told
from tryon_batch import journal_file
from tryon_batch.items import STATES, Entry, request_digest
from tryon_batch.journal import Journal, JournalReader
from tryon_batch.journal_file import ITEM_COLUMNS, VERSION, connect, steps_of, values_of
from tryon_core.errors import InputError, JournalBusy, OutputError
from tryon_testing.clocks import START, FakeClock
from write_journal import AT, STANDS

JOURNALS = Path(__file__).with_name("journals")
GIVEN = {"person": "person.png", "top": "top.png"}
WORKER = Path(__file__).parents[1] / "scripts" / "journal_worker.py"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.tryon"


@pytest.fixture
def journal(path):
    with Journal(path, clock=FakeClock()) as journal:
        yield journal


@pytest.fixture
def worker(path):
    """Ask another process to work on the same journal."""
    process = subprocess.Popen(
        [sys.executable, WORKER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def ask(line):
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    ask.process = process
    yield ask
    process.kill()
    process.communicate()


def _at(state, **facts):
    return Entry(id="a", provider="fake", state=state, **{"given": GIVEN, **facts})


class TestPlanning:
    def test_items_are_planned_in_their_order_with_their_model_and_row(self, journal):
        journal.plan([item("b", row=2), item("a", row=3)])
        assert list(journal.entries()) == [
            Entry(id="b", provider="fake", row=2, given=GIVEN),
            Entry(id="a", provider="fake", row=3, given=GIVEN),
        ]
        assert journal.counts == {"planned": 2}

    def test_the_option_model_is_noted(self, journal):
        options = attrs.make_class("Options", {"model": attrs.field(default="aitryon")})()
        one = item()
        journal.plan([attrs.evolve(one, request=attrs.evolve(one.request, options=options))])
        assert journal.get("a").model == "aitryon"

    def test_what_is_there_stays_as_it_is(self, journal):
        journal.plan([item()])
        entry = _at("saved", attempts=1, cost=USD)
        journal.record([entry])
        journal.plan([item(), item("b")])
        assert journal.get("a") == entry
        assert journal.counts == {"saved": 1, "planned": 1}

    def test_a_row_that_moved_is_noted_whatever_the_state(self, journal):
        journal.plan([item(row=2)])
        journal.record([_at("saved", row=2)])
        journal.plan([item(row=7)])
        assert journal.get("a") == _at("saved", row=7)

    @pytest.mark.parametrize("state", STATES)
    def test_other_work_under_the_same_id_only_replaces_what_nobody_has(self, journal, state):
        journal.plan([item("z"), item(), item("b")])
        journal.record([_at(state, attempts=2, error=told("no"))])
        other = item(top="other.png", row=3)
        if state in {"planned", "refused", "failed"}:
            journal.plan([other])
            assert journal.get("a") == _at("planned", row=3, given={**GIVEN, "top": "other.png"})
            assert [entry.id for entry in journal.entries()] == ["z", "a", "b"]
            journal.plan([other])
        else:
            with pytest.raises(InputError, match=f"row 3: 'a' .* already {state}") as caught:
                journal.plan([item("c"), other, item("z", top="other.png")])
            assert "another id" in caught.value.remedy
            assert journal.get("a").state == state
            assert journal.get("c") is None

    def test_what_the_lists_repeat_follows_the_table_whatever_the_state(self, journal):
        journal.plan([item()])
        journal.record([_at("saved", cost=USD)])
        own = {"SKU": 4711, "Titel": "\ud800 Größe"}
        journal.plan([attrs.evolve(item(), given={"person": "p.png"}, own=own)])
        assert journal.get("a") == _at("saved", cost=USD, given={"person": "p.png"}, own=own)

    def test_all_items_that_ask_for_something_else_are_counted(self, journal):
        names = ("a", "b", "c")
        journal.plan([item(name) for name in names])
        journal.record([Entry(id=name, provider="fake", state="accepted") for name in names])
        with pytest.raises(InputError, match="holds for 2 more"):
            journal.plan([item(name, top="other.png") for name in names])

    def test_an_id_that_is_there_twice_is_refused(self, journal):
        with pytest.raises(InputError, match="row 4: the id 'a' is there twice"):
            journal.plan([item(row=2), item("b"), item(row=4)])
        assert not journal.counts

    def test_items_that_cannot_be_made_leave_nothing_behind(self, journal):
        def items():
            yield item()
            raise RuntimeError("no more")

        with pytest.raises(RuntimeError):
            journal.plan(items())
        assert list(journal.entries()) == []
        journal.plan([item()])


class TestRecording:
    def test_a_record_can_be_read_by_another_process_when_it_returns(self, journal, worker):
        journal.plan([item()])
        assert worker("get a") == "planned"
        for state in STATES:
            journal.record([_at(state)])
            assert worker("get a") == state

    def test_every_commit_is_synced(self, journal):
        (mode,) = journal._db.execute("PRAGMA journal_mode").fetchone()
        (synced,) = journal._db.execute("PRAGMA synchronous").fetchone()
        assert (mode, synced) == ("wal", 2)

    def test_what_was_recorded_survives_a_process_that_never_closes(self, path, journal, tmp_path):
        journal.plan([item()])
        journal.record([_at("accepted")])
        # What a killed process leaves: the file and its log, as they are at this moment.
        left = tmp_path / "left"
        left.mkdir()
        for name in ("run.tryon", "run.tryon-wal"):
            shutil.copy(path.with_name(name), left / name)
        with Journal(left / "run.tryon", clock=FakeClock()) as other:
            assert other.get("a").state == "accepted"

    def test_all_entries_are_written_or_none(self, journal):
        journal.plan([item()])
        with pytest.raises(AssertionError, match="never planned"):
            journal.record([_at("saved"), Entry(id="b", provider="fake")])
        assert journal.get("a").state == "planned"
        assert journal.get("b") is None

    def test_nothing_is_nothing(self, journal):
        journal.record([])

    def test_a_full_disk_is_told_and_what_was_there_stays(self, journal):
        journal.plan([item()])
        journal._db.execute("PRAGMA max_page_count = 1")
        with pytest.raises(OutputError, match=r"cannot write .*run.tryon.*full") as caught:
            journal.record([_at("failed", error={"message": "x" * 100_000})])
        assert isinstance(caught.value.__cause__, OSError)
        assert "space" in caught.value.remedy
        assert journal.get("a").state == "planned"
        journal._db.execute("PRAGMA max_page_count = 10000")
        journal.record([_at("failed", error={"message": "x" * 100_000})])
        assert journal.get("a").state == "failed"


class TestReading:
    def test_states_choose(self, journal):
        journal.plan([item("a"), item("b"), item("c")])
        journal.record(
            [
                Entry(id="a", provider="fake", state="failed"),
                Entry(id="c", provider="fake", state="saved"),
            ]
        )
        assert [entry.id for entry in journal.entries("saved", "failed")] == ["a", "c"]
        assert [entry.id for entry in journal.entries("intent")] == []
        assert journal.get("d") is None
        assert journal.counts["intent"] == 0

    def test_a_reader_sees_each_record_and_may_be_in_the_middle(self, journal, path):
        journal.plan([item("a"), item("b")])
        with JournalReader(path) as reader:
            half_read = reader.entries()
            next(half_read)
            journal.record([Entry(id="b", provider="fake", state="saved")])
            assert next(half_read).state == "planned"
            assert reader.get("b").state == "saved"

    def test_the_run_is_noted_once_and_the_writer_each_time(self, path):
        clock = FakeClock()
        with Journal(path, clock=clock, meta={"command": "tryon batch"}) as journal:
            first = dict(journal.meta)
        clock.advance(60)
        with Journal(path, clock=clock, meta={"command": "other"}) as journal:
            assert journal.meta == first
        assert first["created_at"] == START.isoformat()
        assert (first["command"], first["version"]) == ("tryon batch", str(VERSION))
        assert len(first["run"]) == 32
        assert first["writer"].endswith(f" on {socket.gethostname()}")

    def test_a_journal_in_memory_is_one_as_well(self):
        with Journal(None, clock=FakeClock()) as journal:
            journal.plan([item()])
            journal.record([_at("saved")])
            assert journal.get("a").state == "saved"


def test_a_closed_journal_is_the_callers_fault_not_the_files(journal):
    journal.close()
    with pytest.raises(sqlite3.ProgrammingError):
        _ = journal.counts


class TestReadingOnce:
    """Nobody else writes a journal, so that what was read holds until something is written."""

    def test_what_is_planned_again_is_neither_read_nor_written(self, journal):
        statements, items = [], [item("a"), item("b")]
        journal.plan(items)
        journal._db.set_trace_callback(statements.append)
        journal.plan(items)
        assert statements == []

    def test_the_items_are_read_once_until_one_is_written(self, journal):
        journal.plan([item("a"), item("b")])
        statements = []
        journal._db.set_trace_callback(statements.append)
        before = [list(journal.entries()), list(journal.entries("planned"))]
        assert before[0] == before[1]
        assert len(statements) == 1
        journal.record([attrs.evolve(before[0][0], state="refused")])
        assert [entry.state for entry in journal.entries()] == ["refused", "planned"]


class TestOneWriter:
    def test_a_second_process_is_told_which_one_it_is(self, path, worker):
        assert worker("hold") == "held"
        writer = f"process {worker.process.pid} on {socket.gethostname()}"
        with pytest.raises(JournalBusy, match=writer) as caught:
            Journal(path, clock=FakeClock())
        assert str(path) in str(caught.value)
        with JournalReader(path) as reader:
            assert reader.meta["writer"] == writer

    def test_a_writer_that_is_not_known_yet_is_another_process(self, path):
        with FileLock(f"{path}.lock"), pytest.raises(JournalBusy, match="another process is"):
            Journal(path, clock=FakeClock())

    def test_a_lock_that_cannot_be_taken_is_told(self, path, tmp_path):
        (tmp_path / "run.tryon.lock").mkdir()
        with pytest.raises(OutputError, match=r"cannot write .*run\.tryon"):
            Journal(path, clock=FakeClock())

    def test_a_second_journal_of_the_same_process_is_refused(self, journal, path):
        with pytest.raises(JournalBusy):
            Journal(path, clock=FakeClock())
        journal.plan([item()])

    def test_a_process_that_was_killed_holds_nothing(self, path, worker):
        assert worker("hold") == "held"
        worker.process.kill()
        worker.process.wait()
        with Journal(path, clock=FakeClock()) as journal:
            journal.plan([item()])

    def test_what_could_not_be_opened_is_not_held(self, path):
        path.write_text("no journal")
        for _ in range(2):
            with pytest.raises(InputError, match="no journal of tryon"):
                Journal(path, clock=FakeClock())
        path.unlink()
        Journal(path, clock=FakeClock()).close()


def _newer(path):
    Journal(path, clock=FakeClock()).close()
    db = sqlite3.connect(path)
    db.execute("UPDATE meta SET value = value + 1 WHERE name = 'version'")
    db.commit()
    db.close()


def _truncated(path):
    with Journal(path, clock=FakeClock()) as journal:
        journal.plan([item(str(number)) for number in range(200)])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _of_somebody_else(path):
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE meta (name TEXT, value TEXT)")
    db.execute("INSERT INTO meta VALUES ('version', '1')")
    db.commit()
    db.close()


def _text(path):
    path.write_text("id,top\n1,a.png\n" * 100)


@pytest.mark.parametrize("opened", [JournalReader, lambda path: Journal(path, clock=FakeClock())])
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_newer, f"of version {VERSION + 1}, and this tryon knows 1 to {VERSION}"),
        (_truncated, "damaged"),
        (_of_somebody_else, "no journal of tryon"),
        (_text, "no journal of tryon"),
    ],
)
def test_what_is_no_journal_is_named_and_left_as_it_is(path, opened, spoil, said):
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(InputError, match=said) as caught:
        opened(path)
    assert str(path) in caught.value.message
    assert caught.value.remedy
    assert path.read_bytes() == before


def test_a_page_that_is_damaged_is_found_before_anything_is_paid(path):
    with Journal(path, clock=FakeClock()) as journal:
        journal.plan([item(str(number)) for number in range(200)])
    data = bytearray(path.read_bytes())
    data[-8000:-4000] = bytes(4000)
    path.write_bytes(data)
    with pytest.raises(InputError, match="damaged"):
        Journal(path, clock=FakeClock())
    with JournalReader(path) as reader, pytest.raises(InputError, match="damaged"):
        list(reader.entries())


def test_there_is_nothing_to_read_where_nothing_was_written(path, tmp_path):
    with pytest.raises(InputError, match="there is no journal"):
        JournalReader(path)
    with pytest.raises(InputError, match="there is no journal"):
        JournalReader(tmp_path)
    path.touch()
    with pytest.raises(InputError, match="nothing was planned"):
        JournalReader(path)
    Journal(path, clock=FakeClock()).close()
    with closing(JournalReader(path)) as reader:
        assert reader.counts == {}


def test_a_folder_is_no_journal(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        Journal(tmp_path / "folder", clock=FakeClock())
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file/run\.tryon.*is a file"):
        Journal(tmp_path / "file" / "run.tryon", clock=FakeClock())


def test_a_journal_in_a_folder_that_cannot_be_written_is_read_without_writing(
    path, tmp_path, monkeypatch
):
    with Journal(path, clock=FakeClock()) as journal:
        journal.plan([item()])
    # Whoever runs the tests may be allowed to write anywhere, whatever the folder's mode.
    monkeypatch.setattr("os.access", lambda *_: False)
    before = sorted(tmp_path.iterdir())
    with JournalReader(path) as reader:
        assert reader.get("a").state == "planned"
        assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", ["a b?c=d#e%20.tryon", "ä'\";.tryon"])
def test_a_journal_may_have_any_name(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Journal(Path(name), clock=FakeClock()) as journal:
        journal.plan([item()])
    with JournalReader(Path(name)) as reader:
        assert reader.get("a").state == "planned"
    assert (tmp_path / name).is_file()


def _of_version_1(path):
    """Make a journal as the first version of tryon did, with paid work in it."""
    columns = (
        "id TEXT NOT NULL{}, provider TEXT NOT NULL, model TEXT NOT NULL, row INTEGER, "
        "state TEXT NOT NULL, fingerprint TEXT, job TEXT, attempts INTEGER NOT NULL, error TEXT, "
        "files TEXT, cost TEXT, times TEXT NOT NULL"
    )
    names = "id, provider, model, row, state, fingerprint, job, attempts, error, files, cost, times"
    old = ", ".join(f"OLD.{name}" for name in names.split(", "))
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(
        f"""
        PRAGMA application_id = 1953659185;
        PRAGMA journal_mode = WAL;
        CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
        CREATE TABLE items (number INTEGER PRIMARY KEY, request TEXT NOT NULL,
                            {columns.format(" UNIQUE")});
        CREATE INDEX by_state ON items (state);
        CREATE TABLE earlier (nth INTEGER PRIMARY KEY, number INTEGER NOT NULL,
                              {columns.format("")});
        CREATE TRIGGER keep_paid BEFORE UPDATE ON items
        WHEN OLD.state <> 'planned' AND NEW.state = 'planned' BEGIN
            INSERT INTO earlier (number, {names}) VALUES (OLD.number, {old});
        END;
        INSERT INTO meta VALUES ('version', '1'), ('created_at', '2026-01-01T00:00:00+00:00');
        """  # noqa: S608  (the names above)
    )
    db.execute(
        f"INSERT INTO items (request, {names}) VALUES (?, 'a', 'fake', '', 2, 'failed', 'f1', "  # noqa: S608
        "NULL, 1, NULL, NULL, ?, '{}')",
        (request_digest(item()), values_of(_at("failed", cost=USD))["cost"]),
    )
    db.close()


class TestAJournalOfTheFirstVersion:
    FAILED = Entry(
        id="a", provider="fake", row=2, state="failed", fingerprint="f1", attempts=1, cost=USD
    )

    @pytest.fixture(autouse=True)
    def _old(self, path):
        _of_version_1(path)

    def test_it_is_read_without_being_changed(self, path):
        before = path.read_bytes()
        with JournalReader(path) as reader:
            assert list(reader.entries()) == [self.FAILED]
            assert reader.asked() == {}
        assert path.read_bytes() == before

    def test_it_is_gone_on_with_and_keeps_what_was_paid(self, path):
        with Journal(path, clock=FakeClock()) as journal:
            assert list(journal.entries()) == [self.FAILED]
            journal.plan([item(row=2)])
            failed = attrs.evolve(self.FAILED, given=GIVEN)
            assert journal.get("a") == failed
            journal.record([attrs.evolve(failed, state="planned", cost=None)])
            assert journal.get("a").earlier == (failed,)
            assert set(journal.asked()) == {"a"}
        with JournalReader(path) as reader:
            assert reader.meta["version"] == str(VERSION)
            assert reader.get("a").earlier == (failed,)


class TestWhatWasPaidBefore:
    """A journal is a ledger: a request that may have cost something never leaves it."""

    @pytest.fixture(autouse=True)
    def _planned(self, journal):
        journal.plan([item()])

    @pytest.mark.parametrize("state", ["outcome_unknown", "failed", "accepted", "finished"])
    def test_it_stays_when_the_item_is_sent_once_more(self, journal, state):
        first = _at(state, attempts=1, cost=EXPECTED, error=told())
        journal.record([first])
        journal.record([_at("planned", attempts=1)])
        assert journal.get("a") == _at("planned", attempts=1, earlier=(first,))
        journal.record([_at("intent", attempts=2, cost=EXPECTED)])
        journal.record([_at("saved", attempts=2, cost=USD)])
        (entry,) = journal.entries()
        assert entry == _at("saved", attempts=2, cost=USD, earlier=(first,))
        assert list(journal.entries("planned")) == []

    def test_each_one_stays_in_its_order(self, journal):
        firsts = [_at("outcome_unknown", attempts=n, cost=EXPECTED) for n in (1, 2, 3)]
        for first in firsts:
            journal.record([first])
            journal.record([_at("planned", attempts=first.attempts)])
        assert journal.get("a").earlier == tuple(firsts)

    def test_it_stays_when_the_item_is_replaced_by_other_work(self, journal):
        first = _at("failed", attempts=1, cost=EXPECTED, error=told("yes"))
        journal.record([first])
        journal.plan([item(top="other.png")])
        other = {**GIVEN, "top": "other.png"}
        assert journal.get("a") == _at("planned", given=other, earlier=(first,))

    def test_it_stays_when_a_process_died_while_sending(self, journal):
        first = _at("intent", attempts=1, cost=EXPECTED)
        journal.record([first])
        journal.record([_at("planned", attempts=1)])
        assert journal.get("a").earlier == (first,)

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ({"state": "intent"}, {"attempts": 1, "error": told("no")}),  # the vendor refused it
            ({"state": "intent"}, {"attempts": 0}),  # it never began
            ({"state": "failed", "cost": None}, {"attempts": 1}),  # the vendor said: not billed
            ({"state": "outcome_unknown", "cost": None}, {"attempts": 1}),  # like equal work
            ({"state": "planned"}, {"attempts": 1}),  # nothing happened
        ],
    )
    def test_what_certainly_cost_nothing_is_not_kept(self, journal, before, after):
        journal.record([_at(**{"attempts": 1, "cost": EXPECTED, **before})])
        journal.record([_at("planned", **after)])
        assert journal.get("a") == _at("planned", **after)

    def test_an_entry_that_is_written_back_is_not_doubled(self, journal):
        journal.record([_at("outcome_unknown", attempts=1, cost=EXPECTED)])
        journal.record([_at("planned", attempts=1)])
        entry = journal.get("a")
        journal.record([entry])
        assert journal.get("a") == entry


class TestAJournalOfEachVersion:
    """The files beside this one are written by tests/support/write_journal.py, and stay."""

    @pytest.fixture(params=sorted(JOURNALS.glob("*.sql")), ids=lambda path: path.stem)
    def old(self, request, path):
        db = sqlite3.connect(path, isolation_level=None)
        db.executescript(request.param.read_text(encoding="utf-8"))
        db.close()
        return path

    def test_a_reader_finds_all_that_is_in_it(self, old):
        with JournalReader(old) as reader:
            entries = {entry.id: entry for entry in reader.entries()}
        assert {name: entry.state for name, entry in entries.items()} == {
            **{state: state for state in STANDS},
            "twice": "planned",
        }
        for state, facts in STANDS.items():
            assert {name: getattr(entries[state], name) for name in facts} == facts
        assert [entry.state for entry in entries["twice"].earlier] == ["failed"]
        assert [entry.row for entry in entries.values()] == [1, 2, 3, 4, 5, 9]
        assert entries["saved"].times["intent"] == AT

    def test_a_run_goes_on_with_it(self, old):
        with Journal(old, clock=FakeClock()) as journal:
            before = journal.get("accepted")
            journal.record([attrs.evolve(before, state="planned", cost=None)])
            assert journal.get("accepted").earlier == (before,)
            assert journal.meta["version"] == str(VERSION)
            assert len(journal.asked()) == len(STANDS) + 1
        assert _schema(old) == _schema_of_today(old)

    def test_a_change_of_the_columns_comes_with_a_version_of_its_own(self, path):
        newest = JOURNALS / f"version_{VERSION}.sql"
        db = sqlite3.connect(path, isolation_level=None)
        db.executescript(newest.read_text(encoding="utf-8"))
        db.close()
        assert _schema(path) == _schema_of_today(path), "raise VERSION, and write its journal"

    def test_a_new_column_makes_no_old_run_unreadable(self, old, monkeypatch):
        columns = {**ITEM_COLUMNS, "weather": "TEXT"}
        monkeypatch.setattr(journal_file, "ITEM_COLUMNS", columns)
        monkeypatch.setattr(journal_file, "VERSION", VERSION + 1)
        db = connect(old)
        for statement in steps_of(db):
            db.execute(statement)
        added = {
            table: {name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")}
            for table in ("items", "earlier")
        }
        db.close()
        assert all("weather" in names for names in added.values())


def _schema(path):
    """Return the names of the columns of each table, whatever their order, and the triggers."""
    db = sqlite3.connect(path)
    tables = ("meta", "items", "earlier")
    columns = {
        name: {tuple(row[1:4]) for row in db.execute(f"PRAGMA table_info({name})")}
        for name in tables
    }
    triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    db.close()
    return columns, triggers


def _schema_of_today(path):
    new = path.with_name("new.tryon")
    Journal(new, clock=FakeClock()).close()
    return _schema(new)


def test_a_journal_of_a_process_that_died_while_it_made_the_file_is_read_as_empty(tmp_path):
    making, left = tmp_path / "making.tryon", tmp_path / "left.tryon"
    with closing(sqlite3.connect(making, isolation_level=None)) as db:
        # So small a cache makes SQLite write to the file before the transaction ends.
        db.execute("PRAGMA cache_size = 1")
        db.execute("BEGIN")
        db.execute("CREATE TABLE items (value BLOB)")
        db.executemany("INSERT INTO items VALUES (?)", [(bytes(4000),)] * 50)
        for end in ("", "-journal"):
            shutil.copy(f"{making}{end}", f"{left}{end}")
    assert left.stat().st_size
    with pytest.raises(InputError, match="is empty: nothing was planned"):
        JournalReader(left)
