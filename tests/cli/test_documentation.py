import json
import re
import sys
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import click
import pytest

from providers import KEY, fake_info, picture
from saved_runs import write_run
from tryon_core.cli.app import cli
from tryon_core.cli.exit_codes import ExitCode
from tryon_core.cli.options import DEFAULT_TIMEOUT_S
from tryon_core.client import DEFAULT_TIMEOUT_S as DEFAULT_OF_THE_CLIENT, Client
from tryon_core.errors import OutcomeUnknown
from tryon_core.models import Balance, Failure, Notice, Problem
from tryon_core.registry import REGISTRY
from tryon_core.settings import default_config_path, read_config, resolve_settings

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PAGE = (REFERENCE / "cli.md").read_text(encoding="utf-8")
DOCUMENTS = (REFERENCE / "json.md").read_text(encoding="utf-8")
CONTEXT = click.Context(cli)
COMMANDS = {name: cli.get_command(CONTEXT, name) for name in sorted(cli.list_commands(CONTEXT))}
TRY = ("-p", "fake", "--person", "person.png", "--top", "tee.png")
_REMARK = Notice("sleeve_uncertain", "The sleeve may be wrong.")
_WARNING = Problem("person", "It is dark.", severity="warning")


def _section(heading):
    (found,) = re.findall(
        rf"^## {re.escape(heading)}\n(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL
    )
    return found


def _documented(text):
    """The options in the first column of a section's table."""
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `-")]
    return set(re.findall(r"`(--?[a-z-]+)", " ".join(cells)))


def _options(command):
    context = click.Context(command, info_name=command.name, help_option_names=["-h", "--help"])
    options = [entry for entry in command.get_params(context) if isinstance(entry, click.Option)]
    return {name for option in options for name in (*option.opts, *option.secondary_opts)}


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_documented_with_exactly_its_options(name):
    common = _documented(_section("Options of every command"))
    own = _documented(_section(f"tryon {name}"))
    assert own | common == _options(COMMANDS[name])
    assert not own & common


