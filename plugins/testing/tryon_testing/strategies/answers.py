"""Answers of a vendor with faults, and jobs with any content."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from tryon_core.models import Artifact, Failure, Job, JobResult, JobState, JobUpdate, UrlSource
from tryon_testing.vendor_json import paths, replaced, vendor_bodies, vendor_json
from tryon_testing.wire import Answer, Twist

STATUSES = (200, 201, 202, 204, 302, 400, 401, 402, 403, 404, 409, 418, 429, 500, 502, 503, 504)
_MOST_QUESTIONS = 8


@st.composite
def spoilt_answers(draw: st.DrawFn, answers: Sequence[Answer]) -> Answer:
    """Answers of which the body is faulty; some have another status or no JSON type either.

    Args:
        draw: given by Hypothesis.
        answers: what the vendor's emulator answers when all is well.
    """
    answer = draw(st.sampled_from(answers))
    body = draw(vendor_bodies(answer.json))
    status = draw(st.just(answer.status) | st.sampled_from(STATUSES))
    kind = draw(st.just("") | st.sampled_from(("text/html", "application/octet-stream")))
    return answer.with_body(body, status=status, kind=kind)


def spoilt_refusals(refusals: Sequence[Answer]) -> st.SearchStrategy[Answer]:
    """The vendor's own refusals, as they are and with faults; none when there are none.

    Args:
        refusals: answers that refuse something.
    """
    if not refusals:
        return st.nothing()
    whole = st.sampled_from(refusals)
    return whole | spoilt_answers([answer for answer in refusals if answer.json is not None])


def one_by_one(spoilt: Sequence[Answer]) -> Twist:
    """Return a twist that gives one answer after the other, and the last one for ever."""
    left = list(spoilt)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def status_words(answers: Sequence[Answer]) -> dict[tuple[str | int, ...], set[str]]:
    """Return the places where answers to status questions differ, with the words found there.

    Args:
        answers: to questions for one job, from its beginning to its end.
    """
    found: dict[tuple[str | int, ...], set[str]] = {}
    for answer in answers:
        for path, text in _texts(answer.json):
            found.setdefault(path, set()).add(text)
    return {path: words for path, words in found.items() if len(words) > 1}


def _texts(value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for path in paths(value):
        part = value
        for key in path:
            part = part[key]
        if isinstance(part, (str, int)):
            yield path, str(part)


@st.composite
def status_answers(draw: st.DrawFn, answers: Sequence[Answer]) -> list[Answer]:
    """Sequences of answers to status questions: known words, words nobody knows, and faults.

    Args:
        draw: given by Hypothesis.
        answers: to questions for one job, from its beginning to its end.
    """
    usual = st.sampled_from(answers)
    one = usual | _with_other_words(answers) | usual.flatmap(_with_faults)
    return draw(st.lists(one, min_size=1, max_size=_MOST_QUESTIONS))


@st.composite
def _with_other_words(draw: st.DrawFn, answers: Sequence[Answer]) -> Answer:
    words = status_words(answers)
    answer = draw(st.sampled_from(answers))
    own = dict(_texts(answer.json))
    places = [path for path in words if path in own]
    if not places:
        return answer
    path = draw(st.sampled_from(places))
    known = st.sampled_from(sorted(words[path]))
    word = draw(known | known.map(str.swapcase) | st.text(max_size=12) | st.integers(-1, 99))
    return answer.with_json(replaced(answer.json, path, word))


def _with_faults(answer: Answer) -> st.SearchStrategy[Answer]:
    return vendor_json(answer.json).map(answer.with_json)


_RESULT = JobResult(images=[Artifact(source=UrlSource("http://127.0.0.1:9/result.png"))])


def updates() -> st.SearchStrategy[JobUpdate]:
    """Answers to status questions in the core's words, sound and odd ones."""
    return st.builds(
        JobUpdate,
        state=st.sampled_from(JobState),
        vendor_status=st.text(max_size=5),
        result=st.none() | st.just(_RESULT),
        failure=st.none() | st.just(Failure(code="x", message="it failed")),
        retry_after_s=st.none() | st.floats(0, 1e9),
    )


_MOST_CHARS = 60
_FAR = datetime(2100, 1, 1)  # noqa: DTZ001  (Hypothesis adds the zone)


def jobs(provider: str) -> st.SearchStrategy[Job]:
    """Jobs of a provider, some with their result.

    Args:
        provider: id of the provider.
    """
    text = st.text(st.characters(codec="utf-8"), max_size=_MOST_CHARS)
    results = st.builds(
        JobResult,
        images=st.lists(_artifacts(), min_size=1, max_size=3),
        usage=st.dictionaries(text, text, max_size=2),
    )
    return st.builds(
        Job,
        provider=st.just(provider),
        id=text.filter(bool),
        submitted_at=_times(),
        expires_at=st.none() | _times(),
        fingerprint=st.none() | text,
        request_id=st.none() | text,
        data=st.dictionaries(text, text, max_size=3),
        result=st.none() | results,
    )


def _artifacts() -> st.SearchStrategy[Artifact]:
    addresses = st.text(st.characters(codec="utf-8"), max_size=_MOST_CHARS)
    sources = addresses.map(lambda text: UrlSource(f"https://results.example/{text}"))
    return st.builds(Artifact, source=sources, expires_at=st.none() | _times())


def _times() -> st.SearchStrategy[datetime]:
    zones = st.sampled_from((timezone.utc, timezone(timedelta(hours=8))))
    return st.datetimes(datetime(2000, 1, 1), _FAR, timezones=zones)  # noqa: DTZ001
