"""Two runs in two folders do not buy equal work twice, at once or one after the other."""

import shutil
import threading
from datetime import date
from decimal import Decimal

import pytest

from batch_runs import ScriptedProvider, client_of, requests_of, run, states
from providers import fake_info
from tryon_batch.items import BatchPolicy
from tryon_core import Price, errors

IMPATIENT = BatchPolicy(job_timeout_s=0)


@pytest.fixture
def one(tmp_path):
    return tmp_path / "one"


@pytest.fixture
def two(tmp_path):
    return tmp_path / "two"


@pytest.fixture
def provider():
    return ScriptedProvider()


@pytest.fixture
def busy(one):
    """Give a provider, and requests of which a run in folder one is just being sent."""
    threads, providers = [], []

    def begin(**knobs):
        provider = ScriptedProvider(held=frozenset({1}), **knobs)
        client = client_of(provider)
        requests = requests_of(client, 1)
        thread = threading.Thread(target=run, args=(client, requests), kwargs={"out": one})
        thread.start()
        threads.append(thread)
        providers.append(provider)
        assert provider.entered.wait(30)
        return provider, requests

    yield begin
    for provider in providers:
        provider.let_go.set()
    for thread in threads:
        thread.join()


def test_work_that_another_run_is_buying_waits_for_it(busy, two):
    provider, requests = busy()
    client = client_of(ScriptedProvider())
    (outcome,) = run(client, requests, out=two).values()
    assert (outcome.state, type(outcome.error)) == ("planned", errors.JournalBusy)
    assert "of the run in " in outcome.error.message
    assert "which is working on it" in outcome.error.message
    provider.let_go.set()


def test_when_the_other_run_has_ended_its_images_are_copied(one, two, provider):
    client = client_of(provider)
    requests = requests_of(client, 1)
    provider.polls = None
    assert states(run(client, requests, out=one, policy=IMPATIENT)) == {"item-1": "accepted"}
    (outcome,) = run(client, requests, out=two).values()
    assert (outcome.state, type(outcome.error)) == ("planned", errors.OutcomeUnknown)
    assert "which is accepted and may be paid for" in outcome.error.message
    assert str(one) in outcome.error.remedy
    provider.polls = 0
    assert states(run(client, requests, out=one)) == {"item-1": "saved"}
    assert states(run(client, requests, out=two)) == {"item-1": "saved"}
    assert provider.seeds == [1]


@pytest.mark.parametrize("leave", ["planned", "gone"])
def test_a_run_that_ended_without_buying_keeps_nobody_from_it(one, two, provider, leave):
    client = client_of(provider)
    requests = requests_of(client, 1)
    if leave == "planned":
        provider.script = {1: [errors.AuthenticationFailed("wrong key.")]}
        run(client, requests, out=one)
    else:
        provider.polls = None
        run(client, requests, out=one, policy=IMPATIENT)
        shutil.rmtree(one)
        provider.polls = 0
    assert states(run(client, requests, out=two)) == {"item-1": "saved"}


def test_what_the_other_run_was_refused_may_be_tried(one, two, provider):
    provider.script = {1: [errors.InputRefused("no.")]}
    client = client_of(provider)
    requests = requests_of(client, 1)
    assert states(run(client, requests, out=one)) == {"item-1": "refused"}
    assert states(run(client, requests, out=two)) == {"item-1": "saved"}


def test_who_buys_all_anew_is_not_kept_from_it(busy, two):
    _, requests = busy()
    other = ScriptedProvider()
    outcomes = run(client_of(other), requests, out=two, policy=BatchPolicy(again=True))
    assert states(outcomes) == {"item-1": "saved"}


def test_what_is_free_is_done_at_once(busy, two):
    free = Price(amount=Decimal(0), currency="USD", as_of=date(2026, 1, 2), source="invented")
    info = fake_info(price=free)
    _, requests = busy(info=info)
    outcomes = run(client_of(ScriptedProvider(info=info)), requests, out=two)
    assert states(outcomes) == {"item-1": "saved"}