@pytest.mark.skipif(sys.platform != "linux", reason="the page names other folders elsewhere")
def test_the_configuration_file_is_where_the_page_says_and_reads_like_that(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    page = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    (place,) = re.findall(r"can stand in `~/(.*?)`", page)
    (text,) = re.findall(r"<!-- tryon.toml -->\n```toml\n(.*?)```", page, re.DOTALL)
    path = folder / place
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert default_config_path() == path
    settings = resolve_settings(REGISTRY.load("local").info, {}, config=read_config(path))
    assert settings["workers"] == "1"


def test_every_command_and_no_other_has_a_section_and_a_row():
    assert sorted(re.findall(r"^## tryon ([\w-]+)$", PAGE, re.MULTILINE)) == [*COMMANDS]
    assert sorted(re.findall(r"^\| \[`tryon ([\w-]+)`\]", PAGE, re.MULTILINE)) == [*COMMANDS]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_of_each_help_stands_on_the_page(name):
    first = (COMMANDS[name].epilog or "").splitlines()[2].strip()
    assert f"    {first}\n" in _section(f"tryon {name}")


def test_the_exit_codes_are_those_of_the_program():
    rows = re.findall(r"^\| (\d+) \|", _section("Exit codes"), re.MULTILINE)
    assert [int(code) for code in rows] == [code.value for code in ExitCode]


def test_the_default_timeout_is_that_of_the_client():
    assert DEFAULT_TIMEOUT_S == DEFAULT_OF_THE_CLIENT
    assert f"({DEFAULT_TIMEOUT_S:.0f})" in _section("tryon run")


def _example(name):
    pattern = rf"<!-- json: {name} -->\n```json\n(.*?)```"
    (text,) = re.findall(pattern, DOCUMENTS, re.DOTALL)
    return json.loads(text)


def _assert_same_shape(documented, real, where="$"):
    """Both have the same keys, wherever both have an object."""
    if isinstance(documented, dict) and isinstance(real, dict):
        assert list(documented) == list(real), where
        for key, value in documented.items():
            _assert_same_shape(value, real[key], f"{where}.{key}")
    if isinstance(documented, list) and isinstance(real, list):
        assert bool(documented) == bool(real), where
        for one, other in zip(documented, real, strict=False):
            _assert_same_shape(one, other, f"{where}[]")


@pytest.mark.parametrize("command", ["run", "resume"])
def test_the_document_of_a_result(tryon, offer, command):
    offer(notices=[_REMARK], images=[picture()])
    token = tryon("submit", *TRY, "--quiet").out.strip()
    subject = TRY if command == "run" else (token,)
    _assert_same_shape(_example("run"), tryon(command, *subject, "--out", "o.png", "--json").json)


@pytest.mark.usefixtures("fake")
def test_the_document_of_a_submission(tryon):
    _assert_same_shape(_example("submit"), tryon("submit", *TRY, "--json").json)


def test_the_document_of_a_status(tryon, offer):
    offer(failure=Failure(code="E", message="no"), can_cancel=True)
    token = tryon("submit", *TRY, "--quiet").out.strip()
    asked = tryon("poll", token, "--json").json
    assert asked["failure"] is not None
    _assert_same_shape(_example("poll"), asked)
    _assert_same_shape(_example("poll"), tryon("cancel", token, "--json").json)


def test_the_document_of_a_check(tryon, offer):
    offer(problems=[_WARNING])
    _assert_same_shape(_example("check"), tryon("check", *TRY, "--json").json)


def test_the_document_of_an_explanation(tryon):
    address = "https://shop.example/tee.png"
    command = ("explain", "-p", "pixelcut", "--person", "person.png", "--top", address, "--fit")
    real = tryon(*command, "--json").json
    for request in real["requests"]:
        request["headers"] = {"User-Agent": request["headers"]["User-Agent"]}
    _assert_same_shape(_example("explain"), {**real, "requests": real["requests"][:1]})


def test_the_document_of_a_parsing(tryon, offer):
    offer(box=(-5, 2, 30, 40))
    ended = tryon(
        "parse", "-p", "fake", "person.png", "--category", "top", "--category", "bottom",
        "--sku", "top=ABC-1", "--html", "--out", "parts", "--json",
    )  # fmt: skip
    _assert_same_shape(_example("parse"), ended.json)
    (_, missing) = ended.json["regions"]
    assert missing == {
        "category": "bottom", "worn": False, "bbox": None, "mask": None, "crop": None
    }  # fmt: skip


def test_the_documents_of_hotspots(tryon, offer, folder):
    offer(box=(-5, 2, 30, 40), parse_price=fake_info().capabilities.price)
    row = {"top": "tee.png", "own": {"sku": "ABC-1"}}
    write_run(folder / "results", {"anna": row})
    command = ("hotspots", "results", "--sku-column", "sku", "--json")
    assert tryon(*command).code == 0
    write_run(folder / "more", {"bo": row, "cleo": {**row, "images": [b"no image"]}})
    command = ("hotspots", "results", "more", "--out", "results", *command[2:])
    _assert_same_shape(_example("hotspots-estimate"), tryon(*command, "--estimate").json)
    _assert_same_shape(_example("hotspots"), tryon(*command).json)
    written = json.loads((folder / "results/hotspots.json").read_text(encoding="utf-8"))
    _assert_same_shape(_example("hotspots-file"), written)


def test_the_documents_of_the_providers(tryon, offer):
    offer(settings=[KEY])
    _assert_same_shape(_example("providers"), tryon("providers", "--json").json)
    checked = tryon("providers", "--check", "--json").json
    checked["providers"] = [e for e in checked["providers"] if e["id"] == "fake"]
    _assert_same_shape(_example("providers-check"), checked)


def test_the_document_of_the_doctor(tryon):
    documented, real = _example("doctor"), tryon("doctor", "pixelcut", "--offline", "--json").json
    assert list(documented) == list(real)
    assert {*documented["versions"]} <= {*real["versions"]}
    for one in real["findings"]:
        _assert_same_shape(documented["findings"][0], one)


def test_the_document_of_a_balance(tryon, offer, monkeypatch):
    offer()
    as_of = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    balance = Balance(amount=Decimal("12.50"), unit="credits", as_of=as_of)
    monkeypatch.setattr(Client, "read_balance", lambda _: balance)
    assert tryon("balance", "-p", "fake", "--json").json == _example("balance")
    assert tryon("balance", "-p", "fake").out == "12.50 credits\n"


def test_the_document_of_a_demonstration(tryon, offer):
    offer(garments=[{"top"}], notices=[_REMARK])
    real = tryon("demo", "-p", "fake", "--person", "person.png", "--json").json
    _assert_same_shape(_example("demo"), real)


def test_the_document_of_an_error_with_problems(tryon, fake):
    ended = tryon("run", *TRY[:-1], "nothing.png", "--out", "o.png", "--json")
    assert ended.code == 2
    _assert_same_shape(_example("error"), ended.json)
    assert ended.error["type"] == "ValidationFailed"
    assert ended.error["provider"] == fake.info.id
    assert ended.error["problems"][0]["option"] == "--top"


@pytest.mark.parametrize(
    ("knobs", "more", "kind"),
    [
        ({"polls": None}, ("--timeout", "0.01"), "PollTimeout"),
        ({"on_poll": KeyboardInterrupt()}, (), "Interrupted"),
    ],
)
def test_the_document_of_an_error_with_a_job(tryon, offer, knobs, more, kind):
    offer(**knobs)
    error = tryon("run", *TRY, "--out", "o.png", "--json", *more).error
    assert list(error) == list(_example("error")["error"])
    _assert_same_shape(_example("submit")["job"], error["job"])
    assert (error["type"], error["billed"]) == (kind, "unknown")


@pytest.mark.parametrize("args", [("run", "--json"), ("run", *TRY, "--json", "--nonsense")])
def test_a_wrong_command_line_is_a_document_too(tryon, args):
    ended = tryon(*args)
    assert ended.code == 2
    assert list(ended.error) == list(_example("error")["error"])
    assert ended.error["type"] == "UsageError"


@pytest.fixture
def run_folder(tryon, offer, folder, monkeypatch):
    """A run with a saved item and one whose outcome is unknown, as that of a single job is.

    Gives the events of the run.
    """
    monkeypatch.setenv("TRYON_REMEMBER_JOBS", "1")
    provider = offer(notices=[_REMARK])
    table = "id,person,top,SKU\na,person.png,tee.png,4711\nb,tee.png,tee.png,4712"
    (folder / "cat.csv").write_text(table)
    batch = ("batch", "cat.csv", "-p", "fake", "--out", "results", "--concurrency", "1", "--json")

    def lose_the_second():
        provider.on_submit = OutcomeUnknown("lost.") if len(provider.requests) > 1 else None

    provider.before_submit = lose_the_second
    events = [json.loads(line) for line in tryon(*batch).out.splitlines()]
    assert tryon("submit", *TRY).code == 4
    return events


def test_the_events_of_a_run(run_folder):
    by_name = {event["event"]: event for event in run_folder}
    assert set(by_name) == {"planned", "submitted", "saved", "unknown", "summary"}
    for name in ("planned", "saved", "summary"):
        _assert_same_shape(_example(f"batch-{name}"), by_name[name])
    assert list(by_name["unknown"]) == list(by_name["saved"])


def test_the_event_of_a_run_that_never_began(tryon):
    stopped = json.loads(tryon("batch", "none.csv", "--out", "x", "--json").out)
    assert list(stopped) == list(_example("batch-stopped"))
    assert list(stopped["error"]) == list(_example("error")["error"])


@pytest.mark.usefixtures("run_folder")
@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("jobs", ("jobs",)),
        ("jobs-unknown", ("jobs", "--unknown")),
        ("jobs-looked-up", ("jobs", "--unknown", "--look-up")),
        ("costs", ("costs", "results")),
        ("batch-estimate", ("batch", "--resume", "--out", "results", "--estimate",
                            "--retry-unknown")),
    ],
)  # fmt: skip
def test_the_documents_about_runs(tryon, name, command):
    documented, real = _example(name), tryon(*command, "--json").json
    if name == "costs":
        real["lines"] = real["lines"][:1]
    if name == "jobs-looked-up":
        real = {"looked_up": real["looked_up"]}
    _assert_same_shape(documented, real)
