"""Show images: in a notebook below the cell, elsewhere with the viewer of the system."""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tryon_core.errors import OutputError

if TYPE_CHECKING:
    from PIL import Image


def show(images: "Iterable[Image.Image]", *, title: str, notebook: object) -> None:
    """Show `notebook` where this is one, else images with the viewer of the system.

    Raises:
        OutputError: no program was found that shows images.
    """
    display = _display()
    if display is not None:
        display(notebook)
        return
    from PIL import ImageShow  # noqa: PLC0415  (needs Pillow)

    for image in images:
        if not ImageShow.show(image, title):
            raise OutputError(
                "no program was found that shows images.",
                remedy="Save the result and open the file: result.save('out/').",
            )


def _display() -> Any:
    """Return what displays an object in the notebook that runs this, None elsewhere."""
    python = sys.modules.get("IPython")
    shell = None if python is None else python.get_ipython()
    # IPython in a terminal has no kernel, and would print only a line.
    is_notebook = getattr(shell, "kernel", None) is not None
    return sys.modules["IPython.display"].display if is_notebook else None
