"""Bodies that are made while they are sent; the files in them are streamed from disk."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import BinaryIO, Protocol

import attrs

from tryon_core.errors import UnusableImage
from tryon_core.http import FilePart
from tryon_core.image_formats import HEAD_BYTES, image_format
from tryon_core.images.files import open_binary, stream_size
from tryon_core.models import ImageSource, UrlSource

_BLOCK_BYTES = 64 * 1024
_UNKNOWN_TYPE = "application/octet-stream"


def media_type_of(format_name: str | None) -> str:
    """Return the media type of an image format as it is named in `ImageProbe.format`."""
    return _UNKNOWN_TYPE if format_name is None else f"image/{format_name.lower()}"


@attrs.define(eq=False)
class OpenFile:
    """A file as it was when the body was made.

    Attributes:
        name: what errors call it.
        file: the file.
        size: its length in bytes.
    """

    name: str
    file: BinaryIO
    size: int = attrs.field(init=False)
    _changed_ns: int | None = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.size = stream_size(self.file)
        self._changed_ns = self._change_time()

    def __len__(self) -> int:
        return self.size

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

    @property
    def origin(self) -> "OpenFile":
        """Itself."""
        return self

    def format(self) -> str | None:
        """Return the image format that it begins with, None when it is not a known one."""
        self.file.seek(0)
        return image_format(self.file.read(HEAD_BYTES))

    def blocks(self) -> Iterator[bytes]:
        """Yield exactly as many bytes as were announced, or raise before the body is complete."""
        left = self.size
        try:
            self.file.seek(0)
            while left:
                block = self.file.read(min(left, _BLOCK_BYTES))
                if not block:
                    raise self._changed("became shorter")
                left -= len(block)
                yield block
            if self._change_time() != self._changed_ns:
                raise self._changed("was changed")
        except OSError as error:
            # This is no failure of the network.
            raise self._changed(f"could not be read ({error.strerror})") from None


class Piece(Protocol):
    """A part of a body whose length is known before it is read; it is made of one file."""

    def __len__(self) -> int: ...

    def blocks(self) -> Iterator[bytes]:
        """Yield exactly as many bytes as it is long."""
        ...

    @property
    def origin(self) -> OpenFile:
        """The file."""
        ...


class StreamedBody(AbstractContextManager["StreamedBody"]):
    """A body of texts and files; it can be sent more than once.

    Files are opened and measured when they are added, so that what cannot be read is found before
    anything is sent, and a file that is replaced meanwhile is sent as it was.
    """

    def __init__(self) -> None:
        self._files = ExitStack()
        self._pieces: list[bytes | Piece] = []

    def _open(self, source: ImageSource, *, field: str) -> OpenFile:
        if isinstance(source, UrlSource):
            raise TypeError(
                f"the part {field!r} is {source!r}, which cannot be streamed: "
                "download it first, and give a path or bytes"
            )
        return OpenFile(field, self._files.enter_context(open_binary(source, field=field)))

    def __len__(self) -> int:
        """Return the length in bytes, for the `Content-Length` header."""
        return sum(map(len, self._pieces))

    def __iter__(self) -> Iterator[bytes]:
        """Yield the body in blocks; small parts are joined."""
        waiting = b""
        for block in self._blocks():
            waiting += block
            if len(waiting) >= _BLOCK_BYTES:
                yield waiting
                waiting = b""
        yield waiting

    def outline(self, describe: Callable[[OpenFile], bytes]) -> bytes:
        """Return the body with a description in place of each file."""
        return b"".join(
            piece if isinstance(piece, bytes) else describe(piece.origin) for piece in self._pieces
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} bytes)"

    def close(self) -> None:
        """Close the files."""
        self._files.close()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _blocks(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, bytes):
                yield piece
            else:
                yield from piece.blocks()


class FileBody(StreamedBody):
    """One file as the body of a request.

    Args:
        part: the file; its name is not sent.

    Raises:
        UnusableImage: it cannot be opened or is empty.
        TypeError: it is an address instead of a local image.
    """

    def __init__(self, part: FilePart) -> None:
        super().__init__()
        opened = self._open(part.source, field="file")
        self._pieces.append(opened)
        self.content_type: str = part.media_type or media_type_of(opened.format())
