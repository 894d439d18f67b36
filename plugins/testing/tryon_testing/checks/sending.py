"""Checks of what one call sends, how long it waits for the answer, and what it leaves behind."""

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import attrs
import pytest
from PIL import Image

from tryon_core.client import Client
from tryon_core.errors import TryOnError
from tryon_core.images import read_bytes
from tryon_core.models import BytesSource, ImageSource, Job, TryOnRequest, UrlSource
from tryon_core.transport import TransportPolicy
from tryon_core.transport.client import QUOTE_IDS
from tryon_testing.checks.base import ProviderUnderTest, require, require_no_bug, since
from tryon_testing.checks.refusals import refusal_with
from tryon_testing.emulation.log import LoggedRequest
from tryon_testing.folders import noting_writes
from tryon_testing.harness import SHORT_PAUSE_S, Harness, skip_finished, vendor_harness
from tryon_testing.mutations import inner_paths, shown, value_at
from tryon_testing.wire import Answer, always

_ASKING = ("poll", "cancel", "result")
"""How the names of the endpoints begin that are about a job which was accepted before."""
_ODD_ID = "../tryon-kit?x=1#y/z"
_HELD = 3
"""So many times its usual time a vendor may work before it answers."""
_ASKED_S = 41.0
"""A pause that is longer than those which the transport makes by itself."""
_PAUSE = re.compile(r"retry[-_]?after", re.IGNORECASE)
_NOT_COMPARED = frozenset({"date", "server", "connection", "content-length"})


