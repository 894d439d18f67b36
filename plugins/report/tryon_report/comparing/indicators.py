"""Numbers about a result, computed on this machine. Needs scikit-image and tryon-local.

They are indicators: they find, among many results, a room or a face that was repainted, and a
garment in another colour. None of them says whether a try-on is good.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import attrs
import numpy as np
import numpy.typing as npt
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import structural_similarity

from tryon_core import Category, PathSource
from tryon_core.engine import CATEGORIES
from tryon_core.errors import UnusableImage
from tryon_core.images import load_upright
from tryon_local.body import BoolArray, ByteArray, Refused
from tryon_local.engine import parse_garments
from tryon_local.garment.matte import matte_garment
from tryon_local.imaging import dilate
from tryon_report.comparing.values import Indicator

_SIDE_PX = 640
"""Longer side at which is looked: finer differences are those of encoders."""
_MARGIN = 0.03
"""Width of the seam around a garment that is not looked at, as a part of the longer side."""
_LEAST_OUTSIDE = 0.1
"""Part of the image that must be outside the garment, so that something can be said of it."""
_SHAPE = 0.02
"""Difference of the shapes of two images that rounding explains."""
_CORE = 0.9
"""Alpha from which a pixel of a garment's photo shows nothing but the garment."""
_TOUCHED: Mapping[Category, Sequence[Category]] = MappingProxyType(
    {"top": ("top", "dress"), "bottom": ("bottom", "dress"), "dress": CATEGORIES}
)
"""What a new garment covers or takes away: a top may stand in the place of a dress."""
_Worn = Mapping[Category, BoolArray]
_Lab = npt.NDArray[np.float64]


class _Nothing(Exception):
    """There is no number, and why, as a sentence."""


class Reference:
    """What the results of one comparison are looked at against; each part is computed once.

    Args:
        person: photo of the person.
        garments: their photos, by category.
    """

    def __init__(self, person: Path, garments: Mapping[Category, Path]) -> None:
        self._person, self._garments = person, garments
        self._photo: tuple[ByteArray, _Worn] | None = None
        self._colours: dict[Category, _Lab] = {}

    def indicators(self, result: Path) -> tuple[Indicator, ...]:
        """Return the numbers about a result, or why there is one or the other none."""
        outside = Indicator(kind="outside_similarity")
        colours = [
            Indicator(kind="colour_distance", category=category) for category in self._garments
        ]
        try:
            pixels = _pixels(result, "result")
            worn = _worn_in(pixels, "result")
        except _Nothing as nothing:
            return tuple(attrs.evolve(one, reason=str(nothing)) for one in (outside, *colours))
        try:
            outside = attrs.evolve(outside, value=self._similarity(result, worn))
        except _Nothing as nothing:
            outside = attrs.evolve(outside, reason=str(nothing))
        return outside, *(self._distance(one, pixels, worn) for one in colours)

    def _similarity(self, result: Path, worn: _Worn) -> float:
        """Return the structural similarity outside of what was, and is, worn there."""
        if self._photo is None:
            photo = _pixels(self._person, "person")[..., :3]
            self._photo = photo, _worn_in(photo, "person")
        photo, worn_before = self._photo
        height, width = photo.shape[:2]
        garment = _area(worn_before, self._garments, "person", (width, height))
        garment = garment | _area(worn, self._garments, "result", (width, height))
        outside = ~dilate(garment, _MARGIN * max(width, height))
        if outside.mean() < _LEAST_OUTSIDE:
            raise _Nothing("The garment fills the photo: too little of it is outside.")
        _, alike = structural_similarity(  # type: ignore[no-untyped-call]
            photo,
            _aligned(result, (width, height)),
            channel_axis=2,
            data_range=255,
            gaussian_weights=True,
            use_sample_covariance=False,
            full=True,
        )
        return round(float(alike.mean(axis=2)[outside].mean()), 4)

    def _distance(self, asked: Indicator, pixels: ByteArray, worn: _Worn) -> Indicator:
        category = asked.category
        if category is None or category not in worn:
            why = f"The local parser finds no {category} in the result."
            return attrs.evolve(asked, reason=why)
        try:
            if category not in self._colours:
                self._colours[category] = _garment_colour(self._garments[category], category)
        except _Nothing as nothing:
            return attrs.evolve(asked, reason=str(nothing))
        found = _mean_colour(pixels, worn[category])
        distance = float(deltaE_ciede2000(self._colours[category], found))  # type: ignore[no-untyped-call]
        return attrs.evolve(asked, value=round(distance, 2))


def _pixels(path: Path, what: str) -> ByteArray:
    try:
        image = load_upright(PathSource(path), field=what, max_side_px=_SIDE_PX)
    except UnusableImage as error:
        raise _Nothing(f"The {what} cannot be opened: {error.reason}") from error
    return np.asarray(image)


def _worn_in(pixels: ByteArray, what: str) -> _Worn:
    try:
        regions = parse_garments(pixels[..., :3], CATEGORIES)
    except Refused as refusal:
        raise _Nothing(f"The local parser cannot read the {what}: {refusal.message}") from refusal
    pairs = zip(CATEGORIES, regions, strict=True)
    return {category: one.mask[..., 3] > 0 for category, one in pairs if one is not None}


def _area(
    worn: _Worn, asked: Mapping[Category, Path], what: str, size: tuple[int, int]
) -> BoolArray:
    """Return where the garments are that were asked for, or what they take the place of."""
    area = np.zeros((size[1], size[0]), bool)
    for category in asked:
        found = [worn[one] for one in _TOUCHED[category] if one in worn]
        if not found:
            raise _Nothing(f"The local parser finds no {category} on the {what}.")
        for mask in found:
            resized = Image.fromarray(mask).resize(size, Image.Resampling.NEAREST)
            area |= np.asarray(resized)
    return area


def _aligned(result: Path, size: tuple[int, int]) -> ByteArray:
    """Return the result at the size of the photo, if it has the same shape."""
    image = load_upright(PathSource(result), field="result").convert("RGB")
    shape, asked = image.width / image.height, size[0] / size[1]
    if abs(shape / asked - 1) > _SHAPE:
        raise _Nothing(
            f"The result has another shape ({image.width}x{image.height} px) than the photo, so "
            "that their pixels cannot be compared."
        )
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS))


def _garment_colour(path: Path, category: Category) -> _Lab:
    pixels = _pixels(path, category)
    try:
        alpha = matte_garment(pixels, role=category).alpha
    except Refused as refusal:
        raise _Nothing(f"The garment is not found in its photo: {refusal.message}") from refusal
    core = alpha > _CORE
    return _mean_colour(pixels, core if core.any() else alpha > 0)


def _mean_colour(pixels: ByteArray, mask: BoolArray) -> _Lab:
    """Return the average colour in CIE L*a*b*."""
    lab: _Lab = rgb2lab(pixels[mask][:, :3])
    return np.asarray(lab.mean(axis=0))
