"""Checks of the whole way: submit, wait, fetch, parse, cancel, resume, balance."""

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from tryon_core.errors import CancelRefused, TryOnError
from tryon_core.images import load_upright, probe, read_bytes
from tryon_core.models import (
    Artifact,
    Balance,
    BytesSource,
    GarmentRegion,
    ImageSource,
    Job,
    JobState,
    JobUpdate,
    ParseRequest,
    PathSource,
    TryOnRequest,
    UrlSource,
)
from tryon_core.results import TryOnResult
from tryon_testing.checks.base import (
    ProviderUnderTest,
    fail,
    for_subject,
    module_of,
    require,
    require_no_bug,
    since,
)
from tryon_testing.exchanges.emulator import DIFFERENCES
from tryon_testing.harness import (
    JOB_S,
    SHORT_PAUSE_S,
    UNKNOWN_ID,
    Harness,
    harness,
    vendor_harness,
)
from tryon_testing.isolated import resume_elsewhere
from tryon_testing.monitors import noting_sleeps

_TIMEOUT_S = 24 * 3600.0
_MAP_ALL = "Map every documented status: those of a job on its way to PENDING or RUNNING."
# What Python makes of a name in another encoding, as after unpacking somebody's archive.
_NOT_UTF_8 = "\udcc4\udce3.png"
_WAITING = {JobState.PENDING, JobState.RUNNING, JobState.NOT_FOUND}


class FlowChecks(ProviderUnderTest):
    """What the vendor offers can be had, for one paid request each."""

    @since("0.1")
    def test_every_sample_request_gives_images(self) -> None:
        """Each combination of garments of each model is submitted once and gives images."""
        with harness(self) as at:
            for request in self.requests():
                before = at.paid_requests()
                result = _dressed(at, at.deliverable(request))
                _check_result(at, request, result)
                _check_paid(at, at.paid_requests() - before)

    @since("0.1")
    def test_files_bytes_and_addresses_are_taken(self) -> None:
        """The same image may be given as a file of any name, as bytes, or by its address."""
        with harness(self) as at, tempfile.TemporaryDirectory() as folder:
            for request in _forms(at, Path(folder)):
                _dressed(at, request)

    @since("0.1")
    def test_a_job_is_followed_until_it_is_final(self) -> None:
        """A job that takes its time is asked about until it is done; its states are known."""
        updates: list[JobUpdate] = []
        with vendor_harness(self, job_s=60) as at:
            at.need_shown("a job on its way")
            client = at.client()
            job = client.submit(at.request())
            _check_job(at, job)
            if job.result is not None:
                pytest.skip("the vendor answers with the finished images at once")
            try:
                client.wait(job, timeout_s=_TIMEOUT_S, on_update=updates.append)
            except TryOnError as error:
                fail(f"{error} Its states were {_states(updates)}. {_MAP_ALL}")
        *earlier, last = updates
        require(last.state is JobState.SUCCEEDED, f"the states were {_states(updates)}.")
        require(
            earlier and all(update.state in _WAITING for update in earlier),
            f"a job on its way went through {_states(updates)}. {_MAP_ALL}",
        )

    @since("0.1")
    def test_an_unknown_job_is_not_found(self) -> None:
        """A job that the vendor does not know is NOT_FOUND or refused, never still running."""
        with vendor_harness(self) as at:
            at.need_shown("an unknown job")
            job = attrs.evolve(at.finished_job(), id=UNKNOWN_ID)
            try:
                state = at.client().poll(attrs.evolve(job, result=None)).state
            except TryOnError:
                return
            require(
                state is JobState.NOT_FOUND,
                f"poll() said {state.name} for a job that the vendor does not know. Return "
                "JobState.NOT_FOUND, or a caller with a lost job waits until the time is up.",
            )

    @since("0.1")
    def test_hooks_never_sleep(self) -> None:
        """Waiting is the core's: only it knows when the caller gives up."""
        with vendor_harness(self) as at, noting_sleeps() as slept:
            _dressed(at, at.request())
        require(
            not slept,
            f"a hook called {', '.join(sorted(set(slept)))}. Return what the vendor said: the "
            "core waits, on its clock and within the caller's deadline.",
        )

    @since("0.1")
    def test_parsing_gives_a_region_for_each_category(self) -> None:
        """Boxes lie inside the photo; masks are RGBA and as large as it."""
        with harness(self) as at:
            asked = list(self.parse_requests()) or [at.parse_request()]
            for request in asked:
                check_regions(request, at.client().parse_garment(at.deliverable(request)))

    @since("0.1")
    def test_cancelling_stops_a_job_or_refuses(self) -> None:
        """`cancel` gives the state of the job, or raises CancelRefused with the job."""
        with harness(self, job_s=600) as at:
            at.need_shown("cancel")
            client = at.client()
            job = client.submit(at.request())
            try:
                update = client.cancel(job)
            except CancelRefused as error:
                require(error.job == job, "CancelRefused does not carry the job.")
                return
            except TryOnError as error:
                fail(
                    f"cancel raised {type(error).__name__} ({error}). Raise CancelRefused when "
                    "the vendor does not stop a job."
                )
            require(
                update.state is not JobState.UNKNOWN,
                f"after cancel() the job is UNKNOWN ({update.vendor_status!r}).",
            )

    @since("0.1")
    def test_the_balance_is_read(self) -> None:
        """`read_balance`, where it is offered, gives what is left on the account."""
        with vendor_harness(self) as at:
            at.need_shown("read_balance")
            if not at.offers("read_balance"):
                pytest.skip("the provider offers no balance")
            balance: Balance = at.client().read_balance()
            require(balance.unit.strip(), "the balance has no unit.")
            tell = at.running.ctx.left if at.running else None
            left = balance.amount if tell is None else Decimal(str(tell()))
            require(
                balance.amount == left,
                f"the balance is {balance.amount} {balance.unit}, and on the account are {left}. "
                "Leave out what has expired, and what pays for other services.",
            )


