"""The try-ons of the demonstration: who puts on what, and the images of it."""

import importlib.resources
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
from PIL import Image, ImageOps

from tryon_core import Category, ProviderInfo, TryOnResult, as_source
from tryon_core.cli.parse import as_png, decode, encode_png
from tryon_core.cli.printing import Document, notice_document
from tryon_core.engine import check_replaceable, check_target, make_folder, write_atomically
from tryon_core.errors import InputError
from tryon_core.images import load_upright

_HEIGHT_PX = 768
_GAP_PX = 24
_PAPER = (255, 255, 255)


@attrs.frozen
class Scene:
    """One try-on of the demonstration.

    Attributes:
        name: begins the names of its files.
        person: name of the drawn person, as of its file, or `PORTRAIT`.
        garments: names of the drawn garments, by category.
        credit: whose photo it is; empty for a drawn person.
    """

    name: str
    person: str
    garments: Mapping[Category, str] = attrs.field(hash=False)
    credit: str = ""

    @property
    def garment_files(self) -> Mapping[Category, str]:
        """Names of the files of the garments."""
        return {category: f"{self.name}-garment-{category}.png" for category in self.garments}

    @property
    def before_file(self) -> str:
        """Name of the file of the person."""
        return f"{self.name}-before.png"

    @property
    def after_file(self) -> str:
        """Name of the file of the result."""
        return f"{self.name}-after.png"

    @property
    def sheet_file(self) -> str:
        """Name of the file that shows all side by side."""
        return f"{self.name}-sheet.png"

    @property
    def files(self) -> Sequence[str]:
        """Names of all its files."""
        return (
            self.before_file,
            *self.garment_files.values(),
            self.after_file,
            self.sheet_file,
        )


PORTRAIT = "portrait"
"""The person who is not drawn: the astronaut whose photo comes with scikit-image."""
_HEAD_AND_SHOULDERS = (95, 0, 350, 285)
"""Left, top, right and bottom in the photo of 512 by 512 pixels; below hang wide sleeves."""

SCENES = (
    Scene("1-top", "ben", {"top": "emblem tee"}),
    Scene("2-bottom", "femi", {"bottom": "denim shorts"}),
    Scene("3-dress", "chika", {"dress": "wine knit dress"}),
    Scene("4-outfit", "ivan", {"top": "checked shirt", "bottom": "navy trousers"}),
    Scene(
        "5-portrait",
        PORTRAIT,
        {"top": "striped pullover"},
        "The photo shows Eileen Collins; NASA, public domain, from scikit-image.",
    ),
)


def plan_scenes(
    info: ProviderInfo, *, folder: Path, force: bool, photo: str | None
) -> Sequence[Scene]:
    """Return the scenes that a provider can play, once their files can be written.

    Args:
        info: the provider.
        folder: where the files are to be written.
        force: files that exist may be replaced.
        photo: file of a person to dress instead of those of the scenes.

    Raises:
        InputError: it can play none of them.
        OutputError: the folder cannot be used, or a file exists and may not be replaced.
    """
    offered = info.capabilities.garments
    has_portrait = photo is None and portrait() is not None
    scenes = [
        scene
        for scene in SCENES
        if frozenset(scene.garments) in offered and (scene.person != PORTRAIT or has_portrait)
    ]
    if not scenes:
        raise InputError(f"{info.name} takes none of the garments of the demonstration.")
    check_target(f"{folder}/")
    for path in (folder / name for scene in scenes for name in scene.files):
        check_replaceable(path, overwrite=force)
    return scenes


def draw_scene(scene: Scene, *, photo: str | None) -> dict[str, Image.Image]:
    """Return the images to submit, by the names of the client's arguments.

    Args:
        scene: what to draw.
        photo: file of a person to dress instead of the drawn one.

    Raises:
        UnusableImage: the photo cannot be used.
    """
    images: dict[str, Image.Image] = {"person": _person(scene, photo)}
    for category, name in scene.garments.items():
        images[category] = drawn(name)
    return images


