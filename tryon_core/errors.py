"""Every error that the library raises: one base, three levels, each with four answers."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from tryon_core.text import one_line

if TYPE_CHECKING:
    from tryon_core.models import Attempt, GarmentRegion, Job, JobUpdate, PaidParsing, Problem

Fault: TypeAlias = Literal["input", "account", "limit", "vendor", "network", "unknown"]
Retry: TypeAlias = Literal["no", "later", "after_change", "never_automatically"]
Billed: TypeAlias = Literal["no", "yes", "unknown"]


def _rebuild(cls: "type[TryOnError]", args: tuple[Any, ...], state: dict[str, Any]) -> "TryOnError":
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class TryOnError(Exception):
    """Base of all errors of the library.

    Every error answers four questions: whose fault it is (`fault`), whether to try again
    (`retry`), whether it was paid for (`billed`), and what to do (`remedy`). Class attributes give
    a family's usual answers; a plugin that knows better passes its own. All texts are one line that
    can be printed: control characters in a vendor's words become their escapes.

    Args:
        message: the culprit and the offending value, as a sentence.
        provider: id of the provider concerned.
        job: the accepted job, on every error raised after a submission was accepted.
        request_id: the vendor's id of the call, for its support desk.
        vendor_code: the vendor's own error code.
        http_status: status of the answer.
        retry_after_s: seconds that the vendor asked us to wait.
        fault: whose fault it is.
        retry: whether the same call may succeed.
        billed: whether money was spent.
        remedy: what to do, as a sentence.

    Attributes:
        says_billed: whether `billed` was given, by a plugin that knows; else it is the usual answer
            of the class.
        regions: what a parsing found before it failed, by category, None for what is not worn. Set
            by the core; a hook sets it when only a part of an answer can be used.
        attempt: the paid request whose outcome is not known, as it was noted before it was sent.
            Set by the core.
        parsings: the calls of a parsing that were paid before a try-on failed, or may have been.
            Set by the core.
    """

    fault: Fault = "unknown"
    retry: Retry = "no"
    billed: Billed = "no"
    remedy: str = ""
    regions: "Mapping[Any, GarmentRegion | None]" = MappingProxyType({})
    attempt: "Attempt | None" = None
    parsings: "Sequence[PaidParsing]" = ()

    def __init__(
        self,
        message: str,
        *,
        provider: str | None = None,
        job: "Job | None" = None,
        request_id: str | None = None,
        vendor_code: str | None = None,
        http_status: int | None = None,
        retry_after_s: float | None = None,
        fault: Fault | None = None,
        retry: Retry | None = None,
        billed: Billed | None = None,
        remedy: str | None = None,
    ) -> None:
        self.reword(one_line(message))
        self.provider = provider
        self.job = job
        self.request_id: str | None = request_id and one_line(request_id)
        self.vendor_code: str | None = vendor_code and one_line(vendor_code)
        self.http_status = http_status
        self.retry_after_s = retry_after_s
        self.fault = fault or type(self).fault
        self.retry = retry or type(self).retry
        self.billed = billed or type(self).billed
        self.says_billed: bool = billed is not None
        self.remedy = type(self).remedy if remedy is None else one_line(remedy)

    def reword(self, message: str) -> None:
        """Replace the message by one that is safe to print as it is."""
        self.args: tuple[Any, ...] = (message,)
        self.message = message

    def ask_to_wait(self, seconds: float | None) -> None:
        """Note the seconds that the vendor asks to wait, None when it does not say."""
        self.retry_after_s = seconds

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed later without any change."""
        return self.retry == "later"

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__.copy())


# Input: what the caller gave cannot be used.


class InputError(TryOnError):
    """The caller's input cannot be used; nothing was paid."""

    fault: Fault = "input"
    retry: Retry = "after_change"


class ValidationFailed(InputError):
    """Validation found problems; nothing was sent.

    Attributes:
        problems: all of them, in the order in which they were found.
    """

    def __init__(self, problems: "Sequence[Problem]", **answers: Any) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        lines = [f"{problem.field}: {problem.message}" for problem in self.problems]
        head = lines[0] if len(lines) == 1 else f"{len(lines)} problems. " + " | ".join(lines)
        super().__init__(head, **answers)


class UnusableImage(InputError):
    """An image is missing, empty, broken or too large to be opened safely.

    Attributes:
        field: which input is meant, such as `person` or `top`.
        reason: what is wrong with it, without the field.
        code: short stable word for the reason, such as `truncated`.
    """

    def __init__(self, message: str, *, field: str = "image", code: str, **answers: Any) -> None:
        self.field = field
        self.reason = message
        self.code = code
        super().__init__(f"{field}: {message}", **answers)


class UnknownOption(InputError):
    """An option, category or argument that does not exist or has a wrong value."""


