import threading
from datetime import date
from decimal import Decimal

import pytest

from providers import FakeProvider, fake_info, picture
from tryon_batch import BatchPolicy
from tryon_core import (
    Artifact,
    BytesSource,
    Client,
    Failure,
    JobResult,
    JobState,
    JobUpdate,
    Price,
    errors,
    hookimpl,
)
from tryon_extensions import Policy
from tryon_testing import FakeClock


def _price(amount="0.10", currency="USD"):
    return Price(amount=Decimal(amount), currency=currency, as_of=date(2026, 1, 2), source="x")


@pytest.fixture
def make(tmp_path):
    def make(provider=None, *, clock=None, **policy):
        if "most_per_day" in policy:
            policy.setdefault("ledger", str(tmp_path / "spent.sqlite"))
        return Client(
            provider or FakeProvider(),
            extensions=["policy"],
            config={"extensions": {"policy": policy}},
            clock=clock or FakeClock(),
        )

    return make


def _try(client, **more):
    return client.submit(picture(), top=picture(), **more)


# What is allowed


def test_a_provider_that_is_not_allowed_is_refused_and_check_says_so(make):
    provider = FakeProvider()
    client = make(provider, providers=["pixelcut", "fashn"])
    with pytest.raises(errors.ValidationFailed, match="fake is not allowed here; use pixelcut"):
        _try(client)
    with pytest.raises(errors.ValidationFailed, match="not allowed"):
        client.parse_garment(picture())
    (problem,) = client.validate(picture(), top=picture())
    assert problem.code == "policy"
    assert provider.calls == []


def test_a_provider_that_is_allowed_is_used(make):
    assert _try(make(providers="pixelcut, fake"))


def test_a_request_that_costs_too_much_is_refused(make):
    info = fake_info(count_outputs=lambda _: 4)
    with pytest.raises(errors.ValidationFailed, match=r"it costs 0.40 USD; 0.39 USD are allowed"):
        _try(make(FakeProvider(info=info), most_per_call="0.39 USD"))
    assert _try(make(FakeProvider(info=info), most_per_call="0.40 USD"))


@pytest.mark.parametrize(
    ("price", "words"),
    [(None, "at unknown price"), (_price("1", "CNY"), "in CNY, for which is no limit")],
)
@pytest.mark.parametrize("limit", ["most_per_call", "most_per_day"])
def test_what_has_no_comparable_price_is_refused_unless_it_is_allowed(make, price, words, limit):
    provider = FakeProvider(info=fake_info(price=price))
    with pytest.raises(errors.ValidationFailed, match=words):
        _try(make(provider, **{limit: "5 USD"}))
    assert provider.calls == []
    assert _try(make(provider, **{limit: "5 USD"}, allow_unpriced=True))


def test_a_parsing_of_unknown_price_is_refused_too(make):
    with pytest.raises(errors.ValidationFailed, match="at unknown price"):
        make(most_per_call="5 USD").parse_garment(picture())


def test_what_is_free_needs_no_limit_of_its_currency(make):
    free = FakeProvider(info=fake_info(price=_price("0", "CNY")))
    assert _try(make(free, most_per_call="5 USD"))


@pytest.mark.parametrize(
    "policy", [{"most_per_call": "much"}, {"most_per_day": "5 USD", "ledger": None}]
)
def test_settings_that_cannot_be_used(make, policy):
    with pytest.raises(errors.SettingsError, match="extension policy: "):
        make(**policy)


# What a day may cost


def test_a_day_costs_no_more_than_it_may(make):
    clock = FakeClock()
    provider = FakeProvider()
    client = make(provider, clock=clock, most_per_day=["0.25 USD", "9 CNY"])
    _try(client)
    _try(client)
    with pytest.raises(errors.LimitError, match=r"0.20 of the 0.25 USD .* are spent") as caught:
        _try(client)
    assert (caught.value.billed, caught.value.retry) == ("no", "later")
    assert len(provider.requests) == 2
    clock.sleep(86_400)
    assert _try(client)


