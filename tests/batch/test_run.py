import hashlib
import itertools
import threading
from contextlib import closing
from datetime import date
from decimal import Decimal

import attrs
import pytest

import tryon_core.images.probing
from batch_runs import (
    PERSON,
    TOP,
    ScriptedProvider,
    client_of,
    one_at_a_time,
    requests_of,
    run,
    states,
)
from providers import FakeOptions, FakeProvider, fake_info, picture
from tryon_batch.items import BatchItem, BatchPolicy
from tryon_batch.journal import JOURNAL_NAME, Journal, JournalReader
from tryon_batch.output import LINES, TABLE, OutputFolder
from tryon_batch.run import open_run, run_batch
from tryon_core import Notice, Price, Quota, errors, hookimpl
from tryon_testing.clocks import FakeClock

LOST = errors.OutcomeUnknown("no answer came.")


def _journal(folder):
    with JournalReader(folder / JOURNAL_NAME) as journal:
        return {entry.id: entry for entry in journal.entries()}


def test_every_item_becomes_a_file_that_bears_its_name(tmp_path):
    client = client_of(ScriptedProvider())
    outcomes = run(client, requests_of(client, 3), out=tmp_path / "out")
    assert states(outcomes) == dict.fromkeys(["item-1", "item-2", "item-3"], "saved")
    for name, outcome in outcomes.items():
        (path,) = outcome.paths
        assert path == tmp_path / "out" / f"{name}.png"
        (file,) = outcome.entry.files
        assert hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256
        assert (outcome.entry.cost.amount, outcome.entry.cost.currency) == (Decimal("0.10"), "USD")


NOTICE = Notice("sleeve_uncertain", "The sleeve may be wrong.")


def test_notices_are_kept_with_the_item_also_when_its_images_are_copied(tmp_path):
    client = client_of(ScriptedProvider(notices=[NOTICE]))
    request = client.request(PERSON, top=TOP)
    outcomes = run(client, {"a": request, "b": request}, out=tmp_path / "one")
    again = run(client, {"c": request}, out=tmp_path / "two")
    for outcome in (*outcomes.values(), *again.values()):
        assert outcome.notices == (NOTICE,)
    assert again["c"].entry.cost is None, "nothing was bought"
    assert _journal(tmp_path / "two")["c"].notices == (NOTICE,)


def test_notices_are_there_without_a_folder_too():
    client = client_of(ScriptedProvider(notices=[NOTICE]))
    request = client.request(PERSON, top=TOP)
    outcomes = run(client, {"a": request, "b": request})
    assert [outcome.notices for outcome in outcomes.values()] == [(NOTICE,)] * 2


def test_the_lists_are_written_however_a_run_ends(tmp_path):
    provider = ScriptedProvider(script={2: [errors.AuthenticationFailed("wrong key.")]})
    client = client_of(provider)
    out = tmp_path / "out"
    with pytest.raises(errors.BatchStopped):
        run(client, requests_of(client, 2), out=out, policy=BatchPolicy(stop_after=1))
    assert "wrong key." in (out / TABLE).read_text("utf-8")
    with closing(client.run_batch(requests_of(client, 2), out=out)) as outcomes:
        next(outcomes)
        (out / LINES).unlink()
    assert (out / LINES).is_file()
    run(client, requests_of(client, 2), out=out)
    assert (out / LINES).read_text("utf-8").count('"state": "saved"') == 2


def test_a_list_of_somebody_else_is_found_before_anything_is_sent(tmp_path):
    provider = ScriptedProvider()
    (tmp_path / TABLE).write_text("mine")
    client = client_of(provider)
    with pytest.raises(errors.OutputError, match="tryon did not write it"):
        run(client, requests_of(client, 1), out=tmp_path)
    assert provider.seeds == []
    assert not (tmp_path / JOURNAL_NAME).exists()


