"""Draw the people and garments of the tests into a folder; runs in the project's environment."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person


def main(folder: Path) -> None:
    styles = GARMENT_STYLES.values()
    person = draw_person(PERSON_STYLES["ben"]).image
    person.save(folder / "person.jpg", quality=95)
    for category in ("top", "bottom", "dress"):
        style = next(each for each in styles if each.category == category)
        draw_garment(style).image.save(folder / f"{category}.png")
    person.save(folder / "person.bmp")
    person.resize((96, 128)).save(folder / "tiny.png")
    person.resize((4200, 300)).save(folder / "wide.png")
    (folder / "text.jpg").write_text("This is not a picture.\n" * 500)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
