"""All cassettes of one provider: how one is played, and how one is recorded."""

import hashlib
import itertools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeAlias

import attrs
import pytest

from tryon_core.client import Client
from tryon_core.clock import Clock, SystemClock
from tryon_core.errors import TryOnError
from tryon_core.models import GarmentRegion, Job, JobUpdate, TryOnRequest, attempt
from tryon_core.submitting import SubmitPolicy
from tryon_core.transport import TransportPolicy
from tryon_testing.cassettes.case import Case, Kind, Provenance, Sample, SampleImage
from tryon_testing.cassettes.masking import changed, swapped
from tryon_testing.cassettes.store import record_cassette, use_cassette
from tryon_testing.cassettes.stored import draw, stand_in
from tryon_testing.clocks import FakeClock
from tryon_testing.emulation import Emulator, start
from tryon_testing.folders import own_folders

ImageOf: TypeAlias = Callable[[str], Any]
"""Gives the image of a name such as `person` or `top`: bytes, or an address."""


def perform(
    case: Case,
    client: Client,
    image_of: ImageOf,
    clock: Clock,
    swaps: Mapping[str, str] | None = None,
) -> None:
    """Do what a case says.

    Args:
        case: what to do.
        client: of its provider.
        image_of: gives each image.
        clock: the client's.
        swaps: what to read in place of a text in what comes of it.

    Raises:
        AssertionError: something else came of it than expected.
    """
    performance = _Performance(case=case, client=client, image_of=image_of, clock=clock)
    raised: TryOnError | None = None
    try:
        found = getattr(performance, case.action)()
    except TryOnError as error:
        raised, found = error, _of_error(error)
    found = changed(found, lambda text: swapped(text, swaps or {}))
    if {name: found.get(name) for name in case.expect} != dict(case.expect):
        raise AssertionError(
            f"{case.name}: expected {dict(case.expect)}, but found {found}"
        ) from raised


