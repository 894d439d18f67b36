"""What a line of the audit trail says of a call."""

from typing import Any

from tryon_core import (
    CallContext,
    Found,
    Job,
    JobUpdate,
    NotAccepted,
    ParseRequest,
    TryOnError,
    TryOnRequest,
    Undecided,
)
from tryon_extensions.money import expected

Finding = Found | NotAccepted | Undecided
"""What a look-up says of a request whose answer was lost."""
Facts = dict[str, Any]


def asked(request: TryOnRequest | ParseRequest, ctx: CallContext) -> Facts:
    """Return which images a request is about, by their SHA-256, and what it costs by the card."""
    cost = expected(ctx.info, request)
    amount = cost and {"amount": str(cost[0]), "currency": cost[1]}
    return {"images": dict(ctx.digests), "expected_cost": amount}


def of_job(job: Job, ctx: CallContext) -> Facts:
    """Return which job a call is about."""
    return {"fingerprint": job.fingerprint, "job": ctx.shown(job.id)}


def fault(error: BaseException, ctx: CallContext) -> Facts:
    """Return how a call failed; the words of the error are left out."""
    facts: Facts = {"outcome": "failed", "error": type(error).__name__}
    if isinstance(error, TryOnError):
        code = error.vendor_code and ctx.shown(error.vendor_code)
        facts |= {"billed": error.billed, "vendor_code": code}
        facts |= {"job": ctx.shown(error.job.id)} if error.job else {}
    return facts


def outcome(answer: object, ctx: CallContext) -> Facts:
    """Return what a call gave."""
    if isinstance(answer, Job):
        return {"outcome": "accepted", "job": ctx.shown(answer.id)}
    if isinstance(answer, JobUpdate):
        usage = (
            {name: ctx.shown(text) for name, text in answer.result.usage.items()}
            if answer.result
            else {}
        )
        failed = answer.failure
        why = failed and {"code": ctx.shown(failed.code), "billed": failed.billed}
        return {"outcome": answer.state.value, "usage": usage, "failure": why}
    if isinstance(answer, Found):
        return {"outcome": "found", "job": ctx.shown(answer.job.id)}
    names = {NotAccepted: "not_accepted", Undecided: "undecided"}
    return {"outcome": names.get(type(answer), "done")}
