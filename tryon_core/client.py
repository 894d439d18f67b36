"""The client: one provider, ready to use. A thin coordinator of the other modules."""

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from tryon_core.artifacts import TryOnResult, fetch_artifact, fetch_result
from tryon_core.clock import Clock, SystemClock
from tryon_core.codec import make_options
from tryon_core.context import CallContext
from tryon_core.delivery import (
    PublishedImages,
    R,
    fetch_remote,
    fit_images,
    publish_local,
    scale_between,
)
from tryon_core.dispatch import BoundProvider
from tryon_core.errors import (
    CancelRefused,
    DownloadFailed,
    InputError,
    TryOnError,
    ValidationFailed,
)
from tryon_core.fingerprint import fingerprint
from tryon_core.hookspecs import Provider
from tryon_core.http import HttpClient, NoHttp
from tryon_core.models import (
    Category,
    GarmentRegion,
    ImageLike,
    ImageSource,
    Job,
    JobState,
    JobUpdate,
    NoOptions,
    ParseRequest,
    PersonLike,
    Problem,
    ProviderInfo,
    TryOnRequest,
    UrlSource,
)
from tryon_core.polling import PollPolicy
from tryon_core.registry import REGISTRY, LoadedProvider, Registry, loaded_object
from tryon_core.settings import (
    BASE_URL,
    default_config_path,
    read_config,
    require_settings,
    resolve_settings,
)
from tryon_core.submitting import SubmitPolicy, submit_once
from tryon_core.transport import Transport, TransportPolicy, is_private_url
from tryon_core.waiting import OnUpdate, wait_for

DEFAULT_TIMEOUT_S = 300.0
DOWNLOAD_TIMEOUT_S = 300.0
"""Longest time to fetch the images of one job, on top of the time that the job took."""