class InputRefused(InputError):
    """The vendor looked at the input and refused it; nothing was billed."""


class OutputError(InputError):
    """A result cannot be written where the caller asked for it; the result itself is not lost."""

    remedy: str = "Choose another place for the output."


# Configuration: this machine is not set up for the call.


class ConfigurationError(TryOnError):
    """A plugin, key or setting on this machine is missing or wrong; nothing was sent."""

    fault: Fault = "account"
    retry: Retry = "after_change"


class UnknownProvider(ConfigurationError):
    """No installed plugin has that id."""


class ProviderConflict(ConfigurationError):
    """Two installed distributions offer the same provider id."""


class BrokenPlugin(ConfigurationError):
    """An installed plugin cannot be imported or does not implement the hooks."""

    fault: Fault = "vendor"
    remedy: str = "Upgrade or uninstall that distribution, or tell its author."


class MissingCredential(ConfigurationError):
    """A key that the provider needs is nowhere to be found."""


class SettingsError(ConfigurationError):
    """A setting or the configuration file cannot be used."""


class MissingExtra(ConfigurationError):
    """A feature needs an optional dependency that is not installed."""


class JournalBusy(ConfigurationError):
    """Another process works on the same journal."""


class ServiceMoved(ConfigurationError):
    """A call was answered with a redirect, which is not followed: nothing was accepted.

    Attributes:
        target: where the answer points to, without its query; None when it names nothing.
    """

    def __init__(self, message: str, *, target: str | None = None, **answers: Any) -> None:
        self.target = target
        super().__init__(message, **answers)


# Account and limits: the vendor will not serve this account, or not now.


class AccountError(TryOnError):
    """The vendor refuses this account; nothing was billed."""

    fault: Fault = "account"
    retry: Retry = "after_change"


class AuthenticationFailed(AccountError):
    """The vendor does not accept the key."""

    remedy: str = "Check that the key is whole, still valid, and made for this service."


class CreditsExhausted(AccountError):
    """The account has no credits or quota left."""

    remedy: str = "Add credits to the account, or wait until its quota is renewed."


class AccessDenied(AccountError):
    """The key is valid but may not use this model or feature."""

    remedy: str = "Have the feature enabled for this account, or use another one."


class LimitError(TryOnError):
    """The vendor asks for fewer or later calls; nothing was billed."""

    fault: Fault = "limit"
    retry: Retry = "later"
    remedy: str = "Wait before the next call, or make fewer calls at once."

    def __init__(self, message: str, **answers: Any) -> None:
        super().__init__(message, **answers)
        self.ask_to_wait(self.retry_after_s)

    def ask_to_wait(self, seconds: float | None) -> None:
        """Note the seconds that the vendor asks to wait, in the remedy too if it is the usual."""
        super().ask_to_wait(seconds)
        if seconds and self.remedy == type(self).remedy:
            self.remedy = f"Wait {seconds:g} s before the next call."


class RateLimited(LimitError):
    """Too many calls in too short a time."""


# Vendor: the service did not do what its documents say.


class VendorError(TryOnError):
    """The fault lies with the vendor's service.

    Attributes:
        body: beginning of the answer that was not understood, keys masked; None when there was none
            or it was understood.
    """

    fault: Fault = "vendor"
    retry: Retry = "later"
    body: str | None = None


class VendorUnavailable(VendorError):
    """The service answered that it cannot serve now.

    In answer to a submission that is billed `unknown`, unless the plugin says otherwise or the
    status is 4xx: the work may have begun.
    """

    remedy: str = "Try again later."


