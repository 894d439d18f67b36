"""The core's own implementations of hooks: declared limits, and what providers do not offer."""

import threading
from collections.abc import Callable, Generator, Sequence

from tryon_core.context import CallContext
from tryon_core.errors import CancelRefused, ConfigurationError, InputError, TryOnError
from tryon_core.hookspecs import hookimpl
from tryon_core.image_formats import has_pillow
from tryon_core.images.files import describe
from tryon_core.models import (
    Attempt,
    Balance,
    GarmentRegion,
    ImageSource,
    Job,
    JobUpdate,
    ParseRequest,
    Problem,
    TryOnRequest,
    Undecided,
    UrlSource,
)
from tryon_core.results import TryOnResult
from tryon_core.validation import check_declared, check_options


class CoreDefaults:
    """Registered beside every provider; asked last, and wrapped around it closest.

    Attributes:
        keep: puts the images that came with a job on disk.
    """

    def __init__(self, keep: Callable[[Job], Job]) -> None:
        self.keep = keep
        # One client may submit in several threads.
        self._submission = threading.local()

    @property
    def accepted(self) -> Job | None:
        """The job that this thread's submission got, before any extension saw it."""
        return getattr(self._submission, "job", None)

    def forget(self) -> None:
        """Begin a submission in this thread."""
        self._submission.job = None

    @hookimpl(wrapper=True, trylast=True)
    def submit(self, ctx: CallContext) -> Generator[None, object, object]:
        """Remember the job and where it was accepted: paid work must outlive all faults."""
        try:
            job = yield
        except TryOnError as error:
            if error.job is not None:
                error.job = self._safe(ctx.accepted(error.job))
            raise
        return self._safe(ctx.accepted(job)) if isinstance(job, Job) else job

    def _safe(self, job: Job) -> Job:
        """Remember a job in this thread, with its images on disk."""
        self._submission.job = job
        try:
            self._submission.job = job = self.keep(job)
        except KeyboardInterrupt as error:  # what is paid for comes first
            error.job = self._submission.job = self.keep(job)  # type: ignore[attr-defined]
            raise
        return job

    @hookimpl(trylast=True)
    def validate_inputs(
        self, request: TryOnRequest | ParseRequest, ctx: CallContext
    ) -> Sequence[Problem]:
        """Check the limits that the provider declares as data."""
        can = ctx.info.capabilities_for(request)
        return (*check_declared(request, can, ctx.info.models), *check_options(request, ctx.info))

    @hookimpl(trylast=True)
    def parse_garment(
        self, request: ParseRequest, ctx: CallContext
    ) -> Sequence[GarmentRegion | None] | None:
        """Refuse: the provider has no parsing."""
        del request
        if ctx.info.capabilities.parse_categories:
            return None  # it has, and its own hook gave nothing
        raise InputError(
            f"{ctx.info.name} cannot parse garments.",
            provider=ctx.provider,
            remedy="Choose another provider.",
        )

    @hookimpl(trylast=True)
    def cancel(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Refuse: the provider has no way to cancel."""
        raise CancelRefused(
            f"{ctx.info.name} cannot cancel jobs.",
            provider=ctx.provider,
            job=job,
            remedy="Wait for the job, or forget it.",
        )

    @hookimpl(trylast=True)
    def read_balance(self, ctx: CallContext) -> Balance:
        """Refuse: the provider has no way to tell."""
        raise ConfigurationError(
            f"{ctx.info.name} does not tell what is left on an account.",
            provider=ctx.provider,
            remedy="Look at the vendor's dashboard.",
        )

    @hookimpl(trylast=True)
    def publish_image(self, image: ImageSource, ctx: CallContext) -> UrlSource:
        """Refuse: no plugin gives a local image an address."""
        raise InputError(
            f"{ctx.info.name} takes images by URL only, and {describe(image)} is local.",
            provider=ctx.provider,
            remedy="Put the image where the vendor can read it and pass its https address, or "
            "use an extension that publishes images.",
        )

    @hookimpl(trylast=True)
    def find_submission(self, attempt: Attempt, ctx: CallContext) -> Undecided:
        """Say that nothing is known: the provider has no way to tell."""
        del attempt
        return Undecided(reason=f"{ctx.info.name} cannot be asked what it accepted.")

    @hookimpl(trylast=True)
    def check_result(self, result: TryOnResult, ctx: CallContext) -> Sequence[Problem] | None:
        """Look at a small copy of each image, where Pillow is installed."""
        if not has_pillow():
            return None
        from tryon_core.judging import judge  # noqa: PLC0415  (needs Pillow)

        return judge(result, ctx)
