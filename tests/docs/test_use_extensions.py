"""The settings and the code of the page about extensions work as they stand there."""

import io
import json
import logging
import re
import shlex
import sys
from pathlib import Path

import attrs
import pytest
from PIL import Image

from providers import FakeProvider, picture
from tryon_core import Client, errors, register, unregister
from tryon_core.cli.app import cli
from tryon_core.extensions.named import KNOWN, installed
from tryon_testing.clocks import FakeClock

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "use-extensions.md"
TEXT = PAGE.read_text(encoding="utf-8")


def _block(name):
    (found,) = re.findall(rf"<!-- {re.escape(name)} -->\n```toml\n(.*?)```", TEXT, re.DOTALL)
    return found


@pytest.fixture(scope="module")
def page():
    namespace = {"__name__": "extensions"}
    for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL):
        exec(compile(block, str(PAGE), "exec"), namespace)  # noqa: S102  (that is the test)
    return namespace


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def _client(provider, *extensions):
    return Client(provider, extensions=extensions, clock=FakeClock())


def test_the_table_has_the_extensions_that_there_are_and_where_they_come_from():
    rows = re.findall(r"^\| `(\w+)` \| .* \| `(tryon-\w+)(?:\[\w+\])?` \|$", TEXT, re.MULTILINE)
    assert dict(rows) == KNOWN
    assert {name: points[0].dist.name for name, points in installed().items()} == KNOWN


def test_the_settings_of_the_page_put_a_policy_and_an_audit_trail_in_use(monkeypatch):
    Path("tryon.toml").write_text(_block("tryon.toml"))
    monkeypatch.setenv("TRYON_CONFIG", "tryon.toml")
    _client(FakeProvider()).submit(picture(), top=picture())
    (line,) = map(json.loads, Path("audit.jsonl").read_text().splitlines())
    assert line["outcome"] == "accepted"
    assert Path("spent.sqlite").is_file()
    monkeypatch.setenv("TRYON_EXTENSIONS", "policy")
    monkeypatch.setenv("TRYON_EXTENSION_POLICY_PROVIDERS", "pixelcut")
    with pytest.raises(errors.ValidationFailed, match="not allowed here"):
        _client(FakeProvider()).submit(picture(), top=picture())
    assert len(Path("audit.jsonl").read_text().splitlines()) == 1


def test_an_extension_is_named_for_one_command(caplog):
    (command,) = re.findall(r"^    tryon (run .*)$", TEXT, re.MULTILINE)
    for name in ("person.jpg", "tee.png"):
        Path(name).write_bytes(picture())
    register(FakeProvider())
    caplog.set_level(logging.INFO)
    try:
        cli(shlex.split(command.replace("-p local", "-p fake")), standalone_mode=False)
    finally:
        unregister("fake")
    assert "fake submit top: job" in caplog.text


def test_calls_are_logged(caplog, page):
    caplog.set_level(logging.INFO)
    _client(FakeProvider(), "call_log").try_on(picture(), top=picture())
    assert "fake submit top: job job-1" in caplog.text
    assert [one.name for one in page["Client"]("local", extensions=["call_log"]).session.extensions]


def test_numbers_go_into_a_registry_of_ones_own(page):
    _client(FakeProvider(), page["Metrics"](registry=page["registry"])).submit(
        picture(), top=picture()
    )
    labels = {"provider": "fake", "hook": "submit", "outcome": "accepted"}
    assert page["registry"].get_sample_value("tryon_calls_total", labels) == 1
    names = re.findall(r"^\| `(tryon_\w+)` \|", TEXT, re.MULTILINE)
    made = {
        f"{metric.name}_total" if metric.type == "counter" else metric.name
        for metric in page["registry"].collect()
    }
    assert {*names} == made


def test_a_policy_refuses_beside_the_core(page):
    provider = FakeProvider()
    with pytest.raises(errors.ValidationFailed) as caught:
        _client(provider, page["NoDresses"]()).submit(picture(size=(2, 2)), dress=picture())
    assert {problem.field for problem in caught.value.problems} == {"person", "dress"}
    assert provider.calls == []


@pytest.mark.parametrize(("colour", "verdict"), [("white", "passed"), ("navy", "doubtful")])
def test_a_judge_of_ones_own_looks_at_the_image(page, colour, verdict):
    image = Image.new("RGB", (64, 96), colour)
    image.paste("red", (16, 24, 48, 96))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    provider = FakeProvider(images=[buffer.getvalue()])
    result = _client(provider, page["StudioBackground"]()).try_on(picture(), top=picture())
    assert result.verdict == verdict


def test_nothing_is_sent_beyond_the_budget(page):
    provider = FakeProvider()
    client = _client(provider, page["Budget"](submissions=2))
    client.submit(picture(), top=picture())
    client.submit(picture(), top=picture())
    with pytest.raises(errors.AccessDenied, match="used up") as caught:
        client.submit(picture(), top=picture())
    assert (caught.value.job, caught.value.billed) == (None, "no")
    assert provider.calls == ["submit", "submit"]


def test_a_distribution_offers_an_extension_like_that(page, monkeypatch):
    from importlib.metadata import EntryPoint

    (points,) = tomllib.loads(_block("pyproject.toml"))["project"]["entry-points"].items()
    group, ((name, value),) = points[0], points[1].items()
    module = type(sys)("shop_tryon")
    module.Budget = page["Budget"]
    monkeypatch.setitem(sys.modules, "shop_tryon", module)
    found = {group: (EntryPoint(name, value, group),)}
    monkeypatch.setattr("tryon_core.extensions.named.entry_points", lambda asked: found[asked])
    config = {"extensions": {"use": [name], name: {"submissions": 0}}}
    client = Client(FakeProvider(), config=config, clock=FakeClock())
    with pytest.raises(errors.AccessDenied, match="used up"):
        client.submit(picture(), top=picture())


def test_the_extension_that_was_given_last_is_the_outermost(page):
    @attrs.define(eq=False)
    class Named:
        name: str
        seen: list

        @page["hookimpl"](wrapper=True)
        def submit(self):
            self.seen.append(self.name)
            return (yield)

    seen = []
    _client(FakeProvider(), Named("first", seen), Named("last", seen)).submit(
        picture(), top=picture()
    )
    assert seen == ["last", "first"]