def test_processes_with_the_same_file_share_a_day(make):
    first, second = make(most_per_day="0.10 USD"), make(most_per_day="0.10 USD")
    _try(first)
    with pytest.raises(errors.LimitError):
        _try(second)


def test_eight_threads_cannot_overspend(make):
    provider = FakeProvider()
    client = make(provider, most_per_day="0.50 USD")
    refused = []

    def work():
        for _ in range(3):
            try:
                _try(client)
            except errors.LimitError as error:
                refused.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(provider.requests) == 5
    assert len(refused) == 19


def test_a_refusal_gives_back_what_was_counted_and_a_lost_answer_does_not(make):
    provider = FakeProvider(on_submit=errors.InputRefused("no."))
    client = make(provider, most_per_day="0.10 USD")
    for _ in range(3):
        with pytest.raises(errors.InputRefused):
            _try(client)
    provider.on_submit = errors.OutcomeUnknown("lost.")
    with pytest.raises(errors.OutcomeUnknown):
        _try(client)
    with pytest.raises(errors.LimitError):
        _try(client)


def test_a_failed_job_that_is_not_billed_gives_it_back(make):
    provider = FakeProvider(failure=Failure(code="x", message="no", billed="no"))
    client = make(provider, most_per_day="0.10 USD")
    for _ in range(2):
        with pytest.raises(errors.JobFailed):
            client.try_on(picture(), top=picture())
    provider.failure = Failure(code="x", message="no", billed="unknown")
    with pytest.raises(errors.JobFailed):
        client.try_on(picture(), top=picture())
    with pytest.raises(errors.LimitError):
        _try(client)


def test_what_the_vendor_says_that_it_took_counts(make):
    class Honest(FakeProvider):
        @hookimpl
        def poll(self, job, ctx):
            images = [Artifact(source=BytesSource(picture()))]
            result = JobResult(images=images, usage={"USD": "0.03"})
            return JobUpdate(state=JobState.SUCCEEDED, result=result)

    client = make(Honest(), most_per_day="0.19 USD")
    for _ in range(4):  # 0.09 + 0.10 reserved
        client.try_on(picture(), top=picture())
    with pytest.raises(errors.LimitError, match=r"0.12 of the 0.19 USD"):
        _try(client)


def test_a_parsing_counts(make):
    provider = FakeProvider(info=fake_info(parse_price=_price()))
    client = make(provider, most_per_day="0.10 USD")
    client.parse_garment(picture(), need=())
    with pytest.raises(errors.LimitError):
        _try(client)


def test_a_ledger_that_cannot_be_used_costs_nothing(make, tmp_path):
    provider = FakeProvider()
    client = make(provider, most_per_day="5 USD", ledger=str(tmp_path))
    with pytest.raises(errors.SettingsError, match=r"the ledger .* cannot be used"):
        _try(client)
    assert provider.calls == []


def test_a_run_ends_at_the_limit_and_leaves_the_rest_for_tomorrow(make):
    provider = FakeProvider()
    client = make(provider, most_per_day="0.30 USD")
    requests = {
        f"r{n}": client.request(picture(), top=picture(), options={"seed": n}) for n in range(20)
    }
    outcomes = client.run_batch(requests, policy=BatchPolicy(stop_after=2))
    states = []
    with pytest.raises(errors.BatchStopped, match="are spent or reserved"):
        states.extend(outcome.state for outcome in outcomes)
    assert len(provider.requests) == 3
    assert states.count("saved") == 3


def test_in_python_it_is_an_object(tmp_path):
    policy = Policy(most_per_day=["0.10 USD"], ledger=tmp_path / "spent.sqlite")
    client = Client(FakeProvider(), extensions=[policy], clock=FakeClock(), config={})
    _try(client)
    with pytest.raises(errors.LimitError):
        _try(client)
