"""Lost answers: the list of predictions says what became of them, and only what is certain."""

import json
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from mortal_runs import ENDS, world
from servers import json_answer, serving
from tryon_core import Attempt, BytesSource, Found, NotAccepted, Undecided, errors
from tryon_core.engine import REGISTRY, open_session
from tryon_replicate import provider
from tryon_replicate.emulator import emulator
from tryon_testing.emulation import Fault

ID, STRANGER = "gm3qorzdhgbfurvjtvhg6dckhu", "0" * 26
P_IMAGE, IDM = "prunaai/p-image-try-on", "cuuupid/idm-vton"


@pytest.fixture
def dress(image):
    """Submit two local images."""
    return lambda client, **more: client.submit(
        BytesSource(image()), top=BytesSource(image(colour=(9, 9, 9))), **more
    )


@pytest.mark.parametrize(
    "fault", ["submit:drop*1", "submit:cut*1", "submit:truncated*1", "submit:html*1"]
)
@pytest.mark.parametrize("model", [P_IMAGE, IDM])
def test_what_was_accepted_is_found_again_and_only_that(emulate, dress, fault, model):
    client, running = emulate(fault)
    try:
        job = dress(client, options={"model": model})
    except errors.NotSent:
        assert "html" in fault  # the page came before anything was done
        assert running.ctx.jobs.all() == []
        return
    assert [job.id] == [each.id for each in running.ctx.jobs.all()]
    assert len(client.wait(job).images) == 1


def test_a_list_that_lags_is_asked_again(emulate, dress):
    client, running = emulate("submit:drop*1", "list:lag=40")
    assert [dress(client).id] == [each.id for each in running.ctx.jobs.all()]
    assert [each.operation for each in running.log].count("list") > 1


def test_what_never_arrived_may_be_sent_again_in_the_end(emulate, dress):
    client, running = emulate("submit:drop-before*1")
    with pytest.raises(errors.NotSent):
        dress(client)
    assert running.ctx.jobs.all() == []
    assert [each.operation for each in running.log].count("submit") == 1


# One look at the list, for a submission whose files are `a` and `b`.

OWN = {"person_image": "$store/a", "garment_images": ["$store/b"]}
OTHERS = {"person_image": "$store/c", "garment_images": ["$store/d"]}
GIVEN = {"person_image": "https://shop.example/p.jpg", "garment_images": ["$store/b"]}


def prediction(name=ID, given=OWN, model=P_IMAGE, **more):
    at = "2026-01-02T03:04:05.000Z"
    return {"id": name, "created_at": at, "model": model, "input": given, **more}


def page(*predictions, **more):
    return {"results": list(predictions), "next": None, **more}


@pytest.fixture
def look(clock):
    """Return what the hook makes of pages of the list, and the queries that it sent."""

    def ask(*pages, images=OWN, known=(), **options):
        at = {}

        def filled(value):
            return json.loads(json.dumps(value).replace("$store", f"{at['url']}/v1/files"))

        steps = [
            lambda link, each=each: json_answer(filled(each))(link)  # its address is known by then
            for each in pages
        ]
        with serving(*steps) as server:
            at["url"] = server.url("").rstrip("/")
            made = {"api_key": "r8_obviously_fake", "base_url": at["url"]}
            session = open_session(REGISTRY.load("replicate"), clock=clock, settings=made)
            with closing(session.transport):
                sent = filled(images)
                attempt = Attempt(
                    provider="replicate",
                    key="0" * 32,
                    sent_at=clock.now(),
                    options={"model": P_IMAGE, **options},
                    images={"person": sent["person_image"], "top": sent["garment_images"][0]},
                    base_url=at["url"],
                )
                ctx = session.context(known_jobs=frozenset(known))
                found = session.bound.find_submission(attempt, ctx)
            return found, [parse_qs(urlsplit(each.target).query) for each in server.requests]

    return ask


def test_the_prediction_with_its_own_files_is_found(look):
    found, (query,) = look(page(prediction(STRANGER, OTHERS), prediction()))
    assert (type(found), found.job.id) == (Found, ID)
    assert {*query} == {"created_after", "created_before"}