@attrs.frozen(kw_only=True)
class _Performance:
    """The actions of cases, by name; each returns what came of it."""

    case: Case
    client: Client
    image_of: ImageOf
    clock: Clock

    def try_on(self) -> dict[str, Any]:
        result = self.client.try_on(self._request())
        formats = [image.format for image in result.images]
        return {"images": len(formats), "formats": formats, "usage": dict(result.usage)}

    def submit(self) -> dict[str, Any]:
        job = self.client.submit(self._request())
        return {"job_id": job.id, "request_id": job.request_id}

    def poll(self) -> dict[str, Any]:
        return _of_update(self.client.poll(self._job()))

    def cancel(self) -> dict[str, Any]:
        return _of_update(self.client.cancel(self._job()))

    def parse(self) -> dict[str, Any]:
        person = self.image_of("person")
        regions = self.client.parse_garment(person, tuple(self.case.categories))
        return {"regions": [_of_region(region) for region in regions]}

    def balance(self) -> dict[str, Any]:
        balance = self.client.read_balance()
        return {"amount": str(balance.amount), "unit": balance.unit}

    def _job(self) -> Job:
        if self.case.job_id:
            provider = self.client.info.id
            return Job(provider=provider, id=self.case.job_id, submitted_at=self.clock.now())
        job = self.client.submit(self._request())
        self.clock.sleep(self.case.wait_s)
        return job

    def _request(self) -> TryOnRequest:
        options = {name: self._filled(value) for name, value in self.case.options.items()}
        garments = {category: self.image_of(category) for category in self.case.categories}
        person = self.case.person or self.image_of("person")
        return self.client.request(person, options=options, **garments)

    def _filled(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [self._filled(inner) for inner in value]
        return self.image_of(value.name) if isinstance(value, SampleImage) else value


def _of_update(update: JobUpdate) -> dict[str, Any]:
    images = update.result.images if update.result else ()
    return {
        "state": update.state.name,
        "vendor_status": update.vendor_status,
        "failure": update.failure and update.failure.code,
        "billed": update.failure and update.failure.billed,
        "request_id": update.request_id,
        "urls": [getattr(image.source, "url", None) for image in images],
    }


def _of_region(region: GarmentRegion | None) -> Any:
    return region and [region.category, *region.bbox]


def _of_error(error: TryOnError) -> dict[str, Any]:
    names = ("vendor_code", "http_status", "fault", "retry", "billed", "request_id")
    return {"error": type(error).__name__, **{name: getattr(error, name) for name in names}}


_POLL_S = 0.01


@contextmanager
def serving(
    samples: Sequence[Sample] = (), *, files: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Serve for the length of a `with` block, and give the address.

    Below `/images/` lie the images that cases give, as PNG. Everything else is answered with
    the next sample, and what the samples call a file of the vendor's with a tiny image.

    Args:
        samples: answers, in order.
        files: what replaces an address in the samples: a path here, by the vendor's address.
    """
    waiting = list(samples)
    vendors_files = dict(files or {})

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path.startswith("/images/"):
                name = self.path.rpartition("/")[2].partition(".")[0]
                return self.send(200, "image/png", draw(name))
            if any(self.path.startswith(path) for path in vendors_files.values()):
                kind = "JPEG" if ".jp" in self.path else "PNG"
                return self.send(200, f"image/{kind.lower()}", stand_in(kind))
            return self.send_sample(waiting.pop(0))

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815  (names of http.server)

        def send_sample(self, sample: Sample) -> None:
            text = sample.body
            for theirs, path in vendors_files.items():
                text = text.replace(theirs, f"http://{self.headers['Host']}{path}")
            self.send(sample.status, "application/json", text.encode(), sample.headers)

        def send(
            self, status: int, kind: str, data: bytes, more: Mapping[str, str] | None = None
        ) -> None:
            self.send_response(status)
            headers = {"Content-Type": kind, "Content-Length": str(len(data)), **(more or {})}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_S,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


IMAGES_URL = "https://pictures.example"
"""Where images that are given as addresses lie in a cassette."""


@attrs.frozen(kw_only=True)
class Suite:
    """The cases of one provider, and what their cassettes have in common.

    Attributes:
        provider: its id.
        cases: what to show.
        folder: where the cassettes lie.
        keys: the provider's keys for playing; anything will do.
        hosts: the vendor's addresses by path of the emulator: for the service itself, mostly `""`,
            and for results and stores. The longest path that fits counts.
        base_path: the emulator's `path`.
        files: beginnings of addresses in published samples at which images lie, with those at
            which the client asks for them.
    """

    provider: str
    cases: Sequence[Case]
    folder: Path
    keys: Mapping[str, str]
    hosts: Mapping[str, str]
    base_path: str = ""
    files: Mapping[str, str] = attrs.field(factory=dict)

    def path(self, case: Case) -> Path:
        """Return the path of the cassette of a case."""
        return self.folder / f"{case.name}.yaml"

    def play(self, case: Case) -> None:
        """Do what a case says, answered by its cassette; nothing is sent and waiting takes no time.

        Raises:
            AssertionError: something else came of it, or not all answers were asked for.
        """
        clock = FakeClock()
        with own_folders():
            client = make_client(self.provider, {**self.keys, **case.settings}, clock)
            with client, numbered_keys(), use_cassette(self.path(case), info=client.info):
                perform(case, client, images_for(case, IMAGES_URL), clock)


def make_client(provider: str, settings: Mapping[str, Any], clock: Clock) -> Client:
    """Return a client that repeats nothing, so that a refusal is one request.

    Args:
        provider: whose.
        settings: with its keys; nothing is read from a configuration file.
        clock: its time.
    """
    return Client(
        provider,
        config={},
        remember=False,
        transport=TransportPolicy(retries=0),
        submitting=SubmitPolicy(attempts=1),
        clock=clock,
        **settings,
    )


@contextmanager
def numbered_keys(swaps: dict[str, str] | None = None) -> Iterator[None]:
    """Number the submissions of this process: their keys differ each time, and are sent.

    Args:
        swaps: gets the number of each key, for a cassette that is recorded; None where one is
            played, so that the numbers themselves are the keys.
    """
    numbers, made = itertools.count(1), attempt.new_key

    def next_key() -> str:
        number = f"{next(numbers):032}"
        if swaps is None:
            return number
        key = made()
        swaps[key] = number
        return key

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attempt, "new_key", next_key)
        yield


def images_for(case: Case, address: str) -> ImageOf:
    """Return what gives the drawn images of a case, as files or below an address."""
    if case.images == "file":
        return draw
    return lambda name: f"{address}/{name}.png"


_JOB_S = 10.0


def record(suite: Suite, case: Case, emulator: Emulator, *, folder: Path | None = None) -> None:
    """Write the cassette of a case: from its samples when it has some, else from the emulator.

    Args:
        suite: of the provider.
        case: what to show.
        emulator: the provider's.
        folder: where to write it instead of the suite's folder.

    Raises:
        AssertionError: something else came of it than expected; nothing is written.
    """
    path = (folder or suite.folder) / f"{case.name}.yaml"
    if case.samples:
        _record_samples(suite, case, path)
    else:
        _record_emulated(suite, case, path, emulator)


def record_live(
    suite: Suite,
    case: Case,
    keys: Mapping[str, str],
    photos: Mapping[str, bytes | str],
    *,
    clock: Clock | None = None,
) -> None:
    """Write the cassette of a case from the vendor's service. This spends money.

    Args:
        suite: of the provider.
        case: what to show; it must not need an emulator.
        keys: real ones; they are masked.
        photos: images that the vendor can use, by name (`person`, `top`, ...): PNG files, or
            their addresses, each another. They are not stored.
        clock: for waiting, None for the real one.

    Raises:
        AssertionError: something else came of it than expected; nothing is written.
        ValueError: the case needs an emulator.
    """
    if case.needs_an_emulator:
        raise ValueError(f"{case.name} cannot be recorded live: it needs an emulator.")
    made = _provenance("live", "the vendor's service")
    clock = clock or SystemClock()
    client = make_client(suite.provider, {**keys, **case.settings}, clock)
    swaps = _unseen(photos)
    recorded = record_cassette(
        suite.path(case), made, secrets=tuple(keys.values()), info=client.info, swaps=swaps
    )
    with client, numbered_keys(swaps), recorded:
        perform(case, client, photos.__getitem__, clock)


def _record_emulated(suite: Suite, case: Case, path: Path, emulator: Emulator) -> None:
    clock = FakeClock()
    faults, knobs = tuple(case.faults), dict(case.knobs)
    package = f"tryon-{suite.provider}"
    running = start(emulator, job_s=_JOB_S, faults=faults, knobs=knobs, clock=clock)
    made = _provenance("emulated", f"the emulator of {_versioned(package)}")
    with serving() as address, own_folders(), running as service:
        swaps = {f"{service.ctx.address}{at}": to for at, to in suite.hosts.items()}
        swaps[f"{address}/images"] = IMAGES_URL
        client = make_client(suite.provider, {**service.settings, **case.settings}, clock)
        secrets = tuple(emulator.settings.values())
        recorded = record_cassette(
            path, made, secrets=secrets, info=client.info, swaps=swaps, unrecorded=f"{address}/"
        )
        with client, numbered_keys(swaps), recorded:
            perform(case, client, images_for(case, f"{address}/images"), clock, swaps)


def _record_samples(suite: Suite, case: Case, path: Path) -> None:
    sources = tuple(dict.fromkeys(sample.source for sample in case.samples))
    made = _provenance("documented", "published samples", sources)
    files = {theirs: f"/files/{number}" for number, theirs in enumerate(suite.files)}
    clock = FakeClock()
    with serving(case.samples, files=files) as address, own_folders():
        swaps = {f"{address}{at}": theirs for theirs, at in files.items()}
        asked = {f"{address}{at}": suite.files[theirs] for theirs, at in files.items()}
        swaps |= {f"{address}{at}": to for at, to in suite.hosts.items()}
        swaps[f"{address}/images"] = IMAGES_URL
        settings = {**suite.keys, **case.settings, "base_url": f"{address}{suite.base_path}"}
        client = make_client(suite.provider, settings, clock)
        recorded = record_cassette(
            path,
            made,
            secrets=tuple(suite.keys.values()),
            info=client.info,
            swaps=swaps,
            asked=asked,
        )
        with client, numbered_keys(swaps), recorded:
            image_of = images_for(case, f"{address}/images")
            perform(case, client, image_of, clock, {**swaps, **asked})


def _provenance(kind: Kind, answered_by: str, sources: tuple[str, ...] = ()) -> Provenance:
    return Provenance(
        kind=kind,
        made_on=datetime.now(timezone.utc).date(),
        made_by=f"{_versioned('tryon-core')} and {answered_by}",
        sources=sources,
    )


def _versioned(distribution: str) -> str:
    try:
        return f"{distribution} {version(distribution)}"
    except PackageNotFoundError:
        return distribution  # not installed, or called otherwise


def _unseen(photos: Mapping[str, bytes | str]) -> dict[str, str]:
    """Return what to write instead of photos: the digests and addresses of the drawn images."""
    swaps: dict[str, str] = {}
    for name, photo in photos.items():
        if isinstance(photo, str):
            swaps[photo] = f"{IMAGES_URL}/{name}.png"
            continue
        ours, theirs = draw(name), photo
        swaps[_digest(theirs)] = _digest(ours)
        swaps[_digest(theirs)[:32]] = _digest(ours)[:32]  # names of files in stores
        swaps[f"{len(theirs)} bytes, sha256 {_digest(theirs)}"] = (
            f"{len(ours)} bytes, sha256 {_digest(ours)}"
        )
    return swaps


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
