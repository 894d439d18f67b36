"""Fetch the images of a finished job before their addresses die, and check that they are whole."""

from datetime import datetime, timezone

import attrs

from tryon_core.errors import DownloadFailed, JobExpired, UnusableImage
from tryon_core.http import NoHttp
from tryon_core.image_formats import HEAD_BYTES, image_format, is_document
from tryon_core.images import ImageProbe, check_whole, load_upright, probe, read_bytes
from tryon_core.masking import masked, masking, revealed_result
from tryon_core.models import (
    Artifact,
    BytesSource,
    Job,
    JobResult,
    Notice,
    PathSource,
    Problem,
    TryOnRequest,
    UrlSource,
)
from tryon_core.results import Judgement, ResultImage, TryOnResult
from tryon_core.saving import suffix_for
from tryon_core.session import Session
from tryon_core.transport import Transport, Trust
from tryon_core.waiting import at_utc

GONE = (403, 404, 410)
"""Statuses with which the address of an image answers once it is dead."""
NOT_FETCHED = "image_not_fetched"
"""Code of the notice of an image that could not be fetched, while others of its job were."""
_JPEG_END = b"\xff\xd9"
_MORE_PIXELS = (b"", b"\x55" * 64, b"\xaa" * 64)
_ELSEWHERE = (
    "Go to the machine and the user that submitted the job: its images are in a file there."
)


def fetch_result(
    session: Session, job: Job, result: JobResult, request: TryOnRequest | None = None
) -> TryOnResult:
    """Fetch the images of a finished job; they are judged when somebody reads `problems`.

    Where an extension is wrapped around the judges they are asked at once.

    Args:
        session: whose provider.
        job: the job.
        result: where its images are.
        request: what was asked for; None where that is not known, and judges do without.

    Raises:
        DownloadFailed: fetching again costs nothing.
        JobExpired: they are gone, and the time is past until which the vendor kept them.
    """
    secrets = session.settings.secrets
    with masking(secrets):
        try:
            fetched = fetch_images(
                job,
                revealed_result(result, secrets),
                session.transport,
                deadline_s=session.download_deadline_s(),
                trust=session.trust,
            )
        except DownloadFailed as error:
            expired = images_expired(job, result, error, session.clock.now())
            if expired is None:
                raise
            raise expired from error
    images = [
        attrs.evolve(image, source_url=masked(image.source_url, secrets))
        for image in fetched.images
    ]
    notices = masked(fetched.notices, secrets)
    fetched = attrs.evolve(fetched, images=tuple(images), notices=notices)

    def judge() -> tuple[Problem, ...] | None:
        # No hook sees what is to be kept, which became a garment of the request that was sent.
        asked = None if request is None else attrs.evolve(request, keep=None)
        ctx = session.context(request=asked, http=NoHttp())
        return session.bound.check_result(fetched, ctx)

    judgement = Judgement(judge)
    if session.bound.is_judged_at_once:
        _ = judgement.problems
    return attrs.evolve(fetched, judgement=judgement)


def fetch_images(
    job: Job,
    result: JobResult,
    transport: Transport,
    *,
    deadline_s: float | None = None,
    trust: Trust | None = None,
) -> TryOnResult:
    """Fetch all images of a finished job, until `deadline_s` on the transport's clock.

    An image that came whole and cannot be checked is kept, with a notice. One that cannot be
    fetched, is cut off, or is a page of text loses none of the others: it is `missing`, with a
    notice.

    Raises:
        DownloadFailed: no image at all could be fetched. Fetching again costs nothing.
    """
    images: list[ResultImage] = []
    notices = list(result.notices)
    failed: dict[int, DownloadFailed] = {}
    for number, artifact in enumerate(result.images, 1):
        try:
            image, doubt = _fetched(artifact, transport, deadline_s=deadline_s, trust=trust)
        except DownloadFailed as error:
            if error.http_status in (401, *GONE) and artifact.expires_at is not None:
                until = artifact.expires_at.astimezone(timezone.utc)
                error.reword(f"{error.message} It was to be kept until {until:%Y-%m-%d %H:%M} UTC.")
            failed[number] = error
            continue
        images.append(image)
        if doubt is not None:
            notices.append(Notice("image_unchecked", f"{doubt} It was kept as it came."))
    if not images:
        first = next(iter(failed.values()))
        first.job, first.provider = job, job.provider
        raise first
    notices += [
        Notice(
            NOT_FETCHED,
            f"image {number} of {len(result.images)} is paid for and could not be fetched: "
            f"{fault.message.rstrip('.')}. Resuming the job fetches it again, which is free.",
        )
        for number, fault in failed.items()
    ]
    return TryOnResult(
        job=job,
        images=tuple(images),
        notices=tuple(notices),
        usage=result.usage,
        missing=tuple(failed),
    )


