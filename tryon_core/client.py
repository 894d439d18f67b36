"""The client: one provider, ready to use. A thin coordinator of the other modules."""

import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import attrs

from tryon_core.clock import Clock, SystemClock
from tryon_core.codec import make_options
from tryon_core.errors import (
    CancelRefused,
    InputError,
    JobCancelled,
    JobExpired,
    JobFailed,
    UnknownOption,
)
from tryon_core.fetching import fetch_result
from tryon_core.hookspecs import Provider
from tryon_core.installed import optional_package
from tryon_core.keeping import after_parsing, keep_worn
from tryon_core.kept_answers import KeptAnswers
from tryon_core.kept_parsings import RegionPart
from tryon_core.lost_answers import find_remembered
from tryon_core.models import (
    Balance,
    Category,
    GarmentRegion,
    ImageLike,
    Job,
    JobState,
    JobUpdate,
    Keepable,
    PaidParsing,
    ParseRequest,
    PersonLike,
    Problem,
    ProviderInfo,
    TryOnRequest,
)
from tryon_core.outfits import check_outfit, outfit_steps, try_on_outfit
from tryon_core.parsing import parse
from tryon_core.polling import JobTimes, PollPolicy
from tryon_core.preparing import check, prepare_submission, with_options
from tryon_core.registry import REGISTRY, Registry, loaded_object
from tryon_core.remembered import JobStore, RememberedJob, RememberedState, job_of
from tryon_core.results import TryOnResult
from tryon_core.session import Session, open_session
from tryon_core.settings import require_settings
from tryon_core.submitting import SubmitPolicy, submit_prepared
from tryon_core.transport import TransportPolicy
from tryon_core.waiting import OnUpdate, keeping, poll_job, wait_for

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from tryon_batch.items import BatchPolicy, Outcome

DEFAULT_TIMEOUT_S = 300.0
_ENDS: tuple[tuple[type, RememberedState], ...] = (
    (JobFailed, "failed"), (JobCancelled, "cancelled"), (JobExpired, "expired")
)  # fmt: skip


