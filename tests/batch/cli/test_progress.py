from datetime import timedelta
from decimal import Decimal

import attrs
import pytest

from providers import fake_info
from tryon_batch.cli.progress import Progress, show_batch
from tryon_batch.items import Cost, Entry
from tryon_core.models import Quota
from tryon_testing.clocks import FakeClock

COST = Cost(amount=Decimal("0.10"), currency="USD", units=Decimal(1), basis="list")


def _entry(number, state="planned", **fields):
    return Entry(id=f"i{number}", provider="fake", state=state, **fields)


@pytest.fixture
def clock():
    return FakeClock()


def _progress(clock, count=10, **quota):
    info = fake_info(quota=Quota(poll_interval_s=0, **quota))
    progress = Progress(clock=clock, infos={"fake": info})
    progress.begin(_entry(number) for number in range(count))
    return progress


def test_what_is_not_known_or_zero_is_left_out(clock):
    assert _progress(clock).words() == ["0 done", "0 running"]


def test_counts_money_speed_and_what_is_left(clock):
    progress = _progress(clock)
    for number in range(4):
        clock.sleep(2)
        assert progress.follow(_entry(number, "saved", cost=COST))
    progress.follow(_entry(4, "refused"))
    progress.follow(_entry(5, "outcome_unknown"))
    progress.follow(_entry(6, "accepted"))
    assert progress.words() == [
        "4 done", "1 running", "1 failed", "1 unknown", "45.0/min", "0.40 USD", "0:00:05 left"
    ]  # fmt: skip
    assert (progress.settled, progress.total) == (6, 10)


def test_an_item_that_is_written_twice_counts_once(clock):
    progress = _progress(clock)
    assert progress.follow(_entry(0, "saved", cost=COST))
    assert not progress.follow(_entry(0, "saved", cost=COST))
    assert progress.spent.amounts == {"USD": Decimal("0.10")}


def test_work_that_was_sent_twice_is_charged_twice(clock):
    progress = Progress(clock=clock, infos={})
    first = _entry(0, "failed", cost=COST, error={"billed": "yes"})
    progress.begin([_entry(0, "saved", cost=COST, earlier=(first,))])
    assert progress.spent.amounts == {"USD": Decimal("0.20")}


def test_an_unknown_price_is_said(clock):
    progress = _progress(clock)
    progress.follow(_entry(0, "saved", cost=attrs.evolve(COST, amount=None, currency="")))
    assert str(progress.spent) == "1 request at unknown price"


@pytest.mark.parametrize(
    ("quota", "use"), [({"running_jobs": 4}, 0.5), ({"submissions": 8, "window_s": 60.0}, 0.25)]
)
def test_the_use_of_the_quota(clock, quota, use):
    progress = _progress(clock, **quota)
    for number in range(2):
        progress.follow(_entry(number, "intent"))
    assert progress.quota_use == use
    assert f"quota {use:.0%}" in progress.words()


def test_of_several_providers_the_one_that_is_used_most_counts(clock):
    quotas = {"fake": Quota(running_jobs=4), "other": Quota(running_jobs=2)}
    infos = {name: fake_info(name, quota=quota) for name, quota in quotas.items()}
    progress = Progress(clock=clock, infos=infos)
    progress.begin([_entry(0, "accepted"), attrs.evolve(_entry(1, "accepted"), provider="other")])
    assert progress.quota_use == 0.5
    progress.follow(attrs.evolve(_entry(1, "finished"), provider="other"))
    assert (progress.quota_use, progress.running) == (0.25, 2)  # its picture is being fetched


def test_an_item_that_is_left_to_a_later_run_is_running_no_more(clock):
    progress = _progress(clock, running_jobs=2)
    for number in range(3):
        progress.follow(_entry(number, "accepted"))
        if number < 2:
            progress.leave(f"i{number}")
    assert (progress.running, progress.quota_use) == (1, 0.5)
    progress.leave("i1")
    progress.follow(_entry(2, "saved", cost=COST))
    assert (progress.running, progress.quota_use) == (0, 0)


def test_submissions_leave_the_window(clock):
    progress = _progress(clock, submissions=1, window_s=5.0)
    progress.follow(_entry(0, "intent"))
    assert progress.quota_use == 1
    clock.sleep(5)
    assert progress.quota_use == 0


def test_earlier_work_says_nothing_about_the_time_that_is_left(clock):
    progress = Progress(clock=clock, infos={})
    progress.begin([_entry(0, "saved"), _entry(1)])
    assert (progress.per_s, progress.left) == (None, None)
    clock.sleep(1)
    progress.follow(_entry(1, "saved"))
    assert progress.left == timedelta(0)


def test_a_log_gets_a_line_now_and_then(clock, capsys):
    progress = _progress(clock, count=2)
    with show_batch(progress, quiet=False) as display:
        for _ in range(25):
            clock.sleep(1)
            display.changed()
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["  10.0 s  0/2: 0 done, 0 running", "  20.0 s  0/2: 0 done, 0 running"]
    with show_batch(progress, quiet=True) as display:
        clock.sleep(60)
        display.changed()
    assert capsys.readouterr().err == ""
