"""All that a hook may touch."""

import logging
import uuid
from collections.abc import Mapping
from datetime import timedelta

import attrs

from tryon_core.clock import Clock
from tryon_core.errors import OutcomeUnknown, UnexpectedResponse
from tryon_core.http import HttpClient
from tryon_core.masking import masked
from tryon_core.models import (
    Attempt,
    Job,
    JobResult,
    ParseRequest,
    ProviderInfo,
    TryOnRequest,
    UrlSource,
)
from tryon_core.settings import ProviderSettings
from tryon_core.text import is_encodable, one_line
from tryon_core.transport import is_private_url


@attrs.frozen(kw_only=True, eq=False)
class CallContext:
    """What the core hands to a hook beside its subject.

    New facts become attributes here, with defaults; hooks never get more arguments.

    Attributes:
        info: the declaration of the provider that is being called.
        http: the only way to the network.
        settings: the provider's settings, resolved.
        clock: the only source of time.
        deadline_s: point on `clock.monotonic()` at which the caller gives up, None for never.
        fingerprint: identifies the work on `submit` and `find_submission`, None elsewhere.
        attempt: on `submit`, the paid request as it was noted; None elsewhere.
        digests: on `submit`, `parse_garment` and `publish_image`, the SHA-256 of each image by
            field, as it was before it was published; of one that was given by address, that of the
            address.
        known_jobs: on `find_submission`, ids of jobs that are those of other requests.
        request: what the call serves, None on `poll`, `cancel` and `find_submission`. On
            `publish_image` it is the request that the image belongs to, as it was before any image
            was published. On `check_result` it is what the caller gave, None where the job is of
            another process.
        reads_private: whether the service reads addresses of this machine or of a private network,
            as an emulator does.
        logger: named `tryon.<provider>`.
    """

    info: ProviderInfo
    http: HttpClient
    settings: ProviderSettings
    clock: Clock
    deadline_s: float | None = None
    fingerprint: str | None = None
    attempt: Attempt | None = None
    digests: Mapping[str, str] = attrs.field(factory=dict)
    known_jobs: frozenset[str] = frozenset()
    request: TryOnRequest | ParseRequest | None = None
    reads_private: bool = False
    logger: logging.Logger

    @property
    def provider(self) -> str:
        """Id of the provider that is being called."""
        return self.info.id

    def is_readable(self, url: str) -> bool:
        """Return whether the service can read an address, as far as the address shows it."""
        return self.reads_private or not is_private_url(url)

    def shown(self, text: str) -> str:
        """Return what a vendor wrote, such as the id of a job, as one line without keys.

        Extensions see it before the core masks it.
        """
        return str(masked(one_line(text), self.settings.secrets))

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that the provider declares; requests to a path have them by themselves.

        Give them to an absolute address that is certain to be the vendor's own.
        """
        declared = self.info.headers
        if callable(declared):
            return declared(self)
        filled = ((name, self.settings.fill(text)) for name, text in declared.items())
        return {name: text for name, text in filled if text is not None}

    def new_job(
        self,
        job_id: str,
        *,
        request_id: str | None = None,
        data: Mapping[str, str] | None = None,
        result: JobResult | None = None,
    ) -> Job:
        """Return the job that the vendor has just accepted, stamped with time and provider.

        Args:
            job_id: the vendor's id of the task. A vendor that answers with the finished images may
                give none: then whatever helps its support desk, such as the id of the result, or an
                empty text, for which one is made up.
            request_id: the vendor's id of the submitting call.
            data: what `poll` will need beside the id; text only, no secrets.
            result: given when the vendor answered with the finished images at once.

        Raises:
            UnexpectedResponse: the id is empty. The work may have been billed.
        """
        if not str(job_id or "").strip():  # JSON may have null there
            if result is None:
                raise self._unnamed(f"no job: its id is {job_id!r}", request_id)
            job_id = uuid.uuid4().hex
        now = self.clock.now()
        lifetime_s = self.info.capabilities.job_lifetime_s
        return Job(
            provider=self.provider,
            id=job_id,
            submitted_at=now,
            expires_at=None if lifetime_s is None else now + timedelta(seconds=lifetime_s),
            fingerprint=self.fingerprint,
            request_id=request_id,
            data=dict(data or {}),
            result=result,
        )

    def accepted(self, job: Job) -> Job:
        """Return a job with where it was accepted, unless it has that: only there is it judged.

        Keys in its id and its data are hidden; `poll` is given them as the vendor did.

        Raises:
            UnexpectedResponse: its id is no text that can be sent or stored.
        """
        if job.account is not None:
            return job
        return attrs.evolve(
            self._kept(masked(job, self.settings.secrets)),
            account=self.settings.account,
            base_url=self.settings.address,
            result=job.result and dated(job.result, job, self.info),
        )

    def _kept(self, job: Job) -> Job:
        """Refuse a job that could not be polled: its id is no text that can be sent or stored."""
        if all(map(is_encodable, (job.id, *job.data.values()))):
            return job
        if job.result is not None:  # then the id is only a name
            return attrs.evolve(job, id=one_line(job.id), data={})
        fault = f"a job {one_line(job.id)} that holds half a character and cannot be asked for"
        raise self._unnamed(fault, job.request_id)

    def _unnamed(self, fault: str, request_id: str | None) -> UnexpectedResponse:
        return UnexpectedResponse(
            f"{self.info.name} accepted the work, and names {fault}.",
            provider=self.provider,
            request_id=request_id,
            billed="unknown",
            retry="never_automatically",
            remedy=OutcomeUnknown.remedy,
        )


def dated(result: JobResult, job: Job, info: ProviderInfo) -> JobResult:
    """Return a result each address of which says when it dies: as declared, where nobody said.

    The vendor's time begins at some moment after the submission, so that an image may live longer
    than is said, and no shorter.
    """
    life_s = info.capabilities.result_lifetime_s
    if life_s is None:
        return result
    until = job.submitted_at + timedelta(seconds=life_s)
    images = [
        attrs.evolve(image, expires_at=image.expires_at or until)
        if isinstance(image.source, UrlSource)
        else image
        for image in result.images
    ]
    return attrs.evolve(result, images=images)
