"""What follows from each answer, and that no row of answers breaks the order of the states."""

from datetime import timedelta
from decimal import Decimal

import attrs
import pytest
from hypothesis import given, strategies as st

from batch_entries import ERRORS, item, make_error
from providers import fake_info
from tryon_batch.after_errors import MOST_ATTEMPTS, MOST_UNCHECKED
from tryon_batch.duplicates import Duplicates
from tryon_batch.items import SETTLED, Entry, SavedFile
from tryon_batch.output import OutputFolder
from tryon_batch.provider_queue import ProviderQueue, Ticket
from tryon_batch.quota import make_gate
from tryon_batch.scheduler import unwritten_jobs
from tryon_batch.transitions import Transitions
from tryon_batch.workers import Fetched
from tryon_core import errors
from tryon_core.models import (
    Artifact,
    Failure,
    Job,
    JobResult,
    JobState,
    JobUpdate,
    Notice,
    Quota,
    UrlSource,
)
from tryon_core.polling import PollPolicy
from tryon_core.preparing import Prepared
from tryon_core.settings import ProviderSettings
from tryon_testing.clocks import START, FakeClock

JOB = Job(provider="fake", id="job-1", submitted_at=START)
RESULT = JobResult(images=[Artifact(source=UrlSource("https://cdn.example/1.png"))])
READY = Prepared(request=item().request, fingerprint="f1")
PICTURE = Fetched(images=1, usage={})
DONE = JobUpdate(state=JobState.SUCCEEDED, result=RESULT)
RUNNING = JobUpdate(state=JobState.RUNNING)
TIMEOUT_S = 600.0

# What may follow what, for one item within one run.
ORDER = {
    "planned": {"planned", "intent", "refused"},
    "intent": {"planned", "accepted", "refused", "failed", "outcome_unknown"},
    "accepted": {"accepted", "finished", "failed"},
    "finished": {"finished", "saved", "failed"},
}


class World:
    """One item, its vendor, and what is decided about them; keeps all that would be written."""

    def __init__(self, entry=None, quota=None, *, others=(), output=None):
        self.clock = FakeClock()
        self.info = fake_info(quota=quota or Quota(poll_interval_s=0))
        gate = make_gate(self.info.capabilities.quota, account="a", clock=self.clock)
        self.queue = ProviderQueue(
            info=self.info, source=None, gate=gate, max_in_flight=4, stop_after=3
        )
        self.transitions = Transitions(
            clock=self.clock,
            polling=PollPolicy(),
            job_timeout_s=TIMEOUT_S,
            duplicates=Duplicates([], others=others, output=None, history=None, scopes={}),
            output=output,
        )
        self.ticket = Ticket(item=item(), entry=entry or Entry(id="a", provider="fake"))
        self.written = [self.ticket.entry]

    def after_preparing(self):
        """Return what follows when its images are known, and with them its equal work."""
        ((_, transition),) = self.transitions.after(self.queue, self.ticket, "prepare", READY)
        return transition

    def do(self, step, value):
        """Let a step end with a value; return what follows."""
        if step == "send":
            self.queue.gate.reserve()
            self.written.append(self.transitions.intended(self.queue, self.ticket))
        decide = {
            "prepare": self.transitions.prepared,
            "send": self.transitions.sent,
            "poll": self.transitions.polled,
            "fetch": self.transitions.fetched,
        }
        transition = decide[step](self.queue, self.ticket, value)
        assert transition.entry is self.ticket.entry
        self.written.append(transition.entry)
        return transition

    def until(self, *values):
        """Begin with preparing and follow on; return the last transition."""
        step = "prepare"
        for value in values:
            transition = self.do(step, value)
            step = transition.then
        return transition

    @property
    def states(self):
        return [entry.state for entry in self.written]


@pytest.fixture
def world():
    return World()


def test_the_whole_way_of_an_item(world):
    transition = world.until(READY, JOB, RUNNING, DONE, PICTURE)
    assert (transition.then, transition.error, transition.fetched) == (None, None, PICTURE)
    assert world.states == [
        "planned", "planned", "intent", "accepted", "accepted", "finished", "saved"
    ]  # fmt: skip
    entry = transition.entry
    assert (entry.fingerprint, entry.attempts, entry.cost.basis) == ("f1", 1, "list")
    assert entry.job == attrs.evolve(JOB, result=RESULT)
    assert list(entry.times) == ["intent", "accepted", "finished", "saved"]


