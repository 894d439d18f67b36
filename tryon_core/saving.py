"""Write files so that they are either whole or not there, and never replace one by accident."""

import contextlib
import errno
import os
import secrets
import tempfile
import unicodedata
from pathlib import Path
from typing import TypeAlias

from tryon_core.errors import OutputError
from tryon_core.image_formats import DELIVERED_FORMATS, SUFFIXES

Target: TypeAlias = "str | os.PathLike[str]"
"""Where a caller wants results: a file or a folder."""

UNCHECKED = ".unchecked"
"""Suffix behind that of a file that was paid for and may be no sound image."""
_PART = (".tryon-", ".part")
_OTHER = " and holds something else"
# What vendors deliver: only the suffixes of these make a new name mean a file.
_FORMAT_OF = {suffix: name for name in DELIVERED_FORMATS for suffix in SUFFIXES[name]}
_OVERWRITE = "Name another file, or allow overwriting (overwrite=True)."
# A name with one of these suffixes means a file, and would become a folder of that name.
_NOT_WRITTEN = {".pdf", ".svg"}.union(*SUFFIXES.values()) - {*_FORMAT_OF}
# Links are a feature of the file system: FAT and some network shares have none.
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_FULL = ("the disk is full", "Free some space, or choose another place for the output.")
_NO_PERMISSION = ("no permission to write in the folder {folder!r}", None)
_REASONS: dict[int, tuple[str, str | None]] = {
    errno.ENOENT: ("the folder {folder!r} does not exist", "Make it, or name another one."),
    errno.ENOTDIR: ("a part of the path {folder!r} is a file, not a folder", None),
    errno.EROFS: ("the file system is read-only", None),
    errno.EACCES: _NO_PERMISSION,
    errno.EPERM: _NO_PERMISSION,
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.ENAMETOOLONG: ("its name is too long", None),
}


def suffix_for(format_name: str) -> str:
    """Return the file suffix of an image format, with its dot; none for one that is not known."""
    if not format_name:
        return ""
    return SUFFIXES[format_name][0] if format_name in SUFFIXES else f".{format_name.lower()}"


def image_name(stem: str, number: int, suffix: str) -> str:
    """Return the file name of an image of a job: `<stem>.png`, and `<stem>+2.png` for the second.

    Args:
        stem: names the job or the item.
        number: of the image among those of its job, from 1.
        suffix: with its dot.
    """
    return f"{stem}{suffix}" if number == 1 else f"{stem}+{number}{suffix}"


def is_file_target(target: Target) -> bool:
    """Whether a target means one file rather than a folder.

    It does when a file has that name, or when it ends in .png, .jpg, .jpeg or .webp and no folder
    has that name. A slash at the end always means a folder.
    """
    path = Path(target)
    # Unlike their namesakes of `Path`, the functions of `os.path` never raise: writing does.
    if os.fspath(target).endswith(("/", os.sep)) or os.path.isdir(path):  # noqa: PTH112  (never raises)
        return False
    return path.suffix.lower() in _FORMAT_OF or os.path.lexists(path)


def check_suffix(target: Target) -> None:
    """Refuse what would silently become a folder, or a file whose name lies: `result.gif`.

    Raises:
        OutputError: it names a kind of file that no vendor delivers.
    """
    suffix = Path(target).suffix.lower()
    is_folder = os.fspath(target).endswith(("/", os.sep)) or os.path.isdir(target)  # noqa: PTH112  (never raises)
    if suffix in _NOT_WRITTEN and not is_folder:
        raise OutputError(
            f"{str(target)!r}: {suffix} is not written.",
            remedy="End it in .png, .jpg or .webp, or in a slash for a folder.",
        )


def with_real_suffix(path: Path, format_name: str) -> Path:
    """Return the path with the suffix of the format, when its own one names another format."""
    claimed = _FORMAT_OF.get(path.suffix.lower())
    return (
        path
        if claimed in {None, format_name} or not format_name
        else path.with_suffix(suffix_for(format_name))
    )


def check_target(target: Target, count: int = 1, *, overwrite: bool = False) -> None:
    """Make sure, before anything is paid, that results can be saved.

    Nothing is left behind, and folders that are missing are not made yet.

    Args:
        target: as for `TryOnResult.save`.
        count: how many images are expected.
        overwrite: whether an existing file may be replaced.

    Raises:
        OutputError: the message gives the reason.
    """
    path = Path(target)
    check_suffix(target)
    _check_name(path)
    if not is_file_target(target):
        _check_writable(_nearest_existing(path), path)
        return
    if count > 1:
        raise too_many(path, count)
    for possible in _possible_names(path):
        if os.path.lexists(possible):
            why = "" if possible == path else f", and {str(path)!r} may become that"
            check_replaceable(possible, overwrite=overwrite, why=why)
    _check_writable(_followed(path).parent, path)


def too_many(path: Path, count: int) -> OutputError:
    """Return the error for several images and a single file."""
    return OutputError(
        f"{count} images do not fit into the one file {str(path)!r}.",
        remedy="Name a folder instead.",
    )


def check_replaceable(path: Path, *, overwrite: bool, why: str = "") -> None:
    """Refuse to write over what must stay.

    Args:
        path: what would be written.
        overwrite: whether an existing file may be replaced.
        why: what is known of the file that is there, for the message.

    Raises:
        OutputError: something of that name exists that is no regular file, or may not be replaced.
    """
    if os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113  (never raise)
        what = "a folder" if path.is_dir() else "a device or a pipe"
        raise OutputError(f"{str(path)!r} is {what}.", remedy="Name another file.")
    if os.path.lexists(path) and not overwrite:
        raise OutputError(f"{str(path)!r} exists already{why}.", remedy=_OVERWRITE)


