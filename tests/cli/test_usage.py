"""How a call that cannot be read is answered."""

import os
import subprocess
import sys

import click
import pytest

from tryon_core.cli.app import cli
from tryon_core.registry import REGISTRY

TRY = ("run", "--person", "person.png", "--top", "tee.png", "--out", "out.png")


def test_a_usage_error_begins_like_every_other(tryon):
    ended = tryon("run", "--nonsense")
    assert ended.code == 2
    assert "\nerror: No such option" in ended.err
    assert "Error:" not in ended.err
    assert ended.err.startswith("Usage: ")


def test_without_a_provider_the_installed_ones_are_named(tryon, fake):
    del fake
    ended = tryon(*TRY)
    assert ended.code == 2
    assert "Missing option '-p' / '--provider'. Installed: " in ended.err
    for entry in REGISTRY.installed():
        assert entry.id in ended.err


@pytest.mark.parametrize("name", sorted(cli.list_commands(click.Context(cli))))
def test_no_option_with_one_value_may_be_given_twice(tryon, name):
    command = cli.get_command(click.Context(cli), name)
    single = [
        param
        for param in command.params
        if hasattr(param, "is_flag") and not (param.is_flag or param.multiple)
    ]
    for param in single:
        option = max(param.opts, key=len)
        ended = tryon(name, param.opts[0], "1", option, "1")
        assert ended.code == 2
        assert f"error: {option} is given 2 times; give it once." in ended.err


def test_options_that_may_be_repeated_and_flags_still_may(tryon, fake):
    del fake
    ended = tryon("check", "-p", "fake", *TRY[1:5], "--fit", "--fit", "--quiet", "--quiet")
    assert ended.out == "ok\n"


@pytest.mark.parametrize("text", ["1m", "nan", "5 minutes", ""])
def test_a_time_says_how_it_is_written(tryon, fake, text):
    del fake
    ended = tryon(*TRY, "-p", "fake", "--timeout", text)
    assert ended.code == 2
    assert f"{text!r} is no number of seconds" in ended.err


def test_a_table_that_no_provider_reads_is_named(tryon, fake, folder):
    del fake
    config = folder / "my.toml"
    config.write_text("[nobody]\nkey = 1\n")
    ended = tryon("check", "-p", "fake", *TRY[1:5], "--config", "my.toml")
    assert ended.out == "ok\n"
    assert "note: the table [nobody] of the configuration file is not used" in ended.err


def test_an_emulator_without_its_extra_names_the_extra():
    code = (
        "import sys; sys.modules['flask'] = None; sys.argv = ['tryon', 'emulate', 'acme']\n"
        "from tryon_core.cli import main; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 3
    assert ended.stderr.startswith("error: the emulator of acme needs flask")
    assert "tryon-acme[emulator]" in ended.stderr
    assert "fault in tryon" not in ended.stderr


@pytest.mark.skipif(os.name != "posix", reason="file names are text elsewhere")
def test_a_path_that_is_not_utf_8_is_printed_byte_for_byte():
    code = (
        "import os; from tryon_core.cli.process import repair_streams; repair_streams()\n"
        r"print(os.fsdecode(b'\xff.png'))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"},
        timeout=60,
        check=True,
    )
    assert ended.stdout == b"\xff.png\n"
