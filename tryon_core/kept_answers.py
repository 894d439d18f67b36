"""Images that came as the answer to a submission: kept on disk, since nobody gives them again.

A vendor without jobs answers with the image itself. What is paid for must outlive this process all
the same, so the image is on disk before the job is handed out, and the job's token says where.
"""

import contextlib
import hashlib
import logging
import secrets
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import attrs

from tryon_core.clock import Clock
from tryon_core.errors import OutputError
from tryon_core.models import Artifact, BytesSource, Job, PathSource
from tryon_core.remembered import ANSWER_NAME, ANSWERS_FOLDER, data_folder
from tryon_core.saving import output_error, remove, sync_folder, write_atomically, write_new

KEPT_FOR = timedelta(days=1)
_TIDY_EVERY = 50
_MOST_SAVED = 100  # a program may go through a whole catalogue
_LOGGER = logging.getLogger("tryon.jobs")


class KeptAnswers:
    """Private files in the user's data folder; each has in its name until when it is needed.

    Several processes may use the folder at once.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept = 0
        self._saved: deque[list[Path]] = deque()

    def keep(self, job: Job) -> Job:
        """Return a job whose images are on disk as well; one without images in memory as it is.

        What cannot be written stays in memory, with a warning: it is paid for.
        """
        result = job.result
        if result is None or not is_in_memory_only(job):
            return job
        until = self._clock.now() + KEPT_FOR
        folder = Path()
        try:
            folder = _folder()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._kept % _TIDY_EVERY == 0:
                self.tidy()
            images = [self._on_disk(image, folder, until) for image in result.images]
            sync_folder(folder)
        # Whatever this is, it is no reason to lose work that is paid for.
        except Exception as error:  # noqa: BLE001
            reason = output_error(folder, error).message if isinstance(error, OSError) else error
            _LOGGER.warning(
                "the images of job %s are paid for and could not be kept on disk: %s They are in "
                "the memory of this process only, and its token does not lead to them.",
                job.id,
                reason,
            )
            return job
        self._kept += 1
        return attrs.evolve(job, expires_at=until, result=attrs.evolve(result, images=images))

    def keep_first_image(self, key: str, data: bytes) -> None:
        """Keep the image of the first step of an outfit, which an equal call asks for."""
        try:
            folder = _folder()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            until = int((self._clock.now() + KEPT_FOR).timestamp())
            write_atomically(
                folder / f"{until}-{_mark(key)}.image", data, overwrite=True, mode=0o600
            )
        except (OSError, RuntimeError, OutputError) as error:
            _LOGGER.warning(
                "the image of the first step could not be kept on disk: %s Should this call end "
                "early, its job is asked again.",
                error,
            )

    def first_image(self, key: str) -> bytes | None:
        """Return the image that was kept for this work, None when there is none any more."""
        with contextlib.suppress(OSError, RuntimeError):
            self.tidy()
            for path in _folder().glob(f"*-{_mark(key)}.image"):
                return path.read_bytes()
        return None

    def forget(self, job: Job) -> None:
        """Remove the images of a job, which are safe elsewhere; other files are left alone."""
        self._remove(_places_of(job))

    def saved(self, job: Job) -> None:
        """Note that the images of a job are safe elsewhere: of such jobs the latest are kept on."""
        self._saved.append(_places_of(job))
        while len(self._saved) > _MOST_SAVED:
            self._remove(self._saved.popleft())

    def _remove(self, paths: Sequence[Path]) -> None:
        if paths:
            with contextlib.suppress(OSError, RuntimeError):
                folder = _folder()
                for path in paths:
                    if path.parent == folder and ANSWER_NAME.fullmatch(path.name):
                        remove(path)

    def tidy(self) -> None:
        """Remove what is not needed any more, of whatever process."""
        now_s = self._clock.now().timestamp()
        with contextlib.suppress(OSError, RuntimeError):
            for path in _folder().iterdir():
                named = ANSWER_NAME.fullmatch(path.name)
                if named and int(named["until"]) < now_s:
                    remove(path)  # another process may have done so by now

    def _on_disk(self, image: Artifact, folder: Path, until: datetime) -> Artifact:
        if not isinstance(image.source, BytesSource):
            return image
        path = folder / f"{int(until.timestamp())}-{secrets.token_hex(16)}.image"
        write_new(path, image.source.data, mode=0o600)
        return attrs.evolve(image, kept=path, expires_at=until)


def _mark(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _folder() -> Path:
    return data_folder().absolute() / ANSWERS_FOLDER


def is_in_memory_only(job: Job) -> bool:
    """Return whether images came with a job that no file has, so that its token has none either."""
    images = () if job.result is None else job.result.images
    return any(isinstance(image.source, BytesSource) and image.kept is None for image in images)


def _places_of(job: Job) -> list[Path]:
    images = () if job.result is None else job.result.images
    paths = (
        image.source.path if isinstance(image.source, PathSource) else image.kept
        for image in images
    )
    return [path for path in paths if path is not None]