def write_atomically(
    path: Path, data: bytes, *, overwrite: bool = False, mode: int = 0o666, why: str = ""
) -> Path:
    """Write a file through a temporary one in the same folder.

    Readers see the old file or the new one, never a part; after a failure nothing is left
    behind. Without `overwrite` an existing file stays untouched even if it appears at the very
    last moment. A symbolic link is followed.

    Args:
        path: the file.
        data: what will be in it.
        overwrite: whether an existing file may be replaced.
        mode: permissions of the file, before those that the user's umask takes away.
        why: as for `check_replaceable`.

    Returns:
        The path as it was given.

    Raises:
        OutputError: the message gives the reason; what was to be written is not lost.
    """
    check_replaceable(path, overwrite=overwrite, why=why)
    _check_name(path)
    real = _followed(path)
    temporary = real.parent / f"{_PART[0]}{secrets.token_hex(8)}{_PART[1]}"
    try:
        try:
            write_new(temporary, data, mode=mode)
            _put_in_place(temporary, real, overwrite=overwrite)
            sync_folder(real.parent)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise output_error(path, error) from error
    return path


def has_content(path: Path, data: bytes) -> bool:
    """Return whether a file is there and holds exactly that."""
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except (OSError, ValueError):
        return False


def check_room(path: Path, data: bytes, *, overwrite: bool) -> None:
    """Refuse to write over what must stay; a file that holds exactly that already may.

    Raises:
        OutputError: as `check_replaceable`.
    """
    if not has_content(path, data):
        check_replaceable(path, overwrite=overwrite, why=_OTHER)


def write_once(path: Path, data: bytes, *, overwrite: bool = False) -> Path:
    """Write a file like `write_atomically`, unless it holds exactly that already.

    Raises:
        OutputError: as `write_atomically`.
    """
    if has_content(path, data):
        return path
    return write_atomically(path, data, overwrite=overwrite, why=_OTHER)


def remove(path: Path) -> None:
    """Remove a file that is not needed any more; when that fails it stays."""
    with contextlib.suppress(OSError):
        path.unlink()


def remove_parts(folder: Path) -> None:
    """Remove what killed processes left half written, in a folder that no other process writes."""
    begin, end = _PART
    for path in folder.glob(f"{begin}*{end}"):
        remove(path)


def takes_letters(folder: Path) -> bool:
    """Return whether files in a folder may have names with letters of any script.

    Some network shares and memory cards take those of one code page only.
    """
    begin, end = _PART
    trial = folder / f"{begin}ä照{secrets.token_hex(4)}{end}"
    try:
        trial.touch()
        try:
            return any(_composed(path.name) == trial.name for path in folder.iterdir())
        finally:
            trial.unlink()
    except (OSError, UnicodeError):
        return False


def _composed(name: str) -> str:
    # Old file systems of macOS take letters apart.
    return unicodedata.normalize("NFC", name)


def make_folder(path: Path) -> None:
    """Make a folder and its parents, unless they exist.

    Raises:
        OutputError: it cannot be made.
    """
    _check_name(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(path, error) from error


def output_error(path: Path, error: OSError, *, folder: Path | None = None) -> OutputError:
    """Return what an error of the system means for the caller.

    Args:
        path: what was to be written, as the caller named it.
        error: what the system said.
        folder: where it was to be written, None for the folder of the path.
    """
    if isinstance(error, FileExistsError):
        return OutputError(f"{str(path)!r} exists already.", remedy=_OVERWRITE)
    place = path.parent if folder is None else folder
    why, remedy = _REASONS.get(error.errno or 0, (error.strerror or str(error), None))
    if error.errno == errno.ENOENT and place.is_dir():  # as in /proc
        why, remedy = "the folder {folder!r} takes no new files", None
    why = why.format(folder=str(place))
    return OutputError(f"cannot write {str(path)!r}: {why}.", remedy=remedy)


def _check_name(path: Path) -> None:
    """Refuse what the system does not take for a name, whether anything has it or not."""
    try:
        path.lstat()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise output_error(path, error) from error
    except ValueError:
        raise OutputError(f"{str(path)!r} is not a file name.") from None


def _followed(path: Path) -> Path:
    """Replacing a link would leave the file that it points to as it was."""
    return Path(os.path.realpath(path)) if os.path.islink(path) else path  # noqa: PTH114  (never raises)


def write_new(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Write a file that does not exist yet, and sync it.

    Args:
        path: the file.
        data: what will be in it.
        mode: permissions of the file, before those that the user's umask takes away.

    Raises:
        OSError: as the system says, FileExistsError among them.
    """
    # Not `tempfile`: its files are private, and the result would stay so.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _put_in_place(temporary: Path, path: Path, *, overwrite: bool) -> None:
    if overwrite:
        temporary.replace(path)
        return
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _reserve_and_replace(temporary, path)


def sync_folder(path: Path) -> None:
    """Make a new name survive a power failure; Windows does without."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    number = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _reserve_and_replace(temporary: Path, path: Path) -> None:
    """Take the name first, as only one can, and replace our own empty file then."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    try:
        temporary.replace(path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _possible_names(path: Path) -> list[Path]:
    """Return every name that may be written, as the format is not known beforehand."""
    names = {path, *(with_real_suffix(path, name) for name in DELIVERED_FORMATS)}
    names |= {name.with_name(f"{name.name}{UNCHECKED}") for name in names}
    return sorted(names, key=lambda name: (name != path, name))


def _nearest_existing(path: Path) -> Path:
    return next((part for part in (path, *path.parents) if os.path.lexists(part)), Path())


def _check_writable(folder: Path, target: Path) -> None:
    # Asking for permissions is not enough: a file system may be read-only, and root may all.
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise output_error(target, error, folder=folder) from error
