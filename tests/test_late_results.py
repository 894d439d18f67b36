"""What is said of an image whose address is dead: that it is gone only where that is known."""

from datetime import timedelta

import attrs
import pytest

from providers import FakeProvider, picture
from servers import answer, serving
from tryon_core import (
    Artifact,
    Client,
    JobResult,
    JobState,
    JobUpdate,
    TransportPolicy,
    UrlSource,
    errors,
    hookimpl,
)
from tryon_testing.clocks import FakeClock

LIFETIME_S = 3600.0


@attrs.define(kw_only=True, eq=False)
class Late(FakeProvider):
    """Delivers one image at an address.

    Attributes:
        url: the address.
        lifetime_s: seconds that the image is kept, None when the vendor does not say.
    """

    url: str = ""
    lifetime_s: float | None = LIFETIME_S

    @hookimpl
    def poll(self, job, ctx):
        ends = self.lifetime_s and job.submitted_at + timedelta(seconds=self.lifetime_s)
        image = Artifact(source=UrlSource(self.url), expires_at=ends)
        return JobUpdate(state=JobState.SUCCEEDED, result=JobResult(images=[image]))


def _late(status, *, age_s, lifetime_s=LIFETIME_S):
    clock = FakeClock()
    with serving(*[answer(status, b"")] * 10) as server:
        client = Client(
            Late(url=server.url("/1.png"), lifetime_s=lifetime_s),
            clock=clock,
            transport=TransportPolicy(allow_private_addresses=True),
        )
        job = client.submit(picture(), top=picture())
        clock.advance(age_s)
        with pytest.raises(errors.TryOnError) as caught:
            client.resume(job.to_token())
    assert caught.value.job.id == job.id
    assert caught.value.billed == "yes"
    return caught.value


@pytest.mark.parametrize("status", [403, 404, 410])
def test_after_its_time_a_dead_image_is_gone_and_to_resume_is_no_advice(status):
    error = _late(status, age_s=LIFETIME_S + 30)
    assert isinstance(error, errors.JobExpired)
    assert "kept until 2026-01-02 04:04 UTC" in error.message
    assert str(status) in error.message
    assert "resume" not in str(error).lower()
    assert (error.retry, error.http_status) == ("no", status)


def test_before_its_time_it_is_only_not_fetched():
    error = _late(403, age_s=LIFETIME_S - 60)
    assert isinstance(error, errors.DownloadFailed)
    assert error.retry == "later"


def test_an_outage_after_its_time_says_nothing_of_the_image():
    assert isinstance(_late(500, age_s=2 * LIFETIME_S), errors.DownloadFailed)


def test_where_the_vendor_tells_no_time_nobody_knows():
    error = _late(404, age_s=1e6, lifetime_s=None)
    assert isinstance(error, errors.DownloadFailed)
