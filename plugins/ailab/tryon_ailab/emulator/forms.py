"""Reads the form of a submission and refuses what the vendor's documents do not allow."""

from collections.abc import Mapping
from types import MappingProxyType

import attrs
from flask import Request

from tryon_ailab.emulator.envelope import Refusal
from tryon_ailab.emulator.knobs import Knobs
from tryon_testing.emulation import Part, Understood, read_parts

_GARMENTS = ("clothes_image", "top_garment", "bottom_garment")
_TYPES = MappingProxyType({"upper_body": "top", "lower_body": "bottom", "full_body": "dress"})
_ENHANCING = MappingProxyType(
    {"resolution": ("-1", "1024", "1280"), "restore_face": ("true", "false")}
)
_ASYNC = MappingProxyType({"task_type": ("async",)})


@attrs.frozen(kw_only=True)
class Shape:
    """The parts that a model knows.

    Attributes:
        files: images that it cannot do without.
        optional_files: images that it also takes.
        words: texts that it cannot do without, with their values.
        optional_words: texts that it also takes, with their values.
    """

    files: tuple[str, ...]
    optional_files: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]]
    optional_words: Mapping[str, tuple[str, ...]] = MappingProxyType({})


_PRO = Shape(
    files=("person_image", "top_garment"),
    optional_files=("bottom_garment",),
    words=_ASYNC,
    optional_words=_ENHANCING,
)
SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "base": Shape(
            files=("person_image", "clothes_image"),
            words={**_ASYNC, "clothes_type": ("upper_body", "lower_body", "full_body")},
        ),
        "pro": _PRO,
        "premium": _PRO,
        "refiner": Shape(
            files=("person_image", "top_garment", "coarse_image"),
            optional_files=("bottom_garment",),
            words={**_ASYNC, "gender": ("woman", "man")},
        ),
    }
)


@attrs.frozen(kw_only=True)
class Form:
    """What a submission holds.

    Attributes:
        files: images by part.
        words: texts by part.
    """

    files: Mapping[str, bytes]
    words: Mapping[str, str]

    @property
    def person(self) -> bytes:
        """The image to draw on: the photo, or the result that is to be refined."""
        return self.files.get("coarse_image") or self.files["person_image"]

    @property
    def garments(self) -> list[bytes]:
        """The garments, from top to bottom."""
        return [self.files[name] for name in _GARMENTS if name in self.files]

    def understood(self, model: str) -> Understood:
        """Return what it is taken for; a dress comes in the part of a top."""
        kinds = {
            "clothes_image": _TYPES.get(self.words.get("clothes_type", ""), "no type"),
            "top_garment": "top|dress",
            "bottom_garment": "bottom",
        }
        return Understood(
            person=self.files["person_image"],
            garments={kinds[name]: data for name, data in self.files.items() if name in kinds},
            options={**self.words, **self.files},
            model=model,
        )


def read_form(request: Request, model: str, knobs: Knobs) -> Form:
    """Return the form, whatever the order of its parts, their file names and announced types.

    Raises:
        Refusal: it is none, or a part is missing, unknown or has a wrong value.
    """
    try:
        parts = read_parts(request.get_data(), request.content_type or "")
    except ValueError:
        parts = []
    shape = SHAPES[model]
    form = Form(
        files={part.name: part.data for part in parts if _is_file(part, shape) and part.data},
        words={
            part.name: part.data.decode("utf-8", "replace") for part in parts if not part.filename
        },
    )
    for name, allowed in shape.words.items():
        _check_word(name, form.words.get(name, ""), allowed, knobs)
    for name in shape.files:
        if name not in form.files:
            raise _wrong(name, "Cannot be empty.")
    for name, allowed in shape.optional_words.items():
        if form.words.get(name):
            _check_word(name, form.words[name], allowed, knobs)
    _check_unknown([part.name for part in parts], shape, knobs)
    return form


def _is_file(part: Part, shape: Shape) -> bool:
    """Say whether a part is an image; a text in the place of one is read as empty."""
    return part.filename is not None and part.name in (*shape.files, *shape.optional_files)


def _check_word(name: str, word: str, allowed: tuple[str, ...], knobs: Knobs) -> None:
    if not word:
        raise _wrong(name, "Cannot be empty.")
    is_lenient = name == "restore_face" and knobs.booleans == "any"
    if (word.lower() if is_lenient else word) not in allowed:
        raise _wrong(name, f"Must be one of {', '.join(allowed)}.")


def _check_unknown(names: list[str], shape: Shape, knobs: Knobs) -> None:
    known = {*shape.files, *shape.optional_files, *shape.words, *shape.optional_words}
    strange = sorted(set(names) - known)
    if strange and knobs.unknown_fields == "refuse":
        raise _wrong(strange[0], "Unknown parameter.")


def _wrong(name: str, reason: str) -> Refusal:
    code = "UNSUPPORTED_PARAMETER_VALUES"
    return Refusal(code, f"Invalid parameter values. - {name}: {reason}")
