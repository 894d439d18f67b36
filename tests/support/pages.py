"""What a page of the documentation shows: its commands and its code."""

import functools
import re
import shlex
from pathlib import Path

from click.testing import CliRunner, Result
from PIL import Image

from drawings import GARMENT_STYLES, PERSON_STYLES, draw_garment, draw_person
from tryon_core.cli.app import cli

DOCS = Path(__file__).parents[2] / "docs"


class Page:
    """A page; its text is read once."""

    def __init__(self, path: str) -> None:
        self.name = path
        self.text = (DOCS / path).read_text(encoding="utf-8")

    @property
    def commands(self) -> list[str]:
        """The commands that are shown as indented lines, without `tryon`."""
        return re.findall(r"^    tryon (.*)$", self.text, re.MULTILINE)

    def block(self, name: str) -> str:
        """Return the code block under the comment with a name."""
        (found,) = re.findall(
            rf"<!-- {re.escape(name)} -->\n+```\w*\n(.*?)```", self.text, re.DOTALL
        )
        return found

    @property
    def python(self) -> list[str]:
        """All Python blocks."""
        return re.findall(r"```python\n(.*?)```", self.text, re.DOTALL)

    def run(self, code: str, namespace: dict[str, object]) -> dict[str, object]:
        """Run code of the page in a namespace, and return that."""
        exec(compile(code, self.name, "exec"), namespace)  # noqa: S102  (that is the test)
        return namespace


def tryon(command: str, *, exit_code: int = 0) -> Result:
    """Run a command of a page, and compare how it ended."""
    ended = CliRunner().invoke(cli, shlex.split(command), prog_name="tryon")
    assert ended.exit_code == exit_code, f"{command}\n{ended.output}"
    return ended


def draw_inputs(person: str = "person.png", garment: str = "tee.png") -> None:
    """Draw a photo and a garment into the current folder, or where the paths lead."""
    for image, path in zip(_drawn_inputs(), (person, garment), strict=True):
        image.save(path, quality=95)


@functools.cache
def _drawn_inputs() -> tuple[Image.Image, ...]:
    drawn = draw_person(PERSON_STYLES["ada"]), draw_garment(GARMENT_STYLES["emblem tee"])
    return tuple(it.image.convert("RGB").resize((600, 800)) for it in drawn)
