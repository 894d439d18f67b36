"""Redirects: where they lead, who may follow them, and the exact text that is asked for there."""

import contextlib
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin

from tryon_core.errors import ServiceMoved
from tryon_core.http import HttpResponse
from tryon_core.masking import redact, shown_url

if TYPE_CHECKING:
    from collections.abc import Sequence

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#\\]*", re.IGNORECASE)
# Programs disagree whether a backslash ends the host, so a URL with one there does not match.
_PARTS = re.compile(
    r"\s*[a-z][a-z0-9+.-]*://[^/?#\\]+(/[^?#]*)?(\?[^#]*)?(?:#.*)?\Z", re.IGNORECASE | re.DOTALL
)
_LEGAL = "!$%&'()*+,/:;=?@[]~"


def redirect_target(url: str, answer: HttpResponse) -> str | None:
    """Return where a redirect leads, as it is written; None when it names nothing or is none.

    Args:
        url: what was asked.
        answer: what came.
    """
    location = answer.headers.get("location")
    if answer.status not in REDIRECTS or not location:
        return None
    with contextlib.suppress(UnicodeError):
        location = location.encode("latin-1").decode()  # as headers are read; servers write UTF-8
    if _ORIGIN.match(location):
        return location
    origin = _ORIGIN.match(url)
    if origin and location.startswith("/") and not location.startswith("//"):
        return origin[0] + location
    try:
        return urljoin(url, location)
    except ValueError:
        return location  # it is refused when it is asked for


def is_downgrade(url: str, target: str) -> bool:
    """Whether a redirect leads from https to http; downloads do not follow such a one."""
    return url.lower().startswith("https:") and target.lower().startswith("http:")


def service_moved(
    what: str, url: str, answer: HttpResponse, *, provider: str, secrets: "Sequence[str]"
) -> ServiceMoved:
    """Return the error for a redirect of a call, which is never followed.

    Args:
        what: method and URL, as messages show them.
        url: what was asked.
        answer: the redirect.
        provider: whose service it is.
        secrets: values that must not appear.
    """
    target = redirect_target(url, answer)
    shown = None if target is None else shown_url(target, secrets)
    where = f"the service says it has moved to {shown}" if shown else "a redirect to no address"
    return ServiceMoved(
        redact(f"{what}: HTTP {answer.status}, {where}.", secrets),
        target=shown,
        provider=provider,
        http_status=answer.status,
        remedy="It was not followed, and nothing was accepted. Check base_url "
        f"(TRYON_{provider.upper()}_BASE_URL); where it is not set, look for a newer "
        "version of the plugin.",
    )


def exact_target(url: str) -> str | None:
    """Return path and query as they are in a URL, with only illegal characters encoded.

    Some services sign this text: `%2f` is not `%2F` to them, nor `/a/../b` the same as `/b`.

    Returns:
        What to ask for, None when the URL is too odd to tell.
    """
    found = _PARTS.match(url)
    if found is None:
        return None
    path, query = found.groups()
    # Half a character, which no address can have, makes one that does not exist.
    return quote(f"{path or '/'}{query or ''}", safe=_LEGAL, errors="surrogatepass")
