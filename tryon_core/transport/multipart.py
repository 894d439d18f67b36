"""Multipart forms that are streamed from disk while they are sent."""

import re
from contextlib import ExitStack

from urllib3.fields import RequestField
from urllib3.filepost import choose_boundary

from tryon_core.http import FilePart, FormFields
from tryon_core.image_formats import name_for
from tryon_core.images.files import file_name
from tryon_core.transport.streaming import StreamedBody, media_type_of

# What Python makes of bytes in a file name that are not UTF-8; no form can hold it.
_NOT_TEXT = re.compile("[\ud800-\udfff]")


class MultipartForm(StreamedBody):
    """The body of a `multipart/form-data` request.

    Names are escaped as browsers do (WHATWG): UTF-8, with quotes and line breaks percent-encoded.
    In a file name that is not UTF-8 on disk, `_` replaces what no text can hold; services need no
    name.

    Args:
        fields: the parts in order.
        boundary: separates the parts; random when not given.

    Raises:
        UnusableImage: a file cannot be opened or is empty.
        TypeError: a `FilePart` holds an address instead of a local image.
    """

    def __init__(self, fields: FormFields, *, boundary: str | None = None) -> None:
        super().__init__()
        self._boundary = boundary or choose_boundary()
        with ExitStack() as undo:
            undo.callback(self.close)
            for name, value in fields:
                self._add(name, value)
            undo.pop_all()
        self._pieces.append(f"--{self._boundary}--\r\n".encode())

    @property
    def content_type(self) -> str:
        """The value of the `Content-Type` header."""
        return f"multipart/form-data; boundary={self._boundary}"

    def _add(self, name: str, value: "str | FilePart") -> None:
        if isinstance(value, str):
            self._pieces += [self._head(name), value.encode(), b"\r\n"]
        else:
            self._add_file(name, value)

    def _add_file(self, name: str, part: FilePart) -> None:
        opened = self._open(part.source, field=name)
        found = opened.format()
        filename = part.filename or name_for(file_name(part.source), found)
        media_type = part.media_type or media_type_of(found)
        self._pieces += [self._head(name, filename, media_type), opened, b"\r\n"]

    def _head(self, name: str, filename: str | None = None, media_type: str | None = None) -> bytes:
        if filename is not None:
            filename = _NOT_TEXT.sub("_", filename)
        field = RequestField(name, b"", filename=filename)
        field.make_multipart(content_type=media_type)
        return f"--{self._boundary}\r\n{field.render_headers()}".encode()
