"""Checks of the whole way: submit, wait, fetch, parse, cancel, balance."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest

from tryon_core.errors import CancelRefused, TryOnError
from tryon_core.images import read_bytes
from tryon_core.models import (
    Balance,
    BytesSource,
    ImageSource,
    Job,
    JobState,
    JobUpdate,
    PathSource,
    TryOnRequest,
    UrlSource,
)
from tryon_core.results import TryOnResult
from tryon_testing.bench import Bench, bench, vendor_bench
from tryon_testing.breach import breach, require
from tryon_testing.members import ContractMembers
from tryon_testing.regions import check_regions
from tryon_testing.versions import since
from tryon_testing.watching import noting_remarks, noting_sleeps

_TIMEOUT_S = 24 * 3600.0
_MAP_ALL = "Map every documented status: those of a job on its way to PENDING or RUNNING."
# What Python makes of a name in another encoding, as after unpacking somebody's archive.
_NOT_UTF_8 = "\udcc4\udce3.png"
_WAITING = {JobState.PENDING, JobState.RUNNING, JobState.NOT_FOUND}


class FlowChecks(ContractMembers):
    """What the vendor offers can be had, for one paid request each."""

    @since("0.1")
    def test_every_sample_request_gives_pictures(self) -> None:
        """Each combination of garments of each model is submitted once and gives images."""
        with bench(self) as at:
            for request in self.requests():
                before = at.paid_requests()
                result = _dressed(at, at.deliverable(request))
                _check_result(at, request, result)
                _check_paid(at, at.paid_requests() - before)

    @since("0.1")
    def test_files_bytes_and_addresses_are_taken(self) -> None:
        """The same picture may be given as a file of any name, as bytes, or by its address."""
        with bench(self) as at, tempfile.TemporaryDirectory() as folder:
            for request in _forms(at, Path(folder)):
                _dressed(at, request)

    @since("0.1")
    def test_a_job_is_followed_until_it_is_final(self) -> None:
        """A job that takes its time is asked about until it is done; its states are known."""
        updates: list[JobUpdate] = []
        with vendor_bench(self, job_s=60) as at:
            client = at.client()
            job = client.submit(at.request())
            _check_job(at, job)
            if job.result is not None:
                pytest.skip("the vendor answers with the finished pictures at once")
            try:
                client.wait(job, timeout_s=_TIMEOUT_S, on_update=updates.append)
            except TryOnError as error:
                breach(f"{error} Its states were {_states(updates)}. {_MAP_ALL}")
        *earlier, last = updates
        require(last.state is JobState.SUCCEEDED, f"the states were {_states(updates)}.")
        require(
            earlier and all(update.state in _WAITING for update in earlier),
            f"a job on its way went through {_states(updates)}. {_MAP_ALL}",
        )

    @since("0.1")
    def test_an_unknown_job_is_not_found(self) -> None:
        """A job that the vendor does not know is NOT_FOUND or refused, never still running."""
        with vendor_bench(self) as at:
            job = attrs.evolve(at.finished_job(), id="3f1d0000-0000-4000-8000-000000000000")
            try:
                state = at.client().poll(attrs.evolve(job, result=None)).state
            except TryOnError:
                return
            require(
                state is JobState.NOT_FOUND,
                f"poll() said {state.name} for a job that the vendor does not know. Return "
                "JobState.NOT_FOUND, or whoever lost a job waits until the time is up.",
            )

    @since("0.1")
    def test_hooks_never_sleep(self) -> None:
        """Waiting is the core's: only it knows when the caller gives up."""
        with vendor_bench(self) as at, noting_sleeps() as slept:
            _dressed(at, at.request())
        require(
            not slept,
            f"a hook called {', '.join(sorted(set(slept)))}. Return what the vendor said: the "
            "core waits, on its clock and within the caller's deadline.",
        )

    @since("0.1")
    def test_parsing_gives_a_region_for_each_category(self) -> None:
        """Boxes lie inside the photo; masks are RGBA and as large as it."""
        with bench(self) as at:
            asked = list(self.parse_requests()) or [at.parse_request()]
            for request in asked:
                with noting_remarks(at.members.info.id) as remarks:
                    regions = at.client().parse_garment(at.deliverable(request))
                check_regions(request, regions, remarks)

    @since("0.1")
    def test_cancelling_stops_a_job_or_refuses(self) -> None:
        """`cancel` says where the job stands, or raises CancelRefused with the job."""
        with bench(self, job_s=600) as at:
            client = at.client()
            job = client.submit(at.request())
            try:
                update = client.cancel(job)
            except CancelRefused as error:
                require(error.job == job, "CancelRefused does not carry the job.")
                return
            except TryOnError as error:
                breach(
                    f"cancel raised {type(error).__name__} ({error}). Raise CancelRefused when "
                    "the vendor does not stop a job."
                )
            require(
                update.state is not JobState.UNKNOWN,
                f"after cancel() the job is UNKNOWN ({update.vendor_status!r}).",
            )

    @since("0.1")
    def test_the_balance_is_read(self) -> None:
        """`read_balance`, where it is offered, gives a `Balance`."""
        with vendor_bench(self) as at:
            if not at.offers("read_balance"):
                pytest.skip("the provider offers no balance")
            balance: Balance = at.client().read_balance()
            require(balance.unit.strip(), "the balance has no unit.")


def _states(updates: Sequence[JobUpdate]) -> str:
    words = (f"{update.state.name} ({update.vendor_status})" for update in updates)
    return ", ".join(dict.fromkeys(words)) or "none"


def _dressed(at: Bench, request: TryOnRequest) -> TryOnResult:
    try:
        return at.client().try_on(request, timeout_s=_TIMEOUT_S)
    except TryOnError as error:
        log = list(at.running.log)[-3:] if at.running else []
        seen = "; ".join(f"{entry.method} {entry.path}: {entry.status}" for entry in log)
        breach(
            f"a sample request was not served: {type(error).__name__}: {error} "
            f"(garments {', '.join(request.garments)}; options {request.options}; last requests: "
            f"{seen or 'none'}). Mend the plugin or the emulator, or override requests()."
        )


def _check_result(at: Bench, request: TryOnRequest, result: TryOnResult) -> None:
    most = at.members.info.capabilities_for(request).outputs
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
    require(all(isinstance(value, str) for value in result.usage.values()), "usage is not text.")


def _check_paid(at: Bench, paid: int) -> None:
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


def _check_job(at: Bench, job: Job) -> None:
    again = Job.from_token(job.to_token())
    require(
        again == attrs.evolve(job, result=again.result),
        f"the token of {job!r} gives {again!r}. Put text only into `Job.data`.",
    )
    require(job.provider == at.members.info.id, "the job names another provider: use ctx.new_job.")


def _forms(at: Bench, folder: Path) -> Iterator[Any]:
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