def test_pairs_are_told_how_names_are_given(tmp_path):
    provider = ScriptedProvider()
    client = client_of(provider)
    pairs = requests_of(client, 2).items()
    with pytest.raises(errors.InputError, match=r"got tuple.*dict\(pairs\)"):
        run(client, iter(pairs), out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_without_names_items_are_numbered(tmp_path):
    client = client_of(ScriptedProvider())
    requests = requests_of(client, 2).values()
    assert set(run(client, requests, out=tmp_path / "out")) == {"00001", "00002"}


def test_without_a_folder_the_pictures_are_handed_over():
    provider = ScriptedProvider(images=[picture(), picture(kind="JPEG")])
    client = client_of(provider)
    outcomes = run(client, requests_of(client, 2))
    for outcome in outcomes.values():
        assert [image.data for image in outcome.result.images] == provider.images


def test_a_finished_run_costs_nothing_when_it_is_asked_for_again(tmp_path):
    provider = ScriptedProvider()
    client = client_of(provider)
    run(client, requests_of(client, 2), out=tmp_path / "out")
    outcomes = run(client, requests_of(client, 2), out=tmp_path / "out")
    assert all(outcome.is_earlier for outcome in outcomes.values())
    assert len(provider.seeds) == 2


def test_equal_work_is_bought_once_within_a_run(tmp_path):
    provider = ScriptedProvider()
    client = client_of(provider)
    same = client.request(PERSON, top=TOP)
    outcomes = run(client, {"a": same, "b": same, "c": same}, out=tmp_path / "out")
    assert states(outcomes) == dict.fromkeys("abc", "saved")
    assert len(provider.seeds) == 1
    assert len({path.read_bytes() for path in (tmp_path / "out").glob("*.png")}) == 1
    assert sum(outcome.entry.cost is not None for outcome in outcomes.values()) == 1


def test_equal_work_that_an_earlier_process_left_accepted_is_waited_for(tmp_path):
    provider = ScriptedProvider(polls=None)
    client = client_of(provider)
    same = client.request(PERSON, top=TOP)
    policy = BatchPolicy(job_timeout_s=10)
    assert states(run(client, {"a": same}, out=tmp_path / "out", policy=policy)) == {
        "a": "accepted"
    }
    provider.polls = 0
    outcomes = run(client, {"a": same, "b": same}, out=tmp_path / "out")
    assert states(outcomes) == {"a": "saved", "b": "saved"}
    assert len(provider.seeds) == 1


def test_the_work_of_another_run_is_taken_from_its_folder(tmp_path):
    provider = ScriptedProvider()
    client = client_of(provider)
    run(client, requests_of(client, 2), out=tmp_path / "one")
    outcomes = run(client, requests_of(client, 3), out=tmp_path / "two")
    assert sorted(provider.seeds) == [1, 2, 3]
    assert [outcomes[f"item-{seed}"].is_earlier for seed in (1, 2, 3)] == [True, True, False]
    assert (tmp_path / "two" / "item-1.png").is_file()


def test_pictures_that_somebody_changed_are_not_passed_on(tmp_path):
    provider = ScriptedProvider()
    client = client_of(provider)
    run(client, requests_of(client, 1), out=tmp_path / "one")
    (tmp_path / "one" / "item-1.png").write_bytes(b"spoilt")
    run(client, requests_of(client, 1), out=tmp_path / "two")
    assert provider.seeds == [1, 1]


def test_work_is_bought_anew_when_that_is_wanted(tmp_path):
    provider = ScriptedProvider()
    client = client_of(provider)
    run(client, requests_of(client, 1), out=tmp_path / "one")
    run(client, requests_of(client, 1), out=tmp_path / "two", policy=BatchPolicy(again=True))
    assert provider.seeds == [1, 1]


def test_what_a_killed_process_saved_is_known_to_other_runs_once_it_goes_on(tmp_path, monkeypatch):
    provider = ScriptedProvider()
    client = client_of(provider)
    with monkeypatch.context() as lost:
        lost.setenv("TRYON_DATA_DIR", str(tmp_path / "lost"))
        run(client, requests_of(client, 1), out=tmp_path / "one")
    run(client, requests_of(client, 1), out=tmp_path / "one")
    run(client, requests_of(client, 1), out=tmp_path / "two")
    assert provider.seeds == [1]


def test_a_lost_answer_is_one_request_and_is_named_until_somebody_decides(tmp_path):
    provider = ScriptedProvider(script={2: [LOST]})
    client = client_of(provider)
    requests = requests_of(client, 3)
    outcomes = run(client, requests, out=tmp_path / "out")
    assert outcomes["item-2"].state == "outcome_unknown"
    assert outcomes["item-2"].error is LOST
    again = run(client, requests, out=tmp_path / "out")
    assert again["item-2"].state == "outcome_unknown"
    assert sorted(provider.seeds) == [1, 2, 3]
    policy = BatchPolicy(retry_unknown=True)
    assert states(run(client, requests, out=tmp_path / "out", policy=policy))["item-2"] == "saved"
    assert sorted(provider.seeds) == [1, 2, 2, 3]


def test_work_that_equals_one_of_unknown_outcome_is_not_bought(tmp_path):
    provider = ScriptedProvider(script={0: [LOST]})
    client = client_of(provider)
    same = client.request(PERSON, top=TOP)
    for _ in range(2):
        outcomes = run(client, {"a": same, "b": same}, out=tmp_path / "out")
        assert sorted(states(outcomes).values()) == ["outcome_unknown", "planned"]
        assert "same work as" in next(
            outcome.error.message for outcome in outcomes.values() if outcome.state == "planned"
        )
    assert len(provider.seeds) == 1


def _leave_an_intent(client, folder):
    """Leave what a process leaves that is killed while it sends."""
    output = OutputFolder(folder)
    requests = requests_of(client, 1)
    item = BatchItem(id="item-1", provider="fake", request=requests["item-1"])
    with Journal(output.path / JOURNAL_NAME, clock=client.session.clock) as journal:
        journal.plan([item])
        (entry,) = journal.entries()
        now = client.session.clock.now()
        journal.record([attrs.evolve(entry, state="intent", attempts=1, times={"intent": now})])
    return requests


def test_what_was_being_sent_when_the_process_died_is_unknown(tmp_path):
    provider = ScriptedProvider()
    client = client_of(provider)
    requests = _leave_an_intent(client, tmp_path / "out")
    outcomes = run(client, requests, out=tmp_path / "out")
    assert states(outcomes) == {"item-1": "outcome_unknown"}
    assert provider.seeds == []


def test_what_costs_nothing_is_simply_done_again(tmp_path):
    free = Price(amount=Decimal(0), currency="USD", as_of=date(2026, 1, 2), source="invented")
    provider = ScriptedProvider(info=fake_info(price=free))
    client = client_of(provider)
    requests = _leave_an_intent(client, tmp_path / "out")
    assert states(run(client, requests, out=tmp_path / "out")) == {"item-1": "saved"}


def test_a_bad_key_ends_the_run_early_and_a_good_one_goes_on(tmp_path):
    bad = errors.AuthenticationFailed("no such key.", fault="account")
    provider = ScriptedProvider(script={seed: [bad] for seed in range(1, 51)}, info=one_at_a_time())
    client = client_of(provider)
    requests = requests_of(client, 50)
    with pytest.raises(errors.BatchStopped, match="no such key") as caught:
        run(client, requests, out=tmp_path / "out", policy=BatchPolicy(stop_after=3))
    assert caught.value.cause is bad
    assert len(provider.seeds) == 3
    assert {entry.state for entry in _journal(tmp_path / "out").values()} == {"planned"}
    provider.script.clear()
    assert set(states(run(client, requests, out=tmp_path / "out")).values()) == {"saved"}


@pytest.mark.parametrize(
    "answers",
    [{"billed": "no"}, {"http_status": 404}, {"billed": "no", "retry": "no"}],
    ids=["outage", "wrong address", "hopeless"],
)
def test_what_an_outage_refuses_is_sent_once_and_left_to_a_later_run(tmp_path, answers):
    away = errors.VendorUnavailable("back soon.", **answers)
    provider = ScriptedProvider(script={seed: [away] for seed in range(1, 5)})
    client = client_of(provider)
    requests = requests_of(client, 4)
    outcomes = run(client, requests, out=tmp_path / "out")
    assert set(states(outcomes).values()) == {"planned"}
    assert sorted(provider.seeds) == [1, 2, 3, 4]
    provider.script.clear()
    assert set(states(run(client, requests, out=tmp_path / "out")).values()) == {"saved"}
    assert len(provider.seeds) == 8


@attrs.frozen
class _Models(FakeOptions):
    model: str = "free"


def test_a_lost_answer_of_a_model_that_costs_is_not_repeated_because_another_is_free(tmp_path):
    info = one_at_a_time(options=_Models)
    free = attrs.evolve(info.capabilities.price, amount=Decimal(0))
    gratis = attrs.evolve(info.capabilities, price=free)
    info = attrs.evolve(info, capabilities=gratis, models={"pro": info.capabilities})
    script = {seed: [errors.OutcomeUnknown("no answer came.")] for seed in (1, 2)}
    provider = ScriptedProvider(info=info, script=script)
    client = client_of(provider)
    requests = {
        model: client.request(PERSON, top=TOP, options={"model": model, "seed": seed})
        for seed, model in enumerate(("free", "pro"), 1)
    }
    lost = states(run(client, requests, out=tmp_path / "out"))
    assert lost["pro"] == "outcome_unknown"
    assert states(run(client, requests, out=tmp_path / "out")) == {
        "free": "saved",
        "pro": "outcome_unknown",
    }
    assert sorted(provider.seeds) == [1, 1, 2]


def test_an_outage_that_says_nothing_of_money_leaves_the_outcome_open(tmp_path):
    away = errors.VendorUnavailable("a page.", http_status=503)
    provider = ScriptedProvider(script={seed: [away] for seed in range(1, 5)})
    client = client_of(provider)
    requests = requests_of(client, 4)
    for _ in (1, 2):
        outcomes = run(client, requests, out=tmp_path / "out")
        assert set(states(outcomes).values()) == {"outcome_unknown"}
        assert len(provider.seeds) == 4


def test_a_vendor_whose_answers_are_always_lost_is_not_paid_ten_thousand_times(tmp_path):
    script = {seed: [LOST] for seed in range(1, 31)}
    provider = ScriptedProvider(script=script, info=one_at_a_time())
    client = client_of(provider)
    with pytest.raises(errors.BatchStopped):
        run(client, requests_of(client, 30), out=tmp_path / "out")
    assert len(provider.seeds) == BatchPolicy().stop_after


@pytest.mark.parametrize("status", [None, 403])
def test_no_more_is_bought_when_none_of_the_pictures_can_be_fetched(tmp_path, monkeypatch, status):
    def unreachable(*_, **__):
        raise errors.DownloadFailed("no way to the pictures.", http_status=status)

    monkeypatch.setattr("tryon_core.fetching.fetch_images", unreachable)
    quota = Quota(submissions=3, window_s=60, poll_interval_s=0)
    provider = ScriptedProvider(info=fake_info(quota=quota))
    client = client_of(provider)
    with pytest.raises(errors.BatchStopped, match="no way to the pictures"):
        run(client, requests_of(client, 60), out=tmp_path / "out")
    assert BatchPolicy().stop_after <= len(provider.seeds) < 60


def test_bad_photos_do_not_end_a_run(tmp_path):
    bad = errors.InputRefused("no person on it.", fault="input", billed="no")
    provider = ScriptedProvider(script={seed: [bad] for seed in range(1, 10)}, info=one_at_a_time())
    client = client_of(provider)
    outcomes = run(client, requests_of(client, 10), out=tmp_path / "out")
    assert sorted(states(outcomes).values()) == ["refused"] * 9 + ["saved"]
    policy = BatchPolicy(retry_failed=True)
    again = run(client, requests_of(client, 10), out=tmp_path / "out", policy=policy)
    assert set(states(again).values()) == {"saved"}


def test_a_refusal_for_speed_is_sent_again_when_the_vendor_says(tmp_path):
    fast = errors.RateLimited("too fast.", retry_after_s=7.0, billed="no")
    provider = ScriptedProvider(script={1: [fast]})
    client = client_of(provider)
    outcomes = run(client, requests_of(client, 1), out=tmp_path / "out")
    assert states(outcomes) == {"item-1": "saved"}
    assert sum(client.session.clock.sleeps) >= 7


def test_ending_the_loop_waits_for_what_is_being_sent_and_sends_nothing_more(tmp_path):
    provider = ScriptedProvider(held=frozenset({2}), info=one_at_a_time())
    client = client_of(provider)
    policy = BatchPolicy(max_in_flight=1)
    outcomes = client.run_batch(requests_of(client, 9), out=tmp_path / "out", policy=policy)
    with closing(outcomes):
        assert next(outcomes).item.id == "item-1"
        assert provider.entered.wait(30)
        threading.Timer(0.05, provider.let_go.set).start()
    found = _journal(tmp_path / "out")
    assert [found[f"item-{seed}"].state for seed in (1, 2, 3)] == ["saved", "accepted", "planned"]
    provider.held = frozenset()
    assert set(states(run(client, requests_of(client, 9), out=tmp_path / "out")).values()) == {
        "saved"
    }
    assert sorted(provider.seeds) == list(range(1, 10))


def test_a_job_that_takes_too_long_is_left_to_a_later_run(tmp_path):
    provider = ScriptedProvider(polls=None)
    client = client_of(provider)
    policy = BatchPolicy(job_timeout_s=60)
    outcomes = run(client, requests_of(client, 1), out=tmp_path / "out", policy=policy)
    assert states(outcomes) == {"item-1": "accepted"}
    assert isinstance(outcomes["item-1"].error, errors.PollTimeout)
    provider.polls = 0
    assert states(run(client, requests_of(client, 1), out=tmp_path / "out")) == {"item-1": "saved"}
    assert provider.seeds == [1]


def test_a_run_whose_jobs_never_end_does_not_hang(tmp_path):
    provider = ScriptedProvider(polls=None, info=one_at_a_time())
    client = client_of(provider)
    policy = BatchPolicy(job_timeout_s=60, stop_after=2)
    with pytest.raises(errors.BatchStopped, match="is still BUSY"):
        run(client, requests_of(client, 3), out=tmp_path / "out", policy=policy)
    assert len(provider.seeds) == 2


class _TellsToComeBackInADay(ScriptedProvider):
    @hookimpl
    def poll(self, job, ctx):
        return attrs.evolve(super().poll(job, ctx), retry_after_s=86_400.0)


def test_a_vendor_that_wants_to_be_asked_tomorrow_does_not_hold_the_run_until_then(tmp_path):
    client = client_of(_TellsToComeBackInADay(polls=None))
    policy = BatchPolicy(job_timeout_s=600)
    outcomes = run(client, requests_of(client, 2), out=tmp_path / "out", policy=policy)
    assert set(states(outcomes).values()) == {"accepted"}
    assert sum(client.session.clock.sleeps) == pytest.approx(600, abs=1)


class _LosesTheFirstJob(ScriptedProvider):
    """Says of its first job for ever that it runs."""

    @hookimpl
    def poll(self, job, ctx):
        self.polls = None if job.id == "job-1" else 0
        return super().poll(job, ctx)


def test_a_job_that_never_ends_does_not_hold_up_the_others_for_ever(tmp_path):
    client = client_of(_LosesTheFirstJob(info=one_at_a_time()))
    for _ in range(2):
        outcomes = run(client, requests_of(client, 3), out=tmp_path / "out")
        assert sorted(states(outcomes).values()) == ["accepted", "saved", "saved"]


def test_a_picture_that_is_not_ours_is_neither_replaced_nor_paid_for(tmp_path):
    provider = ScriptedProvider()
    client = client_of(provider)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "item-1.jpg").write_bytes(b"mine")
    outcomes = run(client, requests_of(client, 2), out=tmp_path / "out")
    assert states(outcomes) == {"item-1": "planned", "item-2": "saved"}
    assert "another folder" in outcomes["item-1"].error.remedy
    assert (provider.seeds, (tmp_path / "out" / "item-1.jpg").read_bytes()) == ([2], b"mine")


