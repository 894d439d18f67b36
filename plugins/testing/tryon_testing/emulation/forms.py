"""The parts of a multipart form in the order in which they came, which Flask does not keep."""

import attrs
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData


@attrs.frozen(kw_only=True)
class Part:
    """One part of a form.

    Attributes:
        name: the field.
        data: what it holds.
        filename: the announced name of a file, None for text.
        media_type: the announced type, empty when there is none.
    """

    name: str
    data: bytes = attrs.field(repr=False)
    filename: str | None = None
    media_type: str = ""


def read_parts(body: bytes, content_type: str) -> list[Part]:
    """Return the parts of a multipart body.

    Args:
        body: the whole body.
        content_type: the header, with its boundary.

    Raises:
        ValueError: it is no multipart form.
    """
    kind, parameters = parse_options_header(content_type)
    if kind != "multipart/form-data" or not parameters.get("boundary"):
        raise ValueError(f"{content_type!r} is no multipart form")
    decoder = MultipartDecoder(parameters["boundary"].encode("latin-1"))
    parts: list[Part] = []
    try:
        decoder.receive_data(body)
        decoder.receive_data(None)
        while not isinstance(event := decoder.next_event(), (Epilogue, NeedData)):
            if isinstance(event, (Field, File)):
                parts.append(_part(event.name, event.headers, getattr(event, "filename", None)))
            elif isinstance(event, Data):
                parts[-1] = attrs.evolve(parts[-1], data=parts[-1].data + event.data)
    except (HTTPException, ValueError, KeyError) as error:
        raise ValueError(f"broken multipart form: {error}") from error
    return parts


def _part(name: str, headers: Headers, filename: str | None) -> Part:
    media_type = headers.get("content-type", "")
    return Part(name=name, data=b"", filename=filename, media_type=media_type)
