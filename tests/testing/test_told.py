"""What a provider says, and what is not so: each bad one fails the check made for it."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import attrs
import pytest

from acme import INFO, TABLE, AcmeProvider, Parts, Status
from acme_emulator import build, emulator as acme_emulator
from tryon_core import (
    Artifact,
    JobResult,
    JobState,
    JobUpdate,
    ProviderInfo,
    UrlSource,
    codes,
    errors,
    hookimpl,
)
from tryon_testing import ProviderContract
from tryon_testing.checks.base import CheckFailed


def _declaring(**changes):
    return _with_info(capabilities=attrs.evolve(INFO.capabilities, **changes))


def _with_info(**changes) -> AcmeProvider:
    info: ProviderInfo = attrs.evolve(INFO, **changes)
    return type("Declared", (AcmeProvider,), {"info": info})()


class ImagesThatAreLongDead(AcmeProvider):
    @hookimpl
    def poll(self, job, ctx):
        status = self.read(ctx.http.get(f"tasks/{job.id}"), Status)
        if status.image_url is None:
            return self.update(status)
        ends = datetime.fromtimestamp(0, timezone.utc) + timedelta(hours=1)
        image = Artifact(source=UrlSource(status.image_url), expires_at=ends)
        return JobUpdate(state=JobState.SUCCEEDED, result=JobResult(images=[image]))


class KnowsNoWorkingJobs(AcmeProvider):
    @hookimpl
    def poll(self, job, ctx):
        update = super().poll(job, ctx)
        if update.state is JobState.RUNNING:
            raise errors.UnexpectedResponse("Acme: what is working?")
        return update


class KnowsNoQueue(AcmeProvider):
    @hookimpl
    def poll(self, job, ctx):
        update = super().poll(job, ctx)
        is_queued = update.state is JobState.PENDING
        return attrs.evolve(update, state=JobState.NOT_FOUND) if is_queued else update


class BlamesTheInput(AcmeProvider):
    def read(self, answer, kind):
        try:
            return super().read(answer, kind)
        except errors.RateLimited as error:
            raise errors.InputRefused(error.message) from error


class KnowsNoEnd(AcmeProvider):
    @hookimpl
    def poll(self, job, ctx):
        if ctx.clock.now() - job.submitted_at > timedelta(minutes=90):
            raise errors.UnexpectedResponse("Acme: there is no image.")
        return super().poll(job, ctx)


class StopsWhateverIsSaid(AcmeProvider):
    @hookimpl
    def cancel(self, job, ctx):
        ctx.http.delete(f"tasks/{job.id}")
        return JobUpdate(state=JobState.CANCELLED)


class HasAnOrderOfItsOwn(AcmeProvider):
    @hookimpl
    def parse_garment(self, request, ctx):
        found = super().parse_garment(request, ctx)
        return found if request.categories[0] == "top" else found[::-1]


class BoxesByWidthAndHeight(AcmeProvider):
    @hookimpl
    def parse_garment(self, request, ctx):
        parts = self.read(
            ctx.http.post("parse", multipart=[self.part("photo", request.image)]), Parts
        )
        regions = [self.region(name, parts.parts.get(name)) for name in request.categories]
        return [
            region and attrs.evolve(region, bbox=parts.parts[region.category].box)
            for region in regions
        ]


def _that_says_more(ctx, knobs):
    app = build(ctx, knobs)

    @app.after_request
    def say_more(answer):
        answer.headers |= {"X-Request-Id": "call-1", "X-Acme-Credits-Used": "2"}
        return answer

    return app


class OfAVendorThatSaysMore(ProviderContract):
    provider = AcmeProvider()
    emulator = attrs.evolve(acme_emulator, build=_that_says_more)
    __test__ = False


_BLAMES_THE_INPUT = codes(errors.InputRefused, "Pay.", {"no_credits": "Nothing is left."})
_CREDITS = attrs.evolve(INFO.capabilities.price, amount=Decimal(2), currency="credits")
_LIVES = "images_and_jobs_live_as_long_as_is_said"
_STAGES = "each_stage_of_a_job_is_told"
_BOX = "a_box_holds_what_its_mask_shows"
CASES = [
    (_declaring(result_lifetime_s=36_000), _LIVES, "said to live until .* has it no more"),
    (ImagesThatAreLongDead(), _LIVES, "1970.*which is over. Mind zones"),
    (KnowsNoWorkingJobs(), _STAGES, r"30 s after its submission, and poll\(\) raised Unexpected"),
    (KnowsNoQueue(), _STAGES, r"2 s after its submission, and poll\(\) said NOT_FOUND"),
    (
        _declaring(quota=attrs.evolve(INFO.capabilities.quota, submissions=50)),
        "the_vendor_takes_the_declared_quota",
        "the vendor takes 5 submissions in 1 s, and the declared quota allows 50 in that time",
    ),
    (
        _declaring(price=_CREDITS),
        "the_balance_falls_by_the_price",
        "declared with 2, and the balance fell by 0",
    ),
    (
        StopsWhateverIsSaid(),
        "a_job_that_is_called_cancelled_gives_no_image",
        "called a job CANCELLED 300 s after its submission.*raise CancelRefused",
    ),
    (
        HasAnOrderOfItsOwn(),
        "parsing_keeps_the_order_that_was_asked",
        "were to be parsed, and .*order",
    ),
    (BoxesByWidthAndHeight(), _BOX, "its mask shows it at .*x1, y1, x2, y2"),
    (
        _with_info(errors=[*_BLAMES_THE_INPUT, *TABLE.entries[2:]]),
        "a_status_of_the_account_is_no_fault_of_the_input",
        "'no_credits' comes with HTTP 402, and InputRefused blames the input",
    ),
    (
        _declaring(price=attrs.evolve(_CREDITS, currency="dollars")),
        "its_limits_name_their_source",
        "`price` is in 'dollars'. Give a code such as USD, or `credits`",
    ),
    (
        _with_info(errors=[attrs.evolve(TABLE.entries[0], billed="never"), *TABLE.entries[1:]]),
        "its_errors_are_in_the_table",
        "bad_key' says billed='never'. Give one of no, yes, unknown",
    ),
    (BlamesTheInput(), "the_vendor_takes_the_declared_quota", "beyond .* InputRefused"),
    (KnowsNoEnd(), _LIVES, "long after its images were deleted .*Raise JobExpired"),
]


@pytest.mark.parametrize(("subject", "check", "words"), CASES)
def test_what_is_not_so_is_told(subject, check, words):
    class Contract(ProviderContract):
        provider = subject
        emulator = acme_emulator

    with pytest.raises(CheckFailed, match=f"(?s){words}"):
        getattr(Contract(), f"test_{check}")()


class _Unseen(dict):
    def __setitem__(self, name, limit):
        """Keep nothing: the limit is counted elsewhere."""


def _that_counts_by_itself(ctx, knobs):
    ctx.quota.limits = _Unseen()
    return build(ctx, knobs)


def test_a_quota_is_tried_where_the_emulator_counts_by_itself():
    class Contract(ProviderContract):
        provider = _declaring(quota=attrs.evolve(INFO.capabilities.quota, submissions=50))
        emulator = attrs.evolve(acme_emulator, build=_that_counts_by_itself)

    words = r"submission 6 in a moment was refused .*declared are 50 in 1\.0 s"
    with pytest.raises(CheckFailed, match=words):
        Contract().test_the_vendor_takes_the_declared_quota()


def _whose_account_holds_less(ctx, knobs):
    ctx.left = lambda: 36
    return build(ctx, knobs)


def test_a_balance_that_is_not_on_the_account_is_told():
    class Contract(ProviderContract):
        provider = AcmeProvider()
        emulator = attrs.evolve(acme_emulator, build=_whose_account_holds_less)

    with pytest.raises(CheckFailed, match=r"is 41 credits, and on the account are 36. Leave out"):
        Contract().test_the_balance_is_read()


def test_a_pace_that_the_vendor_does_not_want_is_told():
    class Contract(ProviderContract):
        provider = AcmeProvider()
        emulator = attrs.evolve(acme_emulator, poll_interval_s=5.0)

    words = r"asks for 5 s between two polls, and declared are 2 s. Give `Quota\(poll_interval_s=5"
    with pytest.raises(CheckFailed, match=words):
        Contract().test_the_vendor_is_polled_at_its_own_pace()


class KeepsTheFirstId(AcmeProvider):
    @hookimpl
    def submit(self, request, ctx):
        return attrs.evolve(super().submit(request, ctx), request_id="call-1")


@pytest.mark.parametrize(
    ("provider", "operation"), [(AcmeProvider(), "submit"), (KeepsTheFirstId(), "poll")]
)
def test_an_id_of_the_call_that_is_dropped_is_told(provider, operation):
    contract = OfAVendorThatSaysMore()
    contract.provider = provider
    words = rf"names the call call-1 in its answer to {operation}, and the `request_id` is None"
    with pytest.raises(CheckFailed, match=words):
        contract.test_the_vendor_s_id_of_the_call_is_kept()


def test_usage_that_is_dropped_is_told():
    words = r"says what was used \({'X-Acme-Credits-Used': '2'}\), and the result has the usage {}"
    with pytest.raises(CheckFailed, match=words):
        OfAVendorThatSaysMore().test_what_the_vendor_says_was_used_is_kept()
