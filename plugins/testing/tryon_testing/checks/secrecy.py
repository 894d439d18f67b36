"""Checks that keys show up nowhere, and go to the vendor only."""

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

import attrs
import pytest

from tryon_core.errors import TryOnError
from tryon_core.models import Job, JobUpdate
from tryon_testing.checks.base import ProviderUnderTest, fail, require, require_no_bug, since
from tryon_testing.checks.refusals import answer_of
from tryon_testing.harness import ClientCall, Harness, client_calls, vendor_harness
from tryon_testing.monitors import leaked, leaked_anywhere, unpacked
from tryon_testing.mutations import Mutation, inner_paths, replaced, replacing, shown, value_at
from tryon_testing.wire import Answer, always

_LEAST_CHARS = 8


class SecrecyChecks(ProviderUnderTest):
    """The emulator's keys are looked for in everything that people may see."""

    @since("0.1")
    def test_no_key_shows_in_texts_and_tokens(self) -> None:
        """Not in the repr of anything that callers get, and not in a token."""
        updates: list[JobUpdate] = []
        with vendor_harness(self) as at:
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
        with vendor_harness(self) as at:
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
        with vendor_harness(self) as at, _noting_logs() as lines:
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

        with vendor_harness(self) as at, tempfile.TemporaryDirectory() as folder:
            secrets = _canaries(at)
            path = Path(folder) / "contract.yaml"
            with record_cassette(path, _provenance(Provenance), secrets=secrets, info=self.info):
                at.client().try_on(at.request(), timeout_s=3600)
            require(
                not leaked_anywhere(path.read_bytes(), secrets),
                "a cassette of a try-on holds the key. Send keys in headers, parameters or fields "
                "whose names say so, as they are: what is encoded otherwise cannot be masked.",
            )


def _provenance(kind: Any) -> Any:
    return kind(kind="emulated", made_on=date(2026, 1, 2), made_by="the contract kit")


def _canaries(at: Harness) -> tuple[str, ...]:
    secrets = at.secrets
    if not secrets:
        pytest.skip("the provider has no secret setting")
    canaries = tuple(secret for secret in secrets if len(secret) >= _LEAST_CHARS)
    require(
        canaries,
        f"the emulator's keys {secrets} are too short for canaries. Give one at least "
        f"{_LEAST_CHARS} characters that are in no other text.",
    )
    return canaries


