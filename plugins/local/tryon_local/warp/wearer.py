"""The person as the warp sees them: where the silhouette begins and ends around the joints."""

import attrs
import numpy as np

from tryon_local.body import Body, BoolArray, ByteArray, FloatArray, Label, Parse
from tryon_local.frame import SIDES, Frame, arm, body_frame, hand, leg
from tryon_local.imaging import Points, chain_mask

SIGNS = (-1.0, 1.0)
"""Lateral direction of the left and of the right side of the image."""

_RIBS, _OVER_HIPS, _HIPS, _TRUNK = 0.47, 1.04, 1.1, (0.2, 1.0)
"""Half the width of ribs that any trunk may have, in S; how much wider than the hips these may be;
heights of hips and trunk, in T."""


@attrs.frozen(eq=False, kw_only=True)
class Wearer:
    """A person photo with everything known about it.

    Attributes:
        rgb: shape (H, W, 3), the photo.
        body: joints and silhouette.
        frame: the body's coordinate system.
        parse: what the person wears.
        person: shape (H, W), the silhouette.
        arms: shape (H, W), bare-arm tubes with the hands.
        trunk: the silhouette without arms and hair.
        height: shape (H, W), height in the frame of each pixel.
        lateral: shape (H, W), lateral in the frame of each pixel.
        loses_top: whether the worn top is replaced together with what is worn below it.
    """

    rgb: ByteArray
    body: Body
    frame: Frame
    parse: Parse
    person: BoolArray
    arms: BoolArray
    trunk: BoolArray
    height: FloatArray
    lateral: FloatArray
    loses_top: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the photo, in pixels."""
        rows, columns = self.person.shape
        return rows, columns

    @property
    def without_hair(self) -> BoolArray:
        """The silhouette without hair, shape (H, W)."""
        return self.person & ~self.labelled(Label.HAIR)

    def arm(self, side: int) -> FloatArray:
        """Return shoulder, elbow and wrist of one side, shape (3, 2)."""
        return arm(self.body, side)

    def leg(self, side: int) -> FloatArray:
        """Return hip, knee and ankle of one side, shape (3, 2)."""
        return leg(self.body, side)

    def labelled(self, label: Label) -> BoolArray:
        """Return the pixels with a label."""
        return self.parse.labelled(label)

    def half_width(self, height: float, side: int) -> float:
        """Return the distance from the spine to the trunk's edge, in S, within what is human.

        A loose top stands off a trunk, which is hardly wider than the hips.

        Args:
            height: in T; below the crotch both legs together count as the trunk.
            side: 0 left, 1 right.
        """
        half = self._half_width(height, side)
        if half <= _RIBS or not _TRUNK[0] < height < _TRUNK[1]:
            return half
        hips = max(self._half_width(_HIPS, each) for each in SIDES)
        return min(half, max(_RIBS, _OVER_HIPS * hips))

    def _half_width(self, height: float, side: int) -> float:
        wide = 0.85
        lats = np.arange(0.0, wide, 0.01, dtype=np.float32)
        hits = self._hits(height, lats * SIGNS[side])
        if not hits.any():
            return 0.45 if height < 1.1 else 0.42  # noqa: PLR2004  (outside the photo)
        gaps = np.flatnonzero(~hits)
        is_leg = height > 1.1  # noqa: PLR2004  (a gap between the legs is no edge)
        last = np.flatnonzero(hits)[-1] if is_leg or not gaps.size else gaps[0]
        return float(np.clip(lats[last], 0.15 if is_leg else 0.37, 0.80))

    def _hits(self, height: float, laterals: FloatArray) -> BoolArray:
        return sample(self.trunk, self.frame.row(height, laterals))

    def ray(self, start: Points, direction: Points, *, limit_px: float) -> float:
        """Return how far the silhouette without hair reaches from a point, in pixels."""
        body = self.person & ~self.labelled(Label.HAIR)
        return ray_length(body, start, direction, limit_px=limit_px)


def sample(mask: BoolArray, points: Points) -> BoolArray:
    """Return the mask's values at points, shape (n, 2); False outside the image."""
    columns = np.rint(np.asarray(points)[:, 0]).astype(int)
    rows = np.rint(np.asarray(points)[:, 1]).astype(int)
    height, width = mask.shape
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    values = np.zeros(len(columns), bool)
    values[inside] = mask[rows[inside], columns[inside]]
    return values


def ray_length(mask: BoolArray, start: Points, direction: Points, *, limit_px: float) -> float:
    """Return the distance at which a ray from inside a mask leaves it, at most `limit_px`."""
    steps = np.arange(0.0, limit_px, 0.5)
    points = np.asarray(start) + steps[:, None] * np.asarray(direction)
    gaps = np.flatnonzero(~sample(mask, points))
    return float(steps[gaps[0]]) if gaps.size else limit_px


def stretched_hand(body: Body, side: int) -> FloatArray:
    """Return wrist, index knuckle and about the finger tips of one side, shape (3, 2)."""
    wrist, knuckle = hand(body, side)
    return np.stack([wrist, knuckle, knuckle + (knuckle - wrist) * 0.9])


def make_wearer(rgb: ByteArray, body: Body, parse: Parse) -> Wearer:
    """Gather what is known about the person."""
    frame = body_frame(body)
    # The wall that is seen between an arm and the hips is no part of the person.
    person = (body.mask > 0.5) & ~parse.labelled(Label.BACKGROUND)  # noqa: PLR2004  (half covered)
    height, lateral = frame.grid(person.shape)
    arms, wide, hands = (np.zeros_like(person) for _ in range(3))
    for side in SIDES:
        chain = np.vstack([arm(body, side), hand(body, side)[1:]])
        arms |= chain_mask(person.shape, chain, 0.115 * frame.shoulders_px)
        wide |= chain_mask(person.shape, chain, 0.18 * frame.shoulders_px)
        palm = stretched_hand(body, side)
        hands |= chain_mask(person.shape, palm, 0.13 * frame.shoulders_px)
    skin = parse.labelled(Label.SKIN)
    outside = np.abs(lateral) > 0.38  # noqa: PLR2004  (arms hang beside the ribs)
    outside &= ~parse.labelled(Label.LOWER)  # beside or before the hips
    bare_arm = wide & skin & (np.abs(lateral) > 0.30) & (height > 0.2)  # noqa: PLR2004
    trunk = (
        person
        & ~(arms & outside)
        & ~bare_arm
        & ~(hands & outside & skin)
        & ~parse.labelled(Label.HAIR)
    )
    return Wearer(
        rgb=rgb,
        body=body,
        frame=frame,
        parse=parse,
        person=person,
        arms=arms & person,
        trunk=trunk,
        height=height,
        lateral=lateral,
    )
