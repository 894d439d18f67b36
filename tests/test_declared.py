"""A vendor that is declared as data: what is sent, what is read, and which mistakes are named."""

import base64
import io
import json
from contextlib import ExitStack
from decimal import Decimal

import attrs
import pytest
from PIL import Image

from loom import FINE, INFO, QUICK, TABLE, LoomProvider, provider as loom
from servers import answer, json_answer, serving
from tryon_core import (
    BytesSource,
    CancelRoute,
    Client,
    Job,
    JobState,
    JobUpdate,
    errors,
    hookimpl,
)
from tryon_testing import FakeClock

PERSON = "https://shop.example/person.jpg"
TOP = "https://shop.example/top.jpg"
ACCEPTED = json_answer({"data": {"run": "r/7?x=1"}}, X_Request_Id="call-1")
IMAGE = "https://cdn.example/1.png"
BODY = QUICK.body


def picture():
    buffer = io.BytesIO()
    Image.new("RGB", (300, 400), "teal").save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture
def vendor():
    """Return a function that plays answers; gives a client of a provider, and the server."""
    with ExitStack() as opened:

        def play(*steps, provider=loom):
            server = opened.enter_context(serving(*steps))
            settings = {"api_key": "sk_obviously_fake_loom", "base_url": server.url("/v2")}
            made = Client(provider, clock=FakeClock(), **settings)
            return opened.enter_context(made), server

        yield play


def state(word, run="r/7?x=1", **more):
    return {"data": {"run": run, "state": word, **more}}


def job_of(client, **data):
    """Return a job as somebody adopts it: with its id, and what the vendor named."""
    job = client.submit(PERSON, top=TOP)
    return attrs.evolve(job, data=data)


def body_of(server, number=0):
    return json.loads(server.requests[number].body)


# What is sent


def test_holes_become_values_and_other_options_stand_where_they_belong(vendor):
    client, server = vendor(ACCEPTED)
    client.submit(PERSON, top=TOP, options={"seed": 7, "samples": 2})
    assert server.requests[0].target == "/v2/runs"
    assert body_of(server) == {
        "model": "quick",
        "inputs": {"person": PERSON, "garment": TOP, "kind": "upper", "seed": 7},
        "count": 2,
    }


def test_what_has_no_value_or_is_of_another_model_is_left_out(vendor):
    client, server = vendor(ACCEPTED)
    client.submit(PERSON, top=TOP, bottom=TOP, options={"model": "fine"})
    assert body_of(server) == {
        "inputs": [{"role": "person", "image": PERSON}],
        "wear": [TOP, TOP],
    }
    assert server.requests[0].target == "/v2/models/loom/fine/runs"
    assert "x-max-wait" not in server.requests[0].headers


def test_a_longer_text_without_its_value_is_left_out(vendor):
    row = attrs.evolve(FINE, headers={"X-Wait": "{max_wait_s}s"})
    provider = attrs.evolve(loom, submit_route={"quick": QUICK, "fine": row})
    client, server = vendor(ACCEPTED, ACCEPTED, provider=provider)
    client.submit(PERSON, top=TOP, options={"model": "fine"})
    client.submit(PERSON, top=TOP, options={"model": "fine", "max_wait_s": 60})
    sent = [request.headers.get("x-wait") for request in server.requests]
    assert sent == [None, "60s"]


def test_a_header_may_hold_an_option(vendor):
    client, server = vendor(ACCEPTED)
    client.submit(PERSON, top=TOP, options={"model": "fine", "max_wait_s": 60})
    assert server.requests[0].headers["x-max-wait"] == "60"
    assert server.requests[0].headers["authorization"] == "Bearer sk_obviously_fake_loom"


def test_local_images_travel_as_data_uri_or_as_bare_base64(vendor):
    client, server = vendor(ACCEPTED, ACCEPTED)
    client.submit(picture(), top=TOP)
    client.submit(picture(), top=picture(), options={"model": "fine"})
    text = base64.b64encode(picture()).decode()
    assert body_of(server, 0)["inputs"]["person"] == f"data:image/jpeg;base64,{text}"
    assert body_of(server, 1)["inputs"][0]["image"] == text
    assert body_of(server, 1)["wear"] == [text]