def test_a_name_that_asks_for_something_else_is_refused_once_it_is_paid_for(tmp_path):
    client = client_of(ScriptedProvider())
    run(client, requests_of(client, 1), out=tmp_path / "out")
    other = {"item-1": client.request(PERSON, top=TOP, options={"seed": 99})}
    with pytest.raises(errors.InputError, match="item-1"):
        run(client, other, out=tmp_path / "out")


def test_names_that_some_systems_take_for_one_are_refused_before_anything_is_sent(tmp_path):
    provider = ScriptedProvider()
    client = client_of(provider)
    first, second = requests_of(client, 2).values()
    with pytest.raises(errors.InputError, match="'Tee' is the id of two items"):
        run(client, {"tee": first, "Tee": second}, out=tmp_path / "out")
    assert provider.seeds == []


@pytest.mark.parametrize("name", ["", "x" * 101, "a\0", " a"])
def test_a_name_that_can_name_no_file_is_refused(tmp_path, name):
    client = client_of(ScriptedProvider())
    with pytest.raises(errors.InputError, match="Give it another id"):
        run(client, {name: client.request(PERSON, top=TOP)}, out=tmp_path / "out")


@pytest.mark.parametrize("name", ["../a", "a/b", ".hidden", "Art 2", "Müller-1", "CON", "a+2"])
def test_a_name_of_a_shop_never_leaves_the_folder(tmp_path, name):
    client = client_of(ScriptedProvider())
    outcomes = run(client, {name: client.request(PERSON, top=TOP)}, out=tmp_path / "out")
    (path,) = outcomes[name].paths
    assert path.parent == tmp_path / "out"
    assert path.is_file()


