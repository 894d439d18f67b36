"""The journal does what a dictionary would do, across processes that open and close it."""

import shutil
import tempfile
from pathlib import Path

import attrs
import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from batch_entries import entries, item
from tryon_batch.items import STATES, Entry, shown_inputs
from tryon_batch.journal import Journal, JournalReader
from tryon_batch.journal_file import FIXED
from tryon_core.errors import InputError
from tryon_testing.clocks import FakeClock

ids = st.sampled_from("abcde")
wishes = st.fixed_dictionaries(
    {"top": st.sampled_from(("1.png", "2.png")), "row": st.none() | st.integers(1, 3)}
)
plans = st.dictionaries(ids, wishes, max_size=5)
records = st.lists(
    entries(ids), min_size=1, max_size=3, unique_by=lambda entry: entry.id
)  # fmt: skip


def _may_have_cost(before, after):
    if before.cost is None or before.state == "planned" or after.state != "planned":
        return False
    was_refused = (after.error or {}).get("billed") == "no"
    never_began = after.attempts < before.attempts
    return not (before.state == "intent" and (was_refused or never_began))


class JournalModel(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "run.tryon"
        self.clock = FakeClock()
        self.asked = {}
        self.known = {}

    @initialize()
    def begin(self):
        self.journal = Journal(self.path, clock=self.clock)

    @rule(plan=plans)
    def plan(self, plan):
        items = [item(item_id, **wish) for item_id, wish in plan.items()]
        blocked = [one for one in items if self._is_blocked(one)]
        if blocked:
            with pytest.raises(InputError, match=f"{blocked[0].id!r} asks for something else"):
                self.journal.plan(items)
            return
        self.journal.plan(items)
        for one in items:
            before = self.known.get(one.id)
            given = shown_inputs(one.request)
            fresh = Entry(id=one.id, provider="fake", row=one.row, given=given)
            if before is None:
                self.known[one.id] = fresh
            elif self.asked[one.id] != one.request:
                # What was paid to find what an item keeps was paid, whatever it asks for later.
                self._replace(before, attrs.evolve(fresh, parsings=before.parsings))
            else:
                self.known[one.id] = attrs.evolve(before, row=one.row, given=given, own={})
            self.asked[one.id] = one.request

    def _is_blocked(self, one):
        before = self.known.get(one.id)
        is_other = before is not None and self.asked[one.id] != one.request
        return is_other and before.state not in {"planned", "refused", "failed"}

    def _replace(self, before, after):
        kept = before.earlier
        if _may_have_cost(before, after):
            kept = (*kept, attrs.evolve(before, earlier=()))
        self.known[after.id] = attrs.evolve(after, earlier=kept)

    @precondition(lambda self: self.known)
    @rule(written=records)
    def record(self, written):
        if not {entry.id for entry in written} <= set(self.known):
            with pytest.raises(AssertionError, match="never planned"):
                self.journal.record(written)
            return
        self.journal.record(written)
        for entry in written:
            before = self.known[entry.id]
            # What an item is stays as it was planned.
            what = {name: getattr(before, name) for name in FIXED}
            self._replace(before, attrs.evolve(entry, **what))

    @rule(is_orderly=st.booleans())
    def reopen(self, is_orderly):
        if is_orderly:
            self.journal.close()
        else:
            self._die()
        self.journal = Journal(self.path, clock=self.clock)

    def _die(self):
        """Go on with the files as a killed process leaves them, its log not taken in."""
        left = Path(tempfile.mkdtemp(dir=self.folder))
        for name in ("run.tryon", "run.tryon-wal"):
            shutil.copy(self.path.with_name(name), left / name)
        self.journal.close()
        self.path = left / "run.tryon"

    @rule(states=st.sets(st.sampled_from(STATES), min_size=1))
    def read_states(self, states):
        found = [entry for entry in self.known.values() if entry.state in states]
        assert list(self.journal.entries(*states)) == found

    @invariant()
    def everybody_sees_the_same(self):
        with JournalReader(self.path) as reader:
            assert list(reader.entries()) == list(self.known.values())
            assert sum(reader.counts.values()) == len(self.known)
            assert reader.get("a") == self.known.get("a")

    def teardown(self):
        self.journal.close()
        shutil.rmtree(self.folder)


TestJournalModel = JournalModel.TestCase
# Each step is synced to the disk.
_EXAMPLES = 30 if settings.default.max_examples <= 100 else 300
TestJournalModel.settings = settings(max_examples=_EXAMPLES, stateful_step_count=12, deadline=None)
