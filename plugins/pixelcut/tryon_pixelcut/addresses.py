"""Where the vendor's routes are."""

from urllib.parse import quote, urljoin, urlsplit

from tryon_core import CallContext, Job


def route(ctx: CallContext, path: str) -> str:
    """Return the address of a route below `/v1`."""
    return f"{ctx.settings.text('base_url')}/v1/{path}"


def job_route(ctx: CallContext, job: Job) -> str:
    """Return the documented address of a job."""
    return route(ctx, f"try-on/job/{quote(job.id, safe='')}")


def status_url(ctx: CallContext, job: Job) -> str:
    """Return where to ask for a job: where the vendor said, or its documented address.

    The key is sent there, so another origin is never asked: neither when an answer names one nor
    when a token does. A query might hold a secret of the vendor's, so such an address is left out.
    """
    documented = job_route(ctx, job)
    location = job.data.get("location", "")
    return urljoin(documented, location) if _is_ours(documented, location) else documented


def location_data(ctx: CallContext, location: str | None) -> dict[str, str]:
    """Return what a job must remember of a `Location` header, nothing when it is of no use."""
    is_useful = _is_ours(route(ctx, "try-on"), location or "")
    return {"location": location} if location and is_useful else {}


def _is_ours(base: str, location: str) -> bool:
    try:
        ours, theirs = urlsplit(base), urlsplit(urljoin(base, location))
        same = (ours.scheme, ours.hostname, ours.port) == (
            theirs.scheme,
            theirs.hostname,
            theirs.port,
        )
    except ValueError:
        return False
    return bool(location) and same and "@" not in theirs.netloc and not theirs.query
