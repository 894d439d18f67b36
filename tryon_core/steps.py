"""The steps of one try-on apart, for whoever puts time or a journal between them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import attrs

from tryon_core.artifacts import ResultImage, TryOnResult, fetch_result
from tryon_core.clock import Clock
from tryon_core.dispatch import BoundProvider
from tryon_core.errors import DownloadFailed
from tryon_core.fingerprint import fingerprint
from tryon_core.masking import masked, masking, revealed_result
from tryon_core.models import (
    Job,
    JobResult,
    JobState,
    JobUpdate,
    TryOnRequest,
)
from tryon_core.preparing import deliver, prepare
from tryon_core.prices import with_own_prices
from tryon_core.registry import LoadedProvider
from tryon_core.session import Session
from tryon_core.settings import find_config, require_settings, resolve_settings
from tryon_core.submitting import SubmitPolicy, submit_once
from tryon_core.transport import Transport, TransportPolicy
from tryon_core.waiting import images_expired


@attrs.frozen(kw_only=True)
class Prepared:
    """A request that needs nothing more but to be sent.

    Attributes:
        request: validated, its images in the form that the vendor takes.
        fingerprint: identifies the work.
    """

    request: TryOnRequest
    fingerprint: str


def open_session(
    loaded: LoadedProvider,
    *,
    extensions: Sequence[object],
    config: Path | str | Mapping[str, Mapping[str, Any]] | None,
    transport: TransportPolicy | None,
    clock: Clock,
    settings: Mapping[str, Any],
) -> Session:
    """Return what all calls to one provider share; arguments and errors as `Client`."""
    tables = find_config(config)
    resolved = resolve_settings(loaded.info, settings, config=tables)
    table = tables.get(loaded.info.id, {})
    info = with_own_prices(loaded.info, settings, table, today=clock.now().date())
    return Session(
        bound=BoundProvider(loaded, extensions, info=info),
        settings=resolved,
        clock=clock,
        transport=Transport(transport or TransportPolicy(), clock=clock),
    )


def prepare_submission(session: Session, request: TryOnRequest, *, fit: bool) -> Prepared:
    """Fetch, fit, validate and publish: all that costs nothing.

    Raises:
        MissingCredential: a key is missing.
        ValidationFailed: every problem found.
        TryOnError: an image cannot be fetched or published.
    """
    require_settings(session.info, session.settings)
    local = prepare(session, request, fit=fit)
    mark = fingerprint(session.info.id, local)
    ctx = session.context(request=local, fingerprint=mark)
    return Prepared(request=deliver(session, local, ctx), fingerprint=mark)


def send(
    session: Session,
    prepared: Prepared,
    *,
    policy: SubmitPolicy,
    noting: Callable[[Callable[[], Job]], Job] | None = None,
) -> Job:
    """Send the paid request.

    Args:
        session: whose provider.
        prepared: what to send.
        policy: when it may be repeated.
        noting: makes each paid call, with notes on disk before and after it; None for a caller that
            has a journal.

    Raises:
        OutcomeUnknown: the answer was lost.
        NotSent: it did not reach the vendor.
        TryOnError: the vendor refused.
        KeyboardInterrupt: with `billed` "no" where nothing was sent.
    """

    def submit() -> Job:
        # Each time a context of its own, which knows whether this request left.
        ctx = session.context(request=prepared.request, fingerprint=prepared.fingerprint)
        try:
            return session.bound.submit(prepared.request, ctx)
        except KeyboardInterrupt as error:
            if not getattr(ctx.http, "may_have_sent", True):
                error.billed = "no"  # type: ignore[attr-defined]
            raise

    def send_in_turn() -> Job:
        turn = session.pacer.turn(tell) if policy.is_paced else nullcontext()
        with turn:
            return submit() if noting is None else noting(submit)

    def tell(wait_s: float) -> None:
        session.logger.info("Waiting %.0f s for the vendor's rate limit.", wait_s)
        if policy.on_wait is not None:
            policy.on_wait(wait_s)

    quota = session.info.capabilities.quota
    return submit_once(
        send_in_turn,
        policy=policy,
        clock=session.clock,
        fingerprint=prepared.fingerprint,
        window_s=quota.window_s if quota.submissions else 0.0,
        on_wait=tell,
    )


def poll(session: Session, job: Job, *, deadline_s: float | None = None) -> JobUpdate:
    """Ask once where a job stands; a job that carries its result is finished.

    Raises:
        TryOnError: the question was refused or not answered; it carries the job.
    """
    if job.result is not None:
        return JobUpdate(state=JobState.SUCCEEDED, result=job.result)
    return session.bound.poll(job, session.context(deadline_s=deadline_s))


def fetch(session: Session, job: Job, result: JobResult) -> TryOnResult:
    """Fetch the images of a finished job.

    Raises:
        DownloadFailed: fetching again costs nothing.
        JobExpired: they are gone, and the time is past until which the vendor kept them.
    """
    secrets = session.settings.secrets
    with masking(secrets):
        try:
            fetched = fetch_result(
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
    images = [_without_keys(image, secrets) for image in fetched.images]
    notices = masked(fetched.notices, secrets)
    return attrs.evolve(fetched, images=tuple(images), notices=notices)


def _without_keys(image: ResultImage, secrets: Sequence[str]) -> ResultImage:
    return attrs.evolve(image, source_url=masked(image.source_url, secrets))
