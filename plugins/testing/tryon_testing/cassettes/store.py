"""Cassettes as files: write one, or answer from one instead of asking a service."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import attrs
import vcr  # type: ignore[import-untyped]  # it has no types
import yaml
from vcr.cassette import Cassette  # type: ignore[import-untyped]  # it has no types
from vcr.persisters.filesystem import CassetteNotFoundError  # type: ignore[import-untyped]  # it has no types
from vcr.request import Request  # type: ignore[import-untyped]  # it has no types

from tryon_core.models import ProviderInfo
from tryon_testing.cassettes.case import MEANINGS, Provenance
from tryon_testing.cassettes.masking import Finisher, Masker
from tryon_testing.cassettes.stored import MATCHERS, request_filter, response_filter
from tryon_testing.emulation.loopback import AGENT

_LINE_CHARS = 100
# The one in C reads ten times faster; not every PyYAML has it.
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """Return what a file says, safely."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506  (a safe one)


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
    return _provenance(path, read_yaml(path))


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
        data = read_yaml(path)
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
        if path.is_file() and _undated(read_yaml(path)) == _undated(data):
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


def _recorder(store: Store, masker: Masker) -> vcr.VCR:
    recorder = vcr.VCR(
        before_record_request=request_filter(masker),
        before_record_response=response_filter(masker),
        match_on=[matcher.__name__ for matcher in MATCHERS],
    )
    for matcher in MATCHERS:
        recorder.register_matcher(matcher.__name__, matcher)
    recorder.register_persister(store)
    return recorder


@contextmanager
def use_cassette(
    path: Path | str, *, secrets: Sequence[str] = (), info: ProviderInfo | None = None
) -> Iterator[Cassette]:
    """Answer every request of this process from a cassette; nothing is sent.

    Requests must be the recorded ones, whatever their order, but for boundaries of multipart
    forms, times and signatures; each answer is given once.

    Args:
        path: the cassette.
        secrets: values that were masked when it was recorded.
        info: the provider's declaration, as when it was recorded.

    Raises:
        FileNotFoundError: there is no such cassette.
        ValueError: it does not say where its answers come from.
        AssertionError: at the end, when answers are left over.
        vcr.errors.CannotOverwriteExistingCassetteException: the request was not recorded.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no cassette {path}. Record it first.")
    recorder = _recorder(Store(), Masker(secrets=secrets, info=info))
    with recorder.use_cassette(str(path), record_mode="none") as cassette:
        yield cassette
    left = [
        f"{request.method} {request.uri}"
        for number, request in enumerate(cassette.requests)
        if not cassette.play_counts[number]
    ]
    if left:
        raise AssertionError(f"{path}: no request asked for {', '.join(left)}")


def _unless(
    unrecorded: str, store: Callable[[Request], Request]
) -> Callable[[Request], Request | None]:
    def stored(request: Request) -> Request | None:
        # An emulator that reads an upload asks itself; a client never does.
        is_own = request.headers.get("User-Agent") == AGENT
        return None if is_own or request.uri.startswith(unrecorded) else store(request)

    return stored


@contextmanager
def record_cassette(
    path: Path | str,
    provenance: Provenance,
    *,
    secrets: Sequence[str] = (),
    info: ProviderInfo | None = None,
    swaps: Mapping[str, str] | None = None,
    asked: Mapping[str, str] | None = None,
    unrecorded: str = "",
) -> Iterator[Cassette]:
    """Send every request of this process, and write a cassette of what was asked and answered.

    Keys, signatures, account ids, boundaries and images are left out. When something is raised
    inside, nothing is written.

    Args:
        path: the cassette; replaced when what it says has changed.
        provenance: where the answers come from.
        secrets: values to mask wherever they are, such as the key.
        info: the provider's declaration, for its `recorded_headers` and `secret_fields`.
        swaps: what to write in place of a text, such as the vendor's address by the emulator's;
            the longest text that fits counts. Ids are numbered too, unless the answers are
            documented ones.
        asked: the same for addresses of requests alone, where the client asks for another address
            than an answer names, such as https instead of http.
        unrecorded: beginning of the addresses that are none of the service's, such as those from
            which an emulator in this process fetches images. With it, nothing that an emulator
            asks is recorded.
    """
    masker = Masker(secrets=secrets, info=info)
    numbered = provenance.kind != "documented"
    finish = Finisher(masker=masker, swaps=swaps or {}, asked=asked or {}, numbered=numbered)
    recorder = _recorder(Store(provenance=provenance, finish=finish), masker)
    if unrecorded:
        recorder.before_record_request = _unless(unrecorded, recorder.before_record_request)
    with recorder.use_cassette(str(path), record_mode="all", record_on_exception=False) as cassette:
        yield cassette