def fetch_artifact(
    artifact: Artifact,
    transport: Transport,
    *,
    deadline_s: float | None = None,
    trust: Trust | None = None,
) -> Artifact:
    """Return an artifact that holds its image, checked; arguments and errors as `fetch_image`."""
    image = fetch_image(artifact, transport, deadline_s=deadline_s, trust=trust)
    name = f"image{suffix_for(image.format)}"
    return attrs.evolve(artifact, source=BytesSource(image.data, name=name))


def fetch_image(
    artifact: Artifact,
    transport: Transport,
    *,
    deadline_s: float | None = None,
    trust: Trust | None = None,
) -> ResultImage:
    """Fetch one image and make sure that it is whole.

    It must begin like an image; when Pillow is installed, it must also decode to its end.

    Raises:
        DownloadFailed: it could not be fetched, or is not a whole image.
    """
    image, doubt = _fetched(artifact, transport, deadline_s=deadline_s, trust=trust)
    if doubt is not None:
        raise DownloadFailed(doubt)
    return image


def _fetched(
    artifact: Artifact,
    transport: Transport,
    *,
    deadline_s: float | None,
    trust: Trust | None,
) -> tuple[ResultImage, str | None]:
    """Return an image, and what makes it doubtful."""
    source = artifact.source
    address, is_whole = None, True
    if isinstance(source, UrlSource):
        download = transport.download(source.url, deadline_s=deadline_s, trust=trust)
        data, address, is_whole = download.data, download.url, download.is_whole
    else:
        data = _read(source, transport.policy.max_download_bytes)
    found, doubt = _looked_at(data)
    if doubt is not None:
        doubt = f"what came from {address or 'the vendor'} is no sound image: {doubt}"
        if not is_whole or is_document(data[:HEAD_BYTES]):
            raise DownloadFailed(doubt)
    image = ResultImage(
        data=data,
        format=found.format,
        width_px=found.width_px,
        height_px=found.height_px,
        expires_at=artifact.expires_at,
        source_url=address,
        is_checked=doubt is None,
    )
    return image, doubt


def _read(source: BytesSource | PathSource, max_bytes: int) -> bytes:
    try:
        return read_bytes(source, field="result", max_bytes=max_bytes)
    except UnusableImage as error:
        change = _ELSEWHERE if error.code == "missing" else ""
        raise DownloadFailed(f"cannot read the result: {error.reason}", change=change) from error


def _looked_at(data: bytes) -> tuple[ImageProbe, str | None]:
    """Return what an image is, and why it is none that can be used."""
    source = BytesSource(data, name="result")
    found = ImageProbe(format=image_format(data[:HEAD_BYTES]) or "", size_bytes=len(data))
    try:
        found = probe(source, field="result")
        # Nothing decodes it here; or it is animated, and whole as far as its header says.
        if found.mode and found.frames == 1:
            check_whole(source, found=found, field="result")
    except UnusableImage as error:
        if not (error.code == "truncated" and found.format == "JPEG" and _lacks_end_only(data)):
            return found, error.reason
    return found, None


def _lacks_end_only(data: bytes) -> bool:
    """Return whether a JPEG has all its pixels and only no end marker: more data changes none."""
    sources = (BytesSource(data + more + _JPEG_END) for more in _MORE_PIXELS)
    try:
        return len({load_upright(source, field="result").tobytes() for source in sources}) == 1
    except UnusableImage:
        return False


def images_expired(
    job: Job, result: JobResult, error: DownloadFailed, now: datetime
) -> JobExpired | None:
    """Return the error for images that are known to be gone, None while that is not known."""
    ends = [image.expires_at for image in result.images if image.expires_at is not None]
    is_file = any(isinstance(image.source, PathSource) for image in result.images)
    if not (is_file or error.http_status in GONE) or not ends or now < min(ends):
        return None
    return JobExpired(
        f"the images of job {job.id} were kept until {at_utc(min(ends))}, and are gone: "
        f"{error.message}",
        provider=job.provider,
        job=job,
        http_status=error.http_status,
        billed="yes",
        remedy="They were made and paid for. To make them again costs again.",
    )
