"""How far a preview is from the truth, measured on drawn people.

The truth of a try-on is the same person, drawn in the new garment. Old and new garments have
colours of their own, so that each can be found in the preview.
"""

from collections.abc import Mapping
from typing import TypeAlias

import attrs
import cv2
import numpy as np
import numpy.typing as npt

from drawings import DrawnPerson, GarmentStyle, PersonStyle, draw_garment, draw_person
from tryon_local.engine import Preview, dress_person

Mask: TypeAlias = npt.NDArray[np.bool_]
Floats: TypeAlias = npt.NDArray[np.float32]

OLD = (168, 36, 140)
NEW = (36, 132, 66)
WHITE = (244, 244, 242)
_HUE, _CHROMA = 0.45, 14.0
_NEAR_PX = 4
_DIFFERENT = 15.0
_TRACED_SHARE = 0.95
_PAST_WRIST = 0.2


@attrs.frozen(eq=False, kw_only=True)
class Trial:
    """A preview and the truth about it.

    Attributes:
        preview: what the program made.
        before: the person in the old garment.
        truth: the person in the new garment, drawn.
        category: of the new garment.
        flat_colour: mean colour of the new garment as it lies flat.
    """

    preview: Preview
    before: DrawnPerson
    truth: DrawnPerson
    category: str
    flat_colour: tuple[int, int, int]

    @property
    def image(self) -> npt.NDArray[np.uint8]:
        """Pixels of the preview."""
        return self.preview.image

    def joint(self, name: str) -> Floats:
        """Position of a joint in pixels."""
        return np.array(self.truth.joints[name], np.float32)

    @property
    def shoulders_px(self) -> float:
        """Distance of the shoulder joints."""
        return float(np.hypot(*(self.joint("left_shoulder") - self.joint("right_shoulder"))))

    @property
    def worn(self) -> Mask:
        """Pixels of the new garment in the truth."""
        return np.asarray(self.truth.masks[self.category]) > 0


def tried(
    person: PersonStyle, *, old: GarmentStyle, new: GarmentStyle, size: tuple[int, int]
) -> Trial:
    """Dress a drawn person who wears one garment in another one of the same category."""
    worn: Mapping[str, GarmentStyle] = {old.category: old}
    before = draw_person(attrs.evolve(person, **worn), size)
    truth = draw_person(attrs.evolve(person, **{new.category: new}), size)
    flat = draw_garment(new, size)
    pixels = np.asarray(flat.image.convert("RGB"))
    return Trial(
        preview=dress_person(np.asarray(before.image), {new.category: pixels}),
        before=before,
        truth=truth,
        category=new.category,
        flat_colour=flat.mean_colour,
    )


def left_over(trial: Trial) -> tuple[float, float]:
    """Return what is left of the old garment, and its largest island, in % of the edit area."""
    return _shares(trial, looks_like(trial.image, OLD))


def filled_wrong(trial: Trial) -> float:
    """Return how much is neither the new garment nor like the truth, in % of the edit area.

    Counted where the truth shows the wall, skin or another garment in the place of the old one.
    """
    old = np.asarray(trial.before.masks[trial.category]) > 0
    place = old & ~trial.worn & ~looks_like(trial.image, NEW)
    far = difference(trial.image, np.asarray(trial.truth.image)) > _DIFFERENT
    return 100 * float((far & place).sum()) / max(1, int(trial.preview.edit_mask.sum()))


def halo(trial: Trial, garment: Mask) -> float:
    """Return by how many levels the garment's rim is brighter than all that is near it.

    Args:
        trial: the preview.
        garment: its pixels, as found in the preview.
    """
    # A seam is no edge of the garment.
    garment = _grown(_grown(garment, _NEAR_PX), -_NEAR_PX)
    grey = cv2.cvtColor(trial.image, cv2.COLOR_RGB2GRAY)
    rim = _grown(garment, _NEAR_PX) & ~_grown(garment, -_NEAR_PX)
    around = cv2.dilate(np.where(rim, 0, grey).astype(np.uint8), _disc(3 * _NEAR_PX))
    above = grey.astype(np.float32) - around
    return float(np.percentile(above[rim & trial.preview.edit_mask], 99))


def bend_of_stripes(trial: Trial, *, upright: bool = False) -> float:
    """Return how far the dark stripes on the chest are from straight lines, in pixels.

    The figure is the 95th percentile along the stripe that is bent most; infinite when no stripe
    can be followed from end to end.
    """
    shoulder, hip = trial.joint("right_shoulder"), trial.joint("right_hip")
    top, bottom = (round(float(shoulder[1] + s * (hip[1] - shoulder[1]))) for s in (0.32, 0.88))
    axis = float(trial.joint("left_shoulder")[0] + shoulder[0]) / 2
    half = 0.8 * trial.shoulders_px / 2
    window = trial.image[top:bottom, round(axis - half) : round(axis + half)]
    grey = cv2.cvtColor(np.ascontiguousarray(window), cv2.COLOR_RGB2GRAY).astype(np.float32)
    darkness = np.maximum(grey.mean() - (grey.T if upright else grey), 0)
    bends = [bend for bend in _bends(darkness) if bend is not None]
    return max(bends, default=float("inf"))


def outline_overlap(trial: Trial) -> float:
    """Return the overlap (IoU) of the new garment with its true place."""
    seen = looks_like(trial.image, NEW)
    return float((seen & trial.worn).sum() / (seen | trial.worn).sum())


def neckline_error(trial: Trial) -> float:
    """Return the mean distance of the neckline from its true place, in % of the shoulders."""
    seen, true = (_upper_edge(trial, mask) for mask in (looks_like(trial.image, NEW), trial.worn))
    both = [_distance_to(there)[here].mean() for here, there in ((seen, true), (true, seen))]
    return 100 * float(np.mean(both)) / trial.shoulders_px


