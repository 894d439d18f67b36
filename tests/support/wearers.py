"""People as the local provider sees them in a photo."""

from tryon_local.body import ByteArray
from tryon_local.parsing import parse_person
from tryon_local.perception import perceive
from tryon_local.warp import Wearer, make_wearer


def wearer_in(photo: ByteArray) -> Wearer:
    """Return the person in a photo, shape (H, W, 3), as the warp needs them."""
    body = perceive(photo)
    return make_wearer(photo, body, parse_person(photo, body))