def test_pictures_that_are_missing_are_fetched_again_before_the_rest_is_taken(world):
    notices = (Notice("image_not_fetched", "image 2 of 2 did not come."),)
    partly = attrs.evolve(PICTURE, is_checked=False, notices=notices)
    world.until(READY, JOB, RUNNING, DONE)
    for _ in range(MOST_UNCHECKED - 1):
        transition = world.do("fetch", partly)
        assert (transition.then, transition.entry.state) == ("fetch", "finished")
    transition = world.do("fetch", partly)
    assert (transition.then, transition.entry.state, transition.error) == (None, "saved", None)
    assert [notice.code for notice in transition.entry.notices] == ["image_not_fetched"]
    assert transition.entry.job is not None


def test_what_a_request_may_cost_is_written_before_it_is_sent(world):
    world.until(READY, JOB)
    intent = world.written[2]
    assert (intent.state, intent.cost.basis, str(intent.cost.amount)) == (
        "intent", "expected", "0.10"
    )  # fmt: skip


def test_a_lost_answer_ends_the_item_in_doubt_with_what_it_may_have_cost(world):
    transition = world.until(READY, errors.OutcomeUnknown("lost."))
    assert (transition.entry.state, transition.then) == ("outcome_unknown", None)
    assert transition.entry.cost.basis == "expected"
    assert world.ticket.prepared is None


@pytest.mark.parametrize(
    ("error", "then", "state"),
    [
        (errors.RateLimited("slow.", retry_after_s=7), "send", "planned"),
        (errors.NotSent("off."), "send", "planned"),
        (errors.CreditsExhausted("none."), None, "planned"),
        (errors.InputRefused("bad."), None, "refused"),
    ],
)
def test_what_was_not_accepted_costs_nothing_and_is_planned_again_or_refused(
    world, error, then, state
):
    transition = world.until(READY, error)
    assert (transition.then, transition.entry.state) == (then, state)
    assert (transition.entry.cost, transition.entry.attempts) == (None, 1)
    assert transition.entry.error["type"] == type(error).__name__
    if error.retry_after_s:
        assert transition.delay_s == 7


def test_an_error_that_carries_a_job_is_an_accepted_submission(world):
    transition = world.until(READY, errors.RateLimited("an extension's own.", job=JOB))
    assert (transition.entry.state, transition.entry.job, transition.then) == (
        "accepted",
        JOB,
        "poll",
    )


def test_it_is_tried_again_only_so_often_and_later_each_time(world):
    assert world.until(READY).then == "send"
    transitions = [world.do("send", errors.NotSent("off.")) for _ in range(MOST_ATTEMPTS)]
    assert [transition.then for transition in transitions] == ["send"] * (MOST_ATTEMPTS - 1) + [
        None
    ]
    for number, transition in enumerate(transitions[:-1]):
        assert 0 <= transition.delay_s <= min(60, 2**number)
    assert transitions[-1].entry.attempts == MOST_ATTEMPTS


def test_a_vendor_that_goes_on_refusing_for_speed_is_told_once(world, caplog):
    assert world.until(READY).then == "send"
    told = []
    for _ in range(5):
        world.do("send", errors.RateLimited("too fast."))
        told.append(len(caplog.messages))
    assert told == [0, 0, 1, 1, 1]
    assert caplog.messages == ["a: too fast. It is tried again."]


@pytest.mark.parametrize(("billed", "is_priced"), [("no", False), ("yes", True), ("unknown", True)])
def test_a_failed_job_keeps_its_price_unless_it_was_free(world, billed, is_priced):
    failed = JobUpdate(state=JobState.FAILED, failure=Failure(code="x", message="y", billed=billed))
    transition = world.until(READY, JOB, failed)
    assert (transition.entry.state, transition.then) == ("failed", None)
    assert (transition.entry.cost is not None) == is_priced
    assert transition.entry.job == JOB


def test_questions_may_go_unanswered_while_the_job_goes_on(world):
    world.until(READY, JOB, errors.AnswerLost("1."), RUNNING, errors.AnswerLost("2."), DONE)
    assert world.states[-5:] == ["accepted"] * 4 + ["finished"]


def test_a_job_that_takes_too_long_is_left_accepted(world):
    world.until(READY, JOB)
    world.clock.advance(TIMEOUT_S)
    transition = world.do("poll", RUNNING)
    assert (transition.entry.state, transition.then) == ("accepted", None)
    assert isinstance(transition.error, errors.PollTimeout)
    assert transition.entry.error["type"] == "PollTimeout"


