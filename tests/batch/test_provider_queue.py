import math

import attrs
import pytest

from batch_entries import item
from providers import FakeProvider, fake_info, picture
from tryon_batch.items import Entry
from tryon_batch.provider_queue import ProviderQueue, Ticket, usual_in_flight
from tryon_core import BytesSource, Client, TryOnRequest, hookimpl
from tryon_core.errors import AuthenticationFailed, CreditsExhausted, NotSent
from tryon_core.models import Quota
from tryon_testing.clocks import FakeClock


def _queue(*, max_in_flight=3, stop_after=3, **quota):
    info = fake_info(quota=Quota(**quota))
    return ProviderQueue(
        info=info, source=None, gate=None, max_in_flight=max_in_flight, stop_after=stop_after
    )


def _ticket(name="a"):
    return Ticket(item=item(name), entry=Entry(id=name, provider="fake"))


class TestWhatIsInTheAir:
    def test_there_is_room_for_as_many_as_allowed(self):
        queue = _queue(max_in_flight=3)
        queue.in_flight.update(poll=1, send=1)
        assert queue.has_room
        queue.in_flight["fetch"] += 1
        assert not queue.has_room

    def test_no_more_is_prepared_than_can_be_sent(self):
        queue = _queue(max_in_flight=2)
        queue.to_prepare.extend(map(_ticket, "abc"))
        assert queue.wants_more
        queue.in_flight["prepare"] = 1
        queue.to_send.append(_ticket())
        assert not queue.wants_more

    def test_nothing_is_prepared_for_a_vendor_that_is_closed(self):
        queue = _queue(stop_after=1)
        queue.to_prepare.append(_ticket())
        queue.failed("send", CreditsExhausted("none."))
        assert not queue.wants_more
        assert not queue.is_open

    @pytest.mark.parametrize("kind", ["send", "prepare", "poll", "fetch"])
    def test_what_is_due_goes_where_it_waits(self, kind):
        queue, ticket = _queue(), _ticket()
        queue.add_due(kind, ticket)
        places = {
            "send": queue.to_send,
            "prepare": queue.to_prepare,
            "fetch": queue.to_fetch,
            "poll": queue.to_poll,
        }
        assert {name: list(place) for name, place in places.items() if place} == {kind: [ticket]}

    def test_the_quotas_wake_it_without_an_item(self):
        queue = _queue()
        queue.next_send_s, queue.next_poll_s = 5.0, 6.0
        queue.add_due("send_quota", None)
        assert (queue.next_send_s, queue.next_poll_s) == (math.inf, 6.0)
        queue.add_due("poll_quota", None)
        assert queue.next_poll_s == math.inf
        assert [*queue.to_send, *queue.to_prepare, *queue.to_fetch, *queue.to_poll] == []


class TestFailures:
    def test_enough_of_one_kind_in_a_row_close_it_with_the_first_that_did(self):
        queue = _queue(stop_after=2)
        errors = [CreditsExhausted(str(number)) for number in range(3)]
        for error in errors:
            queue.failed("send", error)
        assert queue.closed_by is errors[1]

    def test_a_success_or_another_kind_begins_anew(self):
        queue = _queue(stop_after=2)
        queue.failed("send", CreditsExhausted("1."))
        queue.failed("send", AuthenticationFailed("2."))
        queue.failed("send", CreditsExhausted("3."))
        queue.succeeded("send")
        queue.failed("send", CreditsExhausted("4."))
        assert queue.is_open

    def test_that_jobs_end_well_says_nothing_of_sending(self):
        queue = _queue(stop_after=2)
        queue.failed("send", NotSent("1."))
        queue.succeeded("job")
        queue.failed("job", NotSent("2."))
        assert queue.is_open
        queue.failed("send", NotSent("3."))
        assert not queue.is_open


class _TellsOneToWait(FakeProvider):
    """Tells the first job to come back later; each ends at its third question."""

    @hookimpl
    def poll(self, job, ctx):
        update = super().poll(job, ctx)
        is_told = not update.state.is_final and job.id == "job-1"
        return attrs.evolve(update, retry_after_s=500.0) if is_told else update


def test_a_poll_that_is_planned_for_later_holds_up_none_that_is_due_before():
    clock = FakeClock()
    info = fake_info(quota=Quota(queries_per_s=20.0, poll_interval_s=1.0), typical_job_s=5.0)
    requests = [
        TryOnRequest(person=BytesSource(picture()), top=BytesSource(picture(colour=(number, 0, 0))))
        for number in range(5)
    ]
    took_s = []
    with Client(_TellsOneToWait(info=info, polls=2), clock=clock) as client:
        for outcome in client.run_batch(requests, out=None):
            entry = outcome.entry
            took_s.append((entry.times["finished"] - entry.times["accepted"]).total_seconds())
    assert max(took_s[:4]) < 60
    assert took_s[4] > 500


@pytest.mark.parametrize(
    ("quota", "most"),
    [
        (Quota(), 4),  # nothing is known
        (Quota(submissions=3, window_s=60.0), 4),
        (Quota(submissions=10, window_s=1.0, running_jobs=5), 15),
        (Quota(submissions=1000, window_s=1.0), 16),
    ],
)
def test_as_many_requests_at_once_as_the_quota_is_worth(quota, most):
    assert usual_in_flight(quota) == most


def test_a_ticket_without_a_job_says_whose_it_is():
    with pytest.raises(AssertionError, match="sku-7 has no job"):
        _ = _ticket("sku-7").job
