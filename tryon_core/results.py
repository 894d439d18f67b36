"""What a job gave: its images in memory, and how they are saved."""

import functools
import hashlib
import io
import re
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

from tryon_core.errors import OutputError, UnusableImage
from tryon_core.image_formats import SUFFIXES, has_pillow
from tryon_core.images import load_upright
from tryon_core.models import BytesSource, Job, Notice, Problem
from tryon_core.saving import (
    UNCHECKED,
    Target,
    check_room,
    check_suffix,
    image_name,
    is_file_target,
    make_folder,
    suffix_for,
    too_many,
    with_real_suffix,
    write_once,
)
from tryon_core.text import figure, one_line, sentences

if TYPE_CHECKING:
    from PIL import Image

OnSaved: TypeAlias = Callable[[Job, Sequence[Path]], None]
"""Called with the places where the images of a job were written."""

_UNSAFE_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
_MAX_NAME_CHARS = 100
_SHOWN_PX = 512


@attrs.frozen(kw_only=True)
class ResultImage:
    """One output image, fetched and checked.

    Attributes:
        data: the file as the vendor made it, not a byte changed.
        format: what it is by its content: `JPEG`, `PNG`, `WEBP`, …; empty when that is not known.
        width_px: width as shown upright, None when Pillow is not installed.
        height_px: height as shown upright, None when Pillow is not installed.
        expires_at: when the vendor deletes its copy (UTC), None when it does not say.
        source_url: where it was fetched, without the query; None when it came in the answer.
        is_checked: whether it begins like an image, and decodes to its end where Pillow can tell.
            What came whole and does not is handed over all the same, since it was paid for; a
            notice `image_unchecked` says why. Fetching it again may give a sound one.
    """

    data: bytes = attrs.field(repr=False)
    format: str
    width_px: int | None = None
    height_px: int | None = None
    expires_at: datetime | None = attrs.field(default=None, repr=False)
    source_url: str | None = attrs.field(default=None, repr=False)
    is_checked: bool = True

    @property
    def media_type(self) -> str:
        """The media type by content, such as `image/png`."""
        return f"image/{self.format.lower()}" if self.format else "application/octet-stream"

    @property
    def suffix(self) -> str:
        """The suffix of its file, such as `.png`, or `.png.unchecked`."""
        return suffix_for(self.format) + UNCHECKED * (not self.is_checked)

    @property
    def sha256(self) -> str:
        """SHA-256 of the file as hex digits."""
        return hashlib.sha256(self.data).hexdigest()

    def decoded(self, max_side_px: int | None = None) -> "Image.Image":
        """Return the pixels as a Pillow image: upright, in sRGB, `RGBA` or `RGB`, no metadata.

        It is decoded by each call, and yours to change; `data` is not changed.

        Args:
            max_side_px: scale it down until its longer side has this length; None keeps its size.

        Raises:
            MissingExtra: Pillow is not installed.
            UnusableImage: it cannot be decoded here; `is_checked` may say so before.
        """
        source = BytesSource(self.data, name="result")
        return load_upright(source, field="result", max_side_px=max_side_px)

    def _repr_png_(self) -> bytes | None:
        """Return a small copy, for notebooks: their files keep what they show."""
        if not has_pillow():
            return self.data if self.format == "PNG" else None
        file = io.BytesIO()
        try:
            self.decoded(_SHOWN_PX).save(file, "PNG")
        except UnusableImage:
            return None
        return file.getvalue()

    def save(self, path: Target, *, overwrite: bool = False) -> Path:
        """Write the file as it came.

        Args:
            path: the file. When its suffix names another image format, the right suffix takes its
                place, because the content is never converted; `.unchecked` follows it where
                `is_checked` is false.
            overwrite: whether an existing file may be replaced.

        Returns:
            The path that was written.

        Raises:
            OutputError: it cannot be written; the message gives the reason.
        """
        if Path(path).suffix.lower() not in SUFFIXES.get(self.format, ()):
            check_suffix(path)
        return write_once(self.path_for(Path(path)), self.data, overwrite=overwrite)

    def path_for(self, path: Path) -> Path:
        """Return where `save` would write it: the same path with a suffix that does not lie."""
        real = with_real_suffix(path, self.format)
        return real if self.is_checked else real.with_name(f"{real.name}{UNCHECKED}")


Problems: TypeAlias = "tuple[Problem, ...] | None"
Verdict: TypeAlias = Literal["passed", "doubtful", ""]


def verdict_of(problems: "Problems") -> Verdict:
    """Return what judges say together, from what they found; empty where none could judge."""
    if problems is None:
        return ""
    is_doubtful = any(problem.severity == "error" for problem in problems)
    return "doubtful" if is_doubtful else "passed"


class Judgement:
    """What judges find, who are asked once, when somebody wants to know it.

    To decode images takes more than all else that is done for a try-on, and many programs only save
    them.
    """

    def __init__(self, judge: "Callable[[], Problems]") -> None:
        self._judge: Callable[[], Problems] | None = judge
        self._found: Problems = None
        self._lock = threading.Lock()

    @property
    def problems(self) -> "Problems":
        """What they found."""
        with self._lock:
            if self._judge is not None:
                self._found, self._judge = self._judge(), None
            return self._found

    def __reduce__(self) -> "tuple[type[Judgement], tuple[Callable[[], Problems]]]":
        # A judge belongs to a client, which cannot be sent to another process.
        return Judgement, (functools.partial(_same, self.problems),)


