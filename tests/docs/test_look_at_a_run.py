"""The commands of the page about pages of runs work one after the other, as it says."""

import re
import shlex
from pathlib import Path

from click.testing import CliRunner

from command_line import folder, offer
from tryon_core.cli.app import cli

__all__ = ["folder", "offer"]

PAGE = (Path(__file__).parents[2] / "docs/how-to/look-at-a-run.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    tryon (.*)$", PAGE, re.MULTILINE)


def test_the_commands_write_the_page_that_is_named(folder, offer):
    offer()
    (folder / "catalogue.csv").write_text("provider,person,top\nfake,person.png,tee.png\n")
    (place,) = re.findall(r"even when it fails:\s`(.*?)`", PAGE)
    *first, last = COMMANDS
    assert [command.split()[0] for command in COMMANDS] == ["batch", "report", "sheet"]
    for command in first:
        ended = CliRunner().invoke(cli, shlex.split(command), prog_name="tryon")
        assert ended.exit_code == 0, ended.output
        assert place in ended.output
        (folder / place).unlink()
    ended = CliRunner().invoke(cli, shlex.split(last), prog_name="tryon")
    (sheet,) = re.findall(r"on one image,\s`(.*?)`", PAGE)
    assert ended.stdout == f"{sheet}\n"
    assert (folder / sheet).is_file()
    (kept,) = re.findall(r"cached in\s`(.*?)`", PAGE)
    assert (folder / kept).is_file()
