import sys

import pytest

from distributions import write_distribution

GROUP = "tryon_core.extensions"
STAMP = """
import attrs
from tryon_core import hookimpl

@attrs.define(kw_only=True, eq=False)
class Stamp:
    file: str

    @hookimpl(wrapper=True)
    def submit(self):
        job = yield
        with open(self.file, "a") as file:
            file.write(job.id + "\\n")
        return job
"""
CONFIG = '[extensions]\nuse = ["stamp"]\n[extensions.stamp]\nfile = "stamped.txt"\n'
TRY = ("-p", "fake", "--person", "person.png", "--top", "tee.png")


@pytest.fixture
def site(folder, monkeypatch):
    site = folder / "site"
    write_distribution(
        site,
        "tryon-stamps",
        group=GROUP,
        providers={"stamp": "stamps:Stamp", "torn": "torn:Torn"},
        modules={"stamps": STAMP, "torn": "raise RuntimeError('torn')"},
    )
    monkeypatch.syspath_prepend(str(site))
    yield
    for module in ("stamps", "torn"):
        sys.modules.pop(module, None)


@pytest.fixture
def tables(folder, monkeypatch):
    """Write the configuration file."""

    def write(text):
        (folder / "tryon.toml").write_text(text)
        monkeypatch.setenv("TRYON_CONFIG", str(folder / "tryon.toml"))

    return write


@pytest.mark.usefixtures("site")
def test_one_in_use_by_the_settings_sees_every_command(tryon, offer, tables, folder):
    offer()
    tables(CONFIG)
    assert tryon("run", *TRY, "--out", "out.png").code == 0
    assert tryon("submit", *TRY).code == 0
    assert len((folder / "stamped.txt").read_text().split()) == 2


@pytest.mark.usefixtures("site")
def test_one_is_named_for_one_command_with_settings_from_the_environment(
    tryon, offer, folder, monkeypatch
):
    offer()
    monkeypatch.setenv("TRYON_EXTENSION_STAMP_FILE", "here.txt")
    assert tryon("run", *TRY, "--out", "out.png", "--extension", "stamp").code == 0
    assert tryon("run", *TRY, "--out", "again.png").code == 0
    assert len((folder / "here.txt").read_text().split()) == 1


@pytest.mark.usefixtures("site")
def test_a_run_keeps_those_that_were_named_for_its_resumption(tryon, offer, folder, tables):
    offer()
    tables('[extensions.stamp]\nfile = "stamped.txt"\n')
    (folder / "one.csv").write_text("id,person,top\na,person.png,tee.png\n")
    assert tryon("batch", "one.csv", "-p", "fake", "--out", "r", "--extension", "stamp").code == 0
    ended = tryon("batch", "--resume", "--out", "r", "--redo", "a")
    assert ended.code == 0, ended.err
    assert len((folder / "stamped.txt").read_text().split()) == 2


@pytest.mark.usefixtures("site")
def test_the_command_that_goes_on_names_them_again(tryon, offer, tables):
    offer(polls=10**6)
    tables('[extensions.stamp]\nfile = "stamped.txt"\n')
    run = ("run", *TRY, "--out", "out.png", "--timeout", "0.01", "--extension", "stamp")
    ended = tryon(*run)
    assert ended.code == 5
    assert "--extension stamp" in ended.err.splitlines()[-1]


def test_an_unknown_one_is_refused_before_anything_is_sent(tryon, offer):
    provider = offer()
    ended = tryon("run", *TRY, "--out", "out.png", "--extension", "stmap")
    assert ended.code == 3
    assert "no extension 'stmap' is installed" in ended.err
    assert provider.requests == []


@pytest.mark.usefixtures("site")
def test_the_list_says_which_are_in_use_and_what_is_wrong(tryon, tables):
    tables(CONFIG)
    ended = tryon("extensions", "--json")
    assert ended.code == 3
    found = {one.pop("name"): one for one in ended.json["extensions"]}
    whole = {"is_in_use": True, "distribution": "tryon-stamps 1.0", "problem": None}
    assert found["stamp"] == whole
    assert found["torn"]["is_in_use"] is False
    assert "RuntimeError: torn" in found["torn"]["problem"]
    assert "stamp" in tryon("extensions").out


@pytest.mark.usefixtures("site")
def test_the_list_names_settings_that_cannot_be_used_and_names_that_nobody_has(tryon, tables):
    tables('[extensions]\nuse = ["stamp", "lorry"]\n[extensions.stamp]\nfiel = "x"\n')
    found = {
        one["name"]: one["problem"] for one in tryon("extensions", "--json").json["extensions"]
    }
    assert "did you mean 'file'?" in found["stamp"]
    assert "no extension 'lorry' is installed" in found["lorry"]


@pytest.mark.usefixtures("site")
def test_a_table_of_an_extension_that_is_not_installed_is_named(tryon, offer, tables):
    offer()
    tables('[extensions.stamp]\nfile = "x"\n[extensions.stemp]\nfile = "x"\n')
    err = tryon("run", *TRY, "--out", "out.png").err
    assert "the table [extensions.stemp] of the configuration file is not used" in err
    assert "[extensions.stamp]" not in err
    assert "[extensions]" not in err


@pytest.mark.usefixtures("site")
def test_the_shell_completes_their_names():
    from tryon_core.cli.options import complete_extension

    assert [found.value for found in complete_extension(None, None, "sta")] == ["stamp"]
