"""The files that a comparison adds beside the lists of its run, written whenever that has ended."""

import io
from importlib.util import find_spec
from pathlib import Path

import attrs

from tryon_batch import Entry, JournalReader
from tryon_batch.journal import JOURNAL_NAME
from tryon_core.engine import UNCHECKED, install_command, write_atomically
from tryon_report.comparing.reading import is_comparison, read_comparison
from tryon_report.comparing.showing import draw_sheet
from tryon_report.comparing.values import JSON_NAME, Comparison

_QUALITY = 90
_OF_THE_EXTRA = frozenset({"numpy", "skimage", "tryon_local"})


class ComparisonWriter:
    """Listens to a run, and writes `comparison.json` and the sheet if that is a comparison.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def written(self, entry: Entry) -> None:
        """Wait for the end: the sheet is small and quick to draw."""

    def ended(self) -> Path | None:
        """Write them; return the sheet, None when the run is no comparison."""
        with JournalReader(self._folder / JOURNAL_NAME) as journal:
            if not is_comparison(journal.meta):
                return None
        comparison = _with_indicators(read_comparison(self._folder))
        write_atomically(self._folder / JSON_NAME, comparison.to_json().encode(), overwrite=True)
        file = io.BytesIO()
        draw_sheet(comparison).save(file, "JPEG", quality=_QUALITY)
        return write_atomically(comparison.sheet_path, file.getvalue(), overwrite=True)


def _with_indicators(comparison: Comparison) -> Comparison:
    """Return it with the numbers that are missing; those of an image are computed once."""
    try:
        from tryon_report.comparing.indicators import Reference  # noqa: PLC0415  (an extra, slow)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _OF_THE_EXTRA:
            raise
        return attrs.evolve(comparison, no_indicators=_how_to_get_them())
    reference = Reference(comparison.person, comparison.garments)
    vendors = [
        attrs.evolve(one, indicators=one.indicators or reference.indicators(one.images[0]))
        if one.images and not one.images[0].name.endswith(UNCHECKED)
        else one
        for one in comparison.vendors
    ]
    return attrs.evolve(comparison, vendors=tuple(vendors), no_indicators="")


def _how_to_get_them() -> str:
    commands = [install_command("tryon-report", "indicators")]
    if find_spec("tryon_local") is None:  # in a checkout, pip finds none of ours by itself
        commands.insert(0, install_command("tryon-local"))
    return (
        "There are no indicators: they need scikit-image and tryon-local. Install them with: "
        f"{' && '.join(commands)}"
    )