def _check_text(text: str, secrets: tuple[str, ...], where: str) -> None:
    if leaked(text, secrets):
        fail(
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


def _errors(at: Harness, secrets: tuple[str, ...]) -> Iterator[tuple[str, TryOnError]]:
    quote = f"Incorrect API key provided: {secrets[0]}"
    for kind in ("drop", "html", "401", "429"):
        with at.failing("submit", kind):
            yield from _raised(f"submit:{kind}", at)
    for answer in _quoting(at, quote):
        with at.changed_answers("submit", always(answer)):
            yield from _raised(f"HTTP {answer.status} that quotes the key", at)


def _quoting(at: Harness, quote: str) -> Iterator[Answer]:
    """Yield refusals that hold the key, as text and in each text of the vendor's own JSON.

    Sentences hold it in every refusal; other texts, such as codes and ids, once for each path.
    """
    for status in (200, 400, 401, 500):
        yield Answer(operation="submit", method="POST", status=status, body=quote.encode())
    seen: set[object] = set()
    for entry in at.subject.documented_errors:
        answer = answer_of(at, entry)
        for path in inner_paths(answer.json) if answer else ():
            value = value_at(answer.json, path) if answer else None
            is_new = str(path) not in seen
            seen.add(str(path))
            if isinstance(value, str) and (" " in value or is_new) and answer:
                yield answer.with_json(replaced(answer.json, path, quote))


def _raised(situation: str, at: Harness) -> Iterator[tuple[str, TryOnError]]:
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


_REDIRECTS = (301, 302, 303, 307, 308)


class RedirectChecks(ProviderUnderTest):
    """Another origin gets no key."""

    @since("0.1")
    def test_redirects_are_refused(self) -> None:
        """A redirect of a call is an error, and nothing is asked where it leads."""
        with vendor_harness(self) as at:
            for call in client_calls(at):
                for operation in call.operations:
                    for status in _REDIRECTS:
                        _check_redirect(at, call, operation, status)

    @since("0.1")
    def test_addresses_in_answers_get_no_key(self) -> None:
        """A `Location` header, or an address in the JSON, of another origin is not trusted."""
        with vendor_harness(self) as at:
            for call in client_calls(at):
                for answer in call.answers:
                    for mutation in _elsewhere(at, answer):
                        _check_visits(at, call, answer.operation, mutation)

    @since("0.1")
    def test_addresses_in_tokens_get_no_key(self) -> None:
        """A token may be by anybody: an address of another origin in it is not asked."""
        with vendor_harness(self) as at:
            job = at.finished_job()
            named = [name for name, text in job.data.items() if text.startswith("http")]
            for name in named:
                elsewhere = {**job.data, name: f"{at.other_origin.url}/elsewhere"}
                at.other_origin.visits.clear()
                with contextlib.suppress(TryOnError):
                    at.client(pause_s=1.0).poll(attrs.evolve(job, data=elsewhere, result=None))
                seen = [visit.text for visit in at.other_origin.visits]
                require(
                    not any(leaked(text, at.canaries) for text in seen),
                    f"`Job.data[{name!r}]` named another origin, and the key went there. A token "
                    "may be by anybody: ask only addresses of `base_url`.",
                )


def _try(at: Harness, call: ClientCall, operation: str, mutation: Mutation) -> bool:
    """Make a call with a changed answer; return whether a value came out."""
    at.other_origin.visits.clear()
    with at.changed_answers(operation, mutation.change):
        try:
            call.make()
        except TryOnError as error:
            require_no_bug(error, f"{call.name}: {mutation.label}")
            return False
    return True


def _check_redirect(at: Harness, call: ClientCall, operation: str, status: int) -> None:
    label = f"{operation} answers {status} to another origin"
    target = f"{at.other_origin.url}/elsewhere"
    mutation = Mutation(
        label,
        lambda answer: answer.with_body(b"", status=status).with_header("Location", target),
    )
    went_well = _try(at, call, operation, mutation)
    visits = [visit.line for visit in at.other_origin.visits if "/elsewhere" in visit.line]
    require(
        not visits,
        f"{call.name}: {label}, and the plugin followed ({', '.join(visits)}). Never follow a "
        "redirect of a call: the key would go to any address that is named.",
    )
    require(
        not went_well,
        f"{call.name}: {label}, and it was taken for an answer. Let `ServiceMoved`, which "
        "`ctx.http` raises, pass to the caller.",
    )


def _elsewhere(at: Harness, answer: Answer) -> Iterator[Mutation]:
    target = f"{at.other_origin.url}/elsewhere"
    yield Mutation(
        f"the header Location of {answer.operation} names another origin",
        lambda given: given.with_header("Location", target),
    )
    for path in inner_paths(answer.json):
        if str(value_at(answer.json, path)).startswith(("http://", "https://", "/")):
            yield Mutation(
                f"{shown(path)} of {answer.operation} names another origin",
                replacing(path, target),
            )


def _check_visits(at: Harness, call: ClientCall, operation: str, mutation: Mutation) -> None:
    _try(at, call, operation, mutation)
    for visit in at.other_origin.visits:
        require(
            not leaked_anywhere(visit.text.encode("latin-1"), at.secrets),
            f"{call.name}: {mutation.label}, and the key went there ({visit.line}). Send keys "
            "to the origin of `base_url` only; build addresses from it and the job's id.",
        )