def test_a_function_stands_for_a_hole_and_its_image_is_sent_like_others(vendor):
    def merged(request, ctx):
        assert ctx.provider == "loom"
        return BytesSource(picture()) if "top" in request.garments else None

    def listed(request, _):
        garment = request.garments.get("top")
        return [{"kind": "upper", "image": garment}] if garment else None

    row = attrs.evolve(
        QUICK,
        body={"who": "{person}", "wear": merged, "of": {"x": merged}, "is": {}, "all": listed},
        unsent={"samples"},
    )
    provider = attrs.evolve(loom, submit_route={"quick": row, "fine": FINE})
    client, server = vendor(ACCEPTED, ACCEPTED, provider=provider)
    client.submit(PERSON, top=picture())
    client.submit(PERSON, bottom=TOP)
    assert body_of(server)["wear"].startswith("data:image/jpeg;base64,")
    assert body_of(server)["all"][0]["image"].startswith("data:image/jpeg;base64,")
    assert body_of(server, 1) == {"who": PERSON, "is": {}}


def test_each_submission_has_a_key_of_its_own(vendor):
    row = attrs.evolve(QUICK, body={**BODY, "mark": "loom-{key}"}, headers={"X-Once": "{key}"})
    provider = attrs.evolve(loom, submit_route={"quick": row, "fine": FINE})
    client, server = vendor(ACCEPTED, ACCEPTED, provider=provider)
    for _ in range(2):
        client.submit(PERSON, top=TOP)
    keys = [request.headers["x-once"] for request in server.requests]
    assert [body_of(server, number)["mark"] for number in range(2)] == [f"loom-{k}" for k in keys]
    assert [len(key) for key in {*keys}] == [32, 32]


# What an answer to a submission means


def test_the_id_is_quoted_when_it_is_asked_for(vendor):
    client, server = vendor(ACCEPTED, json_answer(state("weaving")))
    job = client.submit(PERSON, top=TOP)
    assert (job.id, job.request_id, dict(job.data)) == ("r/7?x=1", "call-1", {"model": "quick"})
    assert client.poll(job).state is JobState.RUNNING
    assert server.requests[1].target == "/v2/runs/r%2F7%3Fx%3D1"


@pytest.mark.parametrize("run", [None, "", " ", [], 1.5])
def test_an_accepted_run_without_an_id_may_be_billed(vendor, run):
    client, _ = vendor(json_answer({"data": {"run": run}}))
    with pytest.raises(errors.UnexpectedResponse, match=r"response\.data\.run") as caught:
        client.submit(PERSON, top=TOP)
    assert (caught.value.billed, caught.value.retry) == ("unknown", "never_automatically")


def test_a_refusal_inside_of_a_200_is_one_when_the_table_knows_its_code(vendor):
    refused = json_answer({"errors": [{"type": "no_credits", "text": "none"}]})
    odd = json_answer({"errors": [{"type": "something", "text": "none"}]})
    client, server = vendor(refused, odd)
    with pytest.raises(errors.CreditsExhausted):
        client.submit(PERSON, top=TOP)
    with pytest.raises(errors.UnexpectedResponse, match=r"no job @ response\.data\.run") as caught:
        client.submit(PERSON, top=TOP)
    assert caught.value.billed == "unknown"
    assert len(server.requests) == 2


def test_a_job_beside_an_error_is_a_job(vendor):
    client, _ = vendor(json_answer({"data": {"run": "r1"}, "errors": [{"type": "no_credits"}]}))
    assert client.submit(PERSON, top=TOP).id == "r1"


