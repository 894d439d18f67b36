"""The first check: one request goes the whole way. Without it the others would say little."""

import contextlib
import json
import traceback
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

import flask
import pytest

from tryon_core.errors import ProviderBug, TryOnError
from tryon_core.masking import redact
from tryon_core.text import one_line
from tryon_testing.checks.base import CheckFailed, ProviderUnderTest, fail, for_subject, since
from tryon_testing.emulation.log import LoggedRequest
from tryon_testing.harness import Harness, vendor_harness
from tryon_testing.wire import Answer

NAME = "test_a_first_request_is_served"
_MOST_CHARS = 300
_TIMEOUT_S = 24 * 3600.0
_MOST_VALUE_CHARS = 40
_USUAL = frozenset(
    ("accept", "accept-encoding", "connection", "content-length", "host", "user-agent")
)
_KEY = (
    "The key did not come as the vendor wants it: compare `ProviderInfo.headers` (the name of the "
    "header, and its form, such as 'Bearer {api_key}') with the vendor's document and with "
    "the emulator."
)
_BODY = (
    "Compare the names and types of what was sent with the vendor's document, and both with "
    "the emulator; or override requests() with requests that the vendor accepts."
)
_PLACE = (
    "There is nothing at this address: compare method and path with the vendor's document and "
    "with the emulator. The path of `base_url` belongs to it; see `Emulator(path=...)`."
)
_REMEDIES = MappingProxyType(
    {
        HTTPStatus.UNAUTHORIZED: _KEY,
        HTTPStatus.FORBIDDEN: _KEY,
        HTTPStatus.NOT_FOUND: _PLACE,
        HTTPStatus.METHOD_NOT_ALLOWED: _PLACE,
    }
)
_READING = (
    "The vendor answered with success: read the answer as it came, with decode(), or correct "
    "the emulator."
)


class SmokeChecks(ProviderUnderTest):
    """Comes first; when it fails, all other checks of the class are skipped with its sentence."""

    @pytest.fixture(autouse=True)
    def _after_the_first(self, request: pytest.FixtureRequest) -> None:
        """Skip what could not say more than the first check."""
        after_the_first(self, request.node.originalname, request.session.items)

    @since("0.1")
    def test_a_first_request_is_served(self) -> None:
        """A sample request is submitted, polled until its job is done, and gives an image."""
        fault = _fault_once(self)
        if fault is not None:
            fail(f"{fault} The other checks of this class are skipped until this one passes.")


def after_the_first(subject: ProviderUnderTest, name: str, items: Sequence[Any]) -> None:
    """Skip a check when the first one failed, which each process does once for each class.

    Args:
        subject: an instance of the class.
        name: of the check.
        items: all tests that are run; when the first check is none of them, this one fails.
    """
    kind = type(subject)
    if name == NAME or getattr(kind, NAME) is None:
        return
    fault = _fault_once(subject)
    if fault is None:
        return
    names = (
        getattr(item, "originalname", "") for item in items if getattr(item, "cls", None) is kind
    )
    if NAME in names:
        pytest.skip(f"{NAME} failed: {fault}")
    fail(fault)


_FAULTS: dict[type, str | None] = {}


def _fault_once(subject: ProviderUnderTest) -> str | None:
    if type(subject) not in _FAULTS:
        _FAULTS[type(subject)] = fault_of(subject)
    return _FAULTS[type(subject)]


def fault_of(subject: ProviderUnderTest) -> str | None:
    """Return what becomes of a first request that is not served, None when it is.

    None as well for a provider that asks no vendor, or whose vendor has no emulator.
    """
    try:
        with vendor_harness(subject) as at, _noting_crashes(at) as crashes:
            what = "submit()"
            try:
                client = at.client()
                job = client.submit(at.request())
                what = f"the job {job.id!r} was accepted, and wait()"
                client.wait(job, timeout_s=_TIMEOUT_S)
            except TryOnError as error:
                return _told(at, what, error, crashes)
    except pytest.skip.Exception:
        return None
    except CheckFailed as failed:
        return str(failed.msg)
    return None


@contextlib.contextmanager
def _noting_crashes(at: Harness) -> Iterator[list[Exception]]:
    """Give a list of what the code of the emulator raises."""
    crashes: list[Exception] = []

    def note(_: flask.Flask, exception: Exception, **__: object) -> None:
        crashes.append(exception)

    with flask.got_request_exception.connected_to(note, at.wire.app):
        yield crashes


def _told(at: Harness, what: str, error: TryOnError, crashes: list[Exception]) -> str:
    log = list(at.running.log) if at.running else []
    parts = [f"a first request was not served: {what} raised {type(error).__name__}."]
    parts.append(redact(error.message, at.canaries))
    if log:
        came = at.wire.answers[-1] if at.wire.answers else None
        parts.append(f"Sent was {_sent(log[-1])}.")
        parts.append(f"{_came(came, at.canaries)} came back." if came else "Nothing came back.")
    parts.append(for_subject(at.subject, _advice(log, error, crashes)))
    return " ".join(parts)


def _sent(request: LoggedRequest) -> str:
    own = [name for name in request.headers if name not in _USUAL]
    content: list[tuple[str, object]] = [
        ("headers", ", ".join(own)),
        ("query", ", ".join(request.query)),
        ("fields", ", ".join(_field(*field) for field in request.fields)),
        ("JSON", "" if request.json is None else json.dumps(request.json)[:_MOST_CHARS]),
    ]
    told = [f"{name} {value}" for name, value in content if value]
    return "; ".join([f"{request.method} {request.path}", *told])


def _field(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return f"{name} (a file of {value['bytes']} bytes)"
    return f"{name}={str(value)[:_MOST_VALUE_CHARS]!r}"


def _came(answer: Answer, secrets: tuple[str, ...]) -> str:
    text = answer.body[:_MOST_CHARS].decode(errors="replace")
    kind = answer.headers.get("Content-Type", "")
    is_text = text.isprintable() or "\ufffd" not in text
    shown = one_line(text) if is_text else f"{len(answer.body)} bytes of {kind}"
    return f"HTTP {answer.status} {redact(shown, secrets)}"


def _advice(log: list[LoggedRequest], error: TryOnError, crashes: list[Exception]) -> str:
    if crashes:
        return (
            f"The emulator raised {type(crashes[-1]).__name__}: {crashes[-1]} "
            f"({_place(crashes[-1])}). Let it refuse what it cannot use, as the vendor does."
        )
    if isinstance(error, ProviderBug) and error.__cause__ is not None:
        return f"See {_place(error.__cause__)}."
    if not log:
        return error.remedy or "Nothing was sent."
    status = log[-1].status or 0
    if status in _REMEDIES:
        return _REMEDIES[HTTPStatus(status)]
    return _BODY if status >= HTTPStatus.BAD_REQUEST else _READING


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{PurePath(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
