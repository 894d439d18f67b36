"""Turn spooled jobs into images, in a bounded pool of threads."""

import io
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tryon_core import BytesSource
from tryon_core.errors import UnusableImage
from tryon_core.images import load_upright
from tryon_local.body import ByteArray, Refused
from tryon_local.engine import dress_person, kind_of_garment
from tryon_local.spool import SpooledJob

LABEL = "Geometric preview made by tryon-local; not a photograph and not a generative model."
_JPEG_QUALITY = 92
# Higher levels cost ten times the time for a few per cent of size.
_PNG_LEVEL = 3
_EXIF_DESCRIPTION = 0x010E


class Workshop:
    """Works on jobs of this process; anybody may hand in a job, twice does no harm.

    Args:
        workers: jobs that are worked on at once.
    """

    def __init__(self, workers: int) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="tryon-local")
        # Re-entrant: a future that is done already calls back at once, inside `take()`.
        self._lock = threading.RLock()
        self._futures: dict[str, Future[None]] = {}

    def take(self, job: SpooledJob) -> None:
        """Queue a job unless it is queued already."""
        with self._lock:
            if job.id not in self._futures:
                future = self._pool.submit(_work, job)
                self._futures[job.id] = future
                future.add_done_callback(lambda _: self._forget(job.id))

    def status(self, job: SpooledJob) -> str:
        """Return `working`, `queued`, or `idle` when this process does not have the job."""
        with self._lock:
            future = self._futures.get(job.id)
        if future is None:
            return "idle"
        return "working" if future.running() else "queued"

    def withdraw(self, job: SpooledJob) -> bool:
        """Take a job back; False when the work has begun."""
        with self._lock:
            future = self._futures.get(job.id)
        return future is None or future.cancel()

    def _forget(self, job_id: str) -> None:
        with self._lock:
            self._futures.pop(job_id, None)


def _work(job: SpooledJob) -> None:
    if job.outcome is not None:
        return
    try:
        job.finish(*_dress(job))
    except Refused as refusal:
        job.finish(_failure(refusal.code, str(refusal), fault="input"))
    except UnusableImage as error:
        job.finish(_failure(error.code, str(error), fault="input"))
    except Exception as error:  # noqa: BLE001  (a job must end; the poll reports what happened)
        job.finish(_failure("internal", f"{type(error).__name__}: {error}", fault="vendor"))


def _dress(job: SpooledJob) -> tuple[dict[str, Any], bytes]:
    request = job.request
    # As bytes, so that messages do not name a file that the caller never saw.
    sources = {
        field: BytesSource(job.image(field).read_bytes(), name=field) for field in request["images"]
    }
    pixels = {
        field: np.asarray(load_upright(source, field=field)) for field, source in sources.items()
    }
    options = request["options"]
    person = pixels.pop("person")[..., :3]
    garments = _as_detected(pixels) if options["garment_type"] == "detect" else pixels
    # A job that an older version stored has no `force`.
    preview = dress_person(
        person, garments, backend=options["backend"], force=options.get("force", False)
    )
    renamed = () if garments.keys() == pixels.keys() else ("garment_type_detected",)
    output_format = options["output_format"]
    outcome = {
        "state": "succeeded",
        "image": f"result.{output_format}",
        "notices": [*renamed, *preview.warnings],
        "backend": preview.backend,
    }
    return outcome, encode(preview.image, output_format)


def _as_detected(garments: dict[str, ByteArray]) -> dict[str, ByteArray]:
    """Return a single garment under the category that its outline shows."""
    if len(garments) > 1:
        return garments
    return {kind_of_garment(image): image for image in garments.values()}


def encode(pixels: ByteArray, output_format: str = "png") -> bytes:
    """Return pixels as an image file that says of itself what it is."""
    image = Image.fromarray(pixels)
    buffer = io.BytesIO()
    if output_format == "jpeg":
        exif = Image.Exif()
        exif[_EXIF_DESCRIPTION] = LABEL
        image.save(buffer, "JPEG", quality=_JPEG_QUALITY, subsampling=0, exif=exif)
    else:
        text = PngInfo()
        text.add_text("Description", LABEL)
        image.save(buffer, "PNG", compress_level=_PNG_LEVEL, pnginfo=text)
    return buffer.getvalue()


def _failure(code: str, message: str, fault: str) -> dict[str, Any]:
    return {"state": "failed", "code": code, "message": message, "fault": fault}
