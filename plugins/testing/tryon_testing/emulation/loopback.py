"""What an emulator asks of others: files and webhooks, of this machine only."""

import ipaddress
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests

MAX_BYTES = 64 * 2**20
AGENT = "tryon-emulator"
"""The `User-Agent` of what an emulator itself asks."""
_TIMEOUT_S = 10.0
_TAKEN = range(200, 300)


class FetchRefused(Exception):
    """An address that cannot be fetched, or must not be: only this machine's are asked."""


def fetch(url: str) -> tuple[bytes, str]:
    """Return the file at an address of this machine, and its `Content-Type`, empty for none.

    Raises:
        FetchRefused: it is of another machine, or there is nothing.
    """
    if not _is_own(url):
        raise FetchRefused(f"{url}: an emulator asks no other machine than its own")
    try:
        with _ask("GET", url) as answer:
            if answer.status_code != HTTPStatus.OK:
                raise FetchRefused(f"{url}: HTTP {answer.status_code}")
            data = answer.raw.read(MAX_BYTES, decode_content=True)
            return data, answer.headers.get("Content-Type", "")
    except requests.RequestException as error:
        raise FetchRefused(f"{url}: {type(error).__name__}") from error


def is_posted(url: str, data: bytes, headers: Mapping[str, str]) -> bool:
    """Post JSON to an address of this machine, and return whether it was taken."""
    if not _is_own(url):
        return False
    try:
        sent = {"Content-Type": "application/json", **headers}
        with _ask("POST", url, data=data, headers=sent) as answer:
            return answer.status_code in _TAKEN
    except requests.RequestException:
        return False


def _ask(method: str, url: str, **sent: Any) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        session.headers["User-Agent"] = AGENT
        return session.request(
            method, url, timeout=_TIMEOUT_S, allow_redirects=False, stream=True, **sent
        )


def _is_own(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        return parts.scheme == "http" and (
            host == "localhost" or ipaddress.ip_address(host).is_loopback
        )
    except ValueError:
        return False
