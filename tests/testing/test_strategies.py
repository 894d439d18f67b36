from typing import Literal

import attrs
import pytest
from hypothesis import find, given, settings, strategies as st

from providers import FakeOptions, FakeProvider, fake_info
from tryon_core import Client, errors
from tryon_core.models import (
    BytesSource,
    Capabilities,
    ImageRules,
    Job,
    LibraryModel,
    ProviderInfo,
    UrlSource,
)
from tryon_core.validation import check_declared
from tryon_testing.strategies.answers import jobs
from tryon_testing.strategies.requests import (
    InvalidRequest,
    as_request,
    invalid_parse_requests,
    invalid_requests,
    valid_parse_requests,
    valid_requests,
)

NO_WAIT = settings(deadline=None)


@attrs.frozen(kw_only=True)
class ModelOptions:
    model: Literal["small", "large"] = "small"


SMALL = ImageRules(min_side_px=16, max_side_px=32)
LARGE = ImageRules(min_side_px=100, max_side_px=200)
TWO_MODELS = ProviderInfo(
    id="two",
    name="Two",
    options=ModelOptions,
    capabilities=Capabilities(garments=[["top"]], person_rules=SMALL, garment_rules=SMALL),
    models={"large": Capabilities(garments=[["dress"]], person_rules=LARGE, garment_rules=LARGE)},
)


@NO_WAIT
@given(valid_requests(fake_info()))
def test_nothing_is_wrong_with_valid_requests(request):
    assert check_declared(request, fake_info().capabilities) == ()
    assert isinstance(request.options, FakeOptions)


@NO_WAIT
@given(valid_parse_requests(fake_info()))
def test_nothing_is_wrong_with_valid_parsings(request):
    assert check_declared(request, fake_info().capabilities) == ()


def test_each_combination_of_garments_is_drawn():
    seen = set()

    @settings(NO_WAIT, max_examples=200, derandomize=True, database=None)
    @given(valid_requests(fake_info()))
    def collect(request):
        seen.add(frozenset(request.garments))

    collect()
    assert seen == fake_info().capabilities.garments


@NO_WAIT
@given(valid_requests(TWO_MODELS))
def test_limits_and_garments_follow_the_model(request):
    assert set(request.garments) == {"dress" if request.options.model == "large" else "top"}
    assert check_declared(request, TWO_MODELS.capabilities_for(request)) == ()


@pytest.mark.parametrize("model", ["small", "large"])
def test_every_model_is_drawn(model):
    assert find(valid_requests(TWO_MODELS), lambda request: request.options.model == model)


def test_images_come_by_address_when_there_is_a_place_for_them():
    shown = {}

    def address_of(data):
        shown[f"http://127.0.0.1:9/{len(shown)}"] = data
        return list(shown)[-1]

    strategy = valid_requests(fake_info(), address_of=address_of)
    request = find(strategy, lambda drawn: isinstance(drawn.person, UrlSource))
    assert shown[request.person.url].startswith((b"\x89PNG", b"\xff\xd8"))
    assert find(strategy, lambda drawn: isinstance(drawn.person, BytesSource))


def test_people_of_the_library_are_drawn_when_there_is_one():
    ada = LibraryModel(name="Ada")
    with_library = valid_requests(fake_info(person_library=True), people=st.just(ada))
    assert find(with_library, lambda request: request.person == ada)
    without = valid_requests(fake_info(), people=st.just(ada))
    with pytest.raises(errors.TryOnError):
        find(without.map(_refuse_library), lambda _: False)
    assert find(without, lambda request: request.person != ada)


def _refuse_library(request):
    if not isinstance(request.person, LibraryModel):
        raise errors.InputError("as it should be")


def test_given_options_are_drawn():
    strategy = valid_requests(fake_info(), options={"seed": st.just(77)})
    assert find(strategy, lambda request: request.options.seed == 77)


def _refusal(client, invalid):
    with pytest.raises(errors.InputError) as caught:
        getattr(client, invalid.call)(**invalid.arguments)
    return caught.value


@NO_WAIT
@given(invalid_requests(fake_info()) | invalid_parse_requests(fake_info()))
def test_every_invalid_request_is_refused_by_name_and_never_submitted(invalid):
    provider = FakeProvider()
    refusal = _refusal(Client(provider, config={}), invalid)
    assert provider.calls == []
    if isinstance(refusal, errors.ValidationFailed):
        assert {problem.field for problem in refusal.problems} == {invalid.field}
    else:
        name = invalid.field.rpartition(".")[2]
        assert any(told in str(refusal) for told in (invalid.field, f" {name}=", f"'{name}'"))


def test_each_kind_of_violation_is_drawn():
    seen = set()

    @settings(NO_WAIT, max_examples=600, derandomize=True, database=None)
    @given(invalid_requests(fake_info()))
    def collect(invalid):
        seen.add(invalid.why)

    collect()
    for why in (
        "nothing is not offered",
        "top + dress is not offered",
        "there is no library of people",
        "person: one pixel too wide",
        "person: empty file",
        "options.quality: 'no such choice' is no choice",
        "options.seed: 'many' is no number",
        "no_such_option: there is no such option",
    ):
        assert why in seen


def test_each_kind_of_violation_of_a_parsing_is_drawn():
    strategy = invalid_parse_requests(fake_info())
    for why in ("image: web page", "no category is asked for", "dress is not offered"):
        assert find(strategy, lambda invalid, why=why: invalid.why == why).call == "parse_garment"


def test_every_parsing_is_invalid_where_none_is_offered():
    invalid = find(invalid_parse_requests(fake_info(parse_categories=())), lambda _: True)
    assert (invalid.field, invalid.why) == ("categories", "not offered")


def test_a_request_is_made_wrong_by_hand():
    request = find(valid_requests(fake_info()), lambda drawn: set(drawn.garments) == {"top"})
    wrong = InvalidRequest.of(
        request, field="options.seed", why="odd", options={"seed": 5}, dress=request.top
    )
    assert wrong.arguments["options"] == {"seed": 5, "quality": "low"}
    assert set(wrong.arguments) == {"person", "top", "dress", "options"}
    assert as_request(fake_info(), wrong).options.seed == 5


def test_an_invalid_request_whose_options_cannot_be_built_is_none():
    request = find(valid_requests(fake_info()), lambda _: True)
    wrong = InvalidRequest.of(request, field="options.seed", why="odd", options={"seed": "many"})
    assert as_request(fake_info(), wrong) is None


@given(jobs("fake"))
def test_the_token_of_any_job_gives_the_same_job(job):
    assert Job.from_token(job.to_token()) == job
