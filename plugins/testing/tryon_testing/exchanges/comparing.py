"""A request that came, compared with the one that the vendor documents."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import flask

from tryon_testing.emulation.images import BadImage, Form, receive
from tryon_testing.emulation.loopback import FetchRefused
from tryon_testing.exchanges.entries import ExchangeRequest
from tryon_testing.exchanges.placeholders import (
    ALL_GARMENTS,
    ANY,
    NAME,
    OUTPUTS,
    ROLES,
    only_name,
    placeholders,
    table_of,
)

_MOST_CHARS = 60


@attrs.frozen(kw_only=True)
class File:
    """A file in a form.

    Attributes:
        data: what it holds.
    """

    data: bytes = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class SentRequest:
    """What came.

    Attributes:
        headers: values by lower-case name.
        query: parameters.
        kind: `json`, `form`, another content type, or nothing when there is no body.
        body: the JSON, or the fields of the form by name.
    """

    headers: Mapping[str, str]
    query: Mapping[str, str]
    kind: str
    body: Any


def sent_request(request: flask.Request) -> SentRequest:
    """Read what came; a body that cannot be read is None."""
    kind: str = request.mimetype
    body: Any = None
    if kind == "application/json":
        kind, body = "json", request.get_json(silent=True)
    elif kind in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        kind = "form"
        fields: list[tuple[str, Any]] = list(request.form.items(multi=True))
        fields += [(name, File(data=it.read())) for name, it in request.files.items(multi=True)]
        several = {name: [value for key, value in fields if key == name] for name, _ in fields}
        body = {name: values[0] if len(values) == 1 else values for name, values in several.items()}
    return SentRequest(
        headers={name.lower(): value for name, value in request.headers},
        query=request.args.to_dict(),
        kind=kind,
        body=body,
    )


@attrs.define(kw_only=True, eq=False)
class Comparison:
    """One request beside one exchange.

    Attributes:
        settings: values of the provider's settings that may stand in a request.
        secrets: names of those that are secret.
        options: names of the provider's options, which may be left out.
        images: how the vendor takes images in JSON.
        found: what was sent in place of each placeholder; images as bytes.
        differences: what is not as the exchange says, in words.
        has_wrong_key: whether a key came where it belongs, and is wrong.
        is_text: whether everything comes as text, as in a query or a form.
    """

    settings: Mapping[str, str]
    secrets: frozenset[str]
    options: frozenset[str]
    images: Sequence[Form] = ()
    found: dict[str, Any] = attrs.field(factory=dict)
    differences: list[str] = attrs.field(factory=list)
    has_wrong_key: bool = False
    is_text: bool = False

    def compare(self, wanted: ExchangeRequest, sent: SentRequest) -> None:
        """Compare query and body; `differences` has what is wrong."""
        self.is_text = True
        self._object(wanted.query, sent.query, "the query")
        kind = "json" if wanted.json is not None else "form" if wanted.form is not None else ""
        if kind != sent.kind:
            have = sent.kind or "no body"
            self._say(f"the exchange sends {kind or 'no body'}, the provider sends {have}")
        elif kind == "form":
            self._object(wanted.form or {}, sent.body, "")
        elif kind and sent.body is None:
            self._say("the provider sends no JSON that can be read")
        elif kind:
            self.is_text = False
            self._value(wanted.json, sent.body, "")

    def compare_headers(self, wanted: Mapping[str, str | int], sent: Mapping[str, str]) -> None:
        """Compare the headers that the exchange has.

        Args:
            wanted: those of the exchange.
            sent: all that came, by lower-case name.
        """
        self.is_text = True
        for name, pattern in wanted.items():
            value = sent.get(name.lower())
            if value is not None:
                self._value(pattern, value, f"the header {name}")
            elif not self._may_lack(pattern):
                self._say(
                    f"the exchange says the header {name}: {pattern}, the provider sends "
                    f"{self._where_else(pattern, sent)}"
                )

    def compare_value(self, wanted: Any, sent: Any) -> None:
        """Compare one value, wherever it stands."""
        self._value(wanted, sent, "")

    def _where_else(self, pattern: str | int, sent: Mapping[str, str]) -> str:
        keys = [self.settings[name] for name in placeholders(pattern) if name in self.secrets]
        where = [name for name, value in sent.items() if any(key in value for key in keys)]
        return f"it in the header {where[0]}" if where else "no such header"

    def _say(self, difference: str) -> None:
        self.differences.append(difference)

    def _differ(self, at: str, wanted: Any, sent: Any) -> None:
        is_secret = not self.secrets.isdisjoint(placeholders(wanted))
        shown = "something else" if is_secret else _shown(sent)
        self._say(
            f"the exchange says {at or 'the body'}: {_shown(wanted)}, the provider sends {shown}"
        )

    def _value(self, wanted: Any, sent: Any, at: str) -> None:
        table = table_of(wanted)
        if table is not None:
            self._word(*table, sent, at, wanted)
        elif isinstance(wanted, Mapping):
            self._object(wanted, sent, at)
        elif isinstance(wanted, (list, tuple)):
            self._list(wanted, sent, at)
        elif only_name(wanted) == ALL_GARMENTS:
            self._all_garments(sent, at)
        elif isinstance(wanted, str) and placeholders(wanted):
            self._text(wanted, sent, at)
        elif not self._is_same(wanted, sent):
            self._differ(at, wanted, sent)

    def _word(self, name: str, words: Mapping[Any, Any], sent: Any, at: str, wanted: Any) -> None:
        ours = [our for our, word in words.items() if self._is_same(word, sent)]
        if ours:
            self._find(name, ours[0] if len(ours) == 1 else "|".join(map(str, ours)))
        else:
            self._differ(at, wanted, sent)

    def _object(self, wanted: Mapping[str, Any], sent: Any, at: str) -> None:
        if not isinstance(sent, Mapping):
            self._differ(at, wanted, sent)
            return
        dot = f"{at}." if at else ""
        missing = [
            key
            for key, value in wanted.items()
            if key not in sent and not self._may_lack(value) and not _is_twice(wanted, value, sent)
        ]
        unknown = [key for key in sent if key not in wanted]
        for key in missing:
            found = next((other for other in unknown if self._fits(wanted[key], sent[other])), None)
            if found is None:
                self._say(
                    f"the exchange says {dot}{key}: {_shown(wanted[key])}, the provider does not "
                    "send it"
                )
                continue
            unknown.remove(found)
            self._say(f"the exchange says {dot}{key}, the provider sends {dot}{found}")
        for key in unknown:
            self._say(
                f"the provider sends {dot}{key}: {_shown(sent[key])}, which the exchange does not "
                "have"
            )
        for key, value in wanted.items():
            if key in sent:
                self._value(value, sent[key], f"{dot}{key}")

    def _list(self, wanted: Sequence[Any], sent: Any, at: str) -> None:
        if not isinstance(sent, list) or len(sent) != len(wanted):
            self._differ(at, wanted, sent)
            return
        for index, (one, other) in enumerate(zip(wanted, sent, strict=True)):
            self._value(one, other, f"{at}[{index}]")

    def _all_garments(self, sent: Any, at: str) -> None:
        images = [self._image(f"${ALL_GARMENTS}", one, at) for one in _listed(sent)]
        if not images or None in images:
            self._differ(at, f"${ALL_GARMENTS}", sent)
        else:
            self._find(ALL_GARMENTS, images)

    def _text(self, wanted: str, sent: Any, at: str) -> None:
        names = placeholders(wanted)
        role = next((name for name in names if name in ROLES), None)
        if role is not None:
            image = self._image(wanted, sent, at)
            if image is None:
                self._differ(at, wanted, sent)
            else:
                self._find(role, image)
            return
        if only_name(wanted) and only_name(wanted) not in self.settings:
            self._find(only_name(wanted), sent)
            if only_name(wanted) == OUTPUTS:
                self._find(at.rpartition(".")[2], sent)
            return
        found = re.fullmatch(_regex(wanted), str(sent), re.DOTALL)
        if found is None:
            self._differ(at, wanted, sent)
            return
        for name, value in zip(names, found.groups(), strict=False):
            if name in self.secrets:
                self.has_wrong_key |= value != self.settings[name]
            elif name in self.settings and value != self.settings[name]:
                self._differ(at, wanted, sent)
            else:
                self._find(name, value)

    def _image(self, wanted: str, sent: Any, at: str) -> bytes | None:
        """Return an image that came in one of the forms that the text says."""
        if isinstance(sent, File):
            return sent.data if only_name(wanted) else None
        forms: Sequence[Form] = self.images
        if wanted.startswith("data:"):
            forms = ["data_uri"]
        elif wanted.startswith("http"):
            forms = ["url"]
        try:
            return receive(sent, forms=forms).data if isinstance(sent, str) else None
        except (BadImage, FetchRefused) as error:
            self._say(f"{at}: no image ({error})")
            return None

    def _find(self, name: str, value: Any) -> None:
        if name != ANY:
            self.found[name] = value

    def _may_lack(self, wanted: Any) -> bool:
        """Whether a field may be absent: that of an option, or an object of such fields."""
        table = table_of(wanted)
        if table is not None:
            return table[0] in self.options
        if isinstance(wanted, Mapping):
            return bool(wanted) and all(map(self._may_lack, wanted.values()))
        return only_name(wanted) in self.options | {OUTPUTS}

    def _is_same(self, wanted: Any, sent: Any) -> bool:
        """Compare as JSON does: 1 is not true, and not the text 1."""
        if self.is_text and isinstance(sent, str):
            return sent == (wanted if isinstance(wanted, str) else json.dumps(wanted))
        return isinstance(wanted, bool) == isinstance(sent, bool) and bool(wanted == sent)

    def _fits(self, wanted: Any, sent: Any) -> bool:
        trial = attrs.evolve(self, found={}, differences=[])
        trial.compare_value(wanted, sent)
        return not trial.differences


def _is_twice(wanted: Mapping[str, Any], value: Any, sent: Mapping[str, Any]) -> bool:
    """Whether the same image may come in another field as well, and did."""
    return only_name(value) in ROLES and any(
        key in sent and other == value for key, other in wanted.items()
    )


def _regex(wanted: str) -> str:
    literals = NAME.split(wanted)[::2]
    return "(.+?)".join(map(re.escape, literals))


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _shown(value: Any) -> str:
    if isinstance(value, File):
        return f"a file of {len(value.data)} bytes"
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _MOST_CHARS else f"{text[:_MOST_CHARS]}…"