@pytest.mark.parametrize(
    ("kind", "predictions"),
    [
        (NotAccepted, []),
        (NotAccepted, [prediction(given=OTHERS)]),
        (NotAccepted, [prediction(given={"prompt": "a cat"}, model="somebody/else")]),
        (NotAccepted, [prediction(given={}, source="web")]),
        # It has lost its inputs, shows them otherwise, or has one of the two files.
        (Undecided, [prediction(given={}, data_removed=True)]),
        (Undecided, [prediction(given=None)]),
        (Undecided, [prediction(given={}, model=None)]),
        (Undecided, [prediction(given={"person_image": "https://replicate.delivery/p/a.jpg"})]),
        (Undecided, [prediction(given=GIVEN)]),
        (Undecided, [prediction(), prediction(STRANGER)]),
    ],
)
def test_only_what_is_certain_is_said(look, kind, predictions):
    found, _ = look(page(*predictions))
    assert type(found) is kind
    if kind is Undecided:
        assert found.candidates == tuple(each["id"] for each in predictions)


def test_a_job_that_is_known_is_no_stranger(look):
    assert type(look(page(prediction(given={})), known=[ID])[0]) is NotAccepted


def test_with_a_version_any_model_may_be_meant(look):
    removed = page(prediction(given={}, model="somebody/else"))
    assert type(look(removed, version="ab" * 32)[0]) is Undecided


def test_addresses_that_the_user_gave_prove_nothing(look):
    given = {
        "person_image": "https://shop.example/p.jpg",
        "garment_images": ["https://x.example/t"],
    }
    for listed in (page(), page(prediction(given=given))):
        found, _ = look(listed, images=given)
        assert type(found) is Undecided
    assert found.candidates == (ID,)


def test_one_uploaded_file_is_enough(look):
    found, _ = look(page(prediction(given=GIVEN)), images=GIVEN)
    assert type(found) is Found


def test_all_pages_are_read_from_the_own_address(look):
    elsewhere = "https://elsewhere.example/v1/predictions?cursor=c-2"
    first = page(prediction(STRANGER, OTHERS), next=elsewhere)
    found, (_, second) = look(first, page(prediction()))
    assert (type(found), second["cursor"]) == (Found, ["c-2"])
    assert {*second} == {"created_after", "created_before", "cursor"}


def test_a_list_without_an_end_decides_nothing(look):
    endless = page(prediction(STRANGER, OTHERS), next="/v1/predictions?cursor=c")
    with pytest.raises(errors.UnexpectedResponse, match="does not end"):
        look(*[endless] * 60)


@pytest.mark.parametrize("odd", [{}, {"results": None}, {"results": [7]}, []])
def test_an_odd_list_decides_nothing(look, odd):
    with pytest.raises(errors.UnexpectedResponse):
        look(odd)


# Whole runs


def _garment(job):
    return job.data["images"][1][0]


@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    ends=st.lists(st.lists(st.sampled_from(ENDS), max_size=4), max_size=3),
    lag_s=st.sampled_from([0, 20, 55]),
    is_away=st.booleans(),
)
def test_whatever_is_lost_no_row_is_paid_twice_and_none_stays_unknown(ends, lag_s, is_away):
    lag = Fault(operation="list", kind="lag", seconds=lag_s)
    first = Fault(operation="list", kind="503") if is_away else lag
    with (
        TemporaryDirectory() as folder,
        world(provider, emulator, Path(folder), rows=2, faults=[first]) as there,
    ):
        for of_one_process in ends:
            there.call(list(of_one_process))
            assert max(there.jobs(_garment).values(), default=0) <= 1
        there.running.faults.clear()
        there.running.faults.add(lag)
        assert there.call([])
        assert {*there.jobs(_garment).values()} == {1}
        assert {*there.states().values()} == {"saved"}


def test_after_an_hour_the_inputs_are_gone_and_nothing_is_taken_or_bought(tmp_path):
    with world(provider, emulator, tmp_path, rows=1, faults=["list:503"]) as there:
        there.call(["drop"])
        there.clock.advance(4000)
        there.running.faults.clear()
        assert there.call([])
        assert there.states() == {"row-0": "outcome_unknown"}
        assert {*there.jobs(_garment).values()} == {1}
