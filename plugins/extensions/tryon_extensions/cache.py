"""A cache of results: the same request is answered from disk, and paid once."""

import hashlib
import json
import shutil
import tempfile
from collections import deque
from collections.abc import Generator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import attrs

from tryon_core import (
    Artifact,
    CallContext,
    Job,
    JobResult,
    Notice,
    PathSource,
    Problem,
    TryOnRequest,
    TryOnResult,
    UrlSource,
    hookimpl,
)
from tryon_core.extensions import observer
from tryon_core.images import digest

_ENTRY = "entry.json"
_MOST_DOUBTED = 1000


@attrs.define(kw_only=True, eq=False)
class Cache:
    """Keeps the images of results, and gives them in place of buying them again.

    Equal are requests of one account at one address of the vendor with the same images, to the byte
    as they are sent, and the same options. An image given by address may change, so a request with
    one is always bought. A result that is doubtful, incomplete or could not be checked is not kept.

    Attributes:
        folder: where; it is made, for its owner only, and holds photos of people.
        days: how long a result is kept.
    """

    folder: Path = attrs.field(converter=Path)
    days: float = attrs.field(default=30.0, validator=attrs.validators.gt(0))
    _doubted: "deque[str]" = attrs.field(init=False, factory=lambda: deque(maxlen=_MOST_DOUBTED))

    # Asked before the provider; the first answer that is not None counts.
    @hookimpl
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Job | None:
        """Answer from disk what was bought before."""
        sources = request.images.items()
        if any(isinstance(s, UrlSource) and ctx.digests.get(f) == digest(s) for f, s in sources):
            return None
        settings = ctx.settings
        found = self._find(_key(ctx.fingerprint, settings.account, settings.address), ctx)
        if found is None:
            return None
        price = ctx.info.price_for(request)
        taken = {"image_count": "0", price.currency if price else "credits": "0"}
        return ctx.new_job("", result=attrs.evolve(found, usage=taken))

    @hookimpl(wrapper=True)
    @observer
    def check_result(
        self, result: TryOnResult, ctx: CallContext
    ) -> Generator[None, Sequence[Sequence[Problem]], None]:
        """Keep a result; called once for each judge, one of which may doubt it."""
        answers = yield
        job = result.job
        key = _key(job.fingerprint, job.account, job.base_url)
        if any(problem.severity == "error" for answer in answers for problem in answer):
            self._doubted.append(job.id)
            shutil.rmtree(self.folder / key, ignore_errors=True)
        is_whole = result.is_checked and not result.missing and job.fingerprint
        if is_whole and job.id not in self._doubted and not (self.folder / key).exists():
            self._keep(key, result, ctx.clock.now())

    def _find(self, key: str, ctx: CallContext) -> JobResult | None:
        folder = self.folder / key
        try:
            entry: dict[str, Any] = json.loads((folder / _ENTRY).read_text(encoding="utf-8"))
            made_at = datetime.fromisoformat(entry["made_at"])
        except (OSError, ValueError, KeyError):
            return None
        places = [folder / name for name in entry["images"]]
        age = ctx.clock.now() - made_at
        if age > timedelta(days=self.days) or not all(place.is_file() for place in places):
            shutil.rmtree(folder, ignore_errors=True)
            return None
        words = f"Taken from the cache: made by the job {entry['job']} at {made_at:%Y-%m-%d %H:%M}."
        notices = [Notice(*notice) for notice in entry["notices"]]
        return JobResult(
            images=[Artifact(source=PathSource(place)) for place in places],
            notices=[*notices, Notice("cached", words)],
        )

    def _keep(self, key: str, result: TryOnResult, now: datetime) -> None:
        """Write a result beside the others, and show it when it is whole."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._tidy(now)
        part = Path(tempfile.mkdtemp(prefix=".part-", dir=self.folder))
        try:
            names = [f"{n}{image.suffix}" for n, image in enumerate(result.images, 1)]
            for name, image in zip(names, result.images, strict=True):
                (part / name).write_bytes(image.data)
            entry = {"images": names, "made_at": now.isoformat(), "job": result.job.id}
            notices = [[notice.code, notice.message] for notice in result.notices]
            (part / _ENTRY).write_text(json.dumps({**entry, "notices": notices}), encoding="utf-8")
            part.rename(self.folder / key)
        except OSError:  # another process was faster, or the disk is full
            shutil.rmtree(part, ignore_errors=True)
            if not (self.folder / key).exists():
                raise

    def _tidy(self, now: datetime) -> None:
        oldest_s = (now - timedelta(days=self.days)).timestamp()
        for folder in self.folder.iterdir():
            if folder.is_dir() and folder.stat().st_mtime < oldest_s:
                shutil.rmtree(folder, ignore_errors=True)


def _key(fingerprint: str | None, account: str | None, address: str | None) -> str:
    facts = "\n".join(str(fact) for fact in (fingerprint, account, address))
    return hashlib.sha256(facts.encode()).hexdigest()
