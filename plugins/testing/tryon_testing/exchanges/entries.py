"""What an entry of documented exchanges is: a request, its answer, and what it stands for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import attrs

from tryon_core.codec import WebAddress
from tryon_testing.emulation.images import Form
from tryon_testing.exchanges.placeholders import IMAGES, STATE, only_name, placeholders

Code: TypeAlias = str | int
_STATES = ("status", "state", "task_status", "taskStatus")
CANCEL, POLL, SUBMIT = "cancel", "poll", "submit"
OPERATIONS = (SUBMIT, POLL, "result", CANCEL, "parse", "upload", "balance")
"""The usual ones."""


@attrs.frozen(kw_only=True)
class ExchangeRequest:
    """The request of an exchange.

    Attributes:
        path: path behind the host, or the whole address; with a query, if any.
        method: the HTTP method.
        headers: headers that are sent; others may be.
        json: the JSON body.
        form: the fields of a form; `$person` and the like are files, or addresses as text.
        images: how the vendor takes images in JSON.
    """

    path: str
    method: str = ""
    headers: Mapping[str, str | int] = attrs.field(factory=dict)
    json: Any = None
    form: Mapping[str, Any] | None = None
    images: tuple[Form, ...] = ("url", "data_uri", "base64")

    @property
    def route(self) -> str:
        """The path without host and query."""
        return urlsplit(self.path).path

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters of the query."""
        return dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))

    @property
    def body(self) -> Any:
        """The JSON, or the form."""
        return self.json if self.form is None else self.form

    @property
    def names(self) -> tuple[str, ...]:
        """The placeholders anywhere in it."""
        return placeholders([self.path, self.headers, self.body])


@attrs.frozen(kw_only=True)
class ExchangeAnswer:
    """The answer of an exchange.

    Attributes:
        status: the HTTP status.
        headers: further headers.
        json: the JSON body.
        text: the body, where it is no JSON.
    """

    status: int = 200
    headers: Mapping[str, str | int] = attrs.field(factory=dict)
    json: Any = None
    text: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The placeholders anywhere in it."""
        return placeholders([self.headers, self.json, self.text])

    @property
    def has_image(self) -> bool:
        """Whether it gives the image."""
        return not IMAGES.isdisjoint(self.names)


@attrs.frozen(kw_only=True)
class Exchange:
    """One request that the vendor documents, and its answer.

    Attributes:
        operation: one of `OPERATIONS`, or another small word.
        source: address of the vendor's page.
        request: what is sent; None for a refusal of anything.
        answer: what comes back.
        model: our model, where the exchange holds for one alone.
        states: words that `$state` stands for while the job is on its way, in their order.
        cancelled: whether the poll of a job that was cancelled is answered so.
        fails: codes of failed jobs that the poll is answered with; `$code` in the answer. True for
            failed jobs that have no code.
        refuses: codes of refused requests that are answered so; `$code` in the answer. With their
            statuses, where those differ.
    """

    operation: str
    source: WebAddress
    request: ExchangeRequest | None = None
    answer: ExchangeAnswer
    model: str = ""
    states: tuple[Code, ...] = ()
    cancelled: bool = False
    fails: bool | Code | tuple[Code, ...] = ()
    refuses: Code | tuple[Code, ...] | Mapping[Code, int] = ()

    @property
    def failures(self) -> tuple[Code, ...]:
        """The codes of `fails`."""
        return () if isinstance(self.fails, bool) else _each(self.fails)

    @property
    def is_failed(self) -> bool:
        """Whether it is about a failed job, with a code or without."""
        return bool(self.fails)

    @property
    def refusals(self) -> tuple[Code, ...]:
        """The codes of `refuses`."""
        return tuple(code for code, _ in self.refused)

    @property
    def refused(self) -> tuple[tuple[Code, ExchangeAnswer], ...]:
        """Each code of `refuses`, and its answer."""
        if isinstance(self.refuses, Mapping):
            pairs = self.refuses.items()
            return tuple((code, attrs.evolve(self.answer, status=of)) for code, of in pairs)
        return tuple((code, self.answer) for code in _each(self.refuses))

    @property
    def is_special(self) -> bool:
        """Whether it is no answer of success."""
        return bool(self.is_failed or self.refusals or self.cancelled)

    @property
    def gives_result(self) -> bool:
        """Whether its answer has the image of a try-on."""
        return self.answer.has_image and self.operation not in {"parse", "upload"}

    @property
    def names(self) -> tuple[str, ...]:
        """The placeholders of its request."""
        return self.request.names if self.request else ()


def finished(polls: Sequence[Exchange]) -> list[Exchange]:
    """Return those that show the finished job, of polls that have the same request.

    They are those with an image; where none has one, it comes from another address, and the last
    one shows the finished job. The others show a job on its way.
    """
    plain = [entry for entry in polls if not entry.is_special]
    with_image = [entry for entry in plain if entry.gives_result and not entry.states]
    return with_image or plain[-1:]


def leaves(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each text and number with its place; entries of a list have `[]` behind its key."""
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield from leaves(entry, f"{at}.{key}".lstrip("."))
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from leaves(entry, f"{at}[]")
    else:
        yield at, value


def value_at(answer: Any, place: str) -> str:
    """Return the text at a place, empty where there is none; `[]` in places is left out."""
    found = (str(value) for at, value in leaves(answer) if at.replace("[]", "") == place)
    return next(found, "") if place else ""


def place_of(answer: Any, name: str) -> str:
    """Return the place of a placeholder; a list on the way stands for its first entry."""
    found = (place for place, value in leaves(answer) if only_name(value) == name)
    return next(found, "").replace("[]", "")


def state_place(polls: Sequence[Exchange]) -> str:
    """Return where the answers to polls have the state: `$state`, else a text of a usual name."""
    found = next(filter(None, (place_of(it.answer.json, STATE) for it in polls)), "")
    plain = [it for it in polls if not it.is_special] or polls
    return found or (_usual_state(plain[-1].answer.json) if plain else "")


def _usual_state(answer: Any) -> str:
    texts = [place for place, value in leaves(answer) if isinstance(value, str)]
    named = [place for place in texts if place.rpartition(".")[2] in _STATES]
    return next(iter([*named, *(place for place in texts if "[]" not in place)]), "status")


def _each(codes: Code | tuple[Code, ...]) -> tuple[Code, ...]:
    return codes if isinstance(codes, tuple) else (codes,)