def test_a_key_that_died_meanwhile_leaves_the_job_accepted(world):
    transition = world.until(READY, JOB, errors.AuthenticationFailed("old."))
    assert (transition.entry.state, transition.then, transition.entry.job) == (
        "accepted",
        None,
        JOB,
    )


class TestFetching:
    def test_a_download_is_repeated_and_then_left_finished(self, world):
        world.until(READY, JOB, DONE)
        transitions = [
            world.do("fetch", errors.DownloadFailed("gone.")) for _ in range(MOST_ATTEMPTS)
        ]
        assert [transition.then for transition in transitions] == ["fetch"] * (
            MOST_ATTEMPTS - 1
        ) + [None]
        assert {transition.entry.state for transition in transitions} == {"finished"}
        assert world.do("fetch", PICTURE).entry.error is None

    def test_a_full_disk_stops_the_run_and_loses_nothing(self, world):
        world.until(READY, JOB, DONE)
        error = errors.OutputError("full.")
        error.__cause__ = OSError(28, "No space left on device")
        transition = world.do("fetch", error)
        assert (transition.stops, transition.then, transition.entry.state) == (
            True,
            None,
            "finished",
        )
        assert transition.entry.job.result == RESULT

    def test_what_the_vendor_counted_is_what_it_cost(self, world):
        transition = world.until(READY, JOB, DONE, Fetched(images=1, usage={"image_count": "3"}))
        assert (str(transition.entry.cost.amount), transition.entry.cost.basis) == ("0.30", "usage")


class TestResuming:
    def test_a_job_that_was_accepted_is_asked_about(self):
        entry = Entry(id="a", provider="fake", state="accepted", job=JOB, attempts=1)
        world = World(entry)
        world.clock.advance(100)
        transition = world.transitions.resumed(world.queue, world.ticket)
        assert (transition.then, transition.entry) == ("poll", entry)
        assert world.do("poll", DONE).then == "fetch"

    def test_images_that_are_not_sound_are_fetched_again_and_then_taken_as_they_are(self):
        files = (SavedFile(path="a.png.unchecked", sha256="0", bytes=1),)
        unsound = Fetched(images=1, usage={}, files=files, is_checked=False)
        world = World()
        transition = world.until(READY, JOB, DONE, unsound)
        for _ in range(MOST_UNCHECKED - 1):
            assert (transition.entry.state, transition.entry.files, transition.then) == (
                "finished",
                files,
                "fetch",
            )
            assert world.queue.is_open
            transition = world.do("fetch", unsound)
        assert (transition.entry.state, transition.entry.files, transition.then) == (
            "saved",
            files,
            None,
        )

    @pytest.mark.parametrize("http_status", [None, 404])
    def test_images_that_are_not_sound_are_kept_when_no_others_come(self, http_status):
        files = (SavedFile(path="a.png.unchecked", sha256="0", bytes=1),)
        world = World()
        world.until(READY, JOB, DONE, Fetched(images=1, usage={}, files=files, is_checked=False))
        transition = world.do("fetch", errors.DownloadFailed("gone.", http_status=http_status))
        assert (transition.entry.state, transition.entry.files) == ("saved", files)

    def test_a_sound_image_takes_the_place_of_one_that_is_not(self):
        world = World()
        world.until(READY, JOB, DONE, Fetched(images=1, usage={}, is_checked=False))
        transition = world.do("fetch", PICTURE)
        assert (transition.entry.state, transition.entry.files, transition.entry.notices) == (
            "saved",
            (),
            (),
        )

    def test_a_result_that_is_known_is_fetched_without_asking(self):
        job = attrs.evolve(JOB, result=RESULT)
        world = World(Entry(id="a", provider="fake", state="finished", job=job, attempts=1))
        assert world.transitions.resumed(world.queue, world.ticket).then == "fetch"
        assert world.do("fetch", PICTURE).entry.state == "saved"

    def test_a_result_that_was_in_memory_only_is_asked_for_again(self):
        world = World(Entry(id="a", provider="fake", state="finished", job=JOB, attempts=1))
        assert world.transitions.resumed(world.queue, world.ticket).then == "poll"
        assert world.do("poll", DONE).entry.state == "finished"