def test_a_submission_of_ones_own_ends_in_the_same_job(vendor):
    class Own(LoomProvider):
        @hookimpl
        def submit(self, request, ctx):
            answer = ctx.http.post("mine", form={"who": request.person.url})
            return self.new_job(answer.json()["id"], answer, ctx, model="fine")

    route = attrs.evolve(FINE.poll_route, named="header:location", job_id="data.run")
    own = Own(info=INFO, table=TABLE, poll_route=route)
    client, server = vendor(
        json_answer({"id": "r1"}, Location="there/r1", X_Request_Id="call-1"),
        json_answer(state("weaving", "r1")),
        provider=own,
    )
    job = client.submit(PERSON, top=TOP)
    assert (job.request_id, job.data["model"]) == ("call-1", "fine")
    assert client.poll(job).state is JobState.RUNNING
    assert [request.target for request in server.requests] == ["/v2/mine", "/v2/there/r1"]


# Addresses that the vendor names


def test_the_vendor_is_asked_where_it_said_and_elsewhere_when_nothing_is_there(vendor):
    named = {"run": "r1", "status_url": "/v2/elsewhere/r1", "result_url": "/v2/images/r1"}
    client, server = vendor(
        json_answer({"data": named}),
        json_answer(state("waiting", "r1", position=3)),
        json_answer({"detail": "no"}, 404),
        json_answer(state("over", "r1")),
        json_answer({"data": {"image": {"url": IMAGE}}}),
    )
    job = client.submit(PERSON, top=TOP, options={"model": "fine"})
    assert client.poll(job).vendor_status == "waiting (position 3)"
    update = client.poll(job)
    assert update.result.images[0].source.url == IMAGE
    assert [request.target for request in server.requests[1:]] == [
        "/v2/elsewhere/r1",
        "/v2/elsewhere/r1",
        "/v2/runs/r1/status",
        "/v2/images/r1",
    ]


@pytest.mark.parametrize(
    "refused",
    [
        json_answer({"errors": [{"type": "gone"}]}, 404),
        answer(200, "<html>"),
        json_answer({"data": {}}),
        json_answer(state("broken", "another")),
        json_answer({"errors": [{"type": "bad_field"}]}, 400),
    ],
)
def test_where_the_named_address_does_not_tell_of_the_job_the_documented_one_does(vendor, refused):
    named = {"run": "r1", "status_url": "/v2/elsewhere/r1"}
    client, server = vendor(
        json_answer({"data": named}), refused, json_answer(state("weaving", "r1"))
    )
    job = client.submit(PERSON, top=TOP, options={"model": "fine"})
    assert client.poll(job).state is JobState.RUNNING
    assert server.requests[2].target == "/v2/runs/r1/status"


@pytest.mark.parametrize("place", ["https://evil.example/runs/r1", "//evil.example/x", "/v2/a?k=1"])
def test_an_address_of_another_host_is_never_asked(vendor, place):
    client, server = vendor(
        json_answer({"data": {"run": "r1", "status_url": place}}),
        json_answer(state("weaving", "r1")),
    )
    job = client.submit(PERSON, top=TOP, options={"model": "fine"})
    assert dict(job.data) == {"model": "fine"}
    client.poll(attrs.evolve(job, data={"model": "fine", "poll_url": place}))
    assert server.requests[1].target == "/v2/runs/r1/status"


@pytest.mark.parametrize(
    ("data", "asked"),
    [
        ({"model": "fine", "poll_url": "/v2/elsewhere"}, "/v2/runs/r1/status"),
        ({"model": "../../account"}, "/v2/runs/quick/r1"),
    ],
)
def test_a_token_by_somebody_else_leads_nowhere_else(vendor, data, asked):
    route = attrs.evolve(loom.poll_route, path="runs/{model}/{id}")
    client, server = vendor(
        json_answer({"data": {"run": "r1"}}),
        json_answer(state("weaving", "r1")),
        provider=attrs.evolve(loom, poll_route=route),
    )
    job = client.submit(PERSON, top=TOP, options={"model": "fine"})
    client.poll(attrs.evolve(job, data=data))
    assert server.requests[1].target == asked


# What a poll means