class _NotingProvider(FakeProvider):
    """Notes when it was asked."""

    @hookimpl
    def poll(self, job, ctx):
        self.calls.append(ctx.clock.monotonic())
        return super().poll(job, ctx)


def test_questions_that_had_to_wait_for_something_else_do_not_come_at_once_afterwards():
    clock = FakeClock()
    quota = Quota(queries_per_s=0.1, poll_interval_s=0)
    provider = _NotingProvider(info=fake_info(quota=quota), polls=3)
    provider.before_submit = lambda: clock.advance(45)
    client = client_of(provider, clock=clock)
    run(client, requests_of(client, 8), policy=BatchPolicy(max_in_flight=1))
    times = [call for call in provider.calls if isinstance(call, float)]
    assert len(times) == 32
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) >= 10 - 1e-6


@pytest.mark.parametrize(("first", "count"), [(1, 3), (7, 1)])
def test_a_quota_that_an_earlier_process_used_up_is_waited_for(tmp_path, first, count):
    clock = FakeClock()
    provider = ScriptedProvider(
        info=fake_info(quota=Quota(submissions=2, window_s=60, poll_interval_s=0))
    )
    client = client_of(provider, clock=clock)
    run(client, requests_of(client, 2), out=tmp_path / "out")
    before_s = sum(clock.sleeps)
    # Also when the rows are others now.
    run(
        client_of(provider, clock=clock),
        requests_of(client, count, first=first),
        out=tmp_path / "out",
    )
    assert sum(clock.sleeps) - before_s >= 50


