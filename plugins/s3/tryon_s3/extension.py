"""The extension: an image is in the bucket for as long as a job may read it."""

import re
import secrets
import threading
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Literal

import attrs

from tryon_core import (
    Attempt,
    CallContext,
    Found,
    GarmentRegion,
    ImageSource,
    Job,
    JobUpdate,
    NotAccepted,
    ParseRequest,
    TryOnError,
    TryOnRequest,
    Undecided,
    UrlSource,
    hookimpl,
    upload_name,
)
from tryon_core.errors import ConfigurationError, JobExpired
from tryon_core.extensions import observer
from tryon_core.images import probe, read_bytes
from tryon_s3.bucket import Bucket, refusal

DAY_S = 86_400.0
WEEK_S = 604_800.0
"""The longest that Signature Version 4 allows. Source: Amazon S3 User Guide, Download and upload
objects with presigned URLs."""
KEYS = "s3_keys"
"""Where a job says which objects are its images."""
_NAME_CHARS = 32
_CODE = re.compile(r"<Code>(\w+)</Code>")
_MESSAGE = re.compile(r"<Message>([^<]*)</Message>")
_OK = 200


def _in_a_name(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if not re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9._-]*/)*", value):
        raise ValueError(
            f"{attribute.name}: {value!r} is not like 'tryon/': letters, digits, dots, hyphens and "
            "underscores, and a slash behind each part"
        )