def _states(updates: Sequence[JobUpdate]) -> str:
    words = (f"{update.state.name} ({update.vendor_status})" for update in updates)
    return ", ".join(dict.fromkeys(words)) or "none"


def _dressed(at: Harness, request: TryOnRequest) -> TryOnResult:
    try:
        return at.client().try_on(request, timeout_s=_TIMEOUT_S)
    except TryOnError as error:
        log = list(at.running.log)[-3:] if at.running else []
        seen = "; ".join(f"{entry.method} {entry.path}: {entry.status}" for entry in log)
        fail(
            f"a sample request was not served: {type(error).__name__}: {error} "
            f"(garments {', '.join(request.garments)}; options {request.options}; last requests: "
            f"{seen or 'none'}).{_differences(at)} "
            + for_subject(at.subject, "Correct the plugin or the emulator, or override requests().")
        )


def _differences(at: Harness) -> str:
    """Return what documented exchanges say of the last request, as sentences."""
    last = at.wire.answers[-1].json if at.wire.answers else None
    said = last.get(DIFFERENCES, []) if isinstance(last, dict) else []
    return "".join(f" {text}." for text in said)


def _check_result(at: Harness, request: TryOnRequest, result: TryOnResult) -> None:
    most = at.subject.info.capabilities_for(request).outputs
    require(
        len(result.images) <= most,
        f"{len(result.images)} images came, but `Capabilities.outputs` is {most}. Declare the "
        "most that one submission gives.",
    )
    remarks = "; ".join(notice.message for notice in result.notices)
    require(
        result.is_checked,
        f"what came is no sound image: {remarks} Hand over the bytes of the image, or its address.",
    )
    doubts = [one.message for one in result.problems or () if one.severity == "error"]
    require(
        not doubts,
        f"what came is doubtful to the core's judge: {' '.join(doubts)} Correct `info.size_of`, or "
        "the emulator: it draws another image than the vendor would.",
    )
    require(all(isinstance(value, str) for value in result.usage.values()), "usage is not text.")


def _check_paid(at: Harness, paid: int) -> None:
    if at.running is None:
        return
    seen = ", ".join(sorted({entry.operation for entry in at.running.log}))
    require(
        paid,
        f"no request reached an endpoint that begins with `submit` (seen: {seen}). Name the "
        "endpoints of the emulator by what they do, since the contract counts paid requests.",
    )
    require(
        paid == 1,
        f"one try-on sent {paid} paid requests. submit() sends exactly one: the user pays for "
        "each.",
    )


def _check_job(at: Harness, job: Job) -> None:
    again = Job.from_token(job.to_token())
    require(
        again == attrs.evolve(job, result=again.result),
        f"the token of {job!r} gives {again!r}. Put text only into `Job.data`.",
    )
    require(job.provider == at.subject.info.id, "the job names another provider: use ctx.new_job.")


def _forms(at: Harness, folder: Path) -> Iterator[Any]:
    request = at.request()
    yield request
    yield at.with_addresses(request)
    images: dict[str, ImageSource] = {}
    unnamed: dict[str, ImageSource] = {}
    for index, (field, source) in enumerate(request.images.items()):
        if isinstance(source, UrlSource):
            return
        path = folder / f"{index} ü.bin"
        path.write_bytes(read_bytes(source, field=field))
        images[field] = PathSource(path)
        unnamed[field] = BytesSource(path.read_bytes(), name=_NOT_UTF_8)
    yield request.with_images(images)
    yield request.with_images(unnamed)


CORNERS = "Give x1, y1, x2, y2 in pixels of the photo; vendors often say x, y, width, height."


