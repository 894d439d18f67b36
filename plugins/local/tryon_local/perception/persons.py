"""Count persons: one is welcome, none or several are refused."""

import numpy as np

from tryon_local.body import ByteArray, Refused
from tryon_local.perception.detection import Detection, detect
from tryon_local.perception.landmarks import Landmarks, locate

_MIN_SCORE = 0.5
_MIN_PRESENCE = 0.5
_MIN_RADIUS_SHARE = 0.5
_MIN_DISTANCE_PER_RADIUS = 0.35


def the_person(rgb: ByteArray, *, num_threads: int) -> tuple[Detection, Landmarks]:
    """Return where the only person stands and its landmarks.

    Raises:
        Refused: `no_person` or `several_people`.
    """
    found = [
        (detection, landmarks)
        for detection in detect(rgb, min_score=_MIN_SCORE, num_threads=num_threads)
        for landmarks in [locate(rgb, detection, num_threads=num_threads)]
        if landmarks.presence >= _MIN_PRESENCE
    ]
    if not found:
        raise Refused(
            "no_person",
            "person",
            "no person was found; use a photo that shows one person from head to thighs",
        )
    people = _distinct(found)
    if len(people) > 1:
        raise Refused(
            "several_people",
            "person",
            f"{len(people)} people were found; crop the photo so that it shows one person",
        )
    return people[0]


def _distinct(found: list[tuple[Detection, Landmarks]]) -> list[tuple[Detection, Landmarks]]:
    """Drop people in the far background and second sightings of the same person."""
    by_size = sorted(found, key=lambda pair: -pair[0].radius_px)
    largest = by_size[0][0].radius_px
    people: list[tuple[Detection, Landmarks]] = []
    for detection, landmarks in by_size:
        near = _MIN_DISTANCE_PER_RADIUS * largest
        seen = any(np.hypot(*(detection.hips - other.hips)) < near for other, _ in people)
        if detection.radius_px >= _MIN_RADIUS_SHARE * largest and not seen:
            people.append((detection, landmarks))
    return people
