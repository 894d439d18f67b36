"""Where the vendor's routes are."""

from urllib.parse import quote, urljoin, urlsplit

from tryon_core import CallContext, Job


def route(ctx: CallContext, path: str) -> str:
    """Return the address of a route below `/v1`."""
    return f"{ctx.settings.text('base_url')}/v1/{path}"


def job_route(ctx: CallContext, job_id: str) -> str:
    """Return the documented address of a job."""
    return route(ctx, f"try-on/job/{quote(job_id, safe='')}")


def status_url(ctx: CallContext, job: Job) -> str:
    """Return where to ask for a job: where the vendor said, or its documented address.

    The key is sent there, so another origin is never asked: neither when an answer names one nor
    when a token does.
    """
    documented = job_route(ctx, job.id)
    location = job.data.get("location", "")
    return location if _is_ours(documented, location) else documented


def location_data(ctx: CallContext, job_id: str, location: str | None) -> dict[str, str]:
    """Return what a job must remember of a `Location` header, nothing when it is of no use."""
    try:
        url = urljoin(route(ctx, "try-on"), location or "")
    except ValueError:
        return {}
    documented = job_route(ctx, job_id)
    is_useful = bool(location) and url != documented and _is_ours(documented, url)
    return {"location": url} if is_useful else {}


def _is_ours(ours: str, theirs: str) -> bool:
    """Say whether two addresses have one origin; a query may hold a secret, so it counts not."""
    try:
        parts = urlsplit(theirs)
        same = _origin(ours) == _origin(theirs)
    except ValueError:
        return False
    return same and "@" not in parts.netloc and not parts.query


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port
