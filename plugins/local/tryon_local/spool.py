"""Jobs on disk: what was asked and what came of it, so that any process can go on with them."""

import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import attrs

from tryon_core.errors import SettingsError

_REQUEST = "request.json"
_OUTCOME = "outcome.json"
MAX_FINISHED_JOBS = 64


@attrs.frozen
class SpooledJob:
    """One job's folder.

    Attributes:
        folder: holds the inputs, the request and, once there is one, the outcome.
    """

    folder: Path

    @property
    def id(self) -> str:
        """The job's id."""
        return self.folder.name

    @property
    def request(self) -> dict[str, Any]:
        """What was asked: `submitted_at`, `images` (file name by field), `options`."""
        data: dict[str, Any] = json.loads((self.folder / _REQUEST).read_text("utf-8"))
        return data

    @property
    def outcome(self) -> dict[str, Any] | None:
        """What came of it, None while it is unfinished."""
        try:
            data: dict[str, Any] = json.loads((self.folder / _OUTCOME).read_text("utf-8"))
        except FileNotFoundError:
            return None
        return data

    def image(self, field: str) -> Path:
        """Return the file of an input."""
        return self.folder / str(self.request["images"][field])

    def finish(self, outcome: Mapping[str, Any], image: bytes | None = None) -> None:
        """Record the outcome, image first, and forget the inputs.

        The first outcome stays: another process that worked on the same job comes too late.
        """
        if self.outcome is not None:
            return
        if image is not None:
            _write(self.folder / str(outcome["image"]), image)
        _write(self.folder / _OUTCOME, json.dumps(outcome).encode())
        for name in self.request["images"].values():
            (self.folder / name).unlink(missing_ok=True)


@attrs.frozen
class Spool:
    """The folder of all jobs.

    Attributes:
        root: created on first use, readable by the user alone.
    """

    root: Path

    def add(
        self, images: Mapping[str, bytes], options: Mapping[str, Any], submitted_at: datetime
    ) -> SpooledJob:
        """Store a new job.

        Raises:
            SettingsError: the folder cannot be written.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            job = SpooledJob(self.root / uuid.uuid4().hex)
            job.folder.mkdir(mode=0o700)
            for field, data in images.items():
                _write(job.folder / field, data)
            request = {
                "submitted_at": submitted_at.isoformat(),
                "images": {field: field for field in images},
                "options": dict(options),
            }
            _write(job.folder / _REQUEST, json.dumps(request).encode())
        except OSError as error:
            raise SettingsError(
                f"local: cannot keep jobs in {self.root}: {error.strerror}.",
                remedy="Free some space, or choose another folder with TRYON_LOCAL_SPOOL_DIR.",
            ) from error
        return job

    def find(self, job_id: str) -> SpooledJob | None:
        """Return a job, None when there is none of that id."""
        is_plain_name = bool(job_id) and job_id.isalnum()
        job = SpooledJob(self.root / job_id)
        return job if is_plain_name and (job.folder / _REQUEST).is_file() else None

    def purge(self, now: datetime, lifetime: timedelta) -> None:
        """Remove jobs past their lifetime, and the oldest finished ones beyond the limit."""
        finished: list[tuple[datetime, SpooledJob]] = []
        for path in self.root.glob(f"*/{_REQUEST}"):
            job = SpooledJob(path.parent)
            submitted_at = _submitted_at(job)
            if submitted_at is None or now - submitted_at > lifetime:
                shutil.rmtree(job.folder, ignore_errors=True)
            elif job.outcome is not None:
                finished.append((submitted_at, job))
        finished.sort(key=lambda entry: entry[0], reverse=True)
        for _, job in finished[MAX_FINISHED_JOBS:]:
            shutil.rmtree(job.folder, ignore_errors=True)


def _submitted_at(job: SpooledJob) -> datetime | None:
    try:
        return datetime.fromisoformat(job.request["submitted_at"])
    except (OSError, ValueError, KeyError):
        return None


def _write(path: Path, data: bytes) -> None:
    """Write whole or not at all: another process may be looking."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