def test_a_finished_run_has_its_images_and_what_they_cost(vendor):
    images = [{"url": IMAGE, "index": 0}, {"url": f"{IMAGE}?2", "index": 1}]
    client, _ = vendor(
        ACCEPTED, json_answer(state("over", images=images), X_Units="2", X_Request_Id="call-2")
    )
    job = client.submit(PERSON, top=TOP)
    update = client.poll(job)
    assert [image.source.url for image in update.result.images] == [IMAGE, f"{IMAGE}?2"]
    assert (update.result.usage, update.request_id) == ({"credits": "2"}, "call-2")
    life = update.result.images[0].expires_at - job.submitted_at
    assert life.total_seconds() == INFO.capabilities.result_lifetime_s


@pytest.mark.parametrize("images", [IMAGE, [IMAGE], {"first": IMAGE}, {"all": [IMAGE]}])
def test_an_address_a_list_and_an_object_are_images(vendor, images):
    client, _ = vendor(ACCEPTED, json_answer(state("over", images=images)))
    update = client.poll(client.submit(PERSON, top=TOP))
    assert [image.source.url for image in update.result.images] == [IMAGE]


def test_an_image_inside_of_the_answer_is_taken(vendor):
    uri = f"data:image/jpeg;base64,{base64.b64encode(picture()).decode()}"
    client, _ = vendor(ACCEPTED, json_answer(state("over", images=[{"url": uri}])))
    update = client.poll(client.submit(PERSON, top=TOP))
    assert update.result.images[0].source.data == picture()


def test_a_bad_image_does_not_lose_the_good_ones(vendor):
    images = [{"url": "<expired>"}, {"url": IMAGE}, {"url": 7}]
    client, _ = vendor(ACCEPTED, json_answer(state("over", images=images)))
    result = client.poll(client.submit(PERSON, top=TOP)).result
    assert [image.source.url for image in result.images] == [IMAGE]
    assert [notice.code for notice in result.notices] == ["output_unreadable"] * 2
    assert "image 1 of 3" in result.notices[0].message


def test_why_no_image_can_be_read_is_said(vendor):
    client, _ = vendor(ACCEPTED, json_answer(state("over", images=[{"url": "<expired>"}])))
    with pytest.raises(errors.UnexpectedResponse, match=r"expected an image.*image 1 of 1"):
        client.poll(client.submit(PERSON, top=TOP))


def test_an_answer_with_images_inside_may_be_as_large_as_the_route_says(vendor):
    large = json_answer({**state("over", images=[IMAGE]), "padding": "x" * 9_000_000})
    client, _ = vendor(ACCEPTED, large)
    job = client.submit(PERSON, top=TOP)
    with pytest.raises(errors.AnswerLost):
        client.poll(job)
    route = attrs.evolve(loom.poll_route, max_answer_bytes=20_000_000)
    client, _ = vendor(ACCEPTED, large, provider=attrs.evolve(loom, poll_route=route))
    assert client.poll(client.submit(PERSON, top=TOP)).state is JobState.SUCCEEDED


@pytest.mark.parametrize("images", [None, [], {}, [{"url": "<expired>"}], 7, [[[[IMAGE]]]]])
def test_a_run_that_is_over_without_an_image_keeps_its_job(vendor, images):
    client, _ = vendor(ACCEPTED, json_answer(state("over", images=images)))
    job = client.submit(PERSON, top=TOP)
    with pytest.raises(errors.UnexpectedResponse, match=r"response\.data\.images") as caught:
        client.poll(job)
    assert caught.value.job == job


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (json_answer({"data": {}}), errors.UnexpectedResponse),
        (json_answer([]), errors.UnexpectedResponse),
        (answer(200, "<html>"), errors.UnexpectedResponse),
        (answer(404, "<html>"), errors.VendorUnavailable),
        (json_answer({"errors": [{"type": "bad_key"}]}), errors.AuthenticationFailed),
        (json_answer({"errors": [{"type": "bad_field"}]}, 422), errors.VendorUnavailable),
        (json_answer({"message": "no route"}, 404), errors.VendorUnavailable),
        (json_answer(state(4)), errors.UnexpectedResponse),
        (json_answer(state("weaving", "another")), errors.UnexpectedResponse),
        (json_answer(state("over", "another", images=[IMAGE])), errors.UnexpectedResponse),
    ],
)
def test_an_answer_without_a_state_says_nothing_about_the_job(vendor, reply, error):
    client, _ = vendor(ACCEPTED, reply)
    job = client.submit(PERSON, top=TOP)
    with pytest.raises(error) as caught:
        client.poll(job)
    assert caught.value.job == job


