"""Images as an emulator meets them: received, looked at, drawn, and given away."""

import base64
import binascii
import functools
import hashlib
import io
import threading
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

import attrs
from PIL import Image, ImageDraw, ImageOps

from tryon_core.models import ImageRules
from tryon_testing.emulation.loopback import fetch

_PART = 0.45
"""Width of a garment in a drawn result, as a part of the person's photo."""
_MOST_KEPT = 32
"""How many images are not decoded or drawn again; the checks of a contract send the same few."""


class BadImage(Exception):
    """Bytes that are no image, or a broken one."""


Form: TypeAlias = Literal["url", "data_uri", "base64"]
"""How a JSON field holds an image."""


@attrs.frozen(kw_only=True)
class SentImage:
    """An image of a JSON field: fetched or decoded, not looked at yet.

    Attributes:
        data: the file.
        media_type: what the data URI, or the server at the address, says that it is; empty when
            nothing says so.
        form: how the field holds it.
    """

    data: bytes = attrs.field(repr=False)
    media_type: str
    form: Form


@attrs.frozen(kw_only=True)
class ReceivedImage:
    """An image that was looked at.

    Attributes:
        format: Pillow's word for it, such as `JPEG`.
        mode: Pillow's word for its pixels, such as `RGB`, or `L` for greyscale.
        width_px: width in pixels.
        height_px: height in pixels.
        data: the file.
    """

    format: str
    mode: str
    width_px: int
    height_px: int
    data: bytes = attrs.field(repr=False)


@functools.lru_cache(maxsize=_MOST_KEPT)
def read_image(data: bytes) -> ReceivedImage:
    """Decode an image and return what it is.

    Raises:
        BadImage: it is none, or broken.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            width_px, height_px = image.size
            kind, mode = image.format or "", image.mode
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadImage(str(error)) from error
    return ReceivedImage(format=kind, mode=mode, width_px=width_px, height_px=height_px, data=data)


def check_image(image: ReceivedImage, rules: ImageRules) -> ReceivedImage:
    """Return an image that is within a vendor's limits.

    Raises:
        BadImage: it is not; the text has the value and the limit.
    """
    size_bytes, sides_px = len(image.data), (image.width_px, image.height_px)
    if rules.formats and image.format not in rules.formats:
        raise BadImage(f"{image.format} is none of {', '.join(sorted(rules.formats))}")
    if not rules.min_bytes <= size_bytes <= (rules.max_bytes or size_bytes):
        limit = rules.max_bytes if size_bytes > rules.min_bytes else rules.min_bytes
        raise BadImage(f"{size_bytes} bytes, the limit is {limit}")
    if min(sides_px) < rules.min_side_px or max(sides_px) > (rules.max_side_px or max(sides_px)):
        limits = f"{rules.min_side_px} to {rules.max_side_px or 'any number of'}"
        raise BadImage(f"{sides_px[0]}x{sides_px[1]} px, the sides must have {limits} px")
    return image


def receive(text: str, *, forms: Collection[Form]) -> SentImage:
    """Return the image that a JSON field holds.

    Args:
        text: the value of the field.
        forms: what the vendor takes.

    Raises:
        FetchRefused: the file at an address cannot be fetched.
        BadImage: the text is in none of these forms, or is no Base64.
    """
    head, _, rest = text.partition(",")
    scheme = text[:6].lower().partition(":")[0] if ":" in text[:6] else ""
    if scheme in {"http", "https"} and "url" in forms:
        data, media_type = fetch(text)
        return SentImage(data=data, media_type=media_type, form="url")
    if scheme == "data" and "data_uri" in forms:
        media_type, _, encoding = head[len("data:") :].rpartition(";")
        if encoding != "base64" or not media_type:
            raise BadImage("a data URI begins with data:image/TYPE;base64,")
        return SentImage(data=_decoded(rest), media_type=media_type, form="data_uri")
    if scheme or "base64" not in forms:
        raise BadImage(f"expected {' or '.join(sorted(forms))}")
    return SentImage(data=_decoded(text), media_type="", form="base64")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise BadImage(f"no Base64: {error}") from error


def draw_result(
    person: bytes,
    garments: Sequence[bytes] = (),
    *,
    kind: str = "PNG",
    note: str = "",
    shape: str = "",
) -> bytes:
    """Return an image that shows what was asked: the person, the garments laid over.

    It says in its corner that it is emulated, so that it is not taken for a try-on.

    Args:
        person: the photo.
        garments: their images.
        kind: format of the file, in Pillow's words, such as `JPEG`.
        note: what it says besides, such as the seed.
        shape: what it is cut to, such as `3:4`; empty for the shape of the photo.
    """
    return _drawn(person, tuple(garments), kind, note, shape)


@functools.lru_cache(maxsize=_MOST_KEPT)
def _drawn(person: bytes, garments: tuple[bytes, ...], kind: str, note: str, shape: str) -> bytes:
    canvas = _upright(person)
    width_px = max(1, round(canvas.width * _PART))
    for index, data in enumerate(garments):
        with Image.open(io.BytesIO(data)) as opened:
            garment = ImageOps.exif_transpose(opened).convert("RGBA")
        garment.thumbnail((width_px, max(1, canvas.height // 3)))
        left_px = (canvas.width - garment.width) // 2
        top_px = round(canvas.height * (0.25 + 0.35 * index))
        canvas.paste(garment, (left_px, top_px), garment)
    canvas = _cut(canvas, shape)
    ImageDraw.Draw(canvas).text((4, 4), f"emulated {note}".strip(), fill="red")
    return _encoded(canvas, kind)


def spoilt_result(person: bytes, *, is_blank: bool, kind: str, shape: str) -> bytes:
    """Return a result that nobody can use: a black image, or the photo as it was."""
    photo = _cut(_upright(person), shape)
    return _encoded(Image.new("RGB", photo.size) if is_blank else photo, kind)


def _upright(photo: bytes) -> Image.Image:
    with Image.open(io.BytesIO(photo)) as opened:
        return ImageOps.exif_transpose(opened).convert("RGB")


def _cut(image: Image.Image, shape: str) -> Image.Image:
    if not shape:
        return image
    across, down = map(int, shape.split(":"))
    factor = min(image.width / across, image.height / down)
    return ImageOps.fit(image, (max(1, round(across * factor)), max(1, round(down * factor))))


def _encoded(canvas: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    canvas.save(buffer, kind, **({"compress_level": 1} if kind == "PNG" else {"quality": 90}))
    return buffer.getvalue()


@attrs.frozen(kw_only=True)
class Published:
    """An image that is given away until it expires."""

    data: bytes = attrs.field(repr=False)
    media_type: str
    expires_at: datetime | None


class ImageStore:
    """Images that clients may fetch, by a name that cannot be guessed."""

    def __init__(self) -> None:
        self._images: dict[str, Published] = {}
        self._lock = threading.Lock()

    def put(self, image: Published) -> str:
        """Keep an image and return its key."""
        with self._lock:
            number = len(self._images)
            key = hashlib.sha256(image.data + str(number).encode()).hexdigest()[:24]
            self._images[key] = image
        return key

    def get(self, key: str) -> Published | None:
        """Return an image, None when there is none of that key."""
        with self._lock:
            return self._images.get(key)
