"""Checks of errors: codes come out as declared, and nothing is paid twice."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any

import attrs
import pytest

from tryon_core.answers import settle
from tryon_core.errors import (
    AnswerLost,
    InputError,
    LimitError,
    OutcomeUnknown,
    TryOnError,
    VendorUnavailable,
    may_repeat,
)
from tryon_core.models import ErrorCode, Job, JobState
from tryon_testing.checks.base import ProviderUnderTest, fail, require, require_no_bug, since
from tryon_testing.harness import SHORT_PAUSE_S, Harness, vendor_harness
from tryon_testing.unchecked import skip_unchecked, tell_unchecked
from tryon_testing.wire import Answer, always

_FAMILY = "*"
_SUBMIT = "submit"
_GOES_ON = {JobState.PENDING, JobState.RUNNING, JobState.SUCCEEDED}
_ENDS = {JobState.FAILED, JobState.CANCELLED}
_STATUSES = (400, 401, 402, 403, 404, 405, 406, 409, 413, 415, 422, 429, 500, 503)
_UNHEARD_OF = "TryonKitUnheardOf"


class RefusalChecks(ProviderUnderTest):
    """A code means the same wherever it comes."""

    @since("0.1")
    def test_every_documented_error_comes_out_as_declared(self) -> None:
        """Class, vendor's code, status, remedy and the rest are those of the table's entry."""
        if not self.documented_errors:
            pytest.skip("the provider declares no errors")
        with vendor_harness(self) as at:
            at.need_shown("a refusal")
            failures = (at.running.emulator.failures if at.running else None) or ()
            coded = [it for it in self.documented_errors if it.code and it.code not in failures]
            unknown = [entry for entry in coded if answer_of(at, entry) is None]
            require(
                self.documented or not coded or unknown != coded,
                "the emulator gives none of the codes of the table, such as "
                f"{coded[0].code if coded else ''!r}: its `refuse` gave None for each. Give it "
                "`refuse=`, a function from a code to the vendor's own answer.",
            )
            _tell_unshown(unknown)
            faults = [fault for entry in self.documented_errors for fault in _faults_of(at, entry)]
        require(not faults, "\n".join(faults))

    @since("0.1")
    def test_a_refused_poll_is_no_progress(self) -> None:
        """A code means the same when it answers `poll`, and never that the job goes on."""
        with vendor_harness(self) as at:
            job = at.finished_job()
            for entry in self.documented_errors:
                answer = answer_of(at, entry)
                if answer is not None and job.result is None:
                    _check_refused_poll(at, job, entry, answer)

    @since("0.1")
    def test_an_unknown_code_goes_by_its_status(self) -> None:
        """A code without documentation is an error of its status, not a fault of the plugin."""
        with vendor_harness(self) as at:
            for entry in self.documented_errors:
                answer = answer_of(at, entry)
                if answer is not None and entry.code and not entry.code.endswith(_FAMILY):
                    _check_unheard_of(at, entry, answer)

    @since("0.1")
    def test_every_code_that_comes_has_an_entry(self) -> None:
        """What the vendor answers with its usual statuses is in `info.errors`."""
        with vendor_harness(self) as at:
            own = {entry.http_status for entry in self.documented_errors if entry.http_status}
            for status in sorted({*_STATUSES, *own}):
                answer = answer_of(at, _plain(str(status)))
                error = _refusal(at, str(status), answer) if answer else None
                if error is not None and error.vendor_code:
                    _check_entry(self, error)

    @since("0.1")
    def test_a_wrong_key_is_refused_in_our_words(self) -> None:
        """A key that the vendor does not accept is an account error with a remedy."""
        with vendor_harness(self) as at:
            secrets = [spec.name for spec in self.info.settings if spec.secret]
            if not secrets:
                pytest.skip("the provider has no secret setting")
            if self.documented and not any(set(secrets) & set(it.names) for it in self.documented):
                skip_unchecked(
                    "no entry shows where the key is sent: write its header into the first request,"
                    f" such as `Authorization: Bearer ${secrets[0]}`"
                )
            wrong: dict[str, Any] = dict.fromkeys(secrets, "obviously_wrong_key_of_the_kit")
            try:
                at.client(**wrong).submit(at.request())
            except TryOnError as error:
                require_no_bug(error, "a wrong key")
                _check_entry(self, error)
                require(
                    error.fault == "account" and str(error.remedy).strip(),
                    f"a wrong key became {type(error).__name__} (fault {error.fault!r}, remedy "
                    f"{error.remedy!r}). Map the vendor's answer to AuthenticationFailed.",
                )
                return
            fail("the emulator accepted a wrong key. Let it check keys as the vendor does.")


def _tell_unshown(entries: Sequence[ErrorCode]) -> None:
    """Tell of the declared codes that neither refuse a request nor end a job here."""
    unshown = [entry.code for entry in entries if not entry.code.endswith(_FAMILY)]
    if unshown:
        tell_unchecked(
            f"codes that no answer here has: {', '.join(unshown)}; let the emulator give them, or "
            "add exchanges with `refuses:` or `fails:`"
        )


def _code_of(entry: ErrorCode) -> str:
    if not entry.code:
        return str(entry.http_status)
    return entry.code.removesuffix(_FAMILY).rstrip(".") if _FAMILY in entry.code else entry.code


def answer_of(at: Harness, entry: ErrorCode) -> Answer | None:
    """Return the vendor's own answer for a code, None when the emulator knows none.

    An entry of a status alone is asked as that status, such as `406`; where the emulator has none,
    the answer is the status and nothing else.
    """
    if at.running is None:
        return None
    with at.wire.app.test_request_context():
        response = at.running.emulator.refuse(_code_of(entry))
        is_other = not entry.code and response and response.status_code != entry.http_status
        if response is None or is_other:
            return None if entry.code else _bare(entry.http_status or 0)
        return Answer(
            operation=_SUBMIT,
            method="POST",
            status=response.status_code,
            headers=dict(response.headers),
            body=response.get_data(),
        )


def refusal_with(at: Harness, status: int) -> Answer:
    """Return the vendor's refusal of a submission with a status, or nothing but the status."""
    # Before Python 3.11 `str` of an `HTTPStatus` is its name.
    return answer_of(at, _plain(f"{status:d}")) or _bare(status)