class SendingChecks(ProviderUnderTest):
    """A call sends what it is for, waits for the answer, and leaves no files behind."""

    @since("0.1")
    def test_submit_only_submits(self) -> None:
        """It does not poll: what fails meanwhile would lose a job that is paid for."""
        with vendor_harness(self) as at:
            sent = _sent_by(at, lambda: _outcome(lambda: at.client().submit(at.request())))
            asked = [_shown(one) for one in sent if one.operation.startswith(_ASKING)]
        require(
            not asked,
            f"submit() asked for the job that it had just made ({', '.join(asked)}). Return "
            "`ctx.new_job(...)` as soon as the vendor has named the job: a poll that fails within "
            "submit(), or a process that ends, loses work that is paid for. The core polls.",
        )

    @since("0.1")
    def test_two_jobs_have_two_ids(self) -> None:
        """Each submission gives the id that the vendor gave to it."""
        with vendor_harness(self) as at:
            came: list[list[Answer]] = []
            jobs = [_submitted(at, came) for _ in range(2)]
            if _same(*came):
                pytest.skip("the vendor gave the same answer to two submissions")
        first, second = (job.id for job in jobs)
        require(
            first != second,
            f"two submissions, whose answers differ, gave two jobs with one id, {first!r}: a user "
            "who resumes the first job gets the image of somebody else. Take the id from the "
            "answer, with `answer.id_at(...)`; without one, `ctx.new_job('', result=...)` makes "
            "one up.",
        )

    @since("0.1")
    def test_an_odd_id_asks_for_nothing_else(self) -> None:
        """An id may hold anything, and a token may be anybody's: it is quoted in every path."""
        with vendor_harness(self) as at:
            job = at.finished_job()
            skip_finished(job)
            data = {name: text for name, text in job.data.items() if job.id not in text}
            odd = attrs.evolve(job, id=_ODD_ID, data=data)
            _check_quoted(at, "poll", lambda client: client.poll(odd))
            if at.offers("cancel"):
                _check_quoted(at, "cancel", lambda client: client.cancel(odd))

    @since("0.1")
    def test_retry_after_is_heeded(self) -> None:
        """The pause that the vendor asks for comes with the error, and with the update."""
        header, status = "Retry-After", HTTPStatus.TOO_MANY_REQUESTS
        with vendor_harness(self, job_s=600) as at:
            refusal = refusal_with(at, status).with_header(header, f"{_ASKED_S:g}")
            with at.changed_answers("submit", always(refusal)):
                outcome = _outcome(lambda: at.client().submit(at.request()))
            _check_pause(f"a submission was refused with HTTP {status}", outcome)
            _check_pause_in_body(at, refusal)
            job = at.client().submit(at.request())
            if job.result is not None:
                return
            for change, situation in (
                (lambda given: given.with_header(header, f"{_ASKED_S:g}"), "a poll was answered"),
                (always(refusal), f"a poll was refused with HTTP {status}"),
            ):
                with at.changed_answers("poll", change):
                    outcome = _outcome(lambda: at.client(pause_s=SHORT_PAUSE_S).poll(job))
                _check_pause(situation, outcome)

    @since("0.1")
    def test_an_answer_that_takes_its_time_is_waited_for(self) -> None:
        """A vendor that works before it answers may take three times its usual time."""
        with vendor_harness(self) as at:
            client = at.client()
            with _noting_patience(client) as patience_s:
                job = client.submit(at.request())
            if job.result is None:
                pytest.skip("the vendor answers with a job, before it works")
        usual_s = self.info.capabilities_for(at.request()).typical_job_s
        require(
            usual_s > 0,
            "the vendor works before it answers, and `Capabilities.typical_job_s` is "
            f"{usual_s:g}. Declare the seconds that it usually takes.",
        )
        waited_s = max([TransportPolicy().read_timeout_s, *patience_s])
        require(
            waited_s > _HELD * usual_s,
            f"the vendor works before it answers, usually for {usual_s:g} s, and submit() waits "
            f"{waited_s:g} s for the first byte: an answer that comes later is lost, and paid for. "
            f"Give `ctx.http.post(..., read_timeout_s=...)` well over {_HELD * usual_s:g} s.",
        )

    @since("0.1")
    def test_images_are_announced_as_what_they_are(self) -> None:
        """The type beside an uploaded image, or in its data URI, is that of its bytes."""
        with vendor_harness(self) as at:
            wrong = [
                fault
                for request in _in_each_format(at)
                for one in _sent_by(at, lambda: _outcome(lambda: at.client().submit(request)))  # noqa: B023
                for fault in one.mislabelled
            ]
        require(
            not wrong,
            f"{', '.join(wrong)}: vendors refuse such a file, or read it wrongly. Leave "
            "`media_type` away: the core tells it from the bytes.",
        )

    @since("0.1")
    def test_nothing_is_kept_in_the_users_folders(self) -> None:
        """Hooks write no files: not in home, cache or data folder, nor where they are installed."""
        with vendor_harness(self) as at:
            own = tuple(text for text in map(str, at.settings.values()) if len(text) > 1)
            with noting_writes(at.folder) as written:
                at.client().try_on(at.request(), timeout_s=3600)
        home = f"{at.folder / 'home'}"
        seen = [path.replace(home, "~", 1) for path in written if not path.startswith(own)]
        require(
            not seen,
            f"a try-on wrote {', '.join(seen[:3])}. It stays there when the plugin is removed, and "
            "another process may not see it. Keep nothing on disk: images that come with an answer "
            "are `JobResult(images=...)`, which the core keeps; what poll() needs is "
            "`ctx.new_job(data={...})`. If there must be files, declare a setting for their "
            "folder.",
        )


def _in_each_format(at: Harness) -> Iterator[TryOnRequest]:
    """Yield the first sample request with its images as JPEG and as PNG, as far as it is valid."""
    request = at.request()
    for kind in ("JPEG", "PNG"):
        images = {
            name: source if isinstance(source, UrlSource) else _as(source, kind)
            for name, source in request.images.items()
        }
        made = request.with_images(images)
        if not any(problem.severity == "error" for problem in at.client().validate(made)):
            yield made


def _as(source: ImageSource, kind: str) -> BytesSource:
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(read_bytes(source, field="image"))) as image:
        image.convert("RGB").save(buffer, kind)
    return BytesSource(buffer.getvalue())


def _sent_by(at: Harness, call: Callable[[], object]) -> list[LoggedRequest]:
    log = at.running.log if at.running else ()
    before = len(log)
    call()
    return list(log[before:])


