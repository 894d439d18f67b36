"""Fixtures of the tests of commands: a folder, a provider to offer, and the program."""

import inspect
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner

from providers import CancellableProvider, FakeProvider, fake_info, picture
from tryon_core.cli.app import cli
from tryon_core.registry import REGISTRY

# Before click 8.2, both streams are one unless this is said.
APART = {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}


@attrs.frozen
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        return self.json["error"]


Run = Callable[..., Outcome]
Offer = Callable[..., FakeProvider]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "person.png").write_bytes(picture((120, 160)))
    (tmp_path / "tee.png").write_bytes(picture((80, 80), (20, 90, 160)))
    return tmp_path


@pytest.fixture
def offer() -> Iterator[Offer]:
    """Offer a provider under the id `fake`, or another one."""
    offered: list[str] = []

    def make(provider_id: str = "fake", *, can_cancel: bool = False, **knobs: Any) -> FakeProvider:
        declared = {name: knobs.pop(name) for name in list(knobs) if name not in _KNOBS}
        # Otherwise every run of one garment has a note; `test_keep` is about that.
        declared.setdefault("keeps_unnamed_garments", True)
        kind = CancellableProvider if can_cancel else FakeProvider
        provider = kind(info=fake_info(provider_id, **declared), **knobs)
        REGISTRY.register(provider)
        offered.append(provider_id)
        return provider

    yield make
    for provider_id in offered:
        REGISTRY.unregister(provider_id)


@pytest.fixture
def fake(offer: Offer) -> FakeProvider:
    return offer()


@pytest.fixture
def tryon() -> Run:
    def run(*args: object) -> Outcome:
        result = CliRunner(**APART).invoke(cli, [str(arg) for arg in args], prog_name="tryon")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr)

    return run


_KNOBS = {field.alias for field in attrs.fields(FakeProvider)}
