"""The hooks: this file is the reference for plugin authors.

A provider is an object with an `info` (`ProviderInfo`) and methods marked with `hookimpl` that
have the names and arguments below. Hooks decide, the core does: a hook makes the vendor's request
through `ctx.http` and maps the answer. It never sleeps, loops, retries, polls or reads the
environment.
"""

from collections.abc import Sequence
from typing import Protocol

import pluggy

from tryon_core.context import CallContext
from tryon_core.models import (
    Attempt,
    Balance,
    Found,
    GarmentRegion,
    ImageSource,
    Job,
    JobUpdate,
    NotAccepted,
    ParseRequest,
    Problem,
    ProviderInfo,
    TryOnRequest,
    Undecided,
    UrlSource,
)
from tryon_core.results import TryOnResult

PROJECT = "tryon"
hookspec: pluggy.HookspecMarker = pluggy.HookspecMarker(PROJECT)
hookimpl: pluggy.HookimplMarker = pluggy.HookimplMarker(PROJECT)


class RequiredHooks(Protocol):
    """The hooks that every provider implements."""

    @hookspec
    def validate_inputs(
        self, request: TryOnRequest | ParseRequest, ctx: CallContext
    ) -> Sequence[Problem]:
        """Return what the vendor would refuse, beyond the limits declared as data.

        Called before anything is sent, and by `Client.validate()`, for try-on and for parsing.
        The answers of all implementers are collected: the core's own checks of the declared
        limits, extensions and the provider. Pure: no network, no state, same answer every time,
        whatever the order of calls. It never raises; it returns every problem at once.

        Args:
            request: a try-on or a parse request; its options are an instance of `info.options`.
                A parse request has the same options, most of which mean nothing to it.
            ctx: the call's context; `ctx.http` must not be used here.

        Returns:
            Problems, empty when there are none; never None.
        """
        ...

    @hookspec(firstresult=True)
    def submit(self, request: TryOnRequest, ctx: CallContext) -> Job:
        """Send one paid request, exactly once, and return the accepted job.

        Called once per paid attempt, after validation found nothing. Images come in a form that
        `info.capabilities.delivery` accepts. Vendors that would answer synchronously are asked
        for a job id where they offer it; where they do not, the job carries its result, and
        the core keeps images in it on disk for a day.

        A vendor that takes an id of the caller's own gets `ctx.attempt.key`, which is on disk
        already: by it `find_submission` finds the job when the answer is lost.

        Returns:
            `ctx.new_job(...)`; never None.

        Raises:
            TryOnError: the vendor refused; one of its subclasses, chosen by the vendor's code
                first and by HTTP status last. Network errors come out of `ctx.http` by themselves.
        """
        ...

    @hookspec(firstresult=True)
    def poll(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Ask once for the state of a job.

        Called once per poll, maybe in another process than `submit`, maybe with another key or at
        another address, maybe after the vendor has forgotten the job. A failed job is an answer
        (`JobState.FAILED` with a `Failure`), not an exception. A job that the vendor does not know
        is `JobState.NOT_FOUND`, and a status that the plugin does not know is `JobState.UNKNOWN`,
        never `RUNNING`. The core judges: no such answer and no error ends a job by itself.

        Returns:
            One update; never None.

        Raises:
            TryOnError: the poll itself was refused or not answered.
            JobExpired: the vendor says in so many words that the job has expired.
        """
        ...


class OptionalHooks(Protocol):
    """Hooks that have a default in the core."""

    @hookspec(firstresult=True)
    def parse_garment(
        self, request: ParseRequest, ctx: CallContext
    ) -> Sequence[GarmentRegion | None]:
        """Find which garments a person wears.

        Called when the caller asks for it. A provider that declares `parse_categories` implements
        it; one without parsing leaves it out.
        Default: refuses, because the provider does not offer it.

        Returns:
            One region or None (not worn) per category, in the order of `request.categories`.

        Raises:
            TryOnError: the vendor refused.
        """
        ...

    @hookspec(firstresult=True)
    def cancel(self, job: Job, ctx: CallContext) -> JobUpdate:
        """Ask the vendor to stop a job.

        Default: raises `CancelRefused`, because the provider does not offer it.

        Returns:
            The job's state afterwards. When it has succeeded or failed, the core raises
            `CancelRefused`.

        Raises:
            CancelRefused: too late, or not offered.
        """
        ...

    @hookspec(firstresult=True)
    def read_balance(self, ctx: CallContext) -> Balance:
        """Ask what is left on the account; this is free.

        Default: raises `ConfigurationError`, because the provider does not offer it.

        Returns:
            The balance in the vendor's own unit.

        Raises:
            TryOnError: the vendor refused.
        """
        ...

    @hookspec(firstresult=True)
    def publish_image(self, image: ImageSource, ctx: CallContext) -> UrlSource:
        """Give a local image an address that the vendor can read.

        Called for each local image when the provider takes addresses only, before `submit` and
        `parse_garment`. `ctx.request` is the request that the image belongs to, for vendors that
        bind an upload to a model. An upload costs nothing: send it with `idempotent=True`.
        Extensions may implement it, for example with a bucket of your own.
        Default: refuses, and names what to do.

        Returns:
            The address; it may use the vendor's own scheme. With `expires_at` the core uses it
            again for the same image and equal options, until an hour before that time.

        Raises:
            InputError: no plugin can publish the image.
        """
        ...

    @hookspec(firstresult=True)
    def find_submission(
        self, attempt: Attempt, ctx: CallContext
    ) -> Found | NotAccepted | Undecided:
        """Look once for the job of a paid request whose answer was lost; this is free.

        Called some seconds apart after a lost answer, and again whenever somebody asks, perhaps in
        another process and days later. All that is known of the request is in `attempt`. A
        provider that implements it declares `look_up`, and only then it is called.

        Only what is certain counts, since a wrong job would hand over the photo of somebody else:
        an id of our own that the vendor gives back, or the address of a file that was uploaded for
        this request alone. A job that fits and may be another one is a candidate of `Undecided`;
        those of `ctx.known_jobs` are not. The core takes `NotAccepted` only when the time is past
        that `look_up` says, and when the clocks agree.

        Default: `Undecided`, because the provider does not offer it.

        Returns:
            `Found(ctx.new_job(...))`, `NotAccepted()` or `Undecided(...)`; never None.

        Raises:
            TryOnError: the vendor refused, or did not answer; then nothing is known.
        """
        ...

    @hookspec
    def check_result(self, result: TryOnResult, ctx: CallContext) -> Sequence[Problem] | None:
        """Return what makes a result doubtful.

        Called once for each result, when somebody reads `result.problems` first: a program, the
        command line or a run; as soon as it is fetched where an extension has a wrapper of this
        hook, which so sees each result. Each implementer is called by itself, within all wrappers:
        the core's own judge, extensions and the provider. What one raises is logged, and the others
        are asked all the same: the result is paid for, and nothing may lose it. A judge is pure: no
        network (one that asks a service brings its own), no state, same answer every time.

        Default: an image that does not decode, has one colour all over, is the unchanged photo of
        the person, or has another size or shape than `info.size_of` says.

        Args:
            result: the images, fetched; its own `problems` are None.
            ctx: the call's context; `ctx.request` is None when the job is of another process.

        Returns:
            Problems, empty when there are none. One of severity `error` makes the result doubtful.
            None says nothing; a result of which all say nothing is not judged.
        """
        ...


class Provider(RequiredHooks, Protocol):
    """What a plugin's entry point gives: the required hooks and a declaration."""

    @property
    def info(self) -> ProviderInfo:
        """The provider's declaration."""
        ...


REQUIRED_HOOKS = ("validate_inputs", "submit", "poll")
OPTIONAL_HOOKS = (
    "parse_garment",
    "cancel",
    "read_balance",
    "publish_image",
    "find_submission",
    "check_result",
)