def _shown(request: LoggedRequest) -> str:
    return f"{request.method} {request.path}"


def _submitted(at: Harness, came: list[list[Answer]]) -> Job:
    before = len(at.wire.answers)
    job = at.client().submit(at.request())
    came.append(at.wire.answers[before:])
    return job


def _same(*came: list[Answer]) -> bool:
    """Return whether the vendor answered two calls with the same, but for the time."""
    one, other = ([_told(each) for each in answers] for answers in came)
    return one == other


def _told(answer: Answer) -> tuple[int, bytes, dict[str, str]]:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    kept = {name: headers[name] for name in headers if name not in _NOT_COMPARED}
    return answer.status, answer.body, kept


def _check_quoted(at: Harness, hook: str, call: Callable[[Client], object]) -> None:
    advice = "Quote ids in paths: `urllib.parse.quote(job.id, safe='')`."
    refused = ""

    def ask() -> None:
        nonlocal refused
        try:
            call(at.client(pause_s=SHORT_PAUSE_S))
        except TryOnError as error:
            require_no_bug(error, f"{hook}() of a job with the id {_ODD_ID!r}", advice)
            refused = error.message if error.remedy == QUOTE_IDS else ""

    for request in _sent_by(at, ask):
        asked = [request.path, *request.query.values(), str(request.fields)]
        require(
            _ODD_ID in "\n".join([*asked, json.dumps(request.json)]),
            f"{hook}() of a job with the id {_ODD_ID!r} asked for {_shown(request)}, which is not "
            f"what the id names: a token could have anything asked with the user's key. {advice}",
        )
    require(
        not refused,
        f"{hook}() of a job with the id {_ODD_ID!r} sent nothing: {refused} A job with such an id "
        f"could never be fetched. {advice}",
    )


def _outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except TryOnError as error:
        require_no_bug(error, "a sample request was submitted or polled")
        return error


def _check_pause(situation: str, outcome: Any) -> None:
    heard_s = getattr(outcome, "retry_after_s", None)
    require(
        (heard_s or 0) >= _ASKED_S,
        f"{situation}, with `Retry-After: {_ASKED_S:g}`, and the {type(outcome).__name__} that "
        f"came has retry_after_s={heard_s}: the vendor would be asked too soon. Leave "
        "`retry_after_s` away, since the core reads the header; give it only where the vendor "
        "names a pause elsewhere.",
    )


def _check_pause_in_body(at: Harness, refusal: Answer) -> None:
    """Where the vendor's own refusal has the seconds in a field too, that is enough."""
    named = [path for path in inner_paths(refusal.json) if _PAUSE.search(str(path[-1]))]
    told = [seconds for path in named if type(seconds := value_at(refusal.json, path)) is int]
    headers = {name: text for name, text in refusal.headers.items() if not _PAUSE.search(name)}
    for seconds in told:
        with at.changed_answers("submit", always(attrs.evolve(refusal, headers=headers))):
            outcome = _outcome(lambda: at.client().submit(at.request()))
        heard_s = getattr(outcome, "retry_after_s", None)
        require(
            heard_s == seconds,
            f"a refusal has {shown(named[0])} = {seconds} and no header, and the "
            f"{type(outcome).__name__} that came has retry_after_s={heard_s}. Read the field into "
            "`error.retry_after_s`.",
        )


@contextmanager
def _noting_patience(client: Client) -> Iterator[list[float]]:
    """Give a list of the seconds that paid requests wait for a byte, as the plugin asked."""
    exchanger: Any = client.session.transport.exchanger()  # a seam for tests alone
    real, waits = exchanger.exchange_once, list[float]()
    usual_s = exchanger.policy.read_timeout_s

    def exchange_once(exchange: Any) -> Any:
        if not exchange.is_repeatable and exchange.read_timeout_s > usual_s:
            waits.append(exchange.read_timeout_s)
        return real(exchange)

    exchanger.exchange_once = exchange_once
    yield waits