@pytest.mark.parametrize("run", [None, "", 5, [], {}])
def test_a_status_that_names_no_job_is_taken(vendor, run):
    client, _ = vendor(ACCEPTED, json_answer(state("weaving", run)))
    assert client.poll(client.submit(PERSON, top=TOP)).state is JobState.RUNNING


def test_unknown_runs_and_unknown_words_are_called_so(vendor):
    client, _ = vendor(
        ACCEPTED,
        json_answer({"errors": [{"type": "gone"}]}, 404),
        json_answer(state("resting"), Retry_After="9"),
    )
    job = client.submit(PERSON, top=TOP)
    assert client.poll(job).state is JobState.NOT_FOUND
    update = client.poll(job)
    assert (update.state, update.vendor_status) == (JobState.UNKNOWN, "resting")
    assert update.retry_after_s == 9


def test_a_text_alone_tells_that_a_run_is_not_known_where_the_table_has_no_code_for_it(vendor):
    entries = [entry for entry in TABLE.entries if entry.error is not errors.JobExpired]
    table = type(TABLE)("Loom", entries, code=["errors.type"], message=["detail"])
    provider = attrs.evolve(loom, table=table, info=attrs.evolve(INFO, errors=table.entries))
    client, _ = vendor(
        ACCEPTED,
        json_answer({"detail": "Not found"}, 404),
        json_answer({"message": "no route"}, 404),
        provider=provider,
    )
    job = client.submit(PERSON, top=TOP)
    assert client.poll(job).state is JobState.NOT_FOUND
    with pytest.raises(errors.VendorUnavailable):
        client.poll(job)


def test_a_failed_run_says_why_and_whether_it_is_billed(vendor):
    failed = {**state("broken"), "errors": [{"type": "bad_image", "text": "Two people."}]}
    client, _ = vendor(ACCEPTED, json_answer(failed), json_answer(state("broken")))
    job = client.submit(PERSON, top=TOP)
    failure = client.poll(job).failure
    assert (failure.code, failure.message, failure.billed) == ("bad_image", "Two people.", "no")
    assert failure.fault == "input"
    assert client.poll(job).failure.message == "no reason given"


def test_a_failure_that_means_expired_or_cancelled_is_called_so(vendor):
    gone = {**state("broken"), "errors": [{"type": "gone"}]}
    stopped = {**state("broken"), "errors": [{"type": "taken_back", "text": "By you."}]}
    own = TABLE.entries[0]
    table = type(TABLE)(
        "Loom",
        [*TABLE.entries, attrs.evolve(own, code="taken_back", error=errors.JobCancelled)],
        code=["errors.type"],
        message=["errors.text"],
    )
    provider = attrs.evolve(loom, table=table, info=attrs.evolve(INFO, errors=table.entries))
    client, _ = vendor(ACCEPTED, json_answer(gone), json_answer(stopped), provider=provider)
    job = client.submit(PERSON, top=TOP)
    with pytest.raises(errors.JobExpired):
        client.poll(job)
    assert client.poll(job).state is JobState.CANCELLED


