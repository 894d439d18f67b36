"""Keep between runs what was learned of the durations of jobs."""

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from tryon_core.durations import DurationModel
from tryon_core.errors import OutputError
from tryon_core.saving import make_folder, write_atomically

_LOGGER = logging.getLogger("tryon.durations")
_CACHE_ENV = "TRYON_CACHE_DIR"
_FILE_NAME = "durations.json"
_FORMAT = "tryon durations 1"
_MOST_BYTES = 10_000_000


@attrs.frozen
class DurationStore:
    """Models kept between runs, in one small file that may vanish or break without harm.

    Attributes:
        path: the file; None keeps nothing.
    """

    path: Path | None

    @classmethod
    def of_user(cls, environ: Mapping[str, str] = os.environ) -> "DurationStore":
        """Return the store in the user's cache folder.

        `TRYON_CACHE_DIR` names another folder. Without it, and without the library platformdirs
        (extra `cli`), nothing is kept.
        """
        if environ.get(_CACHE_ENV):
            return cls(Path(environ[_CACHE_ENV]) / _FILE_NAME)
        try:
            from platformdirs import user_cache_path  # noqa: PLC0415  (optional)
        except ImportError:
            return cls(None)
        return cls(user_cache_path("tryon", appauthor=False) / _FILE_NAME)

    def load(self, provider: str, model: str = "", *, typical_s: float) -> DurationModel:
        """Return what is known of a provider's model; never fails.

        Args:
            provider: id of the provider.
            model: the option `model`, empty when the provider has none.
            typical_s: what the provider declares.
        """
        known = self._read().get(_key(provider, model))
        try:
            return DurationModel.from_dict(known, typical_s=typical_s)
        except ValueError:
            return DurationModel(typical_s=typical_s)

    def save(self, models: Mapping[tuple[str, str], DurationModel]) -> bool:
        """Keep models; those of others in the file stay. Of two at once, the later one wins.

        Args:
            models: by id of the provider and value of the option `model`.

        Returns:
            Whether they were kept. A full disk or a read-only folder is no error: what is lost
            are a few questions in the next run.
        """
        if self.path is None:
            return False
        new = {_key(*names): model.to_dict() for names, model in models.items()}
        content = {"format": _FORMAT, "models": {**self._read(), **new}}
        try:
            make_folder(self.path.parent)
            write_atomically(self.path, json.dumps(content).encode(), overwrite=True)
        except OutputError as error:
            _LOGGER.debug("durations are not kept: %s", error)
            return False
        return True

    def _read(self) -> dict[str, Any]:
        if self.path is None:
            return {}
        try:
            with self.path.open("rb") as file:
                content = json.loads(file.read(_MOST_BYTES))
        # RecursionError: JSON that is nested too deeply is no file of ours either.
        except (OSError, ValueError, RecursionError):
            return {}
        is_ours = isinstance(content, dict) and content.get("format") == _FORMAT
        models = content.get("models") if is_ours else None
        return models if isinstance(models, dict) else {}


def _key(provider: str, model: str) -> str:
    return f"{provider}/{model}"