@attrs.define(kw_only=True, eq=False)
class S3:
    """Puts local images into a bucket, and takes them out when their job is over.

    Keys are found by boto3 itself. Each image of each request is an object of its own, with a name
    that nobody can guess, so that no job takes away what another one reads.

    Attributes:
        bucket: its name.
        prefix: what the names of all objects begin with; ends in a slash.
        region: of the bucket; unless given, what boto3 finds.
        endpoint_url: address of the service; unless given, Amazon's.
        addressing_style: whether the name of the bucket is in the `path` or in the host
            (`virtual`).
        profile: of the AWS configuration; unless given, what boto3 finds.
        lifetime_s: seconds until an address dies, a week at most. Unless given, a day, or as long
            as the vendor keeps a job where that is longer.
    """

    bucket: str = attrs.field(validator=attrs.validators.min_len(1))
    prefix: str = attrs.field(default="tryon/", validator=_in_a_name)
    region: str | None = None
    endpoint_url: str | None = None
    addressing_style: Literal["auto", "path", "virtual"] = "auto"
    profile: str | None = None
    lifetime_s: float | None = attrs.field(
        default=None,
        validator=attrs.validators.optional(
            attrs.validators.and_(attrs.validators.ge(1), attrs.validators.le(WEEK_S))
        ),
    )
    _store: Bucket = attrs.field(init=False)
    _proven: threading.Event = attrs.field(init=False, factory=threading.Event)

    @_store.default
    def _not_opened_yet(self) -> Bucket:
        return Bucket(
            name=self.bucket,
            region=self.region,
            endpoint_url=self.endpoint_url,
            addressing_style=self.addressing_style,
            profile=self.profile,
        )

    # Last: a vendor's own store, which only the vendor reads, is better.
    @hookimpl(trylast=True)
    def publish_image(self, image: ImageSource, ctx: CallContext) -> UrlSource:
        """Put an image into the bucket.

        Without `expires_at`: the core must ask again for each request, which owns its objects.
        """
        if self.endpoint_url and not ctx.is_readable(self.endpoint_url):
            raise ConfigurationError(
                f"the bucket at {self.endpoint_url} is on this machine or in a private network, "
                f"where {ctx.info.name} cannot read it.",
                remedy="Use a store that the internet can reach.",
            )
        name = upload_name(image)
        key = (
            f"{self.prefix}{secrets.token_urlsafe(_NAME_CHARS * 3 // 4)}.{name.rpartition('.')[2]}"
        )
        data = read_bytes(image, field="image")
        form = probe(image, field="image").format
        self._store.put(key, data, media_type=f"image/{form.lower()}")
        try:
            address = self._store.address(key, lifetime_s=self._lifetime_s(ctx))
            self._prove(address, len(data), ctx)
        except TryOnError:
            self._remove([key], ctx)
            raise
        return UrlSource(address)

    def _lifetime_s(self, ctx: CallContext) -> float:
        least_s = max(DAY_S, ctx.info.capabilities.job_lifetime_s or 0)
        return self.lifetime_s or min(WEEK_S, least_s)

    def _prove(self, address: str, size: int, ctx: CallContext) -> None:
        """Read the first image back: keys may be allowed to write and not to read."""
        if self._proven.is_set():
            return
        answer = ctx.http.get(address, max_answer_bytes=size)
        if answer.status != _OK:
            text = answer.body.decode(errors="replace")
            code, said = _CODE.search(text), _MESSAGE.search(text)
            raise refusal(
                f"an image in the bucket {self.bucket!r} cannot be read at its address",
                code[1] if code else str(answer.status),
                said[1] if said else "",
            )
        self._proven.set()

    @hookimpl(wrapper=True)
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Generator[None, Job, Job]:
        """Let the job name its objects, so that the process that sees its end can delete them."""
        keys = self._keys(_addresses(request.images))
        try:
            job = yield
        except TryOnError as error:
            # What may be sent again is sent with the same addresses.
            if error.billed == "no" and error.job is None and not error.retryable:
                self._remove(keys, ctx)
            raise
        return self._owning(job, keys, ctx)

    @hookimpl(wrapper=True)
    def find_submission(
        self, attempt: Attempt, ctx: CallContext
    ) -> Generator[None, Found | NotAccepted | Undecided, Found | NotAccepted | Undecided]:
        """Let a job that is found later name its objects, too."""
        answer = yield
        if not isinstance(answer, Found):
            return answer
        return Found(self._owning(answer.job, self._keys(attempt.images.values()), ctx))

    @hookimpl(wrapper=True)
    @observer
    def poll(self, job: Job, ctx: CallContext) -> Generator[None, JobUpdate, None]:
        """Delete the images of a job that is over."""
        yield from self._at_end(job, ctx)

    @hookimpl(wrapper=True)
    @observer
    def cancel(self, job: Job, ctx: CallContext) -> Generator[None, JobUpdate, None]:
        """Delete the images of a job that is cancelled."""
        yield from self._at_end(job, ctx)

    @hookimpl(wrapper=True)
    @observer
    def parse_garment(
        self, request: ParseRequest, ctx: CallContext
    ) -> Generator[None, Sequence[GarmentRegion | None], None]:
        """Delete the photo, however the parsing ended."""
        try:
            yield
        finally:
            self._remove(self._keys(_addresses(request.images)), ctx)

    def _at_end(self, job: Job, ctx: CallContext) -> Generator[None, JobUpdate, None]:
        keys = job.data.get(KEYS, "").split()
        try:
            update = yield
        except JobExpired:
            self._remove(keys, ctx)
            raise
        if update.state.is_final:
            self._remove(keys, ctx)

    def _owning(self, job: Job, keys: Sequence[str], ctx: CallContext) -> Job:
        if not keys:
            return job
        if job.result is not None:
            self._remove(keys, ctx)
            return job
        return attrs.evolve(job, data={**job.data, KEYS: " ".join(keys)})

    def _keys(self, addresses: Iterable[str]) -> list[str]:
        """Return the names of those of these addresses that are objects of ours."""
        ours = rf"/({re.escape(self.prefix)}[A-Za-z0-9_-]{{{_NAME_CHARS}}}\.[a-z]+)(?:\?|$)"
        return [found[1] for one in addresses if (found := re.search(ours, one))]

    def _remove(self, keys: Iterable[str], ctx: CallContext) -> None:
        """Delete objects. A fault is no reason to disturb a call that may be paid."""
        for key in keys:
            try:
                self._store.remove(key)
            except Exception as error:  # noqa: BLE001  (see above)
                ctx.logger.warning(
                    "the image %s stays in the bucket %s, and its address in force: %s",
                    key,
                    self.bucket,
                    error,
                )


def _addresses(images: Mapping[str, ImageSource]) -> list[str]:
    return [image.url for image in images.values() if isinstance(image, UrlSource)]
