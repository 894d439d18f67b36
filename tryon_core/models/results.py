"""What a vendor gives: images, remarks about them, found garments, what an account has left."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import attrs

from tryon_core.errors import Billed, InputError
from tryon_core.image_formats import HEAD_BYTES, image_format
from tryon_core.models.request import Category
from tryon_core.models.sources import SOURCES, BytesSource, ImageSource, with_zone
from tryon_core.text import figure, one_line, sentences

BOX_CUT = "box_cut"
"""Code of the notice about a box that left the photo."""
_MOST_PX = 10**9
_UNITS = 10**8
"""Parts of a side in which shares are counted; whole ones, so that no box is rounded outwards."""
_PER_PERCENT = _UNITS // 100


# What the vendor says is made safe to print here, once; what goes back to it stays as it came.
def _lines(value: Mapping[str, Any]) -> Mapping[str, str]:
    return {one_line(name): one_line(entry) for name, entry in value.items()}


@attrs.frozen
class Notice:
    """A remark about a result that does not make it a failure.

    Attributes:
        code: short stable word, such as `sleeve_uncertain`.
        message: what may be wrong with the image and what would help, as a sentence.
    """

    code: str = attrs.field(converter=one_line)
    message: str = attrs.field(converter=one_line)


@attrs.frozen(kw_only=True)
class Artifact:
    """One output image, where the vendor keeps it.

    Attributes:
        source: its address, or the bytes themselves when the vendor sends them at once.
        expires_at: when the address expires (UTC). Where a provider leaves it out, the core takes
            the declared `result_lifetime_s`; None when the vendor does not say.
        kept: the file that holds the same bytes, so that a token can lead to them. The core writes
            it; None for an image that has an address or a file of its own.
    """

    source: ImageSource = attrs.field(validator=attrs.validators.instance_of(SOURCES))
    expires_at: datetime | None = attrs.field(default=None, validator=with_zone)
    kept: Path | None = None


# Converters are named and annotated: type checkers read the parameters of `__init__` from them.
def _artifacts(value: Iterable[Artifact]) -> tuple[Artifact, ...]:
    return tuple(value)


def _notices(value: Iterable[Notice]) -> tuple[Notice, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True)
class JobResult:
    """What a finished job gave, before the images are fetched.

    Attributes:
        images: at least one.
        notices: remarks about the images.
        usage: what the vendor says was used, such as `{"image_count": "1"}`; as text.
    """

    images: tuple[Artifact, ...] = attrs.field(
        converter=_artifacts,
        validator=[
            attrs.validators.min_len(1),
            attrs.validators.deep_iterable(attrs.validators.instance_of(Artifact)),
        ],
    )
    notices: tuple[Notice, ...] = attrs.field(default=(), converter=_notices)
    usage: Mapping[str, str] = attrs.field(factory=dict, hash=False, converter=_lines)


class Shares(NamedTuple):
    """A box as parts of its photo: the left, upper corner, width and height.

    `x + width` and `y + height` are never above the whole, 1 or 100.
    """

    x: float
    y: float
    width: float
    height: float


@attrs.frozen(kw_only=True)
class Hotspot:
    """A box in its photo, as it is shown upright.

    The shares have eight digits. Times the side of the photo and rounded they give the same pixels
    again, for sides up to 50,000,000 px.

    Attributes:
        category: the garment in the box.
        x_px: from the left side of the photo to the box.
        y_px: from the upper side of the photo to the box.
        width_px: of the box, at least 1.
        height_px: of the box, at least 1.
        photo_width_px: of the photo.
        photo_height_px: of the photo.
        notices: remarks about the box.
    """

    category: Category
    x_px: int
    y_px: int
    width_px: int
    height_px: int
    photo_width_px: int
    photo_height_px: int
    notices: tuple[Notice, ...] = attrs.field(default=(), converter=_notices)

    @property
    def normalised(self) -> Shares:
        """The box in parts of the photo, 0 to 1."""
        return Shares(*(units / _UNITS for units in self._units))

    @property
    def percent(self) -> Shares:
        """The box in percent of the photo, 0 to 100."""
        return Shares(*(units / _PER_PERCENT for units in self._units))

    @property
    def css(self) -> str:
        """The box for an element with `position: absolute` inside one of the size of the photo."""
        names = ("left", "top", "width", "height")
        return "; ".join(
            f"{name}: {_decimal(units)}%" for name, units in zip(names, self._units, strict=True)
        )

    def to_plain(self) -> dict[str, Any]:
        """Return the box in all units, ready for JSON."""
        pixels = {
            "x": self.x_px,
            "y": self.y_px,
            "width": self.width_px,
            "height": self.height_px,
        }
        return {
            "category": self.category,
            "photo": {"width_px": self.photo_width_px, "height_px": self.photo_height_px},
            "pixels": pixels,
            "normalised": self.normalised._asdict(),
            "percent": self.percent._asdict(),
            "css": self.css,
            "notices": [attrs.asdict(notice) for notice in self.notices],
        }

    @property
    def _units(self) -> tuple[int, int, int, int]:
        # Both ends are rounded down, and the length is what lies between: no box leaves its photo.
        left, right = _ends(self.x_px, self.width_px, self.photo_width_px)
        top, bottom = _ends(self.y_px, self.height_px, self.photo_height_px)
        return left, top, right - left, bottom - top


def _ends(start_px: int, length_px: int, side_px: int) -> tuple[int, int]:
    return start_px * _UNITS // side_px, (start_px + length_px) * _UNITS // side_px


def _decimal(units: int) -> str:
    whole, rest = divmod(units, _PER_PERCENT)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")


def _is_box(_: Any, attribute: "attrs.Attribute[Any]", value: Any) -> None:
    # A service that says x, y, width and height is the usual reason for a box that ends too early.
    if not isinstance(value, tuple) or [*map(type, value)] != [int] * 4:
        raise TypeError(f"{attribute.name} must be four whole numbers: {value!r}")
    if max(map(abs, value)) > _MOST_PX:
        raise ValueError(f"{attribute.name} must be pixels of a photo, up to {_MOST_PX:,}")
    if value[0] > value[2] or value[1] > value[3]:
        raise ValueError(
            f"{attribute.name} must be x1, y1, x2, y2 with x1 <= x2, y1 <= y2: {value}"
        )


@attrs.frozen(kw_only=True)
class GarmentRegion:
    """One garment that the person in a photo wears.

    Attributes:
        category: what was asked for.
        bbox: x1, y1, x2, y2 in pixels of the input as it is shown upright. Vendors do not say
            whether x2 and y2 lie in the garment or just outside. The core cuts boxes at the border
            of the photo, and hands out none that is empty.
        mask: RGBA image of the size of the input, transparent where the garment is not.
        crop: RGB image of the garment alone, which can serve as a garment again.
        photo_size_px: width and height of the input as it is shown upright, None when it was given
            by its address and nobody opened it. The core writes it.
        notices: remarks about the box; `box_cut` says that it left the photo. The core writes them.
    """

    category: Category
    bbox: tuple[int, int, int, int] = attrs.field(validator=_is_box)
    mask: Artifact = attrs.field(repr=False)
    crop: Artifact = attrs.field(repr=False)
    photo_size_px: tuple[int, int] | None = None
    notices: tuple[Notice, ...] = attrs.field(default=(), converter=_notices)

    def _repr_png_(self) -> bytes | None:
        data, format_name = self._shown_crop()
        return data if format_name == "PNG" else None

    def _repr_html_(self) -> str:
        data, format_name = self._shown_crop()
        x1, y1, x2, y2 = self.bbox
        size = self.photo_size_px
        caption = f"{self.category}: x {x1} to {x2}, y {y1} to {y2}"
        caption += f" of {size[0]} x {size[1]} px" if size else " px"
        said = sentences(notice.message for notice in self.notices)
        return figure(data, format_name, caption) + said

    def _shown_crop(self) -> tuple[bytes | None, str]:
        # What is at an address only is not fetched by looking at it.
        source = self.crop.source
        data = source.data if isinstance(source, BytesSource) else None
        return data, image_format((data or b"")[:HEAD_BYTES]) or ""

    def hotspot(self, photo_size_px: tuple[int, int] | None = None) -> Hotspot:
        """Return where the garment is, in pixels, in parts of the photo, and for CSS.

        Args:
            photo_size_px: width and height of the photo, where the region does not know them.

        Raises:
            InputError: the size is not known, or the box holds no pixel of such a photo.
        """
        size = photo_size_px or self.photo_size_px
        if size is None:
            raise InputError(
                f"the size of the photo is not known, in which the {self.category} was found: it "
                "was given by its address.",
                remedy="Open the photo and give its size: region.hotspot((width_px, height_px)).",
            )
        inside = self.cut_to(size)
        if inside is None:
            raise InputError(
                f"the box {self.bbox} of the {self.category} holds no pixel of a photo of "
                f"{size[0]} x {size[1]} px.",
                remedy="Give the size of the photo in which it was found, as it is shown upright.",
            )
        x1, y1, x2, y2 = inside.bbox
        return Hotspot(
            category=self.category,
            x_px=x1,
            y_px=y1,
            width_px=x2 - x1,
            height_px=y2 - y1,
            photo_width_px=size[0],
            photo_height_px=size[1],
            notices=inside.notices,
        )

    def cut_to(self, photo_size_px: tuple[int, int] | None) -> "GarmentRegion | None":
        """Return the region with its box inside of the photo, None when nothing of it is there.

        A notice says that the box was cut.

        Args:
            photo_size_px: width and height of the photo, None when they are not known; then the box
                is cut at the left and upper side only.
        """
        width, height = photo_size_px or (_MOST_PX, _MOST_PX)
        x1, y1, x2, y2 = self.bbox
        box = (max(0, x1), max(0, y1), min(x2, width), min(y2, height))
        if box[0] >= box[2] or box[1] >= box[3]:
            return None
        notices = self.notices
        if box != self.bbox:
            told = f"{self.category}: the box {self.bbox} leaves the photo and is cut to {box}."
            notices = (*notices, Notice(BOX_CUT, told))
        return attrs.evolve(self, bbox=box, photo_size_px=photo_size_px, notices=notices)

    def scaled(self, factors: tuple[float, float]) -> "GarmentRegion":
        """Return the region with its box in pixels of a photo that is so much larger.

        Args:
            factors: in x and in y.
        """
        x1, y1, x2, y2 = self.bbox
        across, down = factors
        bbox = (round(x1 * across), round(y1 * down), round(x2 * across), round(y2 * down))
        return attrs.evolve(self, bbox=bbox)


@attrs.frozen
class PaidParsing:
    """One call of `parse_garment` that was paid, or may have been.

    Attributes:
        id: names the call; a call that is reported twice has the same one.
        provider: id of the provider that was asked.
        billed: `yes`, or `unknown` when its answer never came.
    """

    id: str
    provider: str
    billed: Billed


@attrs.frozen(kw_only=True)
class Balance:
    """What the vendor says is left on the account.

    Attributes:
        amount: how much, in `unit`.
        unit: ISO 4217 code, `credits`, or what the vendor sells, such as `images`.
        as_of: when it was asked (UTC).
        reserved: what pays for one part of the service only, by the vendor's name for it, in
            `unit`; it is not in `amount`.
    """

    amount: Decimal = attrs.field(validator=attrs.validators.instance_of(Decimal))
    unit: str = attrs.field(converter=one_line)
    as_of: datetime = attrs.field(validator=with_zone)
    reserved: Mapping[str, Decimal] = attrs.field(factory=dict, hash=False)
