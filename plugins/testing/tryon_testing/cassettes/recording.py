"""Write the cassettes of a suite: from an emulator, from published samples, or live."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tryon_core.clock import Clock, SystemClock
from tryon_testing.cassettes.case import Case
from tryon_testing.cassettes.performing import perform
from tryon_testing.cassettes.pictures import draw
from tryon_testing.cassettes.provenance import Kind, Provenance
from tryon_testing.cassettes.samples import serving
from tryon_testing.cassettes.suite import PICTURES, Suite, make_client, pictures_for
from tryon_testing.cassettes.use import record_cassette
from tryon_testing.clocks import FakeClock
from tryon_testing.emulation import Emulator, start

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
        photos: pictures that the vendor can use, by name (`person`, `top`, ...): PNG files, or
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
    recorded = record_cassette(
        suite.path(case), made, secrets=tuple(keys.values()), swaps=_unseen(photos)
    )
    with client, recorded:
        perform(case, client, photos.__getitem__, clock)


def _record_emulated(suite: Suite, case: Case, path: Path, emulator: Emulator) -> None:
    clock = FakeClock()
    faults, knobs = tuple(case.faults), dict(case.knobs)
    package = f"tryon-{suite.provider}"
    running = start(emulator, job_s=_JOB_S, faults=faults, knobs=knobs, clock=clock)
    made = _provenance("emulated", f"the emulator of {_versioned(package)}")
    with serving() as address, running as service:
        swaps = {f"{service.ctx.address}{at}": to for at, to in suite.hosts.items()}
        swaps[f"{address}/pictures"] = PICTURES
        client = make_client(suite.provider, {**service.settings, **case.settings}, clock)
        secrets = tuple(emulator.settings.values())
        recorded = record_cassette(
            path, made, secrets=secrets, swaps=swaps, unrecorded=f"{address}/"
        )
        with client, recorded:
            perform(case, client, pictures_for(case, f"{address}/pictures"), clock, swaps)


def _record_samples(suite: Suite, case: Case, path: Path) -> None:
    sources = tuple(dict.fromkeys(sample.source for sample in case.samples))
    made = _provenance("documented", "published samples", sources)
    files = {theirs: f"/files/{number}" for number, theirs in enumerate(suite.files)}
    clock = FakeClock()
    with serving(case.samples, files=files) as address:
        swaps = {f"{address}{at}": theirs for theirs, at in files.items()}
        asked = {f"{address}{at}": suite.files[theirs] for theirs, at in files.items()}
        swaps |= {f"{address}{at}": to for at, to in suite.hosts.items()}
        swaps[f"{address}/pictures"] = PICTURES
        settings = {**suite.keys, **case.settings, "base_url": f"{address}{suite.base_path}"}
        client = make_client(suite.provider, settings, clock)
        recorded = record_cassette(
            path, made, secrets=tuple(suite.keys.values()), swaps=swaps, asked=asked
        )
        with client, recorded:
            pictures = pictures_for(case, f"{address}/pictures")
            perform(case, client, pictures, clock, {**swaps, **asked})


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
    """Return what to write instead of photos: the digests and addresses of the drawn pictures."""
    swaps: dict[str, str] = {}
    for name, photo in photos.items():
        if isinstance(photo, str):
            swaps[photo] = f"{PICTURES}/{name}.png"
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