def test_a_slow_vendor_does_not_hold_up_a_fast_one():
    clock = FakeClock()
    slow = ScriptedProvider(
        info=fake_info("slow", quota=Quota(submissions=1, window_s=60, poll_interval_s=0))
    )
    fast = ScriptedProvider(info=fake_info("fast"))
    clients = {"slow": client_of(slow, clock=clock), "fast": client_of(fast, clock=clock)}
    items = [
        BatchItem(id=f"{name}-{seed}", provider=name, request=requests[f"item-{seed}"])
        for name, requests in ((name, requests_of(one, 5)) for name, one in clients.items())
        for seed in range(1, 6)
    ]
    sessions = {name: client.session for name, client in clients.items()}
    with Journal(None, clock=clock) as journal:
        order = [outcome.item.provider for outcome in run_batch(items, sessions, journal=journal)]
    assert order[-4:] == ["slow"] * 4
    assert order.count("fast") == 5


def test_one_vendor_without_credits_does_not_end_the_others_work():
    clock = FakeClock()
    empty = errors.CreditsExhausted("no credits.", billed="no")
    poor = ScriptedProvider(info=fake_info("poor"), script={seed: [empty] for seed in range(1, 9)})
    rich = ScriptedProvider(info=fake_info("rich"))
    clients = {"poor": client_of(poor, clock=clock), "rich": client_of(rich, clock=clock)}
    items = [
        BatchItem(id=f"{name}-{seed}", provider=name, request=request)
        for name, client in clients.items()
        for seed, request in enumerate(requests_of(client, 8).values())
    ]
    sessions = {name: client.session for name, client in clients.items()}
    found = []
    with Journal(None, clock=clock) as journal, pytest.raises(errors.BatchStopped, match="credits"):
        found.extend(run_batch(items, sessions, journal=journal))
    saved = [outcome.item.provider for outcome in found if outcome.state == "saved"]
    assert saved == ["rich"] * 8