def _bare(status: int) -> Answer:
    return Answer(operation=_SUBMIT, method="POST", status=status, body=b"{}")


def _faults_of(at: Harness, entry: ErrorCode) -> Iterator[str]:
    answers = [answer_of(at, entry)]
    if not entry.code and answers[0] != _bare(entry.http_status or 0):
        # With its status alone the vendor may send a code that has an entry of its own.
        answers.append(_bare(entry.http_status or 0))
    for each in filter(None, answers):
        code = f"{_code_of(entry)} (HTTP {each.status})"
        before = at.paid_requests()
        error = _refusal(at, code, each, attempts=2)
        sent = at.paid_requests() - before
        if error is None:
            yield f"{code}: the vendor refused, and submit() returned a job all the same."
            continue
        meant = entry if entry.code else _fitting(at.subject, error, entry)
        yield from (f"{code}: {fault}" for fault in _faults_in(at, meant, error, sent))


def _faults_in(at: Harness, entry: ErrorCode, error: TryOnError, sent: int) -> Iterator[str]:
    expected = entry.to_error("", http_status=error.http_status)
    settle(expected, is_paid=not at.client().info.is_free(at.request()))
    is_outage = (error.http_status or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR
    most = 1 if is_outage or not may_repeat(expected) else 2
    if not 1 <= sent <= most:
        yield f"{sent} paid requests were sent. submit() sends one and never repeats."
    if is_outage and isinstance(expected, LimitError) and not entry.billed:
        yield (
            f"a status of 500 and above is an outage, and {entry.error.__name__} has the work "
            "submitted again, which may go on behind it. Declare VendorUnavailable, or give the "
            "entry billed='no' where the vendor says that it accepted nothing."
        )
    if error.billed == "yes":
        yield (
            "the vendor refused the work, and billed is 'yes'. A refusal costs nothing: leave "
            "`billed` away, or keep the code for failed jobs apart."
        )
    yield from _differences(entry, expected, error)


def _fitting(subject: ProviderUnderTest, error: TryOnError, entry: ErrorCode) -> ErrorCode:
    code = error.vendor_code or ""
    found = [one for one in subject.documented_errors if one.fits(code, error.http_status)]
    return max(found, key=lambda one: one.rank, default=entry)


def _refusal(at: Harness, code: str, answer: Answer, *, attempts: int = 1) -> TryOnError | None:
    try:
        with at.changed_answers(_SUBMIT, always(answer)):
            at.client(attempts=attempts).submit(at.request())
    except InputError as error:
        return error
    except TryOnError as error:
        require_no_bug(error, f"the vendor refused with {code}")
        return error
    return None


def _plain(code: str) -> ErrorCode:
    return ErrorCode(code=code, error=TryOnError, meaning="")


def _check_entry(subject: ProviderUnderTest, error: TryOnError) -> None:
    code, status = error.vendor_code or "", error.http_status
    require(
        not code or any(entry.fits(code, status) for entry in subject.documented_errors),
        f"the vendor's code {code!r} (HTTP {status}) has no entry in `info.errors`. Declare what "
        "it means; until then users read only what its status stands for.",
    )


def _check_refused_poll(at: Harness, job: Job, entry: ErrorCode, answer: Answer) -> None:
    code = _code_of(entry)
    try:
        with at.changed_answers("poll", always(answer)):
            update = at.client(pause_s=SHORT_PAUSE_S).poll(job)
    except TryOnError as error:
        require_no_bug(error, f"the vendor refused a poll with {code}")
        # Asking costs nothing, so an outage is none of the things that it is for a submission; and
        # a status without a code may be the page of a gateway.
        is_outage = isinstance(error, VendorUnavailable) or entry.error is OutcomeUnknown
        require(
            type(error) is entry.error or is_outage or not entry.code,
            f"{code}: poll() raised {type(error).__name__}, the table says "
            f"{entry.error.__name__}. Raise what `TABLE.refusal(...)` returns here too.",
        )
        return
    require(
        update.state not in _GOES_ON,
        f"{code}: the vendor refused the poll, and poll() said {update.state.name}. Raise "
        "what `TABLE.refusal(...)` returns; the core asks again where that helps.",
    )
    ends = at.running.emulator.failures if at.running and entry.code else None
    require(
        update.state not in _ENDS or ends is None or any(entry.fits(end, None) for end in ends),
        f"{code}: the vendor refused the poll with a code that ends no job, and poll() said "
        f"{update.state.name}: a job that runs and was paid for would be given up. Raise what "
        "`TABLE.poll_refusal(...)` returns; or name the code in `Emulator(failures=...)`.",
    )


def _differences(entry: ErrorCode, expected: TryOnError, error: TryOnError) -> Iterator[str]:
    if type(error) is not entry.error:
        yield (
            f"submit() raised {type(error).__name__}, {_where(entry)} says {entry.error.__name__}. "
            "Raise what `TABLE.refusal(...)` returns, so that code and status choose the class."
        )
        return
    for name in ("fault", "retry", "billed", "remedy"):
        want, have = getattr(expected, name), getattr(error, name)
        if have != want and not (name == "remedy" and error.retry_after_s):
            yield f"{name} is {have!r}, {_where(entry)} says {want!r}."
    if entry.code and not (error.vendor_code or "").startswith(_code_of(entry)):
        yield f"vendor_code is {error.vendor_code!r}. Pass the vendor's code on."
    if error.http_status is None:
        yield "http_status is None. Pass the status of the answer on."
    if not error.remedy.strip():
        yield "the error has no remedy. Give the entry one."


def _where(entry: ErrorCode) -> str:
    status = f"http_status={entry.http_status}" if entry.http_status else ""
    named = ", ".join(filter(None, (f"code={entry.code!r}", status)))
    return f"the table's entry {named}"


def _check_unheard_of(at: Harness, entry: ErrorCode, answer: Answer) -> None:
    code = _code_of(entry)
    body = answer.body.replace(f'"{code}"'.encode(), f'"{_UNHEARD_OF}"'.encode())
    if body == answer.body:
        return
    changed = attrs.evolve(answer, body=body)
    with at.changed_answers(_SUBMIT, always(changed)):
        try:
            at.client().submit(at.request())
        except TryOnError as error:
            require_no_bug(error, f"the vendor refused with the unknown code {_UNHEARD_OF}")
            return
    fail(
        f"the vendor refused with HTTP {answer.status} and the unknown code {_UNHEARD_OF}, and "
        "submit() returned a job. Look for the error first; `TABLE.refusal()` knows what to do "
        "with codes that it does not have."
    )


_PAGES = (200, 500, 502, 503, 504)
"""Statuses of pages that say nothing about the work."""
_ONCE = (
    "submit() sends one paid request: no loop, no `idempotent=True`, no catching of network errors."
)


class MoneyChecks(ProviderUnderTest):
    """A paid request is sent once, whatever becomes of its answer."""

    @since("0.1")
    def test_a_lost_answer_is_one_request_and_an_unknown_outcome(self) -> None:
        """The job may run and be billed: it is not submitted again, and the error says so."""
        with vendor_harness(self) as at:
            for kind in ("drop", "cut"):
                before = at.paid_requests()
                with at.failing("submit", kind):
                    error = _failure(at, f"the answer of a submission was lost ({kind})")
                sent = at.paid_requests() - before
                require(sent == 1, f"a lost answer ({kind}): {sent} paid requests. {_ONCE}")
                _check_open(at, error, kind)
                require(
                    isinstance(error, OutcomeUnknown) or kind == "cut",
                    f"a lost answer became {type(error).__name__}. Let OutcomeUnknown out of "
                    "`ctx.http` as it is: it keeps users from paying twice.",
                )

    @since("0.1")
    def test_a_gateway_that_gave_up_leaves_the_outcome_open(self) -> None:
        """A 5xx without a known code, or a page with 200, is no refusal: the work may go on."""
        with vendor_harness(self) as at:
            for status in _PAGES:
                before = at.paid_requests()
                with at.changed_answers(_SUBMIT, always(_page(status))):
                    error = _failure(at, f"a gateway's page with status {status}")
                sent = at.paid_requests() - before
                require(sent == 1, f"a page with status {status}: {sent} paid requests. {_ONCE}")
                _check_open(at, error, f"a page with status {status}")

    @since("0.1")
    def test_a_lost_parsing_is_one_request(self) -> None:
        """A parsing that may cost is not repeated either."""
        with vendor_harness(self) as at:
            request = at.parse_request()
            is_free = self.info.is_free(request)
            before = at.paid_requests()
            with at.failing("parse", "drop"):
                try:
                    at.client().parse_garment(request)
                except (OutcomeUnknown, AnswerLost):
                    pass
                except TryOnError as error:
                    fail(f"a lost parsing became {type(error).__name__}: {error}")
                else:
                    fail("a lost parsing gave regions all the same. Raise what ctx.http raises.")
            sent = at.paid_requests() - before
            require(
                sent == 1 or is_free,
                f"a lost parsing: {sent} requests. Leave `idempotent=True` away, or declare "
                "`Capabilities.parse_price` with the amount 0.",
            )


def _page(status: int) -> Answer:
    body = b"<html><body>Bad gateway</body></html>"
    headers = {"Content-Type": "text/html"}
    return Answer(operation=_SUBMIT, method="POST", status=status, headers=headers, body=body)


def _failure(at: Harness, situation: str) -> TryOnError:  # noqa: RET503  (it fails or returns)
    try:
        job = at.client().submit(at.request())
    except TryOnError as error:
        require_no_bug(error, situation)
        return error
    fail(f"{situation}, and submit() returned the job {job.id!r} all the same. {_ONCE}")


def _check_open(at: Harness, error: TryOnError, situation: str) -> None:
    is_free = at.client().info.is_free(at.request())
    require(
        is_free or (error.billed != "no" and not error.retryable),
        f"{situation}: {type(error).__name__} says billed={error.billed!r}, retry={error.retry!r}. "
        "The work may go on behind a gateway that gave up. Use `answer.usual_error`, and say "
        "billed='no' only for a code of which the vendor says so.",
    )