def _same(problems: "Problems") -> "Problems":
    return problems


@attrs.frozen(kw_only=True)
class TryOnResult:
    """What a job gave, with its images in memory.

    Attributes:
        job: the job that gave it.
        images: at least one.
        notices: remarks about the image.
        usage: what the vendor says was used, such as `{"image_count": "1"}`.
        missing: numbers, from 1, of the images of the job that could not be fetched; a notice
            `image_not_fetched` says why. Resuming the job fetches them again, which is free.
    """

    job: Job = attrs.field(repr=lambda job: f"<{job.provider} {one_line(job.id)}>")
    images: tuple[ResultImage, ...] = attrs.field(validator=attrs.validators.min_len(1))
    notices: tuple[Notice, ...] = ()
    usage: Mapping[str, str] = attrs.field(factory=dict, hash=False)
    missing: tuple[int, ...] = ()
    _judgement: Judgement | None = attrs.field(default=None, repr=False, eq=False)
    _on_saved: OnSaved | None = attrs.field(default=None, repr=False, eq=False)

    @property
    def image(self) -> "Image.Image":
        """The first image as `ResultImage.decoded` gives it; its file is `images[0]`.

        Mostly there is only one image.
        """
        return self.images[0].decoded()

    @property
    def problems(self) -> "Problems":
        """What judges find wrong with the images, who are asked when this is read first.

        The core's own and those of extensions, by the hook `check_result`. Empty when nothing is
        wrong; None when nobody could judge, as without Pillow.
        """
        return None if self._judgement is None else self._judgement.problems

    @property
    def verdict(self) -> Verdict:
        """`doubtful` when a problem is an error, `passed`, or empty when it was not judged."""
        return verdict_of(self.problems)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of `images` among those of the job, from 1; their files are named by them."""
        total = len(self.images) + len(self.missing)
        return tuple(number for number in range(1, total + 1) if number not in self.missing)

    @property
    def is_checked(self) -> bool:
        """Whether all images are."""
        return all(image.is_checked for image in self.images)

    def show(self) -> None:
        """Show all images: in a notebook below the cell, else in a window of the system's viewer.

        Raises:
            MissingExtra: Pillow is not installed.
            UnusableImage: one cannot be decoded here.
            OutputError: no program was found that shows images.
        """
        decoded = (image.decoded() for image in self.images)
        _show(decoded, title=f"{self.job.provider} {one_line(self.job.id)}", notebook=self)

    def _repr_png_(self) -> bytes | None:
        return self.images[0]._repr_png_()

    def _repr_html_(self) -> str:
        figures = [figure(one._repr_png_(), "PNG", _caption(one)) for one in self.images]
        said = [notice.message for notice in self.notices]
        said += [problem.message for problem in self.problems or ()]
        return "".join(figures) + sentences(said)

    def save(self, target: Target, *, overwrite: bool = False) -> tuple[Path, ...]:
        """Write all images as they came; nothing is converted.

        Args:
            target: a file when it ends in .png, .jpg, .jpeg or .webp or when a file has that name;
                else a folder, which is made when it is missing, and the names in it are
                `<provider>-<job id>` and `<provider>-<job id>+2`, with the suffix of the real
                format. When the suffix of a file does not fit the real format, the right one takes
                its place: the vendor delivered a JPEG, so `out.png` becomes `out.jpg`. An image
                that could not be checked gets the further suffix `.unchecked`. A file that holds
                the image already is left as it is.
            overwrite: whether existing files may be replaced.

        Returns:
            The paths that were written, in the order of `images`.

        Raises:
            OutputError: the message gives the reason; `.job` is set, and the images are still here.
        """
        try:
            paths = self._paths(target)
            if len(paths) > 1:  # nothing is written unless all can be
                for path, image in zip(paths, self.images, strict=True):
                    check_room(path, image.data, overwrite=overwrite)
            for path, image in zip(paths, self.images, strict=True):
                write_once(path, image.data, overwrite=overwrite)
        except OutputError as error:
            error.job, error.provider = self.job, self.job.provider
            raise
        if self._on_saved is not None and not self.missing:
            self._on_saved(self.job, paths)
        return tuple(paths)

    def _paths(self, target: Target) -> list[Path]:
        path = Path(target)
        check_suffix(target)
        if not is_file_target(target):
            make_folder(path)
            named = zip(self.numbers, self.images, strict=True)
            return [path / self._name(number, image) for number, image in named]
        if len(self.images) > 1:
            raise too_many(path, len(self.images))
        return [self.images[0].path_for(path)]

    def _name(self, number: int, image: ResultImage) -> str:
        stem = _UNSAFE_IN_NAMES.sub("-", f"{self.job.provider}-{self.job.id}")[:_MAX_NAME_CHARS]
        return image_name(stem, number, image.suffix)


def _caption(image: ResultImage) -> str:
    size = f" {image.width_px} x {image.height_px} px" if image.width_px else ""
    return f"{image.format}{size}"


def _show(images: "Iterable[Image.Image]", *, title: str, notebook: object) -> None:
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
