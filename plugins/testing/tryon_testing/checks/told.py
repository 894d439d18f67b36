"""Checks that what a provider says is true: stages, lifetimes, quota, price, ids, boxes."""

import itertools
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

import attrs
import pytest

from tryon_core.errors import CreditsExhausted, JobError, LimitError, TryOnError, UnexpectedResponse
from tryon_core.images import load_upright
from tryon_core.models import (
    Artifact,
    BytesSource,
    GarmentRegion,
    Job,
    JobState,
    JobUpdate,
    ParseRequest,
    Quota,
    TryOnRequest,
    UrlSource,
)
from tryon_testing.checks.base import ProviderUnderTest, fail, require, require_no_bug, since
from tryon_testing.checks.refusals import answer_of
from tryon_testing.checks.workflow import CORNERS, check_regions
from tryon_testing.emulation.loopback import FetchRefused, fetch
from tryon_testing.harness import JOB_S, SHORT_PAUSE_S, Harness, skip_finished, vendor_harness
from tryon_testing.mutations import inner_paths, value_at
from tryon_testing.unchecked import skip_unchecked
from tryon_testing.wire import Answer

_MARGIN_S = 90.0
_MOST_SUBMISSIONS = 10
_WAITING = {JobState.PENDING, JobState.RUNNING}
_NAMES_OF_CALLS = {"requestid", "xrequestid", "logid", "traceid"}
_USED = re.compile(r"credits?[_-]?used|billable[_-]?units|unit[_-]?deduction", re.IGNORECASE)
_AMOUNT = re.compile(r"0*[1-9][0-9]*(\.[0-9]+)?|0*\.0*[1-9][0-9]*")
_OF_THE_ACCOUNT = (401, 402, 429)
_OPAQUE = 128
_BORDER_PX = 2


