"""Values that describe a person in a photo: joints, body frame, parsed labels."""

import enum

import attrs
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
ByteArray = npt.NDArray[np.uint8]
BoolArray = npt.NDArray[np.bool_]


class Joint(enum.IntEnum):
    """Index of a joint in `Body.joints`; sides are those of the image, not of the person."""

    NOSE = 0
    LEFT_EYE = 1
    RIGHT_EYE = 2
    LEFT_EAR = 3
    RIGHT_EAR = 4
    LEFT_MOUTH = 5
    RIGHT_MOUTH = 6
    LEFT_SHOULDER = 7
    RIGHT_SHOULDER = 8
    LEFT_ELBOW = 9
    RIGHT_ELBOW = 10
    LEFT_WRIST = 11
    RIGHT_WRIST = 12
    LEFT_INDEX = 13
    RIGHT_INDEX = 14
    LEFT_HIP = 15
    RIGHT_HIP = 16
    LEFT_KNEE = 17
    RIGHT_KNEE = 18
    LEFT_ANKLE = 19
    RIGHT_ANKLE = 20


class Label(enum.IntEnum):
    """What a pixel of the person photo shows."""

    BACKGROUND = 0
    SKIN = 1
    HAIR = 2
    UPPER = 3
    LOWER = 4
    SHOE = 5


@attrs.frozen(eq=False, kw_only=True)
class Body:
    """One person found in a photo.

    Attributes:
        joints: shape (21, 2), x and y in pixels of the photo, ordered as `Joint`.
        visibility: shape (21,), 0..1; how sure the model is that the joint can be seen.
        depth: shape (21,), in pixels, negative towards the camera; 0 where unknown.
        mask: shape (H, W), 0..1, the person's silhouette.
        backend: `"blazepose"` or `"silhouette"`.
        warnings: codes such as `"pose_unusual"`, empty when all is well.
        obstacle: why the pose cannot be dressed at all, as a clause; empty when it can be tried.
    """

    joints: FloatArray
    visibility: FloatArray
    depth: FloatArray
    mask: FloatArray
    backend: str
    warnings: tuple[str, ...] = ()
    obstacle: str = ""

    def at(self, joint: Joint) -> FloatArray:
        """Return x and y of a joint, in pixels."""
        point: FloatArray = self.joints[joint]
        return point


@attrs.frozen(eq=False, kw_only=True)
class Parse:
    """What the person wears, pixel by pixel.

    Attributes:
        labels: shape (H, W), values of `Label`.
        is_dress: upper and lower are one garment.
        warnings: codes, empty when all is well.
    """

    labels: ByteArray
    is_dress: bool
    warnings: tuple[str, ...] = ()

    def labelled(self, label: Label) -> BoolArray:
        """Return the pixels with a label."""
        # Compared with an enumeration, which is no byte, this takes ten times as long.
        mask: BoolArray = self.labels == np.uint8(label)
        return mask

    def garment_mask(self, category: str) -> BoolArray:
        """Return the mask of `"top"`, `"bottom"` or `"dress"`; all False when not worn."""
        upper = self.labelled(Label.UPPER)
        lower = self.labelled(Label.LOWER)
        nothing = np.zeros_like(upper)
        if category == "dress":
            return np.logical_or(upper, lower) if self.is_dress else nothing
        if self.is_dress:
            return nothing
        return upper if category == "top" else lower


class Refused(Exception):
    """The images cannot be used; nothing was drawn.

    Attributes:
        code: `no_person`, `several_people`, `person_cut_off`, `pose_unsuited`, `no_garment`,
            `other_garment` or `garment_unsuited`.
        role: which image is meant: `person`, `top`, `bottom` or `dress`.
        message: one sentence with the remedy.
    """

    def __init__(self, code: str, role: str, message: str) -> None:
        super().__init__(code, role, message)
        self.code = code
        self.role = role
        self.message = message

    def __str__(self) -> str:
        return f"{self.role}: {self.message}"
