"""The text of a manifest file, in the encodings that spreadsheets write."""

import codecs

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class NotText(Exception):
    """The bytes are not text in an encoding that is read.

    Attributes:
        line: where the first wrong byte stands, counted from 1.
        reason: what is wrong, as a sentence.
    """

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(reason)


def decode_text(data: bytes) -> str:
    """Return the text of UTF-8, with a byte order mark or without, or of UTF-16.

    Raises:
        NotText: it is neither.
    """
    encoding = _encoding(data)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8-sig":
            raise NotText(1, "the file begins like UTF-16 and is not.") from None
        line = data.count(b"\n", 0, error.start) + 1
        byte = f"0x{data[error.start]:02X}"
        raise NotText(line, f"the file is not UTF-8: the byte {byte} fits nowhere.") from None


def _encoding(data: bytes) -> str:
    if data.startswith(_UTF_16):
        return "utf-16"
    # A manifest begins with a letter, a quote or a brace, so that a zero beside it tells UTF-16.
    if data[1:2] == b"\0":
        return "utf-16-le"
    return "utf-16-be" if data[:1] == b"\0" else "utf-8-sig"