class ToldChecks(ProviderUnderTest):
    """What a provider says is what the vendor does."""

    @since("0.1")
    def test_images_and_jobs_live_as_long_as_is_said(self) -> None:
        """An image lives until `expires_at`; its job as long."""
        with vendor_harness(self) as at:
            job = at.finished_job()
            skip_finished(job)
            ends = sorted(_ends(job, _images(at, job)), key=operator.itemgetter(0))
            for end, image in ends:
                _check_there_until(at, end, image, job)
            if ends:
                at.pass_time((ends[-1][0] - job.submitted_at).total_seconds())
                _check_over(at, job)

    @since("0.1")
    def test_each_stage_of_a_job_is_told(self) -> None:
        """A poll of a sound job never raises: it waits, is worked on, or has its images."""
        with vendor_harness(self, job_s=60) as at:
            job = at.unfinished_job()
            for age_s, expected in ((2, _WAITING), (30, _WAITING), (90, {JobState.SUCCEEDED})):
                at.pass_time((job.submitted_at - at.clock.now()).total_seconds() + age_s)
                _check_stage(at, job, age_s, expected)

    @since("0.1")
    def test_the_vendor_s_id_of_the_call_is_kept(self) -> None:
        """What the vendor's support asks for is on the job, and on what a poll says of it."""
        with vendor_harness(self) as at:
            made: list[Job] = []
            answers = at.answers_to(lambda: made.append(at.client().submit(at.request())))
            job = made[0]
            _check_call(job, answers, "submit", job.request_id, "`ctx.new_job(request_id=...)`")
            if job.result is None:
                client, said = at.client(pause_s=SHORT_PAUSE_S), list[JobUpdate]()
                answers = at.answers_to(lambda: said.append(client.poll(job)))
                _check_call(job, answers, "poll", said[0].request_id, "`JobUpdate(request_id=...)`")

    @since("0.1")
    def test_what_the_vendor_says_was_used_is_kept(self) -> None:
        """A number of credits or units beside the images is in `JobResult.usage`."""
        with vendor_harness(self) as at:
            job = at.finished_job()
            skip_finished(job)
            client, updates = at.client(pause_s=SHORT_PAUSE_S), list[JobUpdate]()
            answers = at.answers_to(lambda: updates.append(client.poll(job)))
            said = {name: value for answer in answers for name, value in _used(answer)}
            result = updates[0].result
            require(
                result is None or not said or {*said.values()} & {*result.usage.values()},
                f"the vendor says what was used ({said}), and the result has the usage "
                f"{dict(result.usage) if result else None}. Give it as `JobResult(usage=...)`, or "
                "as `PollRoute(usage=...)`: it is what the costs of a run are added up from.",
            )

    @since("0.1")
    def test_a_status_of_the_account_is_no_fault_of_the_input(self) -> None:
        """What is refused with 401, 402 or 429 does not pass by changing the images."""
        with vendor_harness(self) as at:
            for entry in self.documented_errors:
                answer = answer_of(at, entry)
                status = answer.status if answer else 0
                require(
                    status not in _OF_THE_ACCOUNT or entry.to_error("").fault != "input",
                    f"the code {entry.code!r} comes with HTTP {status}, and {entry.error.__name__} "
                    "blames the input. Declare an error of the account, or a limit.",
                )

    @since("0.1")
    def test_the_vendor_takes_the_declared_quota(self) -> None:
        """As many submissions as `Quota` allows are none too many; a refusal beyond is a limit."""
        with vendor_harness(self, job_s=0) as at:
            request = at.request()
            capabilities = self.info.capabilities_for(request)
            quota = capabilities.quota
            if quota.submissions is None:
                pytest.skip("no quota of submissions is declared")
            if "url" in capabilities.delivery:
                request = at.with_addresses(request)
            client = at.client(pause_s=10 * quota.window_s)
            _check_rate(at, lambda: client.submit(request), quota)
            at.pass_time(10 * quota.window_s)
            for number in range(1, min(quota.submissions, _MOST_SUBMISSIONS) + 1):
                try:
                    client.submit(request)
                except CreditsExhausted:
                    return
                except LimitError as error:
                    fail(
                        f"submission {number} in a moment was refused ({error}); declared are "
                        f"{quota.submissions} in {quota.window_s} s. Declare what the vendor "
                        "takes: a batch of many goes at this pace."
                    )
            for _ in range(min(quota.submissions, _MOST_SUBMISSIONS)):
                try:
                    at.client(pause_s=0).submit(request)  # a new client keeps no pace
                except TryOnError as error:
                    require(
                        error.fault in {"limit", "account"},
                        f"a submission beyond the vendor's limit was refused, and {error!r:.300} "
                        "came, which blames another. Declare the code as RateLimited.",
                    )
                    return

    @since("0.1")
    def test_the_vendor_is_polled_at_its_own_pace(self) -> None:
        """Between two polls the seconds pass that the vendor's pages ask for."""
        with vendor_harness(self, job_s=60) as at:
            asked_s = at.running.emulator.poll_interval_s if at.running else 0.0
            if not asked_s:
                pytest.skip("the emulator's `poll_interval_s` names no pace")
            for request in self.requests():
                pace_s = self.info.capabilities_for(request).quota.poll_interval_s or 0.0
                require(
                    pace_s >= asked_s,
                    f"the vendor asks for {asked_s:g} s between two polls, and declared are "
                    f"{pace_s:g} s. Give `Quota(poll_interval_s={asked_s:g})`.",
                )

    @since("0.1")
    def test_the_balance_falls_by_the_price(self) -> None:
        """Where price and balance have one unit, a try-on of each model costs its price."""
        with vendor_harness(self) as at:
            if not at.offers("read_balance"):
                pytest.skip("the provider offers no balance")
            if self.exchanges is not None:
                skip_unchecked("whether the balance falls by the price: give an emulator")
            unit = at.client().read_balance().unit
            # One of each model, the last of which has the most garments.
            by_model = {getattr(it.options, "model", ""): it for it in self.requests()}
            priced = [(self.info.price_for(it), it) for it in by_model.values()]
            told = [(price, it) for price, it in priced if price and price.currency == unit]
            if not told:
                pytest.skip(f"no price is in {unit}, the unit of the balance")
            for price, request in told:
                expected = price.amount * self.info.count_outputs(request)
                _check_cost(at, at.deliverable(request), expected)

    @since("0.1")
    def test_a_job_that_is_called_cancelled_gives_no_image(self) -> None:
        """CANCELLED is said only of a job that the vendor has stopped."""
        with vendor_harness(self, job_s=600) as at:
            if not at.offers("cancel"):
                pytest.skip("the provider offers no cancellation")
            at.need_shown("a cancelled job")
            for age_s in (0.0, 300.0, 700.0):
                job = at.unfinished_job()
                at.pass_time(age_s)
                _check_stopped(at, job, age_s)

    @since("0.1")
    def test_parsing_keeps_the_order_that_was_asked(self) -> None:
        """Regions come in the order of the request, whatever the vendor's own is."""
        with vendor_harness(self) as at:
            request = at.parse_request()
            if len(request.categories) == 1:
                pytest.skip("one category is asked for at a time")
            turned = attrs.evolve(request, categories=request.categories[::-1])
            check_regions(turned, _parsed(at, turned))

    @since("0.1")
    def test_a_box_holds_what_its_mask_shows(self) -> None:
        """The opaque part of a mask lies in the box of the same garment."""
        with vendor_harness(self) as at:
            asked = list(self.parse_requests()) or [at.parse_request()]
            at.need_shown("a mask of its own")
            for region in _parsed(at, at.deliverable(asked[0])):
                if region is not None:
                    _check_mask_in_box(region)