class UnexpectedResponse(VendorError):
    """The service answered something that its contract does not allow.

    The message names the path inside the answer, such as `response.output.task_id`. With a status
    of 500 and above it is an outage, which is no fault of the plugin and passes.
    """

    retry: Retry = "no"
    remedy: str = "Look for a newer version of the plugin, or report this to its author."

    def __init__(self, message: str, **answers: Any) -> None:
        if (answers.get("http_status") or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR:
            outage = VendorUnavailable
            given = {name: answer for name, answer in answers.items() if answer is not None}
            answers = {"retry": outage.retry, "remedy": outage.remedy} | given
        super().__init__(message, **answers)


class ProviderBug(VendorError):
    """A plugin raised something else than a `TryOnError`, or returned a wrong type.

    Attributes:
        hook: the hook that failed.
        version: distribution and version of the plugin, such as `tryon-acme 1.2`.
    """

    retry: Retry = "never_automatically"

    def __init__(self, message: str, *, hook: str, version: str, **answers: Any) -> None:
        self.hook = hook
        self.version = version
        super().__init__(message, **answers)


# Network: requests that did not arrive, or whose answers did not.


class NetworkError(TryOnError):
    """The network failed between us and the service."""

    fault: Fault = "network"
    retry: Retry = "later"


class NotSent(NetworkError):
    """The request certainly did not reach the service (DNS, refused connection, TLS, ...).

    Or its answer was lost, and the service says that it accepted nothing.
    """

    remedy: str = "Check the connection and the address; nothing was sent, so trying again is safe."


class AnswerLost(NetworkError):
    """A call that is safe to repeat got no usable answer, even after retries.

    While a job is waited for it means that polls got none for minutes: see `PollPolicy`.
    """

    remedy: str = "Try again later; asking costs nothing."


class OutcomeUnknown(NetworkError):
    """A paid request may have been accepted: its answer was lost.

    Attributes:
        fingerprint: identifies the work, so that a journal can block a silent second submission.
    """

    retry: Retry = "never_automatically"
    billed: Billed = "unknown"
    remedy: str = (
        "Look at the vendor's dashboard before you submit the same work again: "
        "it may already be running and billed."
    )

    def __init__(self, message: str, *, fingerprint: str | None = None, **answers: Any) -> None:
        self.fingerprint = fingerprint
        super().__init__(message, **answers)


class DownloadFailed(NetworkError):
    """A finished result could not be fetched or is not an image; fetching again costs nothing.

    Attributes:
        change: what has to be changed on this machine first, empty when nothing is known.
    """

    billed: Billed = "yes"
    remedy: str = "Resume the job to fetch it again; nothing is submitted or paid a second time."

    def __init__(self, message: str, *, change: str = "", **answers: Any) -> None:
        super().__init__(message, **answers)
        self.change = change
        if change and answers.get("remedy") is None:
            self.remedy = f"{change} Then: {self.remedy}"


# Jobs: what became of accepted work.


class JobError(TryOnError):
    """An accepted job did not give a result; unless the vendor says so, it may have been billed."""

    billed: Billed = "unknown"


class JobFailed(JobError):
    """The vendor reports that the job failed.

    Attributes:
        failure: the vendor's words, as `Failure`, on `JobUpdate.failure`.
    """

    def __init__(self, message: str, *, failure: Any = None, **answers: Any) -> None:
        self.failure = failure
        super().__init__(message, **answers)


class JobCancelled(JobError):
    """The job was cancelled."""

    remedy: str = "Submit the work again if it is still wanted."


class JobExpired(JobError):
    """The time is past until which the vendor keeps the job or its images, or it says so."""

    remedy: str = (
        "The result can no longer be fetched; submit the work again if it is still wanted."
    )


class CancelRefused(JobError):
    """The job cannot be cancelled: the vendor offers it not, or the job is past that point."""

    remedy: str = "The job goes on, or is finished, and may be billed: resume it."


class PollTimeout(JobError):
    """The job was still running when the time was up; it goes on at the vendor.

    Attributes:
        last_update: what the vendor said last, None when it never answered.
    """

    fault: Fault = "network"
    retry: Retry = "later"
    remedy: str = "The job is not lost: resume it later."

    def __init__(
        self, message: str, *, last_update: "JobUpdate | None" = None, **answers: Any
    ) -> None:
        self.last_update = last_update
        super().__init__(message, **answers)


# Runs: many jobs at once.


class BatchStopped(TryOnError):
    """A run over many items ended early, because going on made no sense; it can be resumed.

    Attributes:
        cause: the failure that kept coming, or that would have met every item.
    """

    remedy: str = "Fix the cause, then resume the run; it goes on where it stopped."

    def __init__(self, message: str, *, cause: TryOnError, **answers: Any) -> None:
        self.cause = cause
        own = {"fault": cause.fault, "retry": cause.retry, "provider": cause.provider}
        super().__init__(message, **{**own, **answers})


# Money: what an error of a submission means for sending it again.


def may_repeat(error: TryOnError) -> bool:
    """Return whether a submission that ended with an error may be sent again by itself.

    Only two outcomes allow it: the request certainly did not reach the vendor, or the vendor
    refused it for coming too fast. An error that says otherwise itself, or that carries a job, is
    never repeated.
    """
    is_unbegun = isinstance(error, (NotSent, RateLimited)) and error.job is None
    return is_unbegun and error.billed == "no" and error.retryable


def is_outcome_open(error: TryOnError) -> bool:
    """Return whether a submission that ended with an error may run, and nobody knows its job."""
    return error.job is None and error.billed == "unknown"


# As plain values, for a journal, a list or `--json`.


def describe_error(error: TryOnError) -> dict[str, Any]:
    """Return what an error tells as values that JSON has; `body` only where there is one."""
    body = getattr(error, "body", None)
    return {
        "type": type(error).__name__,
        "message": error.message,
        "remedy": error.remedy,
        "fault": error.fault,
        "retry": error.retry,
        "billed": error.billed,
        "vendor_code": error.vendor_code,
        "request_id": error.request_id,
        **({} if body is None else {"body": body}),
    }
