"""Write the drawn images that distributions ship: `python tests/scripts/draw.py`."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person  # noqa: E402

DEMO = ROOT / "plugins" / "local" / "tryon_local" / "demo" / "images"
KIT = ROOT / "plugins" / "testing" / "tryon_testing" / "images"
DEMO_PEOPLE = ("ben", "chika", "femi", "ivan")
DEMO_GARMENTS = (
    "checked shirt", "denim shorts", "emblem tee", "navy trousers", "striped pullover",
    "wine knit dress",
)  # fmt: skip
KIT_GARMENTS = {"bottom": "navy trousers", "dress": "dotted dress", "top": "coral tee"}
KIT_SIZE = (432, 576)


def drawn() -> Iterator[tuple[Path, Image.Image]]:
    """Yield each file and the image in it."""
    for name in DEMO_PEOPLE:
        yield DEMO / f"{name}.webp", draw_person(PERSON_STYLES[name]).image
    for name in DEMO_GARMENTS:
        # Without paper: what is drawn need not be cut out again.
        garment = draw_garment(GARMENT_STYLES[name], background=None).image
        yield DEMO / f"{name.replace(' ', '-')}.webp", garment
    yield KIT / "person.webp", draw_person(PERSON_STYLES["ada"], KIT_SIZE).image
    for role, name in KIT_GARMENTS.items():
        yield KIT / f"{role}.webp", draw_garment(GARMENT_STYLES[name], KIT_SIZE).image


def main() -> None:
    """Write all files, without loss."""
    for path, image in drawn():
        path.parent.mkdir(exist_ok=True)
        buffer = io.BytesIO()
        image.save(buffer, "WEBP", lossless=True, exact=True, quality=100, method=6)
        path.write_bytes(buffer.getvalue())


if __name__ == "__main__":
    main()
