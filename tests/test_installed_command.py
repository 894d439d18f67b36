import json

import pytest

from tryon_core import installed


class Core:
    def __init__(self, origin):
        self.origin = origin

    def read_text(self, name):
        assert name == "direct_url.json"
        return None if self.origin is None else json.dumps(self.origin)


def came_from(monkeypatch, origin):
    monkeypatch.setattr(installed.importlib.metadata, "distribution", lambda _: Core(origin))


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / "my tryon"
    for place in (folder, folder / "plugins" / "local"):
        place.mkdir(parents=True)
        (place / "pyproject.toml").write_text("")
    return folder


def test_sources_are_advised_where_the_core_came_from_sources(monkeypatch, checkout):
    came_from(monkeypatch, {"url": checkout.as_uri(), "dir_info": {}})
    assert installed.install_command("tryon-local") == f"pip install '{checkout}/plugins/local'"
    assert installed.install_command("tryon-core", "cli") == f"pip install '{checkout}[cli]'"
    # What is not among the sources has a name only.
    assert installed.install_command("tryon-acme", "emulator") == (
        "pip install 'tryon-acme[emulator]'"
    )


@pytest.mark.parametrize(
    "origin",
    [
        None,
        {"url": "https://example.test/tryon_core.whl", "archive_info": {}},
        {"url": "file:///nowhere/at/all", "dir_info": {}},
    ],
)
def test_the_name_is_advised_everywhere_else(monkeypatch, origin):
    came_from(monkeypatch, origin)
    assert installed.install_command("tryon-local") == "pip install tryon-local"
    assert installed.install_command("tryon-core", "cli") == "pip install 'tryon-core[cli]'"


def test_advice_never_fails(monkeypatch):
    def broken(_):
        raise installed.importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(installed.importlib.metadata, "distribution", broken)
    assert installed.install_command("tryon-local") == "pip install tryon-local"