class Client:
    """One provider, ready to use; may be shared by threads.

    Args:
        provider: id of an installed provider, `id@distribution`, or a provider object.
        extensions: names of installed extensions, and objects with marked hooks, which see or
            change every call. They are added to those of the settings.
        config: configuration file, or its tables; None for the user's `tryon.toml`.
        transport: timeouts, size limits and retries of the network.
        polling: when to poll.
        submitting: when a submission may be repeated.
        clock: source of time.
        registry: where providers are looked up.
        remember: whether accepted jobs are kept on disk until they have expired, without secrets.
            None: yes, unless the variable `TRYON_REMEMBER_JOBS` is `0`. Images that a vendor
            without jobs returns in its answer are always kept for a day.
        **settings: the provider's settings, such as `api_key`; they win over the environment.

    Raises:
        UnknownProvider: no installed provider has that id.
        ProviderConflict: several distributions offer it.
        BrokenPlugin: the plugin, or an extension, cannot be used.
        SettingsError: a setting does not exist or cannot be read, or no extension has that name.
        MissingExtra: an extension comes with a distribution that is not installed.
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
        remember: bool | None = None,
        **settings: Any,
    ) -> None:
        clock = clock or SystemClock()
        self._jobs = JobStore.of_user(clock=clock, remember=remember)
        self._session = open_session(
            registry.load(provider) if isinstance(provider, str) else loaded_object(provider),
            extensions=extensions,
            config=config,
            transport=transport,
            clock=clock,
            settings=settings,
        )
        self._how: dict[str, Any] = {
            "extensions": extensions, "config": config, "transport": transport, "clock": clock,
            "registry": registry,
        }  # fmt: skip
        self._parsers: dict[str, Client] = {}
        # What other processes can open as well.
        self._origin = provider if isinstance(provider, str) else None
        self._polling = polling or PollPolicy()
        self._times = JobTimes(self.info.capabilities.typical_job_s)
        self._submitting = submitting or SubmitPolicy()

    @property
    def info(self) -> ProviderInfo:
        """The provider's declaration."""
        return self._session.info

    @property
    def session(self) -> Session:
        """The provider with its settings and connections, for the functions of the engine."""
        return self._session

    def request(
        self,
        person: PersonLike | TryOnRequest,
        *,
        top: ImageLike | None = None,
        bottom: ImageLike | None = None,
        dress: ImageLike | None = None,
        keep: Keepable | None = None,
        options: object = None,
    ) -> TryOnRequest:
        """Return a request for this provider.

        Args:
            person: photo of one person (path, URL, bytes, file object, Pillow image), a
                `LibraryModel`, or a finished request, which is returned as it is.
            top: garment for the upper body.
            bottom: garment for the lower body.
            dress: one-piece garment.
            keep: garment that stays as it is in the photo.
            options: the provider's options: an instance of its options class, or a mapping.

        Raises:
            UnknownOption: an option does not exist or has a wrong value.
            UnusableImage: a value is not an image at all.
        """
        if isinstance(person, TryOnRequest):
            return with_options(self.info, person)
        checked: object = make_options(self.info.options, options, provider=self.info.id)
        garments = {"top": top, "bottom": bottom, "dress": dress}
        return TryOnRequest(person=person, **garments, keep=keep, options=checked)

    def validate(
        self,
        person: PersonLike | TryOnRequest,
        *,
        top: ImageLike | None = None,
        bottom: ImageLike | None = None,
        dress: ImageLike | None = None,
        keep: Keepable | None = None,
        parser: "Client | str | None" = None,
        options: object = None,
        fit: bool = False,
        chain: bool = False,
    ) -> tuple[Problem, ...]:
        """Return every problem that a submission would have; nothing is sent or fetched.

        Args:
            person: as for `request()`.
            top: as for `request()`.
            bottom: as for `request()`.
            dress: as for `request()`.
            keep: as for `request()`; only a parsing shows whether the person wears it.
            parser: as for `submit()`.
            options: as for `request()`.
            fit: local images are first made to fit, as `submit(fit=True)` would do.
            chain: as for `try_on()`: the problems of both steps.
        """
        garments = {"top": top, "bottom": bottom, "dress": dress}
        request = self.request(person, **garments, keep=keep, options=options)
        steps = outfit_steps(self.info, request) if chain else ()
        if len(steps) > 1:
            return check_outfit(self._session, *steps, fit=fit)
        return check(self._session, request, fit=fit, parser=self._parser(parser).session)[1]

    def submit(
        self,
        person: PersonLike | TryOnRequest,
        *,
        top: ImageLike | None = None,
        bottom: ImageLike | None = None,
        dress: ImageLike | None = None,
        keep: Keepable | None = None,
        parser: "Client | str | None" = None,
        options: object = None,
        fit: bool = False,
    ) -> Job:
        """Send one paid request and return the accepted job at once.

        The job is on disk before this returns, see `remember`. If the answer is lost and the
        vendor can be asked what it accepted, it is asked for at most `SubmitPolicy.look_up_s`.

        Args:
            person: as for `request()`.
            top: as for `request()`.
            bottom: as for `request()`.
            dress: as for `request()`.
            keep: as for `request()`. A parsing finds it, which may cost money; its result is kept
                for a day. A provider that never changes other garments needs no parsing.
            parser: the provider that finds the garment to keep: a client, or the id of an installed
                provider; None for this one.
            options: as for `request()`.
            fit: make local images fit the provider's limits first (upright, resized, re-encoded);
                what was changed is logged.

        Raises:
            MissingCredential: a key is missing.
            ValidationFailed: every problem found, before anything was sent.
            InputError: the person does not wear the garment to keep; `billed` is that of the
                parsing.
            OutcomeUnknown: the answer was lost; the request may have been accepted and billed.
            NotSent: the request did not reach the vendor, even when repeated; or the vendor says
                that it did not accept it.
            TryOnError: the vendor refused; see its `fault`, `retry`, `billed` and `remedy`.
        """
        garments = {"top": top, "bottom": bottom, "dress": dress}
        request = self.request(person, **garments, keep=keep, options=options)
        return self._submit(request, parser=parser, fit=fit)[0]

    def poll(self, job: Job | str) -> JobUpdate:
        """Poll a job once; a job that already has its result is finished.

        Args:
            job: as for `resume()`.

        Raises:
            InputError: it is not a job, or the job is of another provider.
            TryOnError: the poll was refused or not answered; the error has the job.
        """
        job = self._checked_job(job)
        return self._with_end_noted(job, poll_job(self._session, job))

    def wait(
        self,
        job: Job | str,
        *,
        timeout_s: float | None = DEFAULT_TIMEOUT_S,
        on_update: OnUpdate | None = None,
        request: TryOnRequest | None = None,
    ) -> TryOnResult:
        """Wait for a job and fetch its images at once, before their addresses expire.

        If the wait is interrupted, the job is not lost: every exception, `KeyboardInterrupt`
        included, has it as `.job`.

        Args:
            job: what to wait for; as for `resume()`.
            timeout_s: seconds to wait, None without limit. The job continues when the time is up.
            on_update: called with every answer of the vendor.
            request: the submitted request, to compare the result with the photo of the person; see
                `TryOnResult.problems`.

        Raises:
            PollTimeout: still running.
            JobFailed: the vendor says that it failed.
            JobCancelled: it was cancelled.
            JobExpired: the vendor has forgotten it.
            AnswerLost: for minutes no poll had a usable answer; wait again later.
            SettingsError: another address or account accepted it, and it is not known here.
            DownloadFailed: finished and paid, but not fetched; wait again to fetch again.
        """
        job = self._checked_job(job)
        with keeping(job):
            _check_waiting(timeout_s, on_update)
        return self._wait(job, request, timeout_s=timeout_s, on_update=on_update)

    def try_on(
        self,
        person: PersonLike | TryOnRequest,
        *,
        top: ImageLike | None = None,
        bottom: ImageLike | None = None,
        dress: ImageLike | None = None,
        keep: Keepable | None = None,
        parser: "Client | str | None" = None,
        options: object = None,
        fit: bool = False,
        chain: bool = False,
        timeout_s: float | None = DEFAULT_TIMEOUT_S,
        on_update: OnUpdate | None = None,
    ) -> TryOnResult:
        """Put garments on a person: submit, wait, fetch.

        With `chain`, an equal call in any process continues an interrupted one, until the images
        are saved (`result.save()`) or a day is over.

        Args:
            person: as for `request()`.
            top: as for `request()`.
            bottom: as for `request()`.
            dress: as for `request()`.
            keep: as for `submit()`.
            parser: as for `submit()`.
            options: as for `request()`.
            fit: as for `submit()`.
            chain: if the vendor takes one garment at a time, put on a top and a bottom in two paid
                requests: the bottom, then the top on that image, which is made to fit. If the
                vendor takes both, one request is sent.
            timeout_s: as for `wait()`; for each of two steps.
            on_update: as for `wait()`.

        Raises:
            TryOnError: as `submit()` and `wait()`; after acceptance with `.job`.
        """
        _check_waiting(timeout_s, on_update)  # before anything is paid
        garments = {"top": top, "bottom": bottom, "dress": dress}
        request = self.request(person, **garments, keep=keep, options=options)
        steps = outfit_steps(self.info, request) if chain else ()
        if len(steps) > 1:
            return try_on_outfit(
                self._session,
                *steps,
                fit=fit,
                jobs=self._jobs,
                send=functools.partial(
                    submit_prepared, self._session, policy=self._submitting, jobs=self._jobs
                ),
                wait=functools.partial(self._wait, timeout_s=timeout_s, on_update=on_update),
            )
        job, parsings = self._submit(request, parser=parser, fit=fit)
        with after_parsing(parsings):
            return self._wait(job, request, timeout_s=timeout_s, on_update=on_update)

    def run_batch(
        self,
        requests: Iterable[TryOnRequest] | Mapping[str, TryOnRequest],
        *,
        out: Path | str | None = None,
        policy: "BatchPolicy | None" = None,
        executor: "Executor | None" = None,
        parser: "Client | str | None" = None,
    ) -> "Iterator[Outcome]":
        """Run many requests within the vendor's quota; yield the outcome of each.

        With `out`, the same call continues a run that was interrupted, and equal work
        of earlier runs is taken from disk.

        Args:
            requests: results of `request()`, by name; the names are those of the files, and must be
                the same when a run is resumed. Without names they are numbered from 00001.
            out: folder for the images and the journal; None returns the images in memory,
                and remembers the jobs as those of `submit()`.
            policy: settings of the run, such as what to send again.
            executor: runs the requests, None for threads; other processes get the same settings.
            parser: as for `submit()`, for requests with `keep`.

        Raises:
            BatchStopped: too many failures of one kind in a row.
            JournalBusy: another process works in that folder.
            MissingExtra: tryon-batch is not installed.
            InputError: a name has another request than before.
        """
        run_requests = optional_package("tryon_batch", "runs over many items").run_requests
        how: dict[str, Any] = {"policy": policy, "executor": executor, "origin": self._origin}
        how["jobs"] = self._jobs
        found = self._parser(parser)
        if found is not self:
            how |= {"parser": found.session, "parser_origin": found._origin}  # noqa: SLF001  (of this class)
        return cast("Iterator[Outcome]", run_requests(self._session, requests, out=out, **how))

    def resume(
        self,
        token: str | Job,
        *,
        timeout_s: float | None = DEFAULT_TIMEOUT_S,
        on_update: OnUpdate | None = None,
    ) -> TryOnResult:
        """Continue a job of another process: wait for it and fetch its images.

        Args:
            token: the result of `job.to_token()`, or the short id of a job that this user submitted
                on this machine (see `remembered_jobs()`), or the job. For the short id of a
                submission whose answer was lost, the vendor is first asked for the job.
            timeout_s: as for `wait()`.
            on_update: as for `wait()`.

        Raises:
            InputError: it is not a job, or the job is of another provider.
            NotSent: the answer of the submission was lost, and the vendor accepted nothing.
            OutcomeUnknown: it was lost, and the outcome is still unknown.
            TryOnError: as `wait()`.
        """
        return self.wait(token, timeout_s=timeout_s, on_update=on_update)

    def cancel(self, job: Job | str) -> JobUpdate:
        """Ask the vendor to stop a job; return its state afterwards.

        Args:
            job: as for `resume()`.

        Raises:
            CancelRefused: the vendor does not offer it, or it is too late for this job.
        """
        job = self._checked_job(job)
        if job.result is not None:
            raise CancelRefused(
                f"the job {job.id} is already finished.", job=job, remedy="Resume it instead."
            )
        return self._with_end_noted(job, self._session.bound.cancel(job, self._session.context()))

    def read_balance(self) -> Balance:
        """Ask the vendor what is left on the account.

        Raises:
            ConfigurationError: the vendor does not offer it, or the key is missing.
        """
        require_settings(self.info, self._session.settings)
        return self._session.bound.read_balance(self._session.context())

    def parse_garment(
        self,
        image: ImageLike | ParseRequest,
        categories: Category | Sequence[Category] = ("top",),
        *,
        options: object = None,
        fit: bool = False,
        need: Collection[RegionPart] = ("mask", "crop"),
    ) -> tuple[GarmentRegion | None, ...]:
        """Find which garments a person wears.

        The images of the answer are fetched at once; `region.crop.source` can be given to
        `try_on()` as a garment. Providers may need several calls for several categories. If a later
        call fails, `error.regions` has what was paid and found before.

        Args:
            image: photo of one person.
            categories: any of `top`, `bottom`, `dress`.
            options: the provider's options.
            fit: as for `submit()`. Boxes are always in pixels of the given photo; the mask has the
                size of the photo that was sent.
            need: images to fetch; the others have only an address, if the vendor gave one.

        Returns:
            One region per category, in the given order; None if it is not worn.

        Raises:
            ValidationFailed: every problem found, also that parsing is not offered.
            TryOnError: the vendor refused, or did not answer, or an image could not be fetched.
        """
        require_settings(self.info, self._session.settings)
        if isinstance(image, ParseRequest):
            request = with_options(self.info, image)
        else:
            checked: object = make_options(self.info.options, options, provider=self.info.id)
            request = ParseRequest(image=image, categories=categories, options=checked)
        found = parse(self._session, request, fit=fit, need=need, again=True)
        return tuple(found.regions[category] for category in request.categories)

    def close(self) -> None:
        """Close the connections. The client can be used again afterwards."""
        self._session.transport.close()
        for parser in self._parsers.values():
            parser.close()

    def __enter__(self) -> "Client":  # noqa: PYI034  (Self needs Python 3.11)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self.info.id!r})"

    def _parser(self, given: "Client | str | None") -> "Client":
        """Return the client of the provider that finds what is to be kept."""
        if given is None or given == self.info.id:
            return self
        if isinstance(given, Client):
            return given
        if given not in self._parsers:
            self._parsers[given] = Client(given, **self._how)
        return self._parsers[given]

    def _submit(
        self, request: TryOnRequest, *, parser: "Client | str | None", fit: bool
    ) -> tuple[Job, tuple[PaidParsing, ...]]:
        """Send a request; return its job, and the parsings that were paid for it."""
        by = self._parser(parser).session
        prepared = prepare_submission(self._session, request, fit=fit, parser=by)
        # Who calls again after a lost answer knows of it.
        prepared = keep_worn(self._session, prepared, fit=fit, parser=by, retry_unknown=True)
        with after_parsing(prepared.parsings):
            job = submit_prepared(self._session, prepared, policy=self._submitting, jobs=self._jobs)
        return job, prepared.parsings

    def _wait(
        self,
        job: Job,
        request: TryOnRequest | None,
        *,
        timeout_s: float | None,
        on_update: OnUpdate | None,
    ) -> TryOnResult:
        deadline_s = None if timeout_s is None else self._session.clock.monotonic() + timeout_s
        # The last poll is sent at the deadline, so its answer comes after it.
        answer_s = self._session.transport.policy.read_timeout_s
        ctx = self._session.context(
            deadline_s=None if deadline_s is None else deadline_s + answer_s
        )
        with keeping(job), self._noting_end(job):
            result = job.result or wait_for(
                job,
                lambda asked: self._session.bound.poll(asked, ctx),
                capabilities=self.info.capabilities,
                policy=self._polling,
                clock=self._session.clock,
                deadline_s=deadline_s,
                on_update=on_update or _ignore,
                note=self._session.note,
                settings=self._session.settings,
                times=self._times,
            )
            fetched = fetch_result(self._session, job, result, request)
        self._jobs.note(job, "fetched")
        # Not a method: results can be pickled, clients cannot.
        noted = functools.partial(_note_saved, self._jobs, self._session.answers)
        return attrs.evolve(fetched, on_saved=noted)

    def _with_end_noted(self, job: Job, update: JobUpdate) -> JobUpdate:
        if update.state is JobState.CANCELLED:
            self._jobs.note(job, "cancelled")
        elif update.state is JobState.FAILED:
            reason = update.failure.message if update.failure else ""
            self._jobs.note(job, "failed", message=reason)
        return update

    @contextmanager
    def _noting_end(self, job: Job) -> Iterator[None]:
        try:
            yield
        except (JobFailed, JobCancelled, JobExpired) as error:
            state = next(state for kind, state in _ENDS if isinstance(error, kind))
            self._jobs.note(job, state, message=error.message)
            raise

    def _checked_job(self, given: Job | str) -> Job:
        found = job_of(given, self._jobs)
        if found.provider != self.info.id:
            raise InputError(
                f"the job {found.id} is of the provider {found.provider!r}, not {self.info.id!r}.",
                remedy=f"Use Client({found.provider!r}).",
            )
        if isinstance(found, RememberedJob):
            require_settings(self.info, self._session.settings)
            return find_remembered(self._session, found, jobs=self._jobs)
        job = found
        if job.result is None:  # else nobody is asked for it
            with keeping(job):
                require_settings(self.info, self._session.settings)
        return job


def _note_saved(jobs: JobStore, answers: KeptAnswers, job: Job, paths: Sequence[Path]) -> None:
    jobs.saved(job, paths)
    answers.saved(job)


def _check_waiting(timeout_s: object, on_update: object) -> None:
    is_time = isinstance(timeout_s, (int, float)) and timeout_s >= 0
    if timeout_s is not None and not is_time:
        raise UnknownOption(
            f"timeout_s is {timeout_s!r}, which is no number of seconds from 0 on.",
            remedy="Give a number, or None to wait for ever.",
        )
    if on_update is not None and not callable(on_update):
        raise UnknownOption(
            f"on_update is {type(on_update).__name__}, which cannot be called.",
            remedy="Give a function that takes a JobUpdate.",
        )


def _ignore(update: JobUpdate) -> None:
    """Do nothing: no callback was given."""
