"""The entry points of installed distributions, past what an interrupted pip left behind."""

import functools
import importlib
import importlib.metadata
import json
import logging
import os
import re
import shlex
from importlib.metadata import Distribution, EntryPoint, EntryPoints
from pathlib import Path, PurePath
from types import ModuleType
from urllib.parse import urlsplit

from tryon_core.errors import MissingExtra

PROVIDER_GROUP = "tryon_core.providers"
"""The entry points of providers."""
EXTENSION_GROUP = "tryon_core.extensions"
"""Each entry point names an attrs class: its fields are the settings, its methods are hooks."""
_LOGGER = logging.getLogger("tryon.registry")
_METADATA_FILES = ("METADATA", "PKG-INFO")
# pip renames a folder like this before it deletes it.
_LEFT_BY_PIP = "~"
_OURS = re.compile(r"(^|[-_.])tryon([-_.]|$)", re.IGNORECASE)


def entry_points(group: str) -> tuple[EntryPoint, ...]:
    """Return the entry points of a group; the first copy of a distribution on `sys.path` counts.

    A folder that an interrupted pip left, one without metadata, and a list that cannot be read are
    passed over. The log names the folder when it seems to be one of ours.
    """
    found, remarks = scan(group)
    for remark in remarks:
        _LOGGER.warning("%s", remark)
    return found


def scan(
    group: str, *, with_harmless: bool = False
) -> tuple[tuple[EntryPoint, ...], tuple[str, ...]]:
    """Return the entry points of a group, and a sentence for each folder that is passed over.

    Those behind which nothing could be found in any case are named with `with_harmless` only.
    """
    found: list[EntryPoint] = []
    remarks: list[str] = []
    known: set[str] = set()
    for dist in importlib.metadata.distributions():
        name = name_of(dist)
        leftover = _why_leftover(dist)
        if name in known and not (with_harmless and leftover):
            continue
        points = _points(dist, group)
        if leftover is None and isinstance(points, tuple):
            known.add(name)
            found += points
        elif _OURS.search(name) or points:
            why = leftover or f"its list of entry points cannot be read ({points})"
            remarks.append(
                f"{folder_of(dist)} is passed over: {why}. Delete it, and install the package "
                "again if it is missing."
            )
    return tuple(found), tuple(remarks)


def fact(dist: Distribution, name: str) -> str:
    """Return a fact of a distribution's metadata, such as `Version`; empty when it has none."""
    # The standard library gives nothing for a missing file; its backport, which Dask brings,
    # raises an error of its own.
    try:
        facts = dist.metadata
        return facts[name] if name in facts else ""  # noqa: SIM401  (typed from Python 3.12 on)
    except Exception:  # noqa: BLE001  (an unreadable distribution harms no other)
        return ""


def install_command(name: str, extra: str = "") -> str:
    """Return the command that installs one of our distributions, from where the core came.

    Args:
        name: the distribution, such as `tryon-pixelcut`.
        extra: one of its extras.
    """
    place = _checkout(name) or name
    return f"pip install {shlex.quote(f'{place}[{extra}]' if extra else str(place))}"


def missing_extra(fault: str, name: str, extra: str = "") -> MissingExtra:
    """Return the error for what is not installed; arguments as those of `install_command`."""
    remedy = f"Install it with: {install_command(name, extra)}"
    return MissingExtra(f"{fault}, which is not installed.", remedy=remedy)


def optional_package(package: str, what: str) -> ModuleType:
    """Import a package of one of our other distributions.

    Args:
        package: such as `tryon_batch`.
        what: comes with it, in plural, as the beginning of a sentence.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        name = package.replace("_", "-")
        raise missing_extra(f"{what} come with {name}", name) from None


def source_folder(name: str, *, only_editable: bool = False) -> Path | None:
    """Return the folder that a distribution was installed from, None when it was from none.

    With `only_editable`, None too where the folder was copied, and may have changed since.
    """
    from urllib.request import url2pathname  # noqa: PLC0415  (slow, and advice is rare)

    try:
        text = importlib.metadata.distribution(name).read_text("direct_url.json")
        origin = json.loads(text or "{}")
        parts = urlsplit(origin.get("url", ""))
        is_meant = origin["dir_info"].get("editable", False) or not only_editable
    except Exception:  # noqa: BLE001  (advice must not fail)
        return None
    return Path(url2pathname(parts.path)) if parts.scheme == "file" and is_meant else None


def _checkout(name: str) -> Path | None:
    """Return the folder of the sources of one of ours, when the core was installed from there."""
    folder = source_folder("tryon-core")
    if folder is None:
        return None
    if name != "tryon-core":
        folder = folder / "plugins" / name.removeprefix("tryon-")
    return folder if (folder / "pyproject.toml").is_file() else None


def normalised(name: str) -> str:
    """Return the name of a distribution as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def folder_of(dist: Distribution) -> str:
    """Return where the metadata of a distribution is, or its name when that is not known."""
    return str(getattr(dist, "_path", "")) or fact(dist, "Name") or "(unknown distribution)"


def name_of(dist: Distribution) -> str:
    """Return the name without reading a file, where the folder tells it."""
    path = getattr(dist, "_path", None)
    return normalised(_stem(path) if path is not None else fact(dist, "Name"))


def _stem(path: PurePath) -> str:
    return path.name.rpartition(".")[0].partition("-")[0]


def _why_leftover(dist: Distribution) -> str | None:
    path = getattr(dist, "_path", None)
    if path is None:
        return None
    if path.name.startswith(_LEFT_BY_PIP):
        return "pip renamed it and could not delete it"
    if not any(os.path.exists(f"{path}/{name}") for name in _METADATA_FILES) and path.is_dir():  # noqa: PTH110  (hundreds of them at each start)
        return "it holds no metadata, as after an interrupted installation"
    return None


def _points(dist: Distribution, group: str) -> tuple[EntryPoint, ...] | Exception:
    path = getattr(dist, "_path", None)
    try:
        if not isinstance(path, Path):
            return tuple(dist.entry_points.select(group=group))
        try:
            modified_ns = os.stat(f"{path}/entry_points.txt").st_mtime_ns  # noqa: PTH116  (as above)
        except OSError:
            return ()
        return tuple(_listed(path, modified_ns).select(group=group))
    except Exception as error:  # noqa: BLE001  (whatever it is, the others are not to blame)
        return error


@functools.cache
def _listed(path: Path, modified_ns: int) -> EntryPoints:  # noqa: ARG001  (it tells two states apart)
    """Read a list once, and again when it has changed; a command asks for several groups."""
    return Distribution.at(path).entry_points
