"""Checks that nothing is paid twice, and that nobody is told it was free when it may not be."""

from tryon_core.errors import AnswerLost, OutcomeUnknown, TryOnError
from tryon_testing.bench import Bench, vendor_bench
from tryon_testing.breach import breach, refuse_bug, require
from tryon_testing.members import ContractMembers
from tryon_testing.twists import with_body
from tryon_testing.versions import since

_OUTAGES = (500, 502, 503, 504)
_ONCE = (
    "submit() sends one paid request: no loop, no `idempotent=True`, no catching of network errors."
)


class MoneyChecks(ContractMembers):
    """A paid request is sent once, whatever becomes of its answer."""

    @since("0.1")
    def test_a_lost_answer_is_one_request_and_an_unknown_outcome(self) -> None:
        """The job may run and be billed: it is not submitted again, and the user is told."""
        with vendor_bench(self) as at:
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
        """A 5xx without a known code is no refusal: the work may go on behind it."""
        page = b"<html><body>Bad gateway</body></html>"
        with vendor_bench(self) as at:
            for status in _OUTAGES:
                before = at.paid_requests()
                with at.spoilt("submit", with_body(page, status, "text/html")):
                    error = _failure(at, f"a gateway's page with status {status}")
                sent = at.paid_requests() - before
                require(sent == 1, f"a page with status {status}: {sent} paid requests. {_ONCE}")
                _check_open(at, error, f"a page with status {status}")

    @since("0.1")
    def test_a_lost_parsing_is_one_request(self) -> None:
        """A parsing that may cost is not repeated either."""
        with vendor_bench(self) as at:
            request = at.parse_request()
            is_free = self.info.is_free(request)
            before = at.paid_requests()
            with at.failing("parse", "drop"):
                try:
                    at.client().parse_garment(request)
                except (OutcomeUnknown, AnswerLost):
                    pass
                except TryOnError as error:
                    breach(f"a lost parsing became {type(error).__name__}: {error}")
                else:
                    breach("a lost parsing gave regions all the same. Raise what ctx.http raises.")
            sent = at.paid_requests() - before
            require(
                sent == 1 or is_free,
                f"a lost parsing: {sent} requests. Leave `idempotent=True` away, or declare "
                "`Capabilities.parse_price` with the amount 0.",
            )


def _failure(at: Bench, situation: str) -> TryOnError:  # noqa: RET503  (a breach raises)
    try:
        job = at.client().submit(at.request())
    except TryOnError as error:
        refuse_bug(error, situation)
        return error
    breach(f"{situation}, and submit() returned the job {job.id!r} all the same. {_ONCE}")


def _check_open(at: Bench, error: TryOnError, situation: str) -> None:
    is_free = at.client().info.is_free(at.request())
    require(
        is_free or (error.billed != "no" and not error.retryable),
        f"{situation}: {type(error).__name__} says billed={error.billed!r}, retry={error.retry!r}. "
        "The work may go on behind a gateway that gave up. Use `answer.usual_error`, and say "
        "billed='no' only for a code of which the vendor says so.",
    )
