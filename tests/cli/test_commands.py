"""Commands that distributions bring: sound, broken, of a name that is taken, not installed."""

import re
import subprocess
import sys

import click
import pytest
from click.shell_completion import ShellComplete

from distributions import write_distribution
from tryon_core.cli import commands, jobs
from tryon_core.cli.app import cli
from tryon_core.installed import entry_points, fact

HELLO = """
import click
from tryon_core.errors import OutputError
@click.command(short_help="Say hello.")
@click.option("--json", "as_json", is_flag=True)
@click.argument("name", default="")
@click.pass_obj
def hello(invocation, as_json, name):
    if not name:
        raise OutputError("nobody to greet.")
    click.echo(f"hello {name}, json: {invocation.as_json}")
"""
LINES_OF_CORE = (
    "run", "check", "submit", "poll", "resume", "cancel", "jobs", "parse",
    "providers", "extensions", "balance",
)  # fmt: skip
BROKEN = {
    "a library is missing": ("import nowhere_to_be_found", "hello", "nowhere_to_be_found"),
    "it exits": ("raise SystemExit(0)", "hello", "SystemExit: 0"),
    "it fails": ("1 / 0", "hello", "ZeroDivisionError: division by zero"),
    "it is no Python": ("def", "hello", "SyntaxError"),
    "the name is missing": ("", "hello", "has no attribute 'hello'"),
    "it is a text": ("hello = 'hello'", "hello", "is no click command"),
    "it is a function": ("def hello(): ...", "hello", "is no click command"),
    "its help is no text": (
        "import click\nhello = click.Command('hello', short_help=5)",
        "hello",
        "cannot be imported",
    ),
}


@pytest.fixture
def bring(tmp_path, monkeypatch, request):
    """Install a distribution that brings a command, or a list of runs."""
    site = tmp_path / "site-commands"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))

    def install(name, source, *, distribution, attribute="hello", group=commands.GROUP):
        module = f"{distribution.replace('-', '_')}_{abs(hash(request.node.name))}"
        points = {name: f"{module}:{attribute}" if attribute else module}
        modules = {module: source}
        write_distribution(site, distribution, providers=points, modules=modules, group=group)
        return module

    return install


def test_a_command_of_a_distribution_is_listed_run_and_reported_like_the_core_s(tryon, bring):
    bring("hello", HELLO, distribution="tryon-hello")
    assert re.search(r"\n  hello +Say hello\.\n", tryon("--help").out)
    assert tryon("hello", "Ada").out == "hello Ada, json: False\n"
    assert tryon("hello", "Ada", "--json").out == "hello Ada, json: True\n"
    refused = tryon("hello", "--json")
    assert (refused.code, refused.error["type"]) == (2, "OutputError")
    assert refused.err.startswith("error: nobody to greet.")


@pytest.mark.parametrize(("source", "attribute", "reason"), BROKEN.values(), ids=[*BROKEN])
def test_a_broken_command_says_whose_it_is_and_harms_no_other(
    tryon, bring, source, attribute, reason
):
    bring("shaky", source, distribution="tryon-shaky", attribute=attribute)
    bring("hello", HELLO, distribution="tryon-hello")
    shown = tryon("--help")
    assert shown.code == 0
    assert re.search(r"\n  shaky +\(broken: tryon-shaky\)\n", shown.out)
    assert re.search(r"\n  hello +Say hello\.\n", shown.out)
    assert tryon("hello", "Ada").code == 0
    assert tryon("providers").code == 0
    for arguments in (("shaky",), ("shaky", "--help"), ("shaky", "x", "--strange", "--json")):
        ended = tryon(*arguments)
        assert ended.code == 3
        assert "the command 'shaky' from tryon-shaky cannot be used: its entry point" in ended.err
        assert reason in ended.err
    assert tryon("shaky", "--json").error["type"] == "BrokenPlugin"


def test_a_command_of_the_core_is_never_replaced(tryon, bring):
    module = bring("providers", "raise SystemExit('imported')", distribution="tryon-greedy")
    assert "DISTRIBUTION" in tryon("providers").out
    shown = tryon("--help")
    assert "Not used:\n  'providers' of tryon-greedy: tryon-core has that command." in shown.out
    assert shown.out.count("\n  providers ") == 1
    assert module not in sys.modules


def test_of_two_distributions_with_one_command_the_first_by_name_is_used_and_the_other_named(
    tryon, bring
):
    bring("hello", HELLO.replace("hello {", "second {"), distribution="tryon-zeta")
    bring("hello", HELLO, distribution="tryon-alpha")
    assert tryon("hello", "Ada").out.startswith("hello Ada")
    shown = tryon("--help").out
    assert "Not used:\n  'hello' of tryon-zeta: tryon-alpha has that command." in shown
    assert shown.count("Say hello.") == 1


def test_a_command_that_the_core_knows_is_that_of_its_own_distribution(bring, tryon):
    module = bring("batch", "raise SystemExit('imported')", distribution="aaa-batch")
    assert tryon("batch", "--help").out.startswith("Usage: tryon batch")
    assert "'batch' of aaa-batch: tryon-batch has that command." in tryon("--help").out
    assert module not in sys.modules


def test_an_unexpected_error_names_the_distribution_of_the_command(tryon, bring):
    bring(
        "hello",
        HELLO.replace("if not name:", "if 1 / 0:"),
        distribution="tryon-hello",
    )
    assert "This is a fault in tryon-hello: run it again with --debug" in tryon("hello").err