def test_pictures_that_nobody_takes_do_not_fill_the_memory():
    provider = FakeProvider()
    client = client_of(provider)
    requests = [client.request(PERSON, top=TOP, options={"seed": seed}) for seed in range(200)]
    most_ahead = 0
    for taken, _ in enumerate(client.run_batch(requests), 1):
        most_ahead = max(most_ahead, provider.calls.count("poll") - taken)
    assert 0 < most_ahead < 50


def test_nothing_to_do_is_done_at_once(tmp_path):
    client = client_of(ScriptedProvider())
    assert run(client, {}, out=tmp_path / "out") == {}
    with Journal(None, clock=client.session.clock) as journal:
        assert list(run_batch([], {}, journal=journal)) == []


def test_a_provider_without_a_session_is_named_before_anything_is_planned():
    client = client_of(ScriptedProvider())
    (request,) = requests_of(client, 1).values()
    items = [BatchItem(id="a", provider="nobody", request=request)]
    with Journal(None, clock=client.session.clock) as journal:
        with pytest.raises(errors.InputError, match="'nobody', of which there is no session"):
            list(run_batch(items, {"fake": client.session}, journal=journal))
        assert journal.counts == {}


def test_a_run_without_any_request_in_the_air_cannot_be_asked_for():
    with pytest.raises(ValueError, match="max_in_flight"):
        BatchPolicy(max_in_flight=0)


