"""No call that the core makes can be held by a server that drips."""

import pytest

from acme import RULES, AcmeProvider
from servers import answer, drip, head, json_answer, serving
from tryon_core import (
    Artifact,
    Client,
    JobResult,
    TransportPolicy,
    TryOnRequest,
    UrlSource,
    errors,
    hookimpl,
)
from tryon_core.engine import SystemClock, poll_job
from tryon_testing.samples import sample_image

PERSON, TOP = sample_image("person", RULES), sample_image("top", RULES)
DRIPS = [
    pytest.param(drip(b"", b"x", 0.02), id="head"),
    pytest.param(drip(head(200, {"Content-Length": "99999"}), b" ", 0.02), id="body"),
    pytest.param(drip(b"", b"HTTP/1.1 102 Processing\r\n\r\n", 0.02), id="informational"),
]
DRIP = drip(head(200, {"Content-Length": "99999"}), b"\x89", 0.02)
IMPATIENT = TransportPolicy(
    call_timeout_s=0.2, download_timeout_s=0.2, least_upload_bytes_per_s=1e9
)


class Store:
    """Gives local images an address, at a server of its own."""

    def __init__(self, url: str) -> None:
        self.url = url

    @hookimpl
    def publish_image(self, image, ctx):
        del image
        ctx.http.post(self.url, form={})
        return UrlSource(self.url)


@pytest.fixture
def impatiently():
    """Make a call of a client that talks to a script; return the error and what was asked."""

    def call(do, *script, **arguments):
        with serving(*script) as server:
            client = Client(
                AcmeProvider(),
                transport=IMPATIENT,
                config={},
                api_key="canary-key",
                base_url=server.url(""),
                **{name: make(server) for name, make in arguments.items()},
            )
            clock = SystemClock()
            started_s = clock.monotonic()
            with client, pytest.raises(errors.TryOnError) as caught:
                do(client, server)
            assert clock.monotonic() < started_s + 2
            return caught.value, len(server.requests)

    return call


def _job(client):
    return client.session.context().new_job("t-1")


@pytest.mark.parametrize("dripping", DRIPS)
@pytest.mark.parametrize(
    ("do", "error"),
    [
        pytest.param(
            lambda client, _: client.submit(PERSON, top=TOP), errors.OutcomeUnknown, id="submit"
        ),
        pytest.param(lambda client, _: client.poll(_job(client)), errors.AnswerLost, id="poll"),
        pytest.param(
            lambda client, _: poll_job(client.session, _job(client)),
            errors.AnswerLost,
            id="poll-of-a-run",
        ),
        pytest.param(lambda client, _: client.cancel(_job(client)), errors.AnswerLost, id="cancel"),
        pytest.param(lambda client, _: client.read_balance(), errors.AnswerLost, id="balance"),
        pytest.param(
            lambda client, _: client.parse_garment(PERSON), errors.OutcomeUnknown, id="parse"
        ),
        pytest.param(
            lambda client, _: client.session.bound.publish_image(
                PERSON, client.session.context(request=TryOnRequest(person=PERSON, top=TOP))
            ),
            errors.OutcomeUnknown,
            id="upload",
        ),
    ],
)
def test_a_call_that_drips_ends(impatiently, dripping, do, error):
    stores = {"extensions": lambda server: [Store(server.url("/store"))]}
    found, asked = impatiently(do, dripping, **stores)
    assert type(found) is error
    assert asked == 1


def test_a_result_that_drips_is_left_and_the_job_kept(impatiently):
    def wait(client, server):
        result = JobResult(images=[Artifact(source=UrlSource(server.url("/a.png")))])
        client.wait(client.session.context().new_job("t-1", result=result))

    found, _ = impatiently(wait, DRIP)
    assert type(found) is errors.DownloadFailed
    assert found.job.id == "t-1"


def test_a_region_that_drips_is_left(impatiently):
    def parse(client, server):
        part = {"box": [1, 1, 9, 9], "mask": server.url("/m.png"), "cutout": server.url("/c.png")}
        server.play(json_answer({"parts": {"top": part}}), DRIP)
        client.parse_garment(PERSON)

    found, _ = impatiently(parse, answer(500))
    assert type(found) is errors.DownloadFailed