def check_regions(request: ParseRequest, regions: Sequence[GarmentRegion | None]) -> None:
    """Compare regions with the photo that they were found in.

    Args:
        request: what was asked.
        regions: what was found.
    """
    cut = [notice.message for region in regions if region for notice in region.notices]
    require(not cut, f"{' '.join(cut)} {CORNERS}")
    categories = [region.category for region in regions if region is not None]
    order = [category for category in request.categories if category in categories]
    require(
        len(regions) == len(request.categories) and categories == order,
        f"parse_garment gave {categories} for {list(request.categories)}. Return one entry for "
        "each category, in the order asked, None where nothing is worn.",
    )
    if isinstance(request.image, UrlSource):
        return
    photo = probe(request.image, field="image")
    size = (photo.width_px or 0, photo.height_px or 0)
    for region in regions:
        if region is not None:
            _check_box(region, size)
            _check_mask(region, size)
            _check_crop(region)


def _check_box(region: GarmentRegion, size: tuple[int, int]) -> None:
    x1, y1, x2, y2 = region.bbox
    require(
        x1 >= 0 and y1 >= 0 and x2 <= size[0] and y2 <= size[1] and x2 > x1 and y2 > y1,
        f"the {region.category} has the bbox {region.bbox} in a photo of {size[0]}x{size[1]} px. "
        f"{CORNERS}",
    )


def _check_mask(region: GarmentRegion, size: tuple[int, int]) -> None:
    image = load_upright(_local(region.mask), field="mask")
    require(
        image.size == size,
        f"the mask of the {region.category} has {image.size[0]}x{image.size[1]} px, the photo "
        f"{size[0]}x{size[1]} px. Give the mask that covers the whole photo, or crops and masks "
        "cannot be laid over it.",
    )
    require(
        image.mode == "RGBA",
        f"the mask of the {region.category} is {image.mode}, not RGBA. Give the image that is "
        "transparent where the garment is not.",
    )


def _check_crop(region: GarmentRegion) -> None:
    crop = probe(_local(region.crop), field="crop")
    require(crop.width_px and crop.height_px, f"the crop of the {region.category} is no image.")


def _local(artifact: Artifact) -> BytesSource:
    source = artifact.source
    # Client.parse_garment() has fetched it.
    assert isinstance(source, BytesSource)  # noqa: S101  (for the type checker)
    return source


_MOST_TOKEN_CHARS = 16_000
_ADVICE = (
    "Tokens outlive versions: read `Job.data` with a default, and raise an InputError for what "
    "cannot be used."
)


class ResumeChecks(ProviderUnderTest):
    """The token is all that a job needs."""

    @since("0.1")
    def test_a_job_is_resumed_in_another_process(self) -> None:
        """Another Python process finishes what this one has submitted and paid."""
        with vendor_harness(self) as at:
            job = at.client().submit(at.request())
            at.pass_time(10 * JOB_S)
            token = job.to_token()
            require(
                len(token) <= _MOST_TOKEN_CHARS,
                f"the token of a job has {len(token):,} characters. It is to be printed, mailed "
                "and kept in journals. Give images as `JobResult`: the core keeps them on disk.",
            )
            asked = _asked(at, token)
            answer = resume_elsewhere(asked, [entry for entry in sys.path if entry])
        require(
            not answer.get("error"),
            f"in another process, resume() of the job {job.id!r} ended in {answer.get('error')}. "
            "Keep nothing in the provider object between submit() and poll(): what poll() needs "
            "beside the id belongs in `ctx.new_job(data={...})`, and an image that came with the "
            "answer in `ctx.new_job(result=JobResult(...))`, which the core keeps on disk.",
        )
        require(answer.get("images"), "in another process, resume() gave no images.")

    @since("0.1")
    def test_a_token_of_another_version_is_no_bug(self) -> None:
        """`Job.data` may lack what this version of the plugin writes, or hold something else."""
        with vendor_harness(self) as at:
            job = at.finished_job()
            for data in _other_data(job.data):
                situation = f"poll() of a job with the data {data}"
                try:
                    at.client(pause_s=SHORT_PAUSE_S).poll(attrs.evolve(job, data=data, result=None))
                except TryOnError as error:
                    require_no_bug(error, situation, _ADVICE)


def _other_data(data: Mapping[str, str]) -> Iterator[dict[str, str]]:
    yield {}
    yield {**data, "tryon_kit": "of a newer version"}
    for name in data:
        yield {**data, name: ""}
        yield {**data, name: "tryon kit"}


def _asked(at: Harness, token: str) -> dict[str, Any]:
    subject = at.subject
    module = module_of(subject)
    place = subject.provider if isinstance(subject.provider, str) else _place(subject, module)
    if place is None:
        pytest.skip("the provider is no global of a module, so that no other process can import it")
    return {
        "provider": place,
        "token": token,
        "settings": at.settings,
        "now": at.clock.now().isoformat(),
    }


def _place(subject: ProviderUnderTest, module: str | None) -> str | None:
    """Return `module:name` of a provider object."""
    for name, value in vars(sys.modules[module]).items() if module else ():
        if value is subject.provider:
            return f"{module}:{name}"
    return None
