"""The options of rows, as an instance of their provider's options class."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from tryon_batch.columns import OPTION
from tryon_batch.row_problems import RowProblem
from tryon_core.codec import make_options
from tryon_core.errors import UnknownOption
from tryon_core.models import PathSource, ProviderInfo, TryOnRequest


@attrs.frozen(kw_only=True)
class Made:
    """What came of the options of a row.

    Attributes:
        options: an instance; of the defaults when there are problems, None when it has none.
        problems: without the row.
    """

    options: Any
    problems: tuple[RowProblem, ...] = ()


class RowOptions:
    """Makes options; rows with equal ones share the instance.

    Args:
        info: the provider's declaration.
        common: options of all rows, which those of a row win over.
        folder: what paths among the options of a row are relative to.
    """

    def __init__(self, info: ProviderInfo, common: Mapping[str, Any], folder: Path) -> None:
        self._info = info
        self._common = common
        self._folder = folder
        self._made: dict[str, Made] = {}

    def make(self, own: Mapping[str, Any]) -> Made:
        """Return the options of a row that gives these itself."""
        key = json.dumps(own, sort_keys=True)
        if key not in self._made:
            self._made[key] = self._make(own)
        return self._made[key]

    def _make(self, own: Mapping[str, Any]) -> Made:
        given = {**self._common, **own}
        try:
            return Made(options=self._located(self._convert(given), own))
        except UnknownOption as error:
            problems = tuple(self._faults(given, error))
        try:
            return Made(options=self._convert({}), problems=problems)
        except UnknownOption:
            return Made(options=None, problems=problems)

    def _convert(self, given: Mapping[str, Any]) -> Any:
        converted: object = make_options(self._info.options, given, provider=self._info.id)
        return converted

    def _faults(self, given: Mapping[str, Any], error: UnknownOption) -> list[RowProblem]:
        """Return the fault of each option that is wrong by itself, or that of all together."""
        faults = []
        for name, value in given.items():
            try:
                self._convert({name: value})
            except UnknownOption as alone:
                faults.append(_problem(f"{OPTION}{name}", alone))
        return faults or [_problem("options", error)]

    def _located(self, options: Any, own: Mapping[str, Any]) -> Any:
        """Return options whose images are where the manifest says."""
        # Only a request knows which options are images.
        request = TryOnRequest(person=PathSource(Path()), options=options)
        moved = {
            field: PathSource(self._folder / image.path)
            for field, image in request.images.items()
            if isinstance(image, PathSource) and _option_name(field) in own
        }
        return request.with_images(moved).options


def _option_name(field: str) -> str:
    """Return `more_photos` of `options.more_photos[0]`; of a field that is none, its name."""
    return field.removeprefix("options.").partition("[")[0] if "." in field else ""


def _problem(column: str, error: UnknownOption) -> RowProblem:
    return RowProblem(None, column, message=error.message, remedy=error.remedy)
