import logging
from datetime import timedelta

import attrs
import pytest

from providers import FakeProvider, fake_info
from tryon_core import Client
from tryon_core.context import CallContext, dated
from tryon_core.errors import OutcomeUnknown, UnexpectedResponse
from tryon_core.http import NoHttp
from tryon_core.models import Artifact, BytesSource, Job, JobResult, Secret, SettingSpec, UrlSource
from tryon_core.settings import ProviderSettings
from tryon_testing.clocks import START, FakeClock


def _ctx(fingerprint=None, **capabilities):
    return CallContext(
        info=fake_info(**capabilities),
        http=NoHttp(),
        settings=ProviderSettings("fake"),
        clock=FakeClock(),
        fingerprint=fingerprint,
        logger=logging.getLogger("tryon.fake"),
    )


@pytest.mark.parametrize(
    ("url", "is_readable"),
    [
        ("https://bucket.example/a", True),
        ("http://127.0.0.1:9000/a", False),
        ("http://localhost/a", False),
        ("http://10.1.2.3/a", False),
    ],
)
def test_a_private_address_is_readable_for_a_service_there_only(url, is_readable):
    for base_url in ("https://api.fake.example", "http://127.0.0.1:8000"):
        spec = SettingSpec(name="base_url", default=base_url)
        session = Client(FakeProvider(info=fake_info(settings=[spec])), config={}).session
        is_near = base_url.startswith("http:")
        assert session.context().is_readable(url) is (is_readable or is_near)


def test_a_new_job_is_stamped_with_provider_time_and_work():
    job = _ctx("f1", job_lifetime_s=3600).new_job("t-1", request_id="r-1", data={"a": "b"})
    assert job == Job(
        provider="fake",
        id="t-1",
        submitted_at=START,
        expires_at=START + timedelta(hours=1),
        fingerprint="f1",
        request_id="r-1",
        data={"a": "b"},
    )


def test_a_job_of_a_vendor_that_names_no_lifetime_has_no_end():
    assert _ctx(job_lifetime_s=None).new_job("t-1").expires_at is None


def test_a_job_may_be_finished_at_once():
    result = JobResult(images=[Artifact(source=UrlSource("https://x/1.png"))])
    assert _ctx().new_job("t-1", result=result).result is result


HOUR, OWN = timedelta(hours=1), START + timedelta(days=9)
HERE = Artifact(source=BytesSource(b"an image"))


@pytest.mark.parametrize(
    ("image", "life_s", "expires_at"),
    [
        (Artifact(source=UrlSource("https://x/1.png")), 3600, START + HOUR),
        (Artifact(source=UrlSource("https://x/1.png")), None, None),
        (Artifact(source=UrlSource("https://x/1.png"), expires_at=OWN), 3600, OWN),
        (HERE, 3600, None),
    ],
)
def test_an_address_dies_when_it_says_or_as_declared(image, life_s, expires_at):
    ctx = _ctx(result_lifetime_s=life_s)
    result = JobResult(images=[HERE, image])
    job = ctx.new_job("t-1", result=result)
    ctx.clock.advance(100)
    for found in (ctx.accepted(job).result, dated(result, job, ctx.info)):
        assert [image.expires_at for image in found.images] == [None, expires_at]


def test_a_job_keeps_its_own_copy_of_the_data():
    data = {"a": "b"}
    job = _ctx().new_job("t-1", data=data)
    data["a"] = "c"
    assert job.data == {"a": "b"}


@pytest.mark.parametrize("job_id", [None, "", " "])
def test_a_vendor_that_names_no_job_may_have_billed_the_work(job_id):
    with pytest.raises(UnexpectedResponse, match=r"Fake try-on .* no job") as caught:
        _ctx().new_job(job_id, request_id="r-1")
    error = caught.value
    assert (error.billed, error.retry, error.request_id) == (
        "unknown",
        "never_automatically",
        "r-1",
    )
    assert error.remedy == OutcomeUnknown.remedy


def test_an_id_is_a_text():
    with pytest.raises(TypeError, match="id"):
        _ctx().new_job(5)


def test_finished_work_without_a_name_is_not_lost():
    result = JobResult(images=[Artifact(source=BytesSource(b"an image"))])
    first, second = (_ctx().new_job("", result=result) for _ in range(2))
    assert first.result == result
    assert first.id != second.id


def test_a_context_cannot_be_changed():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        _ctx().deadline_s = 5.0


def test_a_context_names_the_provider_that_is_called():
    assert _ctx().provider == "fake"


def _headers(declared, **settings):
    specs = [SettingSpec(name="api_key", secret=True), SettingSpec(name="team")]
    info = fake_info(headers=declared, settings=specs)
    settings = ProviderSettings("fake", settings)
    return attrs.evolve(_ctx(), info=info, settings=settings).headers


def test_declared_headers_are_filled_with_settings():
    declared = {"Authorization": "Bearer {api_key}", "X-Team": "{team}", "Accept": "text/x"}
    found = _headers(declared, api_key=Secret("k-1"))
    assert found == {"Authorization": "Bearer k-1", "Accept": "text/x"}
    assert _headers(declared, api_key=Secret("k-1"), team="red")["X-Team"] == "red"


def test_headers_may_be_made_for_each_request():
    def sign(ctx):
        return {"X-Signature": f"{ctx.settings.text('api_key')}-{ctx.clock.now():%Y}"}

    assert _headers(sign, api_key=Secret("k-1")) == {"X-Signature": f"k-1-{START:%Y}"}


def test_without_a_declaration_there_are_no_headers():
    assert _headers({}) == {}