@pytest.mark.parametrize(
    ("reply", "found", "billed"),
    [
        (({"errors": [{"type": "bad_image"}]}, 422, "1"), JobState.FAILED, "yes"),
        (({"errors": [{"type": "broken"}]}, 500, "0"), JobState.FAILED, "no"),
        (({"errors": [{"type": "unheard_of"}]}, 500, "0"), JobState.UNKNOWN, "no"),
        (({"errors": [{"type": "gone"}]}, 404, "0"), JobState.NOT_FOUND, None),
    ],
)
def test_a_refused_result_is_the_failure_of_the_run(vendor, reply, found, billed):
    body, status, units = reply
    client, _ = vendor(
        ACCEPTED, json_answer(state("over")), json_answer(body, status, X_Units=units)
    )
    update = client.poll(client.submit(PERSON, top=TOP, options={"model": "fine"}))
    assert update.state is found
    assert (update.failure and update.failure.billed) == billed


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (json_answer({"errors": [{"type": "bad_key"}]}, 401), errors.AuthenticationFailed),
        (json_answer({"errors": [{"type": "no_credits"}]}, 402), errors.CreditsExhausted),
        (json_answer({"detail": "still in progress"}, 400), errors.VendorUnavailable),
        (answer(501, "<html>"), errors.VendorUnavailable),
        (answer(404, "<html>"), errors.VendorUnavailable),
    ],
)
def test_what_does_not_tell_of_the_run_is_no_failure_of_it(vendor, reply, error):
    client, _ = vendor(ACCEPTED, json_answer(state("over")), reply)
    job = client.submit(PERSON, top=TOP, options={"model": "fine"})
    with pytest.raises(error) as caught:
        client.poll(job)
    assert caught.value.job == job


# Stopping, and the account


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_run_is_stopped_in_the_vendors_way(vendor, method):
    route = CancelRoute(path="runs/{id}/stop", method=method)
    provider = attrs.evolve(loom, cancel_route=route)
    client, server = vendor(ACCEPTED, answer(202), provider=provider)
    update = client.cancel(client.submit(PERSON, top=TOP))
    assert (update.state, update.vendor_status) == (JobState.CANCELLED, "cancelled")
    sent = server.requests[1]
    assert (sent.method, sent.target) == (method, "/v2/runs/r%2F7%3Fx%3D1/stop")


def test_stopping_is_repeated_since_it_costs_nothing(vendor):
    route = CancelRoute(path="runs/{id}/stop")
    client, server = vendor(
        ACCEPTED, answer(503), answer(200), provider=attrs.evolve(loom, cancel_route=route)
    )
    assert client.cancel(client.submit(PERSON, top=TOP)).state is JobState.CANCELLED
    assert len(server.requests) == 3


def test_what_cannot_be_stopped_says_so(vendor):
    client, _ = vendor(
        ACCEPTED,
        json_answer({"errors": [{"type": "too_late"}]}, 409),
        json_answer({"data": {"state": "over"}}),
        json_answer({"data": {"state": "weaving"}}),
        json_answer({"errors": [{"type": "gone"}]}, 404),
    )
    job = client.submit(PERSON, top=TOP)
    for _ in range(2):
        with pytest.raises(errors.CancelRefused):
            client.cancel(job)
    assert client.cancel(job).state is JobState.RUNNING
    assert client.cancel(job).state is JobState.NOT_FOUND


def test_the_balance_is_read_as_number_or_text(vendor):
    client, _ = vendor(
        json_answer({"data": {"credits": 7}}),
        json_answer({"data": {"credits": "7.50"}}),
        json_answer({"data": {"credits": None}}),
    )
    assert client.read_balance().amount == 7
    assert client.read_balance().amount == Decimal("7.50")
    with pytest.raises(errors.UnexpectedResponse, match=r"response\.data\.credits"):
        client.read_balance()


def test_without_their_routes_the_hooks_are_not_offered(vendor):
    client, _ = vendor(ACCEPTED, provider=attrs.evolve(loom, cancel_route=None, balance_route=None))
    with pytest.raises(errors.ConfigurationError):
        client.read_balance()
    with pytest.raises(errors.CancelRefused, match="cannot cancel"):
        client.cancel(client.submit(PERSON, top=TOP))


# Code in place of data


