"""Answers of a vendor with faults, sequences of polls, and jobs with any content."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

from hypothesis import strategies as st

from tryon_core.models import Artifact, Failure, Job, JobResult, JobState, JobUpdate, UrlSource
from tryon_testing.mutations import (
    BODIES,
    STRANGE_VALUES,
    STRUCTURAL,
    Json,
    Path,
    paths,
    replaced,
    value_at,
)
from tryon_testing.wire import Answer

_T = TypeVar("_T")
STATUSES = (200, 201, 202, 204, 302, 400, 401, 402, 403, 404, 409, 418, 429, 500, 502, 503, 504)
_ANY_STATUS = st.sampled_from((200, *STATUSES))
_MOST_POLLS = 8
_FAULTS = st.sampled_from((1, 1, 2, 3))
_MOSTLY = st.sampled_from((True, True, False))
_KINDS = st.just("") | st.sampled_from(("text/html", "application/octet-stream"))
_LOCATIONS = (
    "",
    "/",
    "http://[",
    "\x01",
    "//evil.example/x",
    "https://user:pw@127.0.0.1/x",
    "?a=b",
)
_PAUSES = ("0", "-5", "1e9", "999999999", "soon", "inf", "Wed, 21 Oct 2099 07:28:00 GMT", "9" * 30)
_STRUCTURAL = st.none() | st.sampled_from(STRUCTURAL)
_ANYTHING = st.sampled_from(STRANGE_VALUES) | st.text(max_size=20) | st.integers()


@st.composite
def vendor_json(draw: st.DrawFn, sample: Json, *, extra: Sequence[Json] = ()) -> Json:
    """Documented answers with one to three faults.

    A part is null, of another type, missing, doubled, nested 200 levels deep, a number beyond
    every float, `NaN`, text with half a surrogate; or there is a field without documentation.

    Args:
        draw: given by Hypothesis.
        sample: the documented answer, parsed.
        extra: further values that may come anywhere, such as a key that is quoted.
    """
    value = sample
    for _ in range(draw(_FAULTS)):
        path = _one_of(draw, list(paths(value)))
        change = draw(_STRUCTURAL)
        if change is not None:
            value = change(value, path)
        elif bool(extra) and draw(st.booleans()):
            value = replaced(value, path, _one_of(draw, extra))
        else:
            value = replaced(value, path, draw(_ANYTHING))
    return value


def _one_of(draw: st.DrawFn, values: Sequence[_T]) -> _T:
    # Hypothesis examines each new strategy, which takes longer than to draw from one; it keeps
    # those of integers.
    return values[draw(st.integers(0, len(values) - 1))]


def vendor_bodies(sample: Json, *, extra: Sequence[Json] = ()) -> st.SearchStrategy[bytes]:
    """Bodies of answers: faulty JSON, cut JSON, pages, and any bytes.

    Args:
        sample: the documented answer, parsed.
        extra: as for `vendor_json`.
    """
    whole = _encoded(sample)
    cut = st.integers(0, len(whole)).map(lambda end: whole[:end])
    # Faulty JSON finds the most, so five bodies of eight are that; examples shrink to it.
    # Each is an object of its own: `one_of` takes equal ones for one.
    faulty = [vendor_json(sample, extra=extra).map(_encoded) for _ in range(5)]
    return st.one_of(*faulty, cut, st.sampled_from(list(BODIES.values())), st.binary(max_size=64))


def _encoded(value: Json) -> bytes:
    return json.dumps(value).encode()


def faulty_answers(
    answers: Sequence[Answer],
    *,
    refusals: Sequence[Answer] = (),
    secrets: Sequence[str] = (),
) -> st.SearchStrategy[Answer]:
    """Answers with faults in body, status and headers, which may quote a key anywhere.

    Args:
        answers: what the vendor answers when all is well.
        refusals: its refusals of the same; some come without any fault.
        secrets: the keys.
    """
    quoted = [text for secret in secrets for text in (secret, f"wrong key {secret}!")]
    accepted, refused = (
        [(answer, vendor_bodies(answer.json, extra=quoted)) for answer in group]
        for group in (answers, refusals)
    )
    headers = _odd_headers(secrets)

    @st.composite
    def faulty(draw: st.DrawFn) -> Answer:
        if refusals and draw(st.integers(0, 9)) == 0:
            return _one_of(draw, refusals)
        is_accepted = draw(_MOSTLY) or not refusals
        sample, bodies = _one_of(draw, accepted if is_accepted else refused)
        body = draw(bodies)
        status = sample.status if draw(_MOSTLY) else draw(_ANY_STATUS)
        answer = sample.with_body(body, status=status, kind=draw(_KINDS))
        for name, value in draw(headers).items():
            answer = answer.with_header(name, value)
        return answer

    return faulty()


def _odd_headers(secrets: Sequence[str]) -> st.SearchStrategy[dict[str, str]]:
    ids = st.sampled_from(("", "\xe9", "r" * 5000, *secrets))
    return st.fixed_dictionaries(
        {},
        optional={
            "Retry-After": st.sampled_from(_PAUSES),
            "Location": st.sampled_from((*_LOCATIONS, *(f"/{secret}" for secret in secrets))),
            "X-Request-Id": ids,
            "Date": st.sampled_from(("never", "Wed, 21 Oct 2015 07:28:00 GMT")),
        },
    )


def status_words(answers: Sequence[Answer]) -> dict[Path, set[str]]:
    """Return the paths at which answers to polls differ, with the words found there.

    Args:
        answers: to polls of one job, from its beginning to its end.
    """
    found: dict[Path, set[str]] = {}
    for answer in answers:
        for path, text in _texts(answer.json):
            found.setdefault(path, set()).add(text)
    return {path: words for path, words in found.items() if len(words) > 1}


def _texts(value: Any) -> Iterator[tuple[Path, str]]:
    for path in paths(value):
        part = value_at(value, path)
        if isinstance(part, (str, int)):
            yield path, str(part)


@st.composite
def status_answers(draw: st.DrawFn, answers: Sequence[Answer]) -> list[Answer]:
    """Sequences of answers to polls: known words, undocumented words, and faults.

    Args:
        draw: given by Hypothesis.
        answers: to polls of one job, from its beginning to its end.
    """
    usual = st.sampled_from(answers)
    one = usual | _with_other_words(answers) | usual.flatmap(_with_faults)
    return draw(st.lists(one, min_size=1, max_size=_MOST_POLLS))


@st.composite
def _with_other_words(draw: st.DrawFn, answers: Sequence[Answer]) -> Answer:
    words = status_words(answers)
    answer = draw(st.sampled_from(answers))
    own = dict(_texts(answer.json))
    known_paths = [path for path in words if path in own]
    if not known_paths:
        return answer
    path = draw(st.sampled_from(known_paths))
    known = st.sampled_from(sorted(words[path]))
    word = draw(known | known.map(str.swapcase) | st.text(max_size=12) | st.integers(-1, 99))
    return answer.with_json(replaced(answer.json, path, word))


def _with_faults(answer: Answer) -> st.SearchStrategy[Answer]:
    return vendor_json(answer.json).map(answer.with_json)


_RESULT = JobResult(images=[Artifact(source=UrlSource("http://127.0.0.1:9/result.png"))])


def updates() -> st.SearchStrategy[JobUpdate]:
    """Answers to polls in the core's words, sound and odd ones."""
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
