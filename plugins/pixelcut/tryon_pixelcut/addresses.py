"""Where the vendor's routes are."""

import re
from urllib.parse import quote, unquote, urlsplit

from tryon_core import CallContext, Job
from tryon_core.followup import named_address

_NAMES_A_JOB = re.compile(r"(?:^|/)(?:jobs?|try-on)/(?P<id>[^/]+)/?$")
_ROUTES = ("job", "jobs")


def route(ctx: CallContext, path: str) -> str:
    """Return the address of a route below `/v1`."""
    return f"{ctx.settings.text('base_url')}/v1/{path}"


def job_route(ctx: CallContext, job_id: str) -> str:
    """Return the documented address of a job."""
    return route(ctx, f"try-on/job/{quote(job_id, safe='', errors='surrogatepass')}")


def location_of(ctx: CallContext, job: Job) -> str | None:
    """Return where the vendor said that it tells of a job, None when it did not.

    Checked here too: a token may have been written by anybody.
    """
    location = job.data.get("location")
    return location if location == _useful(ctx, job.id, location) else None


def location_data(ctx: CallContext, job_id: str, location: str | None) -> dict[str, str]:
    """Return what a job must remember of a `Location` header, nothing when it is of no use."""
    url = _useful(ctx, job_id, location)
    return {} if url is None else {"location": url}


def job_in(location: str | None) -> str | None:
    """Return the job that a `Location` header names, whatever server it leads to."""
    try:
        path = urlsplit(location or "").path
    except ValueError:
        return None
    found = _NAMES_A_JOB.search(path)
    name = unquote(found["id"]) if found else ""
    return name if name.isprintable() and name not in {"", *_ROUTES} else None


def _useful(ctx: CallContext, job_id: str, location: str | None) -> str | None:
    return named_address(
        location or "",
        asked=route(ctx, "try-on"),
        base_url=ctx.settings.text("base_url"),
        documented=job_route(ctx, job_id),
    )