def test_a_subclass_writes_the_hook_that_is_odd(vendor):
    class Odd(LoomProvider):
        @hookimpl
        def poll(self, job, ctx):
            update = super().poll(job, ctx)
            return attrs.evolve(update, state=JobState.PENDING)

        @hookimpl
        def cancel(self, job, ctx):
            return JobUpdate(state=JobState.CANCELLED)

    odd = Odd(**{**attrs.asdict(loom, recurse=False), "cancel_route": None})
    client, _ = vendor(ACCEPTED, json_answer(state("weaving")), provider=odd)
    job = client.submit(PERSON, top=TOP)
    assert client.poll(job).state is JobState.PENDING
    assert client.cancel(job).state is JobState.CANCELLED


def test_places_and_paths_may_be_functions(vendor):
    route = attrs.evolve(
        loom.poll_route,
        path=lambda job: f"{job.data['model']}/{{id}}",
        params={"ids": "{id}", "of": "run-{id}"},
        state=lambda answer: answer.json()["data"]["state"].lower(),
        outputs=lambda _: [IMAGE],
        progress=lambda _: 50,
    )
    client, server = vendor(
        ACCEPTED, json_answer(state("OVER")), provider=attrs.evolve(loom, poll_route=route)
    )
    update = client.poll(client.submit(PERSON, top=TOP))
    assert (update.state, update.vendor_status) == (JobState.SUCCEEDED, "over (50)")
    assert (
        server.requests[1].target
        == "/v2/quick/r%2F7%3Fx%3D1?ids=r%2F7%3Fx%3D1&of=run-r%2F7%3Fx%3D1"
    )


def test_a_vendor_without_models_has_one_route(vendor):
    @attrs.frozen
    class Plain:
        seed: int | None = None

    info = attrs.evolve(INFO, options=Plain, models={}, option_models={}, count_outputs=lambda _: 1)
    row = attrs.evolve(QUICK, body={"who": "{person}", "wear": "{garment}"}, options_at="")
    provider = attrs.evolve(loom, info=info, submit_route=row)
    client, server = vendor(ACCEPTED, json_answer(state("weaving")), provider=provider)
    job = client.submit(PERSON, dress=TOP, options={"seed": 3})
    assert body_of(server) == {"who": PERSON, "wear": TOP, "seed": 3}
    assert client.poll(job).state is JobState.RUNNING
    assert dict(job.data) == {}


def test_a_job_that_was_adopted_by_its_id_is_polled(vendor):
    client, server = vendor(ACCEPTED, json_answer(state("weaving")), json_answer(state("weaving")))
    job = job_of(client)
    assert client.poll(job).state is JobState.RUNNING
    assert client.poll(attrs.evolve(job, data={"model": "no such"})).state is JobState.RUNNING
    assert [request.target for request in server.requests[1:]] == ["/v2/runs/r%2F7%3Fx%3D1"] * 2
    assert Job.from_token(job.to_token()) == job


# Mistakes in a declaration


def quick(**changes):
    return {"submit_route": {"quick": attrs.evolve(QUICK, **changes), "fine": FINE}}


def polled(**changes):
    return {"poll_route": attrs.evolve(loom.poll_route, **changes)}


def with_options(**fields):
    made = attrs.make_class("Made", {n: attrs.field(default=v) for n, v in fields.items()})
    return {"info": attrs.evolve(INFO, options=made, models={}, option_models={})}