@pytest.mark.parametrize("polls", [0, None])
def test_a_row_that_got_another_id_is_not_bought_again(tmp_path, polls):
    provider = ScriptedProvider(polls=polls)
    client = client_of(provider)
    same = client.request(PERSON, top=TOP)
    policy = BatchPolicy(job_timeout_s=10)
    run(client, {"old": same}, out=tmp_path / "out", policy=policy)
    outcome = run(client, {"new": same}, out=tmp_path / "out")["new"]
    assert outcome.state == ("planned" if polls is None else "saved")
    if polls is None:
        assert "Ask for old again" in outcome.error.remedy
    assert len(provider.seeds) == 1


def test_a_row_in_doubt_that_got_another_id_is_bought_only_when_that_is_wanted(tmp_path):
    provider = ScriptedProvider(script={0: [LOST]})
    client = client_of(provider)
    same = client.request(PERSON, top=TOP)
    run(client, {"old": same}, out=tmp_path / "out")
    assert run(client, {"new": same}, out=tmp_path / "out")["new"].state == "planned"
    assert len(provider.seeds) == 1
    policy = BatchPolicy(retry_unknown=True)
    assert run(client, {"new": same}, out=tmp_path / "out", policy=policy)["new"].state == "saved"


def test_work_that_is_in_doubt_and_was_done_elsewhere_is_taken_from_there(tmp_path):
    provider = ScriptedProvider(script={0: [LOST]})
    client = client_of(provider)
    same = client.request(PERSON, top=TOP)
    run(client, {"a": same}, out=tmp_path / "one")
    run(client, {"a": same}, out=tmp_path / "two", policy=BatchPolicy(again=True))
    outcomes = run(client, {"a": same, "b": same}, out=tmp_path / "one")
    assert states(outcomes) == {"a": "outcome_unknown", "b": "saved"}
    assert len(provider.seeds) == 2


