"""Addresses that a vendor names for later, such as a `Location`: hints, never more."""

from collections.abc import Callable, Mapping
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from tryon_core.errors import AnswerLost, ServiceMoved
from tryon_core.http import HttpClient, HttpResponse

# These concern whoever asks, not the address.
_ABOUT_CALLER = (401, 429)
_PORTS = {"http": 80, "https": 443}


def named_address(named: str, *, asked: str, base_url: str, documented: str) -> str | None:
    """Return the address that a vendor named for a job, None when it is of no use.

    The key is sent there. So it is of no use when it has another origin, a user, or a query, which
    may hold a secret; and when it is the documented one. A gateway that serves a vendor below a
    path of its own often leaves the vendor's addresses as they are: then its path is put before
    them.

    Args:
        named: the address as it came; it may be relative.
        asked: the address of the answer that named it.
        base_url: the vendor's address as it is set.
        documented: where the job is by the vendor's documents.
    """
    try:
        parts = urlsplit(urljoin(asked, named))
        is_ours = _origin(parts) == _origin(urlsplit(documented))
    except ValueError:
        return None
    if not named or not is_ours or "@" in parts.netloc or parts.query:
        return None
    prefix = urlsplit(base_url).path.rstrip("/")
    path = parts.path if parts.path.startswith(f"{prefix}/") else prefix + parts.path
    address = urlunsplit((parts.scheme, parts.netloc, path, "", ""))
    return None if address == documented else address


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def ask_where_named(
    http: HttpClient,
    named: str | None,
    documented: str,
    *,
    headers: Mapping[str, str],
    is_answer: Callable[[HttpResponse], bool],
) -> HttpResponse:
    """Ask for a job where the vendor said; at its documented address when that gives no answer.

    Args:
        http: the network.
        named: the address that the vendor named; None when it named none of use.
        documented: where the job is by the vendor's documents.
        headers: sent with the question, keys included.
        is_answer: whether an answer tells of the job.

    Raises:
        AnswerLost: the documented address gave no usable answer.
        ServiceMoved: it redirects.
    """
    if named is not None:
        try:
            answer = http.get(named, headers=headers)
        except (AnswerLost, ServiceMoved):
            pass
        else:
            if is_answer(answer) or answer.status in _ABOUT_CALLER:
                return answer
    return http.get(documented, headers=headers)
