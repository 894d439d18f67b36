import logging
from datetime import timedelta

import attrs
import pytest

from providers import fake_info
from tryon_core.context import CallContext
from tryon_core.http import NoHttp
from tryon_core.models import Artifact, Job, JobResult, UrlSource
from tryon_core.settings import ProviderSettings, Secret
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


def test_a_job_keeps_its_own_copy_of_the_data():
    data = {"a": "b"}
    job = _ctx().new_job("t-1", data=data)
    data["a"] = "c"
    assert job.data == {"a": "b"}


@pytest.mark.parametrize("job_id", [None, "", 5])
def test_a_vendor_that_named_no_job_did_not_accept_one(job_id):
    with pytest.raises((TypeError, ValueError), match="id"):
        _ctx().new_job(job_id)


def test_a_context_cannot_be_changed():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        _ctx().deadline_s = 5.0


def test_a_context_names_the_provider_that_is_called():
    assert _ctx().provider == "fake"


def _headers(declared, **settings):
    info = fake_info(headers=declared)
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