def test_an_unknown_command_is_refused_as_a_whole(tryon):
    ended = tryon("hallo", "--json")
    assert ended.code == 2
    assert "No such command 'hallo'" in ended.err


@pytest.mark.parametrize("name", commands.KNOWN)
def test_a_known_command_that_is_not_installed_names_its_distribution(tryon, monkeypatch, name):
    monkeypatch.setattr(commands, "entry_points", lambda _: ())
    distribution, line = commands.KNOWN[name]
    ended = tryon(name, "--json", "whatever", "--out", "x")
    assert (ended.code, ended.error["type"]) == (3, "MissingExtra")
    assert f"the command {name!r} comes with {distribution}, which is not installed." in ended.err
    assert "pip install" in ended.err
    assert tryon(name, "--help").code == 3
    listed, _, absent = tryon("--help").out.partition("Not installed:\n")
    width = max(map(len, commands.KNOWN))
    assert f"  {name:<{width}}  Comes with {distribution}." in absent.splitlines()
    assert line not in listed


def test_what_the_core_knows_of_commands_is_true():
    found = {point.name: point for point in entry_points(commands.GROUP)}
    assert set(commands.KNOWN) <= set(found)
    for name, (distribution, _) in commands.KNOWN.items():
        assert fact(found[name].dist, "Name") == distribution
        assert isinstance(found[name].load(), click.Command)
    assert tuple(commands.OWN) == LINES_OF_CORE
    assert [commands.own(name).name for name in commands.OWN] == [*LINES_OF_CORE]


def test_completion_offers_commands_of_distributions(bring):
    bring("hello", HELLO, distribution="tryon-hello")
    bring("helix", "raise SystemExit(0)", distribution="tryon-shaky")
    completer = ShellComplete(cli, {}, "tryon", "_TRYON_COMPLETE")
    found = {item.value: item.help for item in completer.get_completions([], "hel")}
    assert found == {"hello": "Say hello.", "helix": "(broken: tryon-shaky)"}
    assert [item.value for item in completer.get_completions([], "--hel")] == ["--help"]


def test_a_list_of_commands_imports_none_that_the_core_knows():
    script = (
        "import sys\nfrom click.shell_completion import ShellComplete\n"
        "from tryon_core.cli.app import cli\n"
        "ShellComplete(cli, {}, 'tryon', '_TRYON_COMPLETE').get_completions([], '')\n"
        "try: cli(['--help'])\n"
        "except SystemExit: print([name for name in sys.modules if name.startswith(\n"
        "    ('tryon_batch', 'tryon_local', 'tryon_testing', 'tryon_core.client',\n"
        "     'tryon_core.cli.run', 'tryon_core.cli.parse', 'rich', 'PIL', 'requests'))])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert shown.stdout.splitlines()[-1] == "[]"


RUNS = """
import click
def documents(): return [{"id": "r1"}]
def print_table(documents): click.echo(f"{len(documents)} runs of mine")
def forget(name): return name == "r1"
def print_run(invocation, name, *, is_all): return name == "r1" and not click.echo("items of r1")
def unknown(name): return [{"id": "a"}] if name in (None, "r1") else None
def print_unknown(documents): click.echo(f"{len(documents)} unknown")
"""


def test_a_distribution_can_list_runs(tryon, bring):
    bring("mine", RUNS, distribution="tryon-mine", attribute="", group=jobs.RUNS_GROUP)
    assert tryon("jobs").out == "1 runs of mine\n"
    assert tryon("jobs", "--json").json["runs"] == [{"id": "r1"}]
    assert tryon("jobs", "r1").out == "items of r1\n"
    assert tryon("jobs", "--unknown").out == "1 unknown\n"
    assert tryon("jobs", "--unknown", "r1", "--json").json["unknown"] == [{"id": "a"}]
    assert tryon("jobs", "--forget", "r1").code == 0
    assert tryon("jobs", "--unknown", "r2").code == 2


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize(
    "source",
    ["import nowhere_to_be_found", "raise SystemExit(1)", "", "def __getattr__(_): return 1 / 0"],
    ids=["no import", "it exits", "no functions", "it fails"],
)
def test_a_broken_list_of_runs_hides_neither_jobs_nor_other_runs(tryon, bring, source, monkeypatch):
    monkeypatch.setenv("TRYON_REMEMBER_JOBS", "1")
    tryon("submit", "-p", "fake", "--person", "person.png", "--top", "tee.png")
    bring("bad", source, distribution="tryon-bad", attribute="", group=jobs.RUNS_GROUP)
    bring("mine", RUNS, distribution="tryon-mine", attribute="", group=jobs.RUNS_GROUP)
    listed = tryon("jobs")
    assert listed.code == 0
    assert "fake" in listed.out
    assert listed.out.endswith("1 runs of mine\n")
    assert "note: the runs of tryon-bad are left out: " in listed.err
    assert "Traceback" not in listed.err
    (known,) = tryon("jobs", "--json").json["jobs"]
    assert tryon("jobs", known["id"]).code == 0
    assert tryon("jobs", "--unknown").out == "1 unknown\n"
    assert tryon("jobs", "r1").out == "items of r1\n"
    assert tryon("jobs", "--forget", "r1").code == 0
    assert tryon("jobs", "--forget", known["id"]).code == 0
    assert tryon("jobs", "r2").code == 2