def test_pictures_that_vanish_at_once_are_not_passed_on_as_none(tmp_path, monkeypatch):
    save = OutputFolder.save
    provider = ScriptedProvider()
    client = client_of(provider)

    def vanishing(folder, item_id, result, **facts):
        files = save(folder, item_id, result, **facts)
        if len(provider.seeds) == 1:
            (folder.path / files[0].path).unlink()
        return files

    monkeypatch.setattr(OutputFolder, "save", vanishing)
    same = client.request(PERSON, top=TOP)
    outcomes = run(client, {"a": same, "b": same, "c": same}, out=tmp_path / "out")
    assert states(outcomes) == dict.fromkeys("abc", "saved")
    assert all(outcome.entry.files for outcome in outcomes.values())
    assert len(provider.seeds) == 2


class TestEvents:
    def test_each_state_is_told_once_it_is_on_disk(self, tmp_path):
        client, seen = client_of(ScriptedProvider()), []

        def on_event(entry):
            with JournalReader(tmp_path / JOURNAL_NAME) as journal:
                seen.append((entry.state, journal.get(entry.id).state))

        items = [BatchItem(id="a", provider="fake", request=requests_of(client, 1)["item-1"])]
        with open_run(tmp_path, clock=client.session.clock) as run:
            found = list(run.work(items, {"fake": client.session}, on_event=on_event))
        assert [outcome.state for outcome in found] == ["saved"]
        states = list(dict.fromkeys(state for state, _ in seen))
        assert states[-4:] == ["intent", "accepted", "finished", "saved"]
        assert all(told == written for told, written in seen)

    def test_nothing_is_sent_of_which_nobody_could_be_told(self, tmp_path):
        provider = ScriptedProvider()
        client = client_of(provider)

        def on_event(entry):
            if entry.state == "intent":
                raise errors.OutputError("nobody listens.")

        items = [BatchItem(id="a", provider="fake", request=requests_of(client, 1)["item-1"])]
        with (
            open_run(tmp_path, clock=client.session.clock) as run,
            pytest.raises(errors.TryOnError, match="nobody listens"),
        ):
            list(run.work(items, {"fake": client.session}, on_event=on_event))
        assert provider.seeds == []

    def test_a_run_goes_on_without_the_list_of_runs(self, tmp_path, monkeypatch, caplog):
        (tmp_path / "file").touch()
        monkeypatch.setenv("TRYON_DATA_DIR", str(tmp_path / "file"))
        client = client_of(ScriptedProvider())
        outcomes = client.run_batch(requests_of(client, 2), out=tmp_path / "out")
        assert [outcome.state for outcome in outcomes] == ["saved"] * 2
        assert "Work of other runs is not found." in caplog.text


class TestFilesThatItemsShare:
    def test_a_header_is_read_once_and_again_when_the_file_has_changed(self, tmp_path, monkeypatch):
        client = client_of(ScriptedProvider())
        person, top = tmp_path / "person.png", tmp_path / "top.png"
        person.write_bytes(picture())
        top.write_bytes(picture(colour=(1, 2, 3)))
        read, header = [], tryon_core.images.probing._probe
        monkeypatch.setattr(
            tryon_core.images.probing,
            "_probe",
            lambda source, field: read.append(field) or header(source, field),
        )

        def once(seed):
            request = client.request(person, top=top, options={"seed": seed})
            (outcome,) = client.run_batch({f"item-{seed}": request})
            assert outcome.state == "saved"
            return sorted(field for field in read if field != "result")

        assert once(1) == ["person", "top"]
        read.clear()
        assert once(2) == []
        top.write_bytes(picture(colour=(9, 9, 9), kind="JPEG"))
        assert once(3) == ["top"]


def test_a_list_that_cannot_be_written_hides_no_other_end_of_a_run(tmp_path, caplog):
    with open_run(tmp_path, clock=FakeClock()) as run:
        (tmp_path / TABLE).write_text("mine")
        assert run.write_lists(ending=KeyboardInterrupt()) is None
        assert "The lists are not up to date" in caplog.text
        with pytest.raises(errors.OutputError):
            run.write_lists()
    assert (tmp_path / TABLE).read_text() == "mine"