def sleeve_error(trial: Trial) -> float:
    """Return how much too long or too short the sleeves are, the worse side, in % of the arm."""
    seen = looks_like(trial.image, NEW)
    errors = []
    for side in ("left", "right"):
        ends = [_sleeve_end(trial, side, mask) for mask in (seen, trial.worn)]
        errors.append(abs(ends[0] - ends[1]))
    return 100 * max(errors)


def colour_error(trial: Trial) -> float:
    """Return the CIEDE2000 difference of the mean worn colour from that of the flat garment."""
    from skimage.color import deltaE_ciede2000

    place = trial.worn & looks_like(trial.image, NEW)
    flat = _lab(np.array([[trial.flat_colour]], np.uint8))[0, 0]
    return float(deltaE_ciede2000(_lab(trial.image)[place].mean(axis=0), flat))


def looks_like(rgb: npt.NDArray[np.uint8], colour: tuple[int, int, int]) -> Mask:
    """Return the pixels that have the hue of a colour, in light or in shade."""
    lab, goal = _lab(rgb), _lab(np.array([[colour]], np.uint8))[0, 0]
    turn = np.arctan2(lab[..., 2], lab[..., 1]) - np.arctan2(goal[2], goal[1])
    near = np.abs((turn + np.pi) % (2 * np.pi) - np.pi) < _HUE
    return near & (np.hypot(lab[..., 1], lab[..., 2]) > _CHROMA)


def looks_white(rgb: npt.NDArray[np.uint8]) -> Mask:
    """Return the pixels that are pale and grey."""
    lab = _lab(rgb)
    pale = lab[..., 0] > 72
    return pale & (np.hypot(lab[..., 1], lab[..., 2]) < 8)


def difference(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> Floats:
    """Return the CIE76 difference of each pixel."""
    return np.asarray(np.linalg.norm(_lab(one) - _lab(other), axis=-1), np.float32)


def _shares(trial: Trial, mask: Mask) -> tuple[float, float]:
    area = max(1, int(trial.preview.edit_mask.sum()))
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    largest = max(stats[1:, cv2.CC_STAT_AREA], default=0)
    return 100 * int(mask.sum()) / area, 100 * int(largest) / area


def _bends(darkness: Floats) -> list[float | None]:
    count, labels = cv2.connectedComponents((darkness > 0).astype(np.uint8), connectivity=8)
    return [_bend(np.where(labels == number, darkness, 0)) for number in range(1, count)]


def _bend(stripe: Floats) -> float | None:
    """Return how far a stripe is from a straight line; weighed by darkness, it has no stairs."""
    columns = np.flatnonzero(stripe.any(axis=0))
    touches = stripe[0].any() or stripe[-1].any()
    if touches or len(columns) < _TRACED_SHARE * stripe.shape[1]:
        return None
    rows = np.arange(stripe.shape[0], dtype=np.float32)[:, None]
    centres = (rows * stripe).sum(axis=0)[columns] / stripe.sum(axis=0)[columns]
    line = np.polyval(np.polyfit(columns, centres, 1), columns)
    return float(np.percentile(np.abs(centres - line), 95))


def _upper_edge(trial: Trial, mask: Mask) -> Mask:
    """Return the first pixel of a garment in each column near the neck."""
    axis = float(trial.joint("left_shoulder")[0] + trial.joint("right_shoulder")[0]) / 2
    half = 0.32 * trial.shoulders_px
    chin = float(1.35 * trial.joint("left_mouth")[1] - 0.35 * trial.joint("nose")[1])
    edge = np.zeros_like(mask)
    inside = mask.copy()
    inside[: round(chin)] = False
    for column in range(round(axis - half), round(axis + half) + 1):
        rows = np.flatnonzero(inside[:, column])
        if rows.size:
            edge[rows[0], column] = True
    return edge


def _distance_to(edge: Mask) -> Floats:
    return np.asarray(cv2.distanceTransform((~edge).astype(np.uint8), cv2.DIST_L2, 5), np.float32)


def _sleeve_end(trial: Trial, side: str, mask: Mask) -> float:
    """Return the last place along the arm that the garment covers: 0 shoulder, 1 wrist."""
    axis = np.stack([trial.joint(f"{side}_{name}") for name in ("shoulder", "elbow", "wrist")])
    lengths = np.hypot(*np.diff(axis, axis=0).T)
    onto_hand = _PAST_WRIST * lengths.sum() / lengths[1]
    axis = np.vstack([axis, axis[2] + onto_hand * (axis[2] - axis[1])])
    reached = np.append([0.0], np.cumsum(lengths)) / lengths.sum()
    reached = np.append(reached, 1 + _PAST_WRIST)
    shares = np.linspace(0, reached[-1], 1201)
    columns = np.rint(np.interp(shares, reached, axis[:, 0])).astype(int)
    rows = np.rint(np.interp(shares, reached, axis[:, 1])).astype(int)
    covered = np.flatnonzero(mask[rows, columns])
    return float(shares[covered[-1]]) if covered.size else 0.0


def _lab(rgb: npt.NDArray[np.uint8]) -> Floats:
    scaled = np.multiply(rgb, np.float32(1 / 255), dtype=np.float32)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB), np.float32)


def _grown(mask: Mask, radius_px: int) -> Mask:
    operation = cv2.dilate if radius_px > 0 else cv2.erode
    return np.asarray(operation(mask.astype(np.uint8), _disc(abs(radius_px)))) > 0


def _disc(radius_px: int) -> npt.NDArray[np.uint8]:
    side = 2 * radius_px + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
