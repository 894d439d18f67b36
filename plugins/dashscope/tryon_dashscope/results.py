"""Addresses of results, and how long they live."""

import math
import re
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

from tryon_core import Artifact, UrlSource
from tryon_dashscope.declaration import LIFETIME_S

# Times of the service have no zone; they are Beijing's.
_BEIJING = timezone(timedelta(hours=8))
_LATEST_S = 253_402_300_799  # the end of the year 9999
_STORE = ".aliyuncs.com"
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?")


def artifact(url: str, *, ended_at: object = None) -> Artifact:
    """Return an output image.

    Args:
        url: its address, signed until the time in `Expires`.
        ended_at: end of the task in the service's own spelling, for an address that does not say.
    """
    return Artifact(source=UrlSource(_safer(url)), expires_at=_expires_at(url, ended_at))


def _safer(url: str) -> str:
    """Return the address with TLS, which the vendor's store offers for all that it holds."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url
    insecure = "http://"
    if url.startswith(insecure) and host.endswith(_STORE) and port is None:
        return f"https://{url.removeprefix(insecure)}"
    return url


def _expires_at(url: str, ended_at: object) -> datetime | None:
    query = parse_qs(url.partition("?")[2])
    try:
        seconds = float(query["Expires"][0])
    except (KeyError, ValueError):
        return _day_after(beijing_time(ended_at))
    if math.isfinite(seconds) and 0 <= seconds <= _LATEST_S:
        return datetime.fromtimestamp(seconds, timezone.utc)
    return None


def _day_after(ended: datetime | None) -> datetime | None:
    try:
        return ended and ended + timedelta(seconds=LIFETIME_S)
    except OverflowError:
        return None


def beijing_time(text: object) -> datetime | None:
    """Return a time of the service in UTC, None for what is not one, such as `2025-06-30 14:38`."""
    if not (isinstance(text, str) and _TIME.fullmatch(text)):
        return None
    form = "%Y-%m-%d %H:%M:%S.%f" if "." in text else "%Y-%m-%d %H:%M:%S"
    try:
        return datetime.strptime(text, form).replace(tzinfo=_BEIJING).astimezone(timezone.utc)
    except (OverflowError, ValueError):
        return None
