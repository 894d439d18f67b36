r"""Text that others wrote, made safe to show: vendors' words, ids, file names.

Such text may hold line breaks that forge a line of ours, escape sequences that move the cursor of a
terminal, overrides that turn the direction of writing, and halves of a character that no encoding
has. Each becomes its escape, such as `\x1b`, so that a reader still sees what was there.
"""

import base64
import html
import json
import re
from collections.abc import Iterable
from typing import Any

# Breaks of every kind with the blanks around them; other blanks stay, file names have some.
_BREAKS = re.compile(" *[\t-\r\x1c-\x1f\x85\u2028\u2029][\t-\r\x1c-\x1f\x85\u2028\u2029 ]*")
# Marks, embeddings, overrides and isolates of direction; halves of a character.
_INVISIBLE = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
_UNSAFE = re.compile(f"[\x00-\x1f\x7f-\x9f{_INVISIBLE}]")
_UNSAFE_IN_JSON = re.compile(f"[\x7f-\x9f{_INVISIBLE}]")  # it escapes other controls by itself
_HALVES = re.compile("[\ud800-\udfff]")
_FLAGS = {"true": True, "yes": True, "on": True, "1": True} | dict.fromkeys(
    ("false", "no", "off", "0"), False
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


def one_line(text: str) -> str:
    """Return text as one line that can be printed: nothing in it acts on a terminal."""
    # Some vendors give a number for a code, and their plugins pass it on.
    return _UNSAFE.sub(_escape, _BREAKS.sub(" ", str(text))).strip()


def as_flag(word: str) -> bool | None:
    """Return what a word such as `yes` or `0` says, None for any other."""
    return _FLAGS.get(word.strip().lower())


def encodable(text: str) -> str:
    """Return text that UTF-8 can hold, line breaks and all else as they are."""
    return _HALVES.sub(_escape, text)


def is_encodable(text: str) -> bool:
    """Return whether UTF-8 can hold a text as it is."""
    return _HALVES.search(text) is None


def json_text(value: Any, *, indent: int | None = None) -> str:
    """Return a value as JSON that UTF-8 can hold and a terminal can show; nothing is lost.

    Letters that are not ASCII stay readable.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def guard_cell(text: str) -> str:
    """Return text for one cell of a table, which no spreadsheet takes for a formula.

    An apostrophe is put before `=`, `+`, `-`, `@`, a tab and a line break.
    """
    shown = encodable(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def _escape(found: "re.Match[str]") -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"  # noqa: PLR2004


def figure(data: bytes | None, format_name: str, caption: str) -> str:
    """Return an image with a line below it as HTML; text of others is escaped."""
    image = ""
    if data is not None:
        address = f"data:image/{format_name.lower()};base64,{base64.b64encode(data).decode()}"
        image = f'<img src="{address}" alt="" style="max-width: 100%; max-height: 512px"><br>'
    return (
        f'<figure style="display: inline-block; margin: 0 1em 1em 0">{image}'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
    )


def sentences(lines: Iterable[str]) -> str:
    """Return sentences as an HTML list, nothing where there are none."""
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""