def _check_rate(at: Harness, submit: Callable[[], Job], quota: Quota) -> None:
    """Compare the declared quota with what the emulator counts while a request is submitted."""
    counted = at.running.ctx.quota.limits if at.running else {}
    counted.clear()
    submit()
    for limit, window_s in counted.values():
        allowed = (quota.submissions or 0) * max(1.0, window_s / quota.window_s)
        require(
            allowed <= limit,
            f"the vendor takes {limit} submissions in {window_s:g} s, and the declared quota "
            f"allows {allowed:g} in that time. Correct `Quota(submissions=..., window_s=...)`.",
        )


def _check_stage(at: Harness, job: Job, age_s: int, expected: set[JobState]) -> None:
    situation = f"a sound job was asked for {age_s} s after its submission"
    try:
        update = at.client(pause_s=0).poll(job)
    except TryOnError as error:
        fail(f"{situation}, and poll() raised {error!r:.300}. Map each word of the vendor.")
    require(
        update.state in expected,
        f"{situation}, and poll() said {update.state.name} ({update.vendor_status!r}).",
    )


def _check_call(
    job: Job, answers: Sequence[Answer], operation: str, kept: str | None, place: str
) -> None:
    last = [answer for answer in answers if answer.operation.startswith(operation)][-1:]
    named = {str(value) for answer in last for value in _ids_of_calls(answer)} - {job.id}
    require(
        not named or kept in named,
        f"the vendor names the call {' or '.join(sorted(named))} in its answer to {operation}, and "
        f"the `request_id` is {kept!r}. Give it to {place}, or say in `ErrorTable(request_id=...)` "
        "where it is: the vendor's support asks for it.",
    )


def _ids_of_calls(answer: Answer) -> Iterator[object]:
    body = answer.json if isinstance(answer.json, dict) else {}
    for name, value in (*answer.headers.items(), *body.items()):
        if value and re.sub("[^a-z]", "", name.lower()) in _NAMES_OF_CALLS:
            yield value


def _used(answer: Answer) -> Iterator[tuple[str, str]]:
    for path in inner_paths(answer.json):
        name, value = str(path[-1]) if path else "", value_at(answer.json, path)
        if (
            _USED.search(name)
            and type(value) in {str, int, float}
            and _AMOUNT.fullmatch(f"{value}")
        ):
            yield name, str(value)
    for name, text in answer.headers.items():
        if _USED.search(name) and _AMOUNT.fullmatch(text):
            yield name, text


def _images(at: Harness, job: Job) -> list[Artifact]:
    update = at.client(pause_s=SHORT_PAUSE_S).poll(job)
    require(update.result is not None, f"a job is {update.state.name} after ten times its time.")
    return list(update.result.images) if update.result else []


def _ends(job: Job, images: Sequence[Artifact]) -> Iterator[tuple[datetime, Artifact | None]]:
    last = job.expires_at
    for image in images:
        if image.expires_at is not None and isinstance(image.source, UrlSource):
            yield image.expires_at, image
            # A job may be kept for longer than its images, from its end or from its submission.
            last = min(last, image.expires_at) if last is not None else None
    if last is not None:
        yield last, None