class Client:
    """One provider, ready to use; may be shared by threads.

    Args:
        provider: id of an installed provider, `id@distribution`, or a provider object.
        extensions: objects with marked hooks that see or change every call.
        config: configuration file, or its tables; None for the user's `tryon.toml`.
        transport: time-outs, caps and retries of the network.
        polling: when to ask again.
        submitting: when a submission may be repeated.
        clock: source of time.
        registry: where providers are looked up.
        **settings: the provider's settings, such as `api_key`; they win over the environment.

    Raises:
        UnknownProvider: nothing installed has that id.
        ProviderConflict: several distributions offer it.
        BrokenPlugin: the plugin cannot be used.
        SettingsError: a setting does not exist or cannot be read.
    """

    def __init__(
        self,
        provider: str | Provider,
        *,
        extensions: Sequence[object] = (),
        config: Path | str | Mapping[str, Mapping[str, Any]] | None = None,
        transport: TransportPolicy | None = None,
        polling: PollPolicy | None = None,
        submitting: SubmitPolicy | None = None,
        clock: Clock | None = None,
        registry: Registry = REGISTRY,
        **settings: Any,
    ) -> None:
        loaded = _load(provider, registry)
        self._bound = BoundProvider(loaded, extensions)
        self._settings = resolve_settings(loaded.info, settings, config=_read(config))
        self._clock = clock or SystemClock()
        self._transport = Transport(transport or TransportPolicy(), clock=self._clock)
        self._polling = polling or PollPolicy()
        self._submitting = submitting or SubmitPolicy()
        self._published = PublishedImages(self._clock)
        self._logger = logging.getLogger(f"tryon.{loaded.info.id}")

    @property
    def info(self) -> ProviderInfo:
        """The provider's declaration."""
        return self._bound.info

    def request(
        self,
        person: PersonLike | TryOnRequest,
        *,
        top: ImageLike | None = None,
        bottom: ImageLike | None = None,
        dress: ImageLike | None = None,
        options: object = None,
    ) -> TryOnRequest:
        """Return a request for this provider.

        Args:
            person: photo of one person (path, URL, bytes, file object, Pillow image), a
                `LibraryModel`, or a finished request, which is returned as it is.
            top: garment for the upper body.
            bottom: garment for the lower body.
            dress: one-piece garment.
            options: the provider's options: an instance of its options class, or a mapping.

        Raises:
            UnknownOption: an option does not exist or has a wrong value.
            UnusableImage: a value is not an image at all.
        """
        if isinstance(person, TryOnRequest):
            return self._with_options(person)
        checked: object = make_options(self.info.options, options, provider=self.info.id)
        return TryOnRequest(person=person, top=top, bottom=bottom, dress=dress, options=checked)

    def validate(
        self,
        person: PersonLike | TryOnRequest,
        *,
        top: ImageLike | None = None,
        bottom: ImageLike | None = None,
        dress: ImageLike | None = None,
        options: object = None,
        fit: bool = False,
    ) -> tuple[Problem, ...]:
        """Return every problem that a submission would have; nothing is sent or fetched.

        Args:
            person: as for `request()`.
            top: as for `request()`.
            bottom: as for `request()`.
            dress: as for `request()`.
            options: as for `request()`.
            fit: local images are first made to fit, as `submit(fit=True)` would do.
        """
        request = self.request(person, top=top, bottom=bottom, dress=dress, options=options)
        return self._checked(request, fit=fit)[1]

    def submit(
        self,
        person: PersonLike | TryOnRequest,
        *,
        top: ImageLike | None = None,
        bottom: ImageLike | None = None,
        dress: ImageLike | None = None,
        options: object = None,
        fit: bool = False,
    ) -> Job:
        """Send one paid request and return the accepted job at once.

        Args:
            person: as for `request()`.
            top: as for `request()`.
            bottom: as for `request()`.
            dress: as for `request()`.
            options: as for `request()`.
            fit: make local images fit the provider's limits first (upright, resized, re-encoded);
                what was changed is logged.

        Raises:
            MissingCredential: a key is missing.
            ValidationFailed: every problem found, before anything was sent.
            OutcomeUnknown: the answer was lost; it may have been accepted and billed.
            NotSent: the request did not reach the vendor, even when repeated.
            TryOnError: the vendor refused; see its `fault`, `retry`, `billed` and `remedy`.
        """
        require_settings(self.info, self._settings)
        request = self.request(person, top=top, bottom=bottom, dress=dress, options=options)
        request = self._prepared(request, fit=fit)
        ctx = self._context(request=request, fingerprint=fingerprint(self.info.id, request))
        request = self._delivered(request, ctx)
        return submit_once(
            lambda: self._bound.submit(request, ctx),
            policy=self._submitting,
            clock=self._clock,
            fingerprint=ctx.fingerprint,
        )

    def poll(self, job: Job) -> JobUpdate:
        """Ask the vendor once where a job stands; a job that carries its result is finished.

        Raises:
            InputError: the job is of another provider.
            TryOnError: the question was refused or not answered; it carries the job.
        """
        if self._own(job).result is not None:
            return JobUpdate(state=JobState.SUCCEEDED, result=job.result)
        return self._bound.poll(job, self._context())

    def wait(
        self,
        job: Job,
        *,
        timeout_s: float | None = DEFAULT_TIMEOUT_S,
        on_update: OnUpdate | None = None,
    ) -> TryOnResult:
        """Wait for a job and fetch its images at once, before their addresses die.

        Whatever interrupts the wait, the job is not lost: the exception, `KeyboardInterrupt`
        included, carries it as `.job`.

        Args:
            job: what to wait for.
            timeout_s: seconds to wait, None for ever. The job goes on when the time is up.
            on_update: told of every answer of the vendor.

        Raises:
            PollTimeout: still running.
            JobFailed: the vendor says that it failed.
            JobCancelled: it was cancelled.
            JobExpired: the vendor no longer knows it.
            DownloadFailed: finished and paid, but not fetched; wait again to fetch again.
        """
        deadline_s = None if timeout_s is None else self._clock.monotonic() + timeout_s
        # The last question is asked at the deadline, so its answer comes after it.
        answer_s = self._transport.policy.read_timeout_s
        ctx = self._context(deadline_s=None if deadline_s is None else deadline_s + answer_s)
        with _keeping(self._own(job)):
            result = job.result or wait_for(
                job,
                lambda asked: self._bound.poll(asked, ctx),
                capabilities=self.info.capabilities,
                policy=self._polling,
                clock=self._clock,
                deadline_s=deadline_s,
                on_update=on_update or _ignore,
            )
            return fetch_result(
                job,
                result,
                self._transport,
                deadline_s=self._clock.monotonic() + DOWNLOAD_TIMEOUT_S,
                allow_private=self._is_own_service,
            )

    def try_on(
        self,
        person: PersonLike | TryOnRequest,
        *,
        top: ImageLike | None = None,
        bottom: ImageLike | None = None,
        dress: ImageLike | None = None,
        options: object = None,
        fit: bool = False,
        timeout_s: float | None = DEFAULT_TIMEOUT_S,
        on_update: OnUpdate | None = None,
    ) -> TryOnResult:
        """Put garments on a person: submit, wait, fetch.

        Args:
            person: as for `request()`.
            top: as for `request()`.
            bottom: as for `request()`.
            dress: as for `request()`.
            options: as for `request()`.
            fit: as for `submit()`.
            timeout_s: as for `wait()`.
            on_update: as for `wait()`.

        Raises:
            TryOnError: all that `submit()` and `wait()` raise; after acceptance with `.job`.
        """
        job = self.submit(person, top=top, bottom=bottom, dress=dress, options=options, fit=fit)
        return self.wait(job, timeout_s=timeout_s, on_update=on_update)

    def resume(
        self,
        token: str | Job,
        *,
        timeout_s: float | None = DEFAULT_TIMEOUT_S,
        on_update: OnUpdate | None = None,
    ) -> TryOnResult:
        """Go on with a job of another process: wait for it and fetch its images.

        Args:
            token: what `job.to_token()` gave, or the job.
            timeout_s: as for `wait()`.
            on_update: as for `wait()`.

        Raises:
            InputError: it is not a token, or the job is of another provider.
            TryOnError: all that `wait()` raises.
        """
        job = token if isinstance(token, Job) else Job.from_token(token)
        return self.wait(job, timeout_s=timeout_s, on_update=on_update)

    def cancel(self, job: Job) -> JobUpdate:
        """Ask the vendor to stop a job; return where it stands afterwards.

        Raises:
            CancelRefused: the vendor does not offer it, or the job is past that point.
        """
        if self._own(job).result is not None:
            raise CancelRefused(
                f"the job {job.id} is already finished.",
                provider=self.info.id,
                job=job,
                remedy="Fetch its result: resume it.",
            )
        return self._bound.cancel(job, self._context())

    def parse_garment(
        self,
        image: ImageLike | ParseRequest,
        categories: Category | Sequence[Category] = ("top",),
        *,
        options: object = None,
        fit: bool = False,
    ) -> tuple[GarmentRegion | None, ...]:
        """Find which garments a person wears.

        The images of the answer are fetched at once: `region.crop.source` can be given to
        `try_on()` as a garment.

        Args:
            image: photo of one person.
            categories: any of `top`, `bottom`, `dress`.
            options: the provider's options.
            fit: as for `submit()`. Boxes are in pixels of the photo as given all the same; the
                mask is of the size that was sent.

        Returns:
            One region per category, in the order asked; None where it is not worn.

        Raises:
            ValidationFailed: every problem found, parsing not being offered among them.
            TryOnError: the vendor refused, or did not answer.
        """
        require_settings(self.info, self._settings)
        if isinstance(image, ParseRequest):
            request = self._with_options(image)
        else:
            checked: object = make_options(self.info.options, options, provider=self.info.id)
            request = ParseRequest(image=image, categories=categories, options=checked)
        prepared = self._prepared(request, fit=fit)
        scale = scale_between(prepared.image, request.image)
        ctx = self._context(request=prepared)
        prepared = self._delivered(prepared, ctx)
        regions = self._bound.parse_garment(prepared, ctx)
        return tuple(region and self._fetched(region.scaled(scale)) for region in regions)

    def close(self) -> None:
        """Give back the connections. The client can be used again afterwards."""
        self._transport.close()

    def __enter__(self) -> "Client":  # noqa: PYI034  (Self needs Python 3.11)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self.info.id!r})"

    def _with_options(self, request: R) -> R:
        """Return a request that was made elsewhere, with this provider's options."""
        given = None if isinstance(request.options, NoOptions) else request.options
        checked: object = make_options(self.info.options, given, provider=self.info.id)
        return attrs.evolve(request, options=checked)

    def _delivered(self, request: R, ctx: CallContext) -> R:
        """Return the request with addresses for local images, when the provider wants those."""

        def publish(image: ImageSource) -> UrlSource:
            return self._published.get(
                image, request, lambda local: self._bound.publish_image(local, ctx)
            )

        return publish_local(request, self.info.capabilities_for(request), publish)

    def _prepared(self, request: R, *, fit: bool) -> R:
        """Return the request in a form that the provider takes, or raise every problem."""
        request = fetch_remote(request, self.info.capabilities_for(request), self._transport)
        request, problems = self._checked(request, fit=fit)
        errors = [problem for problem in problems if problem.severity == "error"]
        if errors:
            raise ValidationFailed(errors, provider=self.info.id)
        for problem in problems:
            self._note(f"{problem.field}: {problem.message}")
        return request

    def _checked(self, request: R, *, fit: bool) -> tuple[R, tuple[Problem, ...]]:
        """Return the request, fitted if asked, and all of its problems."""
        unfit: tuple[Problem, ...] = ()
        if fit:
            declared = self.info.capabilities_for(request)
            request, unfit = fit_images(request, declared, self._note)
        found = self._bound.validate_inputs(request, self._context(request=request, http=NoHttp()))
        # Fitting has looked at the whole picture, validation only at its header.
        known = {problem.field for problem in unfit}
        rest = tuple(problem for problem in found if problem.field not in known)
        return request, unfit + rest

    def _fetched(self, region: GarmentRegion) -> GarmentRegion:
        private = self._is_own_service
        try:
            mask = fetch_artifact(region.mask, self._transport, allow_private=private)
            crop = fetch_artifact(region.crop, self._transport, allow_private=private)
        except DownloadFailed as error:
            error.provider = self.info.id
            # There is no job to resume: the answer of a parsing is its only trace.
            error.remedy = "Parse the photo again; that may cost a second time."
            raise
        return attrs.evolve(region, mask=mask, crop=crop)

    @property
    def _is_own_service(self) -> bool | None:
        """Whether the provider's address was set to this machine or network, as with an emulator.

        Results then lie there too; None leaves the decision to the transport's policy.
        """
        base_url = self._settings.get(BASE_URL)
        return True if isinstance(base_url, str) and is_private_url(base_url) else None

    def _own(self, job: Job) -> Job:
        if job.provider != self.info.id:
            raise InputError(
                f"the job {job.id} is of the provider {job.provider!r}, not {self.info.id!r}.",
                remedy=f"Use Client({job.provider!r}).",
            )
        return job

    def _context(
        self,
        *,
        http: HttpClient | None = None,
        deadline_s: float | None = None,
        fingerprint: str | None = None,
        request: TryOnRequest | ParseRequest | None = None,
    ) -> CallContext:
        secrets = self._settings.secrets
        return CallContext(
            info=self.info,
            http=http
            or self._transport.client(
                provider=self.info.id, secrets=secrets, deadline_s=deadline_s
            ),
            settings=self._settings,
            clock=self._clock,
            deadline_s=deadline_s,
            fingerprint=fingerprint,
            request=request,
            logger=self._logger,
        )

    def _note(self, sentence: str) -> None:
        self._logger.warning(sentence)


def _load(provider: str | Provider, registry: Registry) -> LoadedProvider:
    if isinstance(provider, str):
        return registry.load(provider)
    return loaded_object(provider)


def _read(
    config: Path | str | Mapping[str, Mapping[str, Any]] | None,
) -> Mapping[str, Mapping[str, Any]]:
    if isinstance(config, Mapping):
        return config
    path = default_config_path() if config is None else Path(config)
    return {} if path is None else read_config(path)


def _ignore(update: JobUpdate) -> None:
    """Stand in for a callback that nobody gave."""


@contextlib.contextmanager
def _keeping(job: Job) -> Iterator[None]:
    """Attach the job to whatever is raised inside, so that paid work is never lost."""
    try:
        yield
    except TryOnError as error:
        error.job = error.job or job
        raise
    except BaseException as error:
        error.job = job  # type: ignore[attr-defined]
        raise