class TestEqualWork:
    def test_a_copy_is_saved_unpaid(self, world):
        world.until(READY)
        transition = world.transitions.reused(world.queue, world.ticket, PICTURE)
        assert (transition.entry.state, transition.entry.cost, transition.entry.attempts) == (
            "saved",
            None,
            0,
        )

    def test_what_is_no_longer_there_is_bought(self, world):
        world.until(READY)
        transition = world.transitions.reused(world.queue, world.ticket, errors.InputError("gone."))
        assert (transition.entry.state, transition.then) == ("planned", "send")

    @pytest.mark.parametrize(("cause", "stops"), [(OSError("full"), True), (None, False)])
    def test_what_cannot_be_written_is_neither_copied_again_nor_bought(self, world, cause, stops):
        world.until(READY)
        error = errors.OutputError("no.")
        error.__cause__ = cause
        transition = world.transitions.reused(world.queue, world.ticket, error)
        assert (transition.entry.state, transition.then, transition.stops) == (
            "planned",
            None,
            stops,
        )

    def test_doubt_about_equal_work_is_no_doubt_about_this_one(self):
        unknown = Entry(id="z", provider="fake", state="outcome_unknown", fingerprint="f1")
        transition = World(others=[unknown]).after_preparing()
        assert (transition.entry.state, transition.entry.error["billed"], transition.then) == (
            "planned",
            "no",
            None,
        )
        assert "z" in transition.error.message

    def test_a_picture_that_is_in_the_way_keeps_the_item_from_being_bought(self, tmp_path):
        (tmp_path / "a.png").touch()
        transition = World(output=OutputFolder(tmp_path)).after_preparing()
        assert (transition.entry.state, transition.then) == ("planned", None)
        assert isinstance(transition.error, errors.OutputError)


class TestEndingEarly:
    def test_a_request_that_never_began_is_as_if_it_had_not_been_meant(self, world):
        world.until(READY)
        before = world.ticket.entry
        world.queue.gate.reserve()
        world.transitions.intended(world.queue, world.ticket)
        entry = world.transitions.never_begun(world.queue, world.ticket, "send").entry
        assert attrs.evolve(entry, times=before.times) == before

    @pytest.mark.parametrize("kind", ["prepare", "poll", "fetch", "reuse"])
    def test_other_steps_leave_it_where_it_was(self, world, kind):
        world.until(READY, JOB)
        before = world.ticket.entry
        assert world.transitions.never_begun(world.queue, world.ticket, kind).entry == before

    def test_jobs_that_nobody_could_write_down_are_named_with_their_tokens(self, world):
        world.until(READY, JOB)
        error = unwritten_jobs([world.ticket.entry], OSError("full"))
        assert JOB.to_token() in error.message
        assert "resume(TOKEN)" in error.remedy


class TestPlacesOfTheVendor:
    """Of a quota of one running job, the place is taken as long as one may be running."""

    @pytest.mark.parametrize(
        ("answers", "is_free"),
        [
            ([JOB], False),
            ([JOB, RUNNING], False),
            ([JOB, errors.AnswerLost("lost.")], False),
            ([JOB, errors.AuthenticationFailed("old.")], True),
            ([JOB, DONE], True),
            ([JOB, JobUpdate(state=JobState.FAILED)], True),
            ([JOB, JobUpdate(state=JobState.CANCELLED)], True),
            ([errors.InputRefused("bad.")], True),
            ([errors.NotSent("off.")], True),
            ([errors.RateLimited("slow.", retry_after_s=30)], False),
        ],
    )
    def test_it_is_free_again_when_the_job_has_ended_or_was_not_taken(self, answers, is_free):
        world = World(quota=Quota(running_jobs=1))
        world.until(READY, *answers)
        assert (world.queue.gate.reserve() <= 0) == is_free


class TestClosing:
    def test_what_concerns_the_account_closes_the_lane_in_a_row(self):
        world = World()
        for _ in range(3):
            world.ticket = Ticket(item=item(), entry=Entry(id="a", provider="fake"))
            world.until(READY, errors.CreditsExhausted("none."))
        assert not world.queue.is_open

    @pytest.mark.parametrize("error", [errors.InputRefused("bad."), errors.RateLimited("slow.")])
    def test_bad_photos_and_haste_do_not(self, error):
        world = World()
        for _ in range(10):
            world.ticket = Ticket(item=item(), entry=Entry(id="a", provider="fake"))
            world.until(READY, error)
        assert world.queue.is_open


billed = st.sampled_from((None, "no", "yes", "unknown"))
any_error = st.builds(
    lambda name, billed, job, wait: make_error(
        name, **({"billed": billed} if billed else {}), job=job, retry_after_s=wait
    ),
    st.sampled_from(ERRORS),
    billed,
    st.sampled_from((None, None, JOB)),
    st.sampled_from((None, 0.0, 5.0)),
)
ANSWERS = {
    "prepare": st.just(READY) | any_error,
    "send": st.just(JOB) | any_error,
    "poll": st.sampled_from([DONE, RUNNING, *(JobUpdate(state=state) for state in JobState)])
    | any_error,
    "fetch": st.just(PICTURE) | any_error,
}