ONE_GARMENT = {"who": "{person}", "wear": "{garment}"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        (quick(body={**BODY, "x": "{sede}"}), "there is no {sede}; did you mean {seed}?"),
        (quick(body={**BODY, "x": ["{nothing_like_it}"]}), "there is no {nothing_like_it}"),
        (quick(body={**BODY, "x": "{max_wait_s}"}), "option_models does not give it"),
        (quick(body={**BODY, "x": "see {person}"}), "an image must be a value of the body"),
        (quick(path="runs/{person}"), "an image must be a value of the body"),
        (quick(headers={"X": "{garment}"}), "an image must be a value of the body"),
        (quick(body={"inputs": {"garment": "{garment}"}}), "{person} is missing"),
        (quick(body={"inputs": {"person": "{person}", "top": "{top}"}}), "{bottom} is missing"),
        (quick(body={}), "body: it is empty"),
        (quick(path=""), "path: it is empty"),
        (quick(job_id=""), "job_id: it is empty"),
        (quick(job_id="data..run"), "'data..run' is no place"),
        (quick(categories={"top": "upper"}), "no word for 'bottom'"),
        (quick(categories={**QUICK.categories, "hat": "hats"}), "categories: 'hat' is none"),
        (quick(unsent={"sede"}), "unsent: there is no option 'sede'"),
        (quick(options_at="model"), "options_at: 'model' is no object of the body"),
        (
            quick(body={"person": "{person}", "wear": "{garment}", "inputs": {"seed": 1}}),
            "it has 'seed', and the option of this name would go there too",
        ),
        (quick(poll_route=attrs.evolve(loom.poll_route, state="a b")), "'a b' is no place"),
        ({"submit_route": {"quick": QUICK}}, "the model 'fine' is missing"),
        (
            {"submit_route": {"quick": QUICK, "fine": FINE, "finer": FINE}},
            "'finer' is no model",
        ),
        (
            {"submit_route": {"quick": QUICK, "fine": attrs.evolve(FINE, body=ONE_GARMENT)}},
            "{bottom} is missing",
        ),
        (polled(path="runs/{job}"), "there is no {job}, only {id} and {model}"),
        (polled(params={"ids": "{run}"}), "there is no {run}"),
        (polled(result_path="runs/{run}"), "there is no {run}"),
        (polled(state=""), "state: it is empty"),
        (polled(state="data.[]"), "'data.[]' is no place"),
        (polled(named="header:"), "'header:' is no place"),
        (polled(outputs=("data.images[].url", "images[0]")), "'images[0]' is no place"),
        (polled(usage={"credits": "x units"}), "'x units' is no place"),
        (polled(progress="data."), "'data.' is no place"),
        (polled(states={}), "states: it is empty"),
        (polled(states={"over": "succeeded"}), "expected a JobState for each word"),
        (polled(states={"over": JobState.FAILED}), "states: no word means SUCCEEDED"),
        (polled(path="runs"), "path: {id} is neither in it nor in params"),
        (polled(path="https://loom.example/{id}"), "path: it is an address; give what follows"),
        (quick(path="https://loom.example/runs"), "path: it is an address; give what follows"),
        (polled(failure_billed="maybe"), "expected one of 'yes', 'no', 'unknown', None"),
        (quick(local_images="hex"), "expected one of 'data_uri', 'base64', got 'hex'"),
        ({"cancel_route": CancelRoute(path="a", method="PATCH")}, "'DELETE', got 'PATCH'"),
        ({"cancel_route": CancelRoute(path="")}, "CancelRoute: path: it is empty"),
        (
            {"balance_route": attrs.evolve(loom.balance_route, amount="data[]")},
            "'data[]' is no place",
        ),
        ({"submit_route": None}, "submit_route: it is missing"),
        ({"info": attrs.evolve(INFO, errors=())}, "info.errors is not table.entries"),
        (with_options(person=1), "the option 'person' has the name of a hole"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_declaration_is_named_when_the_plugin_is_imported(changes, named):
    with pytest.raises(ValueError, match=r"^loom: ") as caught:
        attrs.evolve(loom, **changes)
    assert named in str(caught.value)


def test_all_mistakes_are_named_at_once():
    wrong = {**quick(unsent={"sede"}), **polled(state="a b")}
    with pytest.raises(ValueError, match=r"'sede'; .*'a b' is no place"):
        attrs.evolve(loom, **wrong)


def test_a_name_that_no_route_has_is_refused():
    with pytest.raises(TypeError, match="stat"):
        attrs.evolve(loom.poll_route, stat="data.state")
