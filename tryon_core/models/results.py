"""What a vendor gives: images, remarks about them, found garments, what an account has left."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from tryon_core.models.request import Category
from tryon_core.models.sources import SOURCES, ImageSource, with_zone
from tryon_core.text import one_line

_MOST_PX = 10**9


# What the vendor says is made safe to print here, once; what goes back to it stays as it came.
def _line(value: str) -> str:
    return one_line(str(value))


def _lines(value: Mapping[str, Any]) -> Mapping[str, str]:
    return {_line(name): _line(entry) for name, entry in value.items()}


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
        expires_at: when the address expires (UTC), None when the vendor does not say.
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
    """

    category: Category
    bbox: tuple[int, int, int, int] = attrs.field(validator=_is_box)
    mask: Artifact
    crop: Artifact

    def scaled(self, factors: tuple[float, float]) -> "GarmentRegion":
        """Return the region with its box in pixels of a photo that is so much larger.

        Args:
            factors: in x and in y.
        """
        x1, y1, x2, y2 = self.bbox
        across, down = factors
        bbox = (round(x1 * across), round(y1 * down), round(x2 * across), round(y2 * down))
        return attrs.evolve(self, bbox=bbox)


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