@given(data=st.data())
def test_whatever_is_answered_the_order_holds_and_nothing_is_paid_twice(data):
    world = World()
    step, paid = "prepare", 0
    for _ in range(40):
        value = data.draw(ANSWERS[step])
        if step == "send":
            assert paid == 0, "sent once more, although it may have been paid"
            is_error = isinstance(value, errors.TryOnError)
            paid += not is_error or value.job is not None or value.billed != "no"
        transition = world.do(step, value)
        world.clock.advance(transition.delay_s)
        step = transition.then
        if step is None:
            break
    for before, after in zip(world.written, world.written[1:], strict=False):
        assert after.state in ORDER[before.state]
        assert (after.attempts > before.attempts) == (after.state == "intent")
    for entry in world.written:
        if entry.state in {"accepted", "finished", "saved"}:
            assert entry.job is not None
        assert (entry.cost is None) == _is_free(entry)
    last = world.written[-1]
    assert last.attempts == world.states.count("intent")
    assert (step is None) or last.state not in SETTLED
    if paid:
        assert last.state not in {"planned", "refused"}


def _is_free(entry):
    if entry.state == "failed":
        return entry.error["billed"] == "no"
    return entry.state in {"planned", "refused"}


def test_a_running_job_is_asked_about_until_its_time_is_up():
    world = World()
    transition = world.until(READY, JOB)
    while transition.then == "poll":
        assert world.clock.now() - START < timedelta(seconds=TIMEOUT_S)
        world.clock.advance(max(transition.delay_s, 1.0))
        transition = world.do("poll", RUNNING)
    assert isinstance(transition.error, errors.PollTimeout)


GONE = errors.DownloadFailed("cannot fetch it: the server answered 403.", http_status=403)
DEAD = [GONE] * 5


class TestAnAddressThatHasDied:
    def test_the_vendor_is_asked_for_a_new_one(self, world):
        transition = world.until(READY, JOB, DONE, *DEAD)
        assert (transition.then, transition.entry.state, transition.entry.job.result) == (
            "poll",
            "finished",
            None,
        )
        assert world.do("poll", DONE).then == "fetch"
        assert world.do("fetch", PICTURE).entry.state == "saved"

    def test_when_that_is_dead_too_the_pictures_are_gone_and_paid_for(self, world):
        transition = world.until(READY, JOB, DONE, *DEAD, DONE, *DEAD)
        assert (transition.then, transition.entry.state) == (None, "failed")
        assert isinstance(transition.error, errors.JobExpired)
        assert (transition.error.billed, transition.entry.cost.amount) == ("yes", Decimal("0.10"))

    def test_they_are_not_gone_before_the_time_that_the_vendor_tells(self, world):
        image = Artifact(
            source=UrlSource("https://cdn.example/1.png"), expires_at=START + timedelta(days=1)
        )
        kept = JobUpdate(state=JobState.SUCCEEDED, result=JobResult(images=[image]))
        transition = world.until(READY, JOB, kept, *DEAD, kept, *DEAD)
        assert (transition.then, transition.entry.state) == (None, "finished")
        assert transition.error is GONE

    def test_after_that_time_one_answer_is_enough(self, world):
        late = errors.JobExpired("kept until yesterday.")
        transition = world.until(READY, JOB, DONE, late, DONE, late)
        assert (transition.then, transition.entry.state, transition.error.billed) == (
            None,
            "failed",
            "yes",
        )
        assert transition.error.message == "kept until yesterday."

    def test_a_later_process_asks_anew_as_well(self, world):
        transition = world.until(READY, JOB, DONE, *DEAD)
        later = World(entry=transition.entry)
        assert later.transitions.resumed(later.queue, later.ticket).then == "poll"


@pytest.mark.parametrize("sends_here", [True, False])
def test_a_request_of_another_process_may_outlive_the_one_that_noted_it(sends_here):
    clock = FakeClock()
    transitions = Transitions(
        clock=clock,
        polling=PollPolicy(),
        job_timeout_s=TIMEOUT_S,
        duplicates=Duplicates([], output=None, history=None, scopes={}),
        output=None,
        sends_here=sends_here,
    )
    world = World()
    world.queue.settings = ProviderSettings("fake", {})
    world.ticket.prepared = READY
    attempt = transitions.intended(world.queue, world.ticket).attempt
    assert (attempt.ends_with_process, attempt.sent_at) == (sends_here, clock.now())
