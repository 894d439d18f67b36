"""Ids of items: which are possible, their file names, their shard, and ids that a caller names."""

import difflib
import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable
from urllib.parse import quote

import attrs

from tryon_core.errors import InputError

MOST_CHARS = 100
"""Length of an id."""
MOST_BYTES = 200
"""Length of a file name that is made of an id. File systems take 255 bytes; the rest is for the
number of a further image, a suffix, and the name of a file that is being written."""
_KEPT = frozenset(" .,_-()")
_NOT_FIRST = frozenset(".-")
# What Windows takes for a device, whatever suffix follows.
_DEVICE = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³])\s*(\.|\Z)", re.IGNORECASE)
_DIGEST_CHARS = 8
FIRST_STEP = "~bottom"
"""How the id of the first step of an outfit ends, and that of no row."""


def is_letter_or_digit(char: str) -> bool:
    """Return whether a character is a letter, a mark on one, or a digit, in any script."""
    return unicodedata.category(char)[0] in "LMN"


def id_problem(item_id: str) -> str | None:
    """Return what keeps an id from being used, as the end of a sentence; None when nothing does."""
    if not item_id:
        return "is empty"
    odd = next((char for char in item_id if not char.isprintable()), None)
    if odd is not None:
        return f"holds U+{ord(odd):04X} ({unicodedata.name(odd, 'a control character')})"
    if item_id != item_id.strip():
        return "begins or ends with a blank"
    if len(item_id) > MOST_CHARS:
        return f"has {len(item_id)} characters; at most {MOST_CHARS} are possible"
    length = len(file_name(item_id).encode())
    if length > MOST_BYTES:
        return f"makes a file name of {length} bytes; at most {MOST_BYTES} are possible"
    return None


def file_name(item_id: str, *, is_ascii: bool = False) -> str:
    """Return the name of the files of an id, without a suffix; `unquote` gives the id again.

    Letters and digits of all scripts stay, in their composed form (NFC). What a file system may
    refuse, and `+`, which begins the number of a further image, becomes `%XX`.

    Args:
        item_id: a possible one, see `id_problem`.
        is_ascii: for file systems that take no other letters: those become `%XX` as well. Where
            that is too long, it is cut, and ends in a digest.
    """
    text = unicodedata.normalize("NFC", item_id)
    name = "".join(_escaped(char, is_ascii=is_ascii) for char in text)
    if text[:1] in _NOT_FIRST or _DEVICE.match(text):
        name = f"%{ord(text[0]):02X}{name[1:]}"
    if is_ascii and len(name) > MOST_BYTES:
        digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_CHARS]
        name = f"{name[: MOST_BYTES - _DIGEST_CHARS - 1]}-{digest}"
    return name


def first_step_id(row_id: str) -> str:
    """Return the id of the first step of a row that takes two; no row can have it."""
    first = f"{row_id}{FIRST_STEP}"
    if id_problem(first) is None:
        return first
    digest = hashlib.sha256(row_id.encode()).hexdigest()[:_DIGEST_CHARS]
    tail = f"-{digest}{FIRST_STEP}"
    kept = row_id
    while id_problem(f"{kept}{tail}") is not None:
        kept = kept[:-1].rstrip()
    return f"{kept}{tail}"


def is_first_step(item_id: str) -> bool:
    """Return whether an item is the first step of a row, and no row itself."""
    return item_id.endswith(FIRST_STEP)


def row_id_problem(item_id: str) -> str | None:
    """Return what keeps a row from having an id, as `id_problem`."""
    if is_first_step(item_id):
        return f"ends in {FIRST_STEP}, which is kept for first steps of outfits"
    return id_problem(item_id)


def key_of(item_id: str) -> str:
    """Return what the ids of a run must differ in.

    Some file systems take capitals and small letters for the same, or é and e with an accent.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", item_id).casefold())


SHARD = "shard"
"""Name under which a journal keeps whose rows it has."""
_SHARD = re.compile(r"([0-9]{1,9})/([0-9]{1,9})")


@attrs.frozen
class Shard:
    """One of several machines that share a catalogue, without a word between them.

    Whose a row is follows from its id alone: not from its place, from other rows, from the machine,
    or from capital letters. So each row is of exactly one of the machines.

    Attributes:
        number: of this machine, from 1 to `of`.
        of: number of machines.

    Raises:
        ValueError: there is no such shard.
    """

    number: int
    of: int = attrs.field()

    @of.validator
    def _check(self, _: object, of: int) -> None:
        if not 1 <= self.number <= of:
            raise ValueError(f"there is no shard {self.number} of {of}")

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Read `K/N`, such as `2/4`.

        Raises:
            ValueError: it is none.
        """
        found = _SHARD.fullmatch(text)
        if found is None:
            raise ValueError(f"{text[:100]!r} is not K/N, such as 2/4")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @classmethod
    def of_row(cls, item_id: str, of: int) -> "Shard":
        """Return the one of so many shards that a row of that id is of."""
        digest = hashlib.sha256(key_of(item_id).encode("utf-8", "surrogatepass")).digest()
        return cls(int.from_bytes(digest, "big") % of + 1, of)

    def owns(self, item_id: str) -> bool:
        """Return whether a row of that id is of this shard."""
        return Shard.of_row(item_id, self.of) == self


def _escaped(char: str, *, is_ascii: bool) -> str:
    is_kept = char in _KEPT or is_letter_or_digit(char)
    return char if is_kept and (char.isascii() or not is_ascii) else quote(char, safe="")


def require_known(named: Iterable[str], known: Collection[str]) -> None:
    """Make sure that all items that a caller names are there.

    Raises:
        InputError: one is not; the message names the nearest that is.
    """
    for item_id in named:
        if item_id not in known:
            near = difflib.get_close_matches(item_id, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise InputError(
                f"there is no item {item_id[:100]!r} in this run.{hint}",
                remedy="manifest.out.csv lists its items.",
            )
