"""The client: one provider, ready to use. A thin coordinator of the other modules."""

import functools
import importlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
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
    MissingExtra,
    UnknownOption,
)
from tryon_core.fetching import fetch_result
from tryon_core.hookspecs import Provider
from tryon_core.installed import install_command
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
            change every call. Those that the settings have in use come before them.
        config: configuration file, or its tables; None for the user's `tryon.toml`.
        transport: time-outs, caps and retries of the network.
        polling: when to ask again.
        submitting: when a submission may be repeated.
        clock: source of time.
        registry: where providers are looked up.
        remember: whether accepted jobs are kept on disk until they have expired, without secrets;
            None leaves it to the variable `TRYON_REMEMBER_JOBS`, which says yes unless it is `0`.
            Images that a vendor without jobs gives in its answer are kept for a day in any case:
            the token of such a job leads to them.
        **settings: the provider's settings, such as `api_key`; they win over the environment.

    Raises:
        UnknownProvider: nothing installed has that id.
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
        """What its calls share; for runs over the items of several clients."""
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
            keep: garment that the person goes on wearing as it is in the photo.
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
            keep: as for `request()`; whether it is worn, only the paid parsing finds out.
            parser: as for `submit()`.
            options: as for `request()`.
            fit: local images are first made to fit, as `submit(fit=True)` would do.
            chain: as for `try_on()`: the problems of both steps.
        """
        garments = {"top": top, "bottom": bottom, "dress": dress}
        request = self.request(person, **garments, keep=keep, options=options)
        if chain and len(outfit_steps(self.info, request)) > 1:
            return check_outfit(self._session, request, fit=fit)
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

        The job is on disk before this returns, see `remember`. Where the answer is lost and the
        vendor can be asked what it accepted, that is done for `SubmitPolicy.look_up_s`.

        Args:
            person: as for `request()`.
            top: as for `request()`.
            bottom: as for `request()`.
            dress: as for `request()`.
            keep: as for `request()`. It is found by a parsing, which may cost money, and whose
                result is kept for a day. A provider that leaves alone what is not named needs none.
            parser: the provider that finds it: a client, or the id of an installed provider; None
                for this one.
            options: as for `request()`.
            fit: make local images fit the provider's limits first (upright, resized, re-encoded);
                what was changed is logged.

        Raises:
            MissingCredential: a key is missing.
            ValidationFailed: every problem found, before anything was sent.
            InputError: what is to be kept is not worn; `billed` is that of the parsing.
            OutcomeUnknown: the answer was lost; it may have been accepted and billed.
            NotSent: the request did not reach the vendor, even when repeated; or the vendor says
                that it did not accept it.
            TryOnError: the vendor refused; see its `fault`, `retry`, `billed` and `remedy`.
        """
        garments = {"top": top, "bottom": bottom, "dress": dress}
        request = self.request(person, **garments, keep=keep, options=options)
        return self._submit(request, parser=parser, fit=fit)[0]

    def poll(self, job: Job | str) -> JobUpdate:
        """Poll a job once; a job that carries its result is finished.

        Args:
            job: as for `resume()`.

        Raises:
            InputError: it is no job, or the job is of another provider.
            TryOnError: the poll was refused or not answered; it carries the job.
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
        """Wait for a job and fetch its images at once, before their addresses die.

        Whatever interrupts the wait, the job is not lost: the exception, `KeyboardInterrupt`
        included, carries it as `.job`.

        Args:
            job: what to wait for; as for `resume()`.
            timeout_s: seconds to wait, None for ever. The job goes on when the time is up.
            on_update: called with every answer of the vendor.
            request: what was submitted, so that the result can be compared with the photo of the
                person; see `TryOnResult.problems`.

        Raises:
            PollTimeout: still running.
            JobFailed: the vendor says that it failed.
            JobCancelled: it was cancelled.
            JobExpired: the vendor has forgotten it.
            AnswerLost: only answers without use came, for minutes; wait again later.
            SettingsError: another address or account accepted it, and the vendor denies it here.
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

        With `chain`, an equal call goes on with what an earlier one left, in this process or
        another one, until the images are saved (`result.save()`) or a day is over.

        Args:
            person: as for `request()`.
            top: as for `request()`.
            bottom: as for `request()`.
            dress: as for `request()`.
            keep: as for `submit()`.
            parser: as for `submit()`.
            options: as for `request()`.
            fit: as for `submit()`.
            chain: put a top and a bottom on in two requests, each of which costs, where the vendor
                takes one garment at a time: the bottom, and the top on the image of that, which is
                made to fit. Where it takes both, one request is sent.
            timeout_s: as for `wait()`; for each of two steps.
            on_update: as for `wait()`.

        Raises:
            TryOnError: all that `submit()` and `wait()` raise; after acceptance with `.job`.
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
        """Work on many requests within the vendor's quota; yield what became of each.

        With `out`, however the process ends, the same call goes on where it stopped, and equal work
        of earlier runs is taken from disk.

        Args:
            requests: what `request()` gave, by names for the files, the same when a run is resumed;
                without names they are numbered from 00001.
            out: folder for the images and the journal; None hands the images over in memory,
                and remembers the jobs as those of `submit()`.
            policy: how to go about it, such as what to send again.
            executor: does the requests, None for threads; other processes get the same settings.
            parser: as for `submit()`, for requests that keep something.

        Raises:
            BatchStopped: so many failures of one kind came in a row that going on makes no sense.
            JournalBusy: another process works in that folder.
            MissingExtra: tryon-batch is not installed.
            InputError: a name asks for something else than before.
        """
        run_requests = _runner()
        how: dict[str, Any] = {"policy": policy, "executor": executor, "origin": self._origin}
        how["jobs"] = self._jobs
        found = self._parser(parser)
        if found is not self:
            how |= {"parser": found.session, "parser_origin": found._origin}  # noqa: SLF001  (of this class)
        return run_requests(self._session, requests, out=out, **how)

    def resume(
        self,
        token: str | Job,
        *,
        timeout_s: float | None = DEFAULT_TIMEOUT_S,
        on_update: OnUpdate | None = None,
    ) -> TryOnResult:
        """Go on with a job of another process: wait for it and fetch its images.

        Args:
            token: what `job.to_token()` gave, or the short id of a job that this user submitted
                on this machine (see `remembered_jobs()`), or the job. A short id may be that of a
                submission whose answer was lost: then the vendor is asked for its job first.
            timeout_s: as for `wait()`.
            on_update: as for `wait()`.

        Raises:
            InputError: it is no job, or the job is of another provider.
            NotSent: the answer of the submission was lost, and the vendor accepted nothing.
            OutcomeUnknown: it was lost, and it is still not known what became of it.
            TryOnError: all that `wait()` raises.
        """
        return self.wait(token, timeout_s=timeout_s, on_update=on_update)

    def cancel(self, job: Job | str) -> JobUpdate:
        """Ask the vendor to stop a job; return its state afterwards.

        Args:
            job: as for `resume()`.

        Raises:
            CancelRefused: the vendor does not offer it, or the job is past that point.
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

        The images of the answer are fetched at once: `region.crop.source` can be given to
        `try_on()` as a garment. Providers may need several calls for several categories; what was
        paid and found before an error is on its `regions`.

        Args:
            image: photo of one person.
            categories: any of `top`, `bottom`, `dress`.
            options: the provider's options.
            fit: as for `submit()`. Boxes are in pixels of the photo as given all the same; the
                mask is of the size that was sent.
            need: images to fetch; of the others there is the address, as far as the vendor gave
                one.

        Returns:
            One region per category, in the order asked; None where it is not worn.

        Raises:
            ValidationFailed: every problem found, parsing not being offered among them.
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
        """Give back the connections. The client can be used again afterwards."""
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


def _runner() -> "Callable[..., Iterator[Outcome]]":
    try:
        runner = importlib.import_module("tryon_batch")
    except ModuleNotFoundError as error:
        if error.name != "tryon_batch":
            raise
        raise MissingExtra(
            "runs over many items come with tryon-batch, which is not installed.",
            remedy=f"Install it with: {install_command('tryon-batch')}",
        ) from None
    return cast("Callable[..., Iterator[Outcome]]", runner.run_requests)


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
