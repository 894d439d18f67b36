"""Files and multipart forms that are streamed from disk while they are sent."""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import BinaryIO, TypeAlias

import attrs
from urllib3.fields import RequestField
from urllib3.filepost import choose_boundary

from tryon_core.errors import UnusableImage
from tryon_core.http import FilePart, FormFields
from tryon_core.image_formats import HEAD_BYTES, image_format, name_for
from tryon_core.images.files import file_name, open_binary, stream_size
from tryon_core.models import ImageSource, UrlSource

_BLOCK_BYTES = 64 * 1024
# What Python makes of bytes in a file name that are not UTF-8; no form can hold it.
_NOT_TEXT = re.compile("[\ud800-\udfff]")
_UNKNOWN_TYPE = "application/octet-stream"


def media_type_of(format_name: str | None) -> str:
    """Return the media type of an image format as it is named in `ImageProbe.format`."""
    return _UNKNOWN_TYPE if format_name is None else f"image/{format_name.lower()}"


@attrs.define(eq=False)
class _OpenFile:
    """A file as it was when the form was made."""

    name: str
    file: BinaryIO
    size: int = attrs.field(init=False)
    changed_ns: int | None = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.size = stream_size(self.file)
        self.changed_ns = self._change_time()

    def _change_time(self) -> int | None:
        try:
            return os.fstat(self.file.fileno()).st_mtime_ns
        except OSError:
            return None  # bytes in memory

    def _changed(self, why: str) -> UnusableImage:
        return UnusableImage(
            f"{self.name!r} {why} while it was being sent; the request was broken off.",
            field=self.name,
            code="changed_while_sending",
            remedy="Try again with a file that nothing else writes to.",
        )

    def format(self) -> str | None:
        self.file.seek(0)
        return image_format(self.file.read(HEAD_BYTES))

    def blocks(self) -> Iterator[bytes]:
        """Yield exactly as many bytes as were announced, or raise before the form is complete."""
        left = self.size
        try:
            self.file.seek(0)
            while left:
                block = self.file.read(min(left, _BLOCK_BYTES))
                if not block:
                    raise self._changed("became shorter")
                left -= len(block)
                yield block
            if self._change_time() != self.changed_ns:
                raise self._changed("was changed")
        except OSError as error:
            # This is no failure of the network.
            raise self._changed(f"could not be read ({error.strerror})") from None


class FileBody:
    """One file as the body of a request; it can be sent more than once.

    Args:
        part: the file; its name is not sent.

    Raises:
        UnusableImage: it cannot be opened or is empty.
        TypeError: it is an address instead of a local image.
    """

    def __init__(self, part: FilePart) -> None:
        self._files = ExitStack()
        opened = self._files.enter_context(open_binary(_local(part, "file"), field="file"))
        self._file = _OpenFile("file", opened)
        self.content_type = part.media_type or media_type_of(self._file.format())

    def __len__(self) -> int:
        """Return the length in bytes, for the `Content-Length` header."""
        return self._file.size

    def __iter__(self) -> Iterator[bytes]:
        """Yield the file in blocks."""
        return self._file.blocks()

    def close(self) -> None:
        """Close the file."""
        self._files.close()


def _local(part: FilePart, name: str) -> ImageSource:
    if isinstance(part.source, UrlSource):
        raise TypeError(
            f"the part {name!r} is {part.source!r}, which cannot be streamed: "
            "download it first, and give a FilePart with a path or bytes"
        )
    return part.source


_FormPart: TypeAlias = "bytes | _OpenFile"


class MultipartForm:
    """The body of a `multipart/form-data` request; it can be sent more than once.

    Files are opened and measured when it is made, so that what cannot be read is found before
    anything is sent, and a file that is replaced meanwhile is sent as it was. Names are escaped as
    browsers do (WHATWG): UTF-8, with quotes and line breaks percent-encoded. In a file name that
    is not UTF-8 on disk, `_` replaces what no text can hold; services need no name.

    Args:
        fields: the parts in order.
        boundary: separates the parts; random when not given.

    Raises:
        UnusableImage: a file cannot be opened or is empty.
        TypeError: a `FilePart` holds an address instead of a local image.
    """

    def __init__(self, fields: FormFields, *, boundary: str | None = None) -> None:
        self._boundary = boundary or choose_boundary()
        self._files = ExitStack()
        self._pieces: list[_FormPart] = []
        with ExitStack() as undo:
            undo.callback(self._files.close)
            for name, value in fields:
                self._add(name, value)
            undo.pop_all()
        self._pieces.append(f"--{self._boundary}--\r\n".encode())
        self._length = sum(
            piece.size if isinstance(piece, _OpenFile) else len(piece) for piece in self._pieces
        )

    @property
    def content_type(self) -> str:
        """The value of the `Content-Type` header."""
        return f"multipart/form-data; boundary={self._boundary}"

    def __len__(self) -> int:
        """Return the length in bytes, for the `Content-Length` header."""
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        """Yield the body in blocks; small parts are joined."""
        waiting = b""
        for block in self._blocks():
            waiting += block
            if len(waiting) >= _BLOCK_BYTES:
                yield waiting
                waiting = b""
        yield waiting

    def __repr__(self) -> str:
        return f"MultipartForm({len(self)} bytes)"

    def close(self) -> None:
        """Close the files."""
        self._files.close()

    def __enter__(self) -> "MultipartForm":  # noqa: PYI034  (Self needs Python 3.11)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _blocks(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, _OpenFile):
                yield from piece.blocks()
            else:
                yield piece

    def _add(self, name: str, value: "str | FilePart") -> None:
        if isinstance(value, str):
            self._pieces += [self._head(name), value.encode(), b"\r\n"]
        else:
            self._add_file(name, value)

    def _add_file(self, name: str, part: FilePart) -> None:
        opened = _OpenFile(
            name, self._files.enter_context(open_binary(_local(part, name), field=name))
        )
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