def _check_there_until(at: Harness, end: datetime, image: Artifact | None, job: Job) -> None:
    left_s = (end - at.clock.now()).total_seconds()
    what = "the job" if image is None else "its image"
    require(
        left_s > -_MARGIN_S,
        f"{what} is just made, and said to live until {end}, which is over. Mind zones and units.",
    )
    at.pass_time(max(0.0, left_s - _MARGIN_S))
    if image is None:
        _check_known(at, job)
        return
    assert isinstance(image.source, UrlSource)  # noqa: S101  (for the type checker)
    try:
        fetch(image.source.url)
    except FetchRefused as error:
        fail(
            f"an image is said to live until {end}, and {_MARGIN_S:.0f} s before that the vendor "
            f"has it no more ({error}). Give the vendor's own lifetime, or None where it says none."
        )


def _check_over(at: Harness, job: Job) -> None:
    try:
        at.client(pause_s=SHORT_PAUSE_S).poll(job)
    except UnexpectedResponse as error:
        fail(
            f"long after its images were deleted a job was polled, and {error!r:.400} came"
            ". Raise JobExpired, or return JobState.NOT_FOUND: nothing is wrong with the vendor."
        )
    except TryOnError as error:
        require_no_bug(error, "a job was asked for long after its images were deleted")


def _check_known(at: Harness, job: Job) -> None:
    try:
        state = at.client(pause_s=SHORT_PAUSE_S).poll(job).state
    except JobError as error:
        state, said = JobState.NOT_FOUND, str(error)
    else:
        said = state.name
    require(
        state is JobState.SUCCEEDED,
        f"{_MARGIN_S:.0f} s before `job.expires_at` the vendor says of the job: {said}. Declare "
        "in `job_lifetime_s` how long it can be asked for, or leave it away.",
    )


def _check_cost(at: Harness, request: TryOnRequest, expected: Decimal) -> None:
    client = at.client()
    before = client.read_balance().amount
    job = client.submit(request)
    at.pass_time(10 * JOB_S)
    if job.result is None:
        client.poll(job)
    fell = before - client.read_balance().amount
    require(
        fell == expected,
        f"a try-on of {request!r:.200} is declared with {expected}, and the balance fell by "
        f"{fell}. Correct the price, `price_of`, `count_outputs`, or the unit of the balance.",
    )


def _parsed(at: Harness, request: ParseRequest) -> Sequence[GarmentRegion | None]:
    try:
        return at.client().parse_garment(request)
    except TryOnError as error:
        fail(f"{list(request.categories)} were to be parsed, and {error!r:.400} came. {CORNERS}")


def _check_stopped(at: Harness, job: Job, age_s: float) -> None:
    client = at.client(pause_s=SHORT_PAUSE_S)
    try:
        said = client.cancel(job).state
    except TryOnError as error:
        require_no_bug(error, "a job was to be cancelled")
        return
    at.pass_time(700)
    try:
        became = client.poll(job).state
    except TryOnError:
        return
    require(
        said is not JobState.CANCELLED or became is not JobState.SUCCEEDED,
        f"cancel() called a job CANCELLED {age_s:.0f} s after its submission, and later it gave "
        "its images, which are paid for. Say RUNNING where the vendor only takes note, and raise "
        "CancelRefused where it refuses.",
    )


def _check_mask_in_box(region: GarmentRegion) -> None:
    source = region.mask.source
    if not isinstance(source, BytesSource):
        return
    mask = load_upright(source, field="mask").getchannel("A").point(lambda it: it >= _OPAQUE)
    shown = mask.getbbox()
    if shown is None:
        return
    is_inside = all(
        side <= limit + _BORDER_PX
        for side, limit in itertools.chain(
            zip(region.bbox[:2], shown[:2], strict=True),
            zip(shown[2:], region.bbox[2:], strict=True),
        )
    )
    require(
        is_inside,
        f"the {region.category} has the box {region.bbox}, and its mask shows it at {shown}. "
        f"{CORNERS} Give the mask of the same garment.",
    )
