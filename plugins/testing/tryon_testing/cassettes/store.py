"""Cassettes as files: YAML that can be reviewed, with its provenance at the head."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import attrs
import yaml
from vcr.persisters.filesystem import CassetteNotFoundError  # type: ignore[import-untyped]  # it has no types
from vcr.request import Request  # type: ignore[import-untyped]  # it has no types

from tryon_testing.cassettes.provenance import MEANINGS, Provenance

_LINE_CHARS = 100


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as they are, and never with anchors."""

    def ignore_aliases(self, data: object) -> bool:
        """Write equal values out each time."""
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def read_provenance(path: Path) -> Provenance:
    """Return where the answers in a cassette come from.

    Raises:
        ValueError: the file does not say it, or wrongly; the message names the file.
    """
    return _provenance(path, yaml.safe_load(path.read_text(encoding="utf-8")))


def _provenance(path: Path, data: Any) -> Provenance:
    stated: Any = data.get("provenance") if isinstance(data, Mapping) else None
    try:
        return Provenance(**{**stated, "sources": tuple(stated.get("sources", ()))})
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path}: `provenance` is missing or wrong ({error}). Give it kind, made_on, made_by "
            f"and sources; kind is one of {', '.join(MEANINGS)}."
        ) from None


@attrs.frozen(kw_only=True)
class Store:
    """Reads and writes the files of cassettes, as a persister of vcrpy.

    Attributes:
        provenance: what the file will say; None when none is written.
        finish: applied to all interactions before they are written.
    """

    provenance: Provenance | None = None
    finish: Callable[[Sequence[Mapping[str, Any]]], list[Any]] = list

    def load_cassette(
        self, cassette_path: str, serializer: object
    ) -> tuple[list[Request], list[dict[str, Any]]]:
        """Return the requests and the answers of a file."""
        path = Path(cassette_path)
        if self.provenance is not None or not path.is_file():
            raise CassetteNotFoundError
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        _provenance(path, data)
        pairs = data["interactions"]
        requests = [Request(**pair["request"]) for pair in pairs]
        return requests, [_response(pair["response"]) for pair in pairs]

    def save_cassette(
        self, cassette_path: str, cassette_dict: Mapping[str, Any], serializer: object
    ) -> None:
        """Write a file; one that says the same but for the day is left alone."""
        path = Path(cassette_path)
        assert self.provenance is not None, "played cassettes are not written"  # noqa: S101  (ours)
        pairs = zip(cassette_dict["requests"], cassette_dict["responses"], strict=True)
        stated = {**attrs.asdict(self.provenance), "sources": list(self.provenance.sources)}
        data = {
            "provenance": stated,
            "version": 1,
            "interactions": self.finish([_pair(*pair) for pair in pairs]),
        }
        if path.is_file() and _undated(yaml.safe_load(path.read_text("utf-8"))) == _undated(data):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_written(data, self.provenance), encoding="utf-8", newline="\n")


def _written(data: Any, provenance: Provenance) -> str:
    body = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_LINE_CHARS)
    return f"# {MEANINGS[provenance.kind]}\n{body}"


def _undated(data: Any) -> Any:
    stated: Any = data.get("provenance") or {}
    return {**data, "provenance": {**stated, "made_on": date.min}}


def _pair(request: Request, response: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request and its answer in the layout of vcrpy, texts as texts."""
    data: bytes = response["body"]["string"]
    try:
        body: str | bytes = data.decode()
    except UnicodeDecodeError:
        body = data
    asked = {"method": request.method, "uri": request.uri, "headers": dict(request.headers)}
    asked["body"] = request.body.decode()
    return {"request": asked, "response": {**response, "body": {"string": body}}}


def _response(stored: Mapping[str, Any]) -> dict[str, Any]:
    body = stored["body"]["string"]
    return {**stored, "body": {"string": body.encode() if isinstance(body, str) else body}}