def _person(scene: Scene, photo: str | None) -> Image.Image:
    if photo is not None:
        return load_upright(as_source(photo), field="person")
    astronaut = portrait() if scene.person == PORTRAIT else None
    return drawn(scene.person) if astronaut is None else astronaut


def portrait() -> Image.Image | None:
    """Return head and shoulders of an astronaut; None where scikit-image is not installed."""
    found = importlib.util.find_spec("skimage")
    folders = found.submodule_search_locations if found else None
    for folder in folders or ():
        path = Path(folder) / "data" / "astronaut.png"
        if path.is_file():
            with Image.open(path) as image:
                part = image.convert("RGB").crop(_HEAD_AND_SHOULDERS)
            return part.resize((2 * part.width, 2 * part.height), Image.Resampling.LANCZOS)
    return None


def drawn(name: str) -> Image.Image:
    """Return a drawn person, or a drawn garment without background.

    Args:
        name: of the person or garment; its file is written by `python tests/scripts/draw.py`.
    """
    file = (
        importlib.resources.files("tryon_local.demo") / "images" / f"{name.replace(' ', '-')}.webp"
    )
    return decode(file.read_bytes())


def write_scene(
    scene: Scene, images: Mapping[str, Image.Image], result: TryOnResult, *, folder: Path
) -> None:
    """Write what was submitted, the result, and the sheet that shows them side by side.

    Raises:
        OutputError: an image cannot be written.
    """
    after = as_png(result.images[0].data)
    garments = [images[category] for category in scene.garments]
    sheet = side_by_side([[images["person"]], garments, [decode(after)]])
    files = {
        scene.before_file: encode_png(images["person"]),
        **{name: encode_png(images[key]) for key, name in scene.garment_files.items()},
        scene.after_file: after,
        scene.sheet_file: encode_png(sheet),
    }
    make_folder(folder)
    for name, data in files.items():
        write_atomically(folder / name, data, overwrite=True)


def scene_document(scene: Scene, result: TryOnResult, *, folder: Path) -> Document:
    """Return the files of a finished scene for a program."""
    return {
        "name": scene.name,
        "before": str(folder / scene.before_file),
        "garments": {
            category: str(folder / name) for category, name in scene.garment_files.items()
        },
        "after": str(folder / scene.after_file),
        "sheet": str(folder / scene.sheet_file),
        "credit": scene.credit,
        "notices": [notice_document(notice) for notice in result.notices],
    }


def side_by_side(columns: Sequence[Sequence[Image.Image]]) -> Image.Image:
    """Return one image with a column for each entry; images in a column stand on each other.

    Args:
        columns: at least one column, each with at least one image.
    """
    drawn = [_column(images) for images in columns]
    width_px = sum(column.width for column in drawn) + _GAP_PX * (len(drawn) + 1)
    sheet = Image.new("RGB", (width_px, _HEIGHT_PX + 2 * _GAP_PX), _PAPER)
    left_px = _GAP_PX
    for column in drawn:
        sheet.paste(column, (left_px, _GAP_PX))
        left_px += column.width + _GAP_PX
    return sheet


def _column(images: Sequence[Image.Image]) -> Image.Image:
    height_px = (_HEIGHT_PX - _GAP_PX * (len(images) - 1)) // len(images)
    cells = [_cell(image, height_px) for image in images]
    width_px = max(cell.width for cell in cells)
    column = Image.new("RGB", (width_px, _HEIGHT_PX), _PAPER)
    for index, cell in enumerate(cells):
        left_px = (width_px - cell.width) // 2
        column.paste(cell, (left_px, index * (height_px + _GAP_PX)))
    return column


def _cell(image: Image.Image, height_px: int) -> Image.Image:
    """Scale to the height, and put transparent parts on paper."""
    scaled = ImageOps.contain(image.convert("RGBA"), (_HEIGHT_PX, height_px))
    cell = Image.new("RGB", scaled.size, _PAPER)
    cell.paste(scaled, mask=scaled.getchannel("A"))
    return cell
