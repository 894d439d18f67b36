"""Checks that keys show up nowhere: not in texts, errors, tokens, logs or cassettes."""

import contextlib
import json
import logging
import pickle
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tryon_core.errors import TryOnError
from tryon_core.models import Job, JobUpdate
from tryon_testing.bench import Bench, vendor_bench
from tryon_testing.breach import breach, require
from tryon_testing.leaks import leaked, leaked_anywhere, unpacked
from tryon_testing.members import ContractMembers
from tryon_testing.refusals import answer_of
from tryon_testing.twists import at as value_at
from tryon_testing.twists import places, replaced
from tryon_testing.versions import since
from tryon_testing.wire import Answer, always

_LEAST_CHARS = 8


class SecrecyChecks(ContractMembers):
    """The emulator's keys are canaries: wherever one sings, a real one would."""

    @since("0.1")
    def test_no_key_shows_in_texts_and_tokens(self) -> None:
        """Not in the repr of anything that callers get, and not in a token."""
        updates: list[JobUpdate] = []
        with vendor_bench(self) as at:
            secrets = _canaries(at)
            client = at.client()
            job = client.submit(at.request())
            _check_job(job, secrets)
            result = client.wait(job, timeout_s=3600, on_update=updates.append)
            for value in (client, result, *updates):
                _check_text(repr(value), secrets, f"repr({type(value).__name__})")

    @since("0.1")
    def test_no_key_shows_in_errors(self) -> None:
        """Not in message, repr, pickle or traceback, also when the vendor quotes the key."""
        with vendor_bench(self) as at:
            secrets = _canaries(at)
            for situation, error in _errors(at, secrets):
                shown = "".join(traceback.format_exception(error))
                shown += f"{error!r} {error} {vars(error)!r}"
                _check_text(shown, secrets, f"the {type(error).__name__} for {situation}")
                require(
                    not leaked_anywhere(pickle.dumps(error), secrets),
                    f"the pickled {type(error).__name__} for {situation} holds the key.",
                )

    @since("0.1")
    def test_no_key_shows_in_logs_and_warnings(self) -> None:
        """Not in any record of any logger at any level, printed warnings included."""
        with vendor_bench(self) as at, _noting_logs() as lines:
            secrets = _canaries(at)
            at.client().try_on(at.request(), timeout_s=3600)
            with at.failing("submit", "500"), contextlib.suppress(TryOnError):
                at.client().submit(at.request())
        for line in lines:
            _check_text(line, secrets, "a log record")

    @since("0.1")
    def test_no_key_shows_in_cassettes(self) -> None:
        """What is recorded of a whole try-on can be published."""
        pytest.importorskip("vcr", reason="recording needs vcrpy")
        from tryon_testing.cassettes import (  # noqa: PLC0415  (needs vcrpy)
            Provenance,
            record_cassette,
        )

        with vendor_bench(self) as at, tempfile.TemporaryDirectory() as folder:
            secrets = _canaries(at)
            path = Path(folder) / "contract.yaml"
            with record_cassette(path, _provenance(Provenance), secrets=secrets):
                at.client().try_on(at.request(), timeout_s=3600)
            require(
                not leaked_anywhere(path.read_bytes(), secrets),
                "a cassette of a try-on holds the key. Send keys in headers, parameters or fields "
                "whose names say so, as they are: what is encoded otherwise cannot be masked.",
            )


def _provenance(kind: Any) -> Any:
    return kind(kind="emulated", made_on=date(2026, 1, 2), made_by="the contract kit")


def _canaries(at: Bench) -> tuple[str, ...]:
    secrets = at.secrets
    if not secrets:
        pytest.skip("the provider has no secret setting")
    canaries = tuple(secret for secret in secrets if len(secret) >= _LEAST_CHARS)
    require(
        canaries,
        f"the emulator's keys {secrets} are too short for canaries. Give one at least "
        f"{_LEAST_CHARS} characters that stand nowhere else.",
    )
    return canaries


def _check_text(text: str, secrets: tuple[str, ...], where: str) -> None:
    if leaked(text, secrets):
        breach(
            f"{where} holds the key. Mask it: messages name the setting, never its value, and "
            "addresses are shown without their query."
        )


def _check_job(job: Job, secrets: tuple[str, ...]) -> None:
    names = [name for name, value in job.data.items() if leaked_anywhere(value.encode(), secrets)]
    token = job.to_token()
    inside = json.dumps(dict(job.data)) + job.id + unpacked(token) + token
    require(
        not leaked_anywhere(inside.encode(), secrets),
        f"the job's token holds the key (Job.data: {names or 'its id'}). Tokens are printed, "
        "mailed and stored: put nothing secret into `Job.data`, poll() has `ctx.settings`.",
    )
    _check_text(repr(job), secrets, "repr(Job)")


def _errors(at: Bench, secrets: tuple[str, ...]) -> Iterator[tuple[str, TryOnError]]:
    quote = f"Incorrect API key provided: {secrets[0]}"
    for kind in ("drop", "html", "401", "429"):
        with at.failing("submit", kind):
            yield from _raised(f"submit:{kind}", at)
    for answer in _quoting(at, quote):
        with at.spoilt("submit", always(answer)):
            yield from _raised(f"HTTP {answer.status} that quotes the key", at)


def _quoting(at: Bench, quote: str) -> Iterator[Answer]:
    """Yield refusals that hold the key, as text and in each text of the vendor's own JSON.

    Sentences hold it in every refusal; other texts, such as codes and ids, once for each place.
    """
    for status in (200, 400, 401, 500):
        yield Answer(operation="submit", method="POST", status=status, body=quote.encode())
    seen: set[object] = set()
    for entry in at.members.documented_errors:
        answer = answer_of(at, entry)
        for place in places(answer.json) if answer else ():
            value = value_at(answer.json, place) if answer else None
            is_new = str(place) not in seen
            seen.add(str(place))
            if isinstance(value, str) and (" " in value or is_new) and answer:
                yield answer.with_json(replaced(answer.json, place, quote))


def _raised(situation: str, at: Bench) -> Iterator[tuple[str, TryOnError]]:
    try:
        at.client().submit(at.request())
    except TryOnError as error:
        yield situation, error


@contextlib.contextmanager
def _noting_logs() -> Iterator[list[str]]:
    lines: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{record.name} {record.getMessage()} {vars(record)!r}")

    keeper, root = Keeper(level=1), logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("", "tryon", "urllib3")}
    root.addHandler(keeper)
    for name in levels:
        logging.getLogger(name).setLevel(1)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield lines
        lines.extend(str(warning.message) for warning in caught)
    finally:
        root.removeHandler(keeper)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
