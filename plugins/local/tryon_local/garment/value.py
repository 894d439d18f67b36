"""Values that describe a flat garment image: pixels, alpha, landmarks."""

import attrs
import numpy as np

from tryon_local.body import BoolArray, ByteArray, FloatArray
from tryon_local.garment.outline import Silhouette

CATEGORIES = ("top", "bottom", "dress")


@attrs.frozen(eq=False, kw_only=True)
class Sleeve:
    """One sleeve, as pairs of edge points from the shoulder to the cuff.

    Attributes:
        fractions: shape (n,), ascending in 0..1, how far along the sleeve each pair lies.
        inner: shape (n, 2), edge points on the side of the torso, in garment pixels.
        outer: shape (n, 2), edge points on the side away from the torso.
        length_px: from the shoulder tip to the middle of the cuff.
        region: shape (H, W), the pixels of the garment that belong to the sleeve.
    """

    fractions: FloatArray
    inner: FloatArray
    outer: FloatArray
    length_px: float
    region: BoolArray


@attrs.frozen(eq=False, kw_only=True)
class TopLandmarks:
    """Where the parts of a top or of a dress lie; sides are those of the image.

    Attributes:
        tips: shape (2, 2), shoulder tips, left and right.
        necks: shape (2, 2), where the shoulders end at the neck, or at the foot of a collar.
        opening: shape (2, 2), upper ends of the neckline: close to `necks`, or above them where a
            collar stands up.
        armpits: shape (2, 2).
        collar_y: lowest row of the neckline's front.
        collar_power: shape of the neckline: 1 a V, 2 a half ellipse, above that squarer.
        neckline: shape (n, 2), its front from left to right.
        hem_y: row of the hem at the axis.
        axis_x: column of the axis of symmetry.
        sleeves: left and right; None where the garment has no sleeve.
    """

    tips: FloatArray
    necks: FloatArray
    opening: FloatArray
    armpits: FloatArray
    collar_y: float
    collar_power: float
    neckline: FloatArray
    hem_y: float
    axis_x: float
    sleeves: tuple[Sleeve | None, Sleeve | None]

    @property
    def chest_px(self) -> float:
        """Distance between the armpits."""
        return float(np.hypot(*(self.armpits[1] - self.armpits[0])))

    @property
    def is_sleeved(self) -> bool:
        """Whether both sleeves were found."""
        return all(sleeve is not None for sleeve in self.sleeves)


@attrs.frozen(eq=False, kw_only=True)
class BottomLandmarks:
    """Where the parts of trousers or of a skirt lie.

    Attributes:
        waist: shape (2, 2), left and right end of the waistband.
        crotch: shape (2,), x and y; None for a skirt.
        hem_y: lowest row.
    """

    waist: FloatArray
    crotch: FloatArray | None
    hem_y: float


@attrs.frozen(eq=False, kw_only=True)
class Garment:
    """A garment cut out of its image.

    Attributes:
        rgb: shape (H, W, 3), cropped to the garment; colours continue beyond its outline.
        alpha: shape (H, W), 0..1.
        shape: silhouette of the alpha.
        category: `"top"`, `"bottom"` or `"dress"`.
        landmarks: of the kind that belongs to the category; None when none could be right.
        warnings: codes, empty when all is well.
        obstacle: why it cannot be put on well, as a clause; empty when it can be tried.
    """

    rgb: ByteArray
    alpha: FloatArray
    shape: Silhouette
    category: str
    landmarks: TopLandmarks | BottomLandmarks | None
    warnings: tuple[str, ...] = ()
    obstacle: str = ""
