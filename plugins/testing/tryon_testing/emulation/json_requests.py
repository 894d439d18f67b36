"""Requests of vendors that take JSON: the key in its header, and fields with their types."""

from collections.abc import Collection, Mapping
from typing import Any, Literal, TypeAlias

import attrs
from flask import request

Wrong: TypeAlias = Literal["missing", "unknown", "type", "value"]
_WORDS: Mapping[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    dict: "an object",
    list: "a list",
}


class Refused(Exception):
    """A request that is refused in the vendor's words; the application has a handler for it.

    Args:
        code: the vendor's code.
        text: what is wrong, empty for the vendor's usual text of that code.
    """

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.text = text


class BadBody(Exception):
    """A body that is no JSON object, or is not announced as one."""


@attrs.frozen(kw_only=True)
class Field:
    """What a field of a JSON object may hold.

    Attributes:
        kind: `str`, `bool`, `int`, `float` (which takes whole numbers too), `dict` or `list`. A
            text is never taken for a number, nor a number for yes or no.
        is_required: it must be there; a text must not be empty.
        is_nullable: null stands for leaving it out.
        choices: the only values, empty for any.
        least: least number, inclusive.
        most: greatest number, inclusive.
    """

    kind: type = str
    is_required: bool = False
    is_nullable: bool = False
    choices: Collection[Any] = ()
    least: float | None = None
    most: float | None = None


_KINDS: Mapping[str, type] = {
    "text": str,
    "flag": bool,
    "int": int,
    "number": float,
    "object": dict,
    "list": list,
}


def read_fields(text: str) -> dict[str, Field]:
    """Return the fields that a text lists, in its order.

    Args:
        text: such as `image*:text seed:int steps:1..40 mode:fast|good count:1|2|3`: a star where a
            field is required; `text`, `flag`, `int`, `number`, `object`, `list`, the least and the
            greatest whole number, or the only values, which are whole numbers when all their signs
            are digits.
    """
    return dict(map(_read_field, text.split()))


def _read_field(text: str) -> tuple[str, Field]:
    name, _, rest = text.partition(":")
    is_required, name = name.endswith("*"), name.rstrip("*")
    if rest in _KINDS:
        return name, Field(kind=_KINDS[rest], is_required=is_required)
    if ".." in rest:
        least, most = map(int, rest.split(".."))
        return name, Field(kind=int, is_required=is_required, least=least, most=most)
    words = [int(word) if word.isdecimal() else word for word in rest.split("|")]
    return name, Field(kind=type(words[0]), is_required=is_required, choices=words)


@attrs.frozen
class BadField:
    """One thing that is wrong with a field.

    Attributes:
        name: the field.
        fault: `missing`, `unknown`, a wrong `type` or a wrong `value`.
        text: what is wrong, to be put into the vendor's words.
    """

    name: str
    fault: Wrong
    text: str


def key_sent(*schemes: str) -> str:
    """Return the key of the header `Authorization`, empty when there is none.

    Args:
        schemes: the words before it that the vendor takes, such as `Bearer` or `Key`; capital and
            small letters are the same.
    """
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() in {word.lower() for word in schemes} else ""


def json_object() -> dict[str, Any]:
    """Return the body of the request.

    Raises:
        BadBody: it is no JSON object, or its `Content-Type` is not `application/json`.
    """
    if request.mimetype != "application/json":
        raise BadBody(f"Content-Type is {request.mimetype or 'missing'}")
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadBody("the body is no JSON object")
    return body


def check_fields(
    given: Mapping[str, Any], fields: Mapping[str, Field], *, is_unknown_fine: bool = False
) -> list[BadField]:
    """Return everything that is wrong with an object: what is missing first, then in its order.

    Args:
        given: the object.
        fields: what it may hold.
        is_unknown_fine: whether there may be others.
    """
    required = [name for name, field in fields.items() if field.is_required]
    missing = [name for name in required if given.get(name) in (None, "")]
    found = [BadField(name, "missing", f"{name} is required") for name in missing]
    for name, value in given.items():
        field = fields.get(name)
        if field is None:
            found += [] if is_unknown_fine else [BadField(name, "unknown", f"{name} is not known")]
        elif name not in missing and not (value is None and field.is_nullable):
            found += _value(name, value, field)
    return found


def _value(name: str, value: Any, field: Field) -> list[BadField]:
    kinds = (int, float) if field.kind is float else (field.kind,)
    if type(value) not in kinds:
        return [BadField(name, "type", f"{name} must be {_WORDS[field.kind]}")]
    if field.choices and value not in field.choices:
        words = ", ".join(map(str, field.choices))
        return [BadField(name, "value", f"{name} must be one of {words}")]
    if field.least is not None and value < field.least:
        return [BadField(name, "value", f"{name} must be {field.least} or more")]
    if field.most is not None and value > field.most:
        return [BadField(name, "value", f"{name} must be {field.most} or less")]
    return []
