"""An outfit by one call: whatever ends it, the same call pays for no step twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import attrs
import pytest

from providers import KEY, FakeOptions, FakeProvider, fake_info, picture
from tailor import (
    FAILED,
    LOST,
    ONE_GARMENT,
    PERSON,
    REFUSED,
    Tailor,
    bottom,
    colour,
    top,
    worn,
    worn_colour,
)
from tryon_core import Client, UrlSource, errors
from tryon_core.models import BytesSource, LookUp, Undecided
from tryon_core.outfits import outfit_steps
from tryon_core.remembered import REMEMBER_ENV, JobStore
from tryon_testing.clocks import FakeClock

BOTTOM, TOP = (100, 2, 0), (200, 1, 0)


@pytest.fixture(autouse=True)
def _remembering(monkeypatch):
    monkeypatch.setenv(REMEMBER_ENV, "1")


def client_of(provider, **arguments):
    """Return a client, as each process has one of its own."""
    return Client(provider, clock=arguments.pop("clock", None) or FakeClock(), **arguments)


def dress(provider, *, one=1, other=2, **arguments):
    """Put on an outfit in a process of its own."""
    how = {name: arguments.pop(name) for name in ("fit", "timeout_s") if name in arguments}
    with client_of(provider, **arguments) as client:
        return client.try_on(PERSON, top=top(one), bottom=bottom(other), chain=True, **how)


def bought(provider):
    return [put_on for _, put_on in provider.bought]


def test_the_top_is_put_on_the_image_of_the_bottom():
    provider = Tailor()
    result = dress(provider)
    assert colour(result.images[0].data) == worn_colour(1, 2)
    assert bought(provider) == [BOTTOM, TOP]


def test_a_vendor_that_takes_the_pair_gets_one_request():
    provider = FakeProvider()
    dress(provider)
    assert [set(request.garments) for request in provider.requests] == [{"top", "bottom"}]


def test_one_garment_is_one_request_with_chain_too():
    provider = Tailor()
    client = client_of(provider)
    client.try_on(PERSON, top=top(1), chain=True)
    assert bought(provider) == [TOP]


def test_a_refused_pair_names_the_argument():
    provider = Tailor()
    client = client_of(provider)
    with pytest.raises(errors.ValidationFailed, match="chain=True does it in two steps"):
        client.try_on(PERSON, top=top(1), bottom=bottom(2))
    assert provider.bought == []


def test_the_same_call_after_the_images_were_saved_pays_for_the_top_only(tmp_path):
    provider = Tailor()
    dress(provider).save(tmp_path / "one.png")
    dress(provider).save(tmp_path / "two.png")
    assert bought(provider) == [BOTTOM, TOP, TOP]
    dress(provider, one=5)
    assert bought(provider)[3:] == [(200, 5, 0)], "another top on the same bottom"


def test_an_image_that_was_not_saved_is_fetched_again_by_the_same_call():
    provider = Tailor()
    first, second = dress(provider), dress(provider)
    assert first.job == second.job
    assert bought(provider) == [BOTTOM, TOP]


def test_after_a_day_all_is_bought_again():
    provider = Tailor()
    dress(provider)
    clock = FakeClock()
    clock.sleep(timedelta(days=1, seconds=1).total_seconds())
    dress(provider, clock=clock)
    assert bought(provider) == [BOTTOM, TOP] * 2


@pytest.mark.parametrize("step", [0, 1])
def test_a_wait_that_times_out_names_the_job_and_the_same_call_goes_on_with_it(step):
    provider = Tailor(polls=None)
    slow = {0: BOTTOM, 1: TOP}[step]
    provider.slow.add(slow)
    with pytest.raises(errors.PollTimeout) as caught:
        dress(provider, timeout_s=1)
    named = ["step 1 of 2, the bottom: ", "step 2 of 2, the top: "][step]
    assert str(caught.value).startswith(named)
    assert caught.value.job.id == f"job-{step + 1}"
    provider.slow.clear()
    assert colour(dress(provider).images[0].data) == worn_colour(1, 2)
    assert bought(provider) == [BOTTOM, TOP]


def test_when_the_first_step_fails_the_second_is_not_sent():
    provider = Tailor(fates={BOTTOM: [FAILED, REFUSED]})
    with pytest.raises(errors.JobFailed, match=r"step 1 of 2, the bottom: .*no body was found"):
        dress(provider)
    with pytest.raises(errors.InputRefused, match="step 1 of 2, the bottom: ") as caught:
        dress(provider)
    assert caught.value.billed == "no"
    assert bought(provider) == [BOTTOM] * 2


def test_when_the_second_step_fails_the_first_is_not_paid_again():
    provider = Tailor(fates={TOP: [REFUSED, FAILED]})
    with pytest.raises(errors.InputRefused, match="step 2 of 2, the top: ") as caught:
        dress(provider)
    assert caught.value.billed == "yes", "that of the first step"
    assert "an equal call does not pay for it again" in caught.value.remedy
    with pytest.raises(errors.JobFailed, match="step 2 of 2, the top: "):
        dress(provider)
    dress(provider)
    assert bought(provider) == [BOTTOM, TOP, TOP, TOP]


@pytest.mark.parametrize("lost", [BOTTOM, TOP])
def test_a_step_whose_answer_was_lost_is_never_sent_again_unasked(lost):
    provider = Tailor(fates={lost: [LOST]})
    with pytest.raises(errors.OutcomeUnknown):
        dress(provider)
    sent = bought(provider)
    with pytest.raises(errors.OutcomeUnknown, match="its answer never came here") as caught:
        dress(provider)
    assert bought(provider) == sent
    store = JobStore.of_user(clock=FakeClock())
    (unknown,) = [known for known in store.jobs() if known.state == "unknown"]
    assert f"tryon jobs --forget {unknown.id}" in caught.value.remedy
    store.forget(unknown.id)
    assert colour(dress(provider).images[0].data) == worn_colour(1, 2)


def test_a_lost_step_is_looked_up_where_the_vendor_can_be_asked():
    info = fake_info(garments=ONE_GARMENT, look_up=LookUp())
    provider = Tailor(info=info, fates={BOTTOM: [LOST]}, finding=Undecided())
    with pytest.raises(errors.OutcomeUnknown):
        dress(provider)
    provider.finding = "job-9"
    provider.jobs["job-9"] = worn(colour(PERSON), BOTTOM)
    assert colour(dress(provider).images[0].data) == worn_colour(1, 2)
    assert bought(provider) == [BOTTOM, TOP]


def test_what_is_wrong_with_either_step_is_found_before_anything_is_sent():
    provider = Tailor()
    client = client_of(provider)
    small = picture(size=(8, 8))
    with pytest.raises(errors.ValidationFailed) as caught:
        client.try_on(small, top=small, bottom=small, chain=True)
    assert [problem.field for problem in caught.value.problems] == ["person", "bottom", "top"]
    assert provider.bought == []
    problems = client.validate(small, top=small, bottom=small, chain=True)
    assert {problem.field for problem in problems} == {"person", "bottom", "top"}
    assert client.validate(PERSON, top=top(1), bottom=bottom(2), chain=True) == ()


def test_the_address_of_a_top_is_fetched_before_the_bottom_is_paid():
    provider = Tailor(info=fake_info(garments=ONE_GARMENT, delivery={"upload"}))
    client = client_of(provider)
    dead = UrlSource("http://127.0.0.1:9/top.png")
    with pytest.raises(errors.ValidationFailed, match="top: "):
        client.try_on(PERSON, top=dead, bottom=bottom(2), chain=True)
    assert provider.bought == []


def test_of_the_first_step_one_image_is_asked_for():
    @attrs.frozen(kw_only=True)
    class Options(FakeOptions):
        """Options.

        Attributes:
            samples: how many images.
            width_px: at least 64.
        """

        samples: int = 1
        width_px: int = attrs.field(default=512, validator=attrs.validators.ge(64))

    info = fake_info(
        garments=ONE_GARMENT, options=Options, count_outputs=lambda asked: asked.options.samples
    )
    provider = Tailor(info=info)
    client = client_of(provider)
    options = {"samples": 3, "seed": 7, "width_px": 256}
    request = client.request(PERSON, top=top(1), bottom=bottom(2), options=options)
    first, second = outfit_steps(info, request)
    assert first.options == Options(samples=1, seed=7, width_px=256)
    assert second.options == Options(samples=3, seed=7, width_px=256)


def test_what_is_to_be_kept_makes_no_outfit():
    info = fake_info(garments=ONE_GARMENT)
    client = client_of(Tailor(info=info))
    request = client.request(PERSON, top=top(1), bottom=bottom(2), keep="top")
    assert outfit_steps(info, request) == (request,)


def test_many_threads_pay_the_bottom_once():
    provider = Tailor()
    client = client_of(provider)
    with ThreadPoolExecutor(8) as pool:
        results = list(
            pool.map(
                lambda number: client.try_on(PERSON, top=top(number), bottom=bottom(2), chain=True),
                range(8),
            )
        )
    assert bought(provider).count(BOTTOM) == 1
    assert [colour(result.images[0].data) for result in results] == [
        worn_colour(number, 2) for number in range(8)
    ]


def test_the_same_call_in_many_threads_pays_for_each_step_once():
    provider = Tailor()
    client = client_of(provider)

    def put_on(_):
        return client.try_on(PERSON, top=top(1), bottom=bottom(2), chain=True)

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(put_on, range(8)))
    assert bought(provider) == [BOTTOM, TOP]
    assert {colour(result.images[0].data) for result in results} == {worn_colour(1, 2)}


def test_what_was_made_to_fit_is_told_once(caplog):
    client = client_of(Tailor())
    large = picture(size=(400, 600))
    client.try_on(large, top=top(1), bottom=bottom(2), chain=True, fit=True)
    assert caplog.text.count("person: 400x600 px") == 1


def test_jobs_that_are_not_remembered_leave_the_image_of_the_first_step_all_the_same():
    provider = Tailor(fates={TOP: [FAILED]})
    with pytest.raises(errors.JobFailed):
        dress(provider, remember=False)
    dress(provider, remember=False)
    assert bought(provider) == [BOTTOM, TOP, TOP]


def test_another_account_pays_for_itself():
    provider = Tailor(info=fake_info(garments=ONE_GARMENT, settings=[KEY]))
    dress(provider, api_key="one")
    dress(provider, api_key="one")
    assert bought(provider) == [BOTTOM, TOP]
    dress(provider, api_key="other")
    assert bought(provider) == [BOTTOM, TOP] * 2


def test_an_image_of_the_first_step_that_is_no_image_is_not_kept():
    provider = Tailor()
    broken = b"\x89PNG\r\n\x1a\nbroken"

    provider.made[BOTTOM] = broken
    with pytest.raises(errors.TryOnError, match="step 2 of 2, the top: "):
        dress(provider)
    provider.made.clear()
    assert colour(dress(provider).images[0].data) == worn_colour(1, 2)
    assert bought(provider) == [BOTTOM, TOP]


def test_the_first_step_remembers_what_comes_after_it(tmp_path):
    path = tmp_path / "tee.png"
    path.write_bytes(top(1))
    client = client_of(Tailor())
    client.try_on(PERSON, top=path, bottom=BytesSource(bottom(2)), chain=True)
    first = min(JobStore.of_user(clock=FakeClock()).jobs(), key=lambda known: known.job.id)
    assert first.then == {"top": str(path)}
