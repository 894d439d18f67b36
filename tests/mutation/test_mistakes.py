"""The tables of planted mistakes fit the plugins as they are; `nox -s mutation` tries them."""

import ast
from pathlib import Path

import pytest

from planted_mistakes import DECLARED, ROOT, checks_of, mistakes_of, package_of, plugins

VENDORS = {path.parts[-3] for path in ROOT.glob("plugins/*/tryon_*/emulator")}


def test_each_vendor_and_the_declared_provider_has_a_table():
    assert {*plugins()} == {*VENDORS, DECLARED}


@pytest.mark.parametrize("plugin", plugins())
def test_each_mistake_can_be_planted(plugin):
    sources = {}
    names = set()
    for mistake in mistakes_of(plugin):
        assert mistake.name not in names, f"{plugin}: two rows have the name {mistake.name!r}"
        names.add(mistake.name)
        if mistake.file not in sources:
            sources[mistake.file] = mistake.place.read_text(encoding="utf-8")
        planted = mistake.planted_in(sources[mistake.file])
        assert planted != sources[mistake.file], mistake.name
        assert [mistake.same, mistake.unseen, mistake.escapes].count("") >= 2, mistake.name
        ast.parse(planted)


@pytest.mark.parametrize("plugin", plugins())
def test_each_table_has_a_row_that_changes_nothing(plugin):
    assert any(mistake.same for mistake in mistakes_of(plugin)), "the run needs it as a control"


@pytest.mark.parametrize("plugin", plugins())
def test_a_mistake_is_planted_in_a_copy_without_the_emulator(plugin, tmp_path):
    first = next(mistakes_of(plugin))
    first.plant(tmp_path)
    copied = tmp_path / package_of(plugin).name
    assert (copied / first.file).read_text(encoding="utf-8") == first.planted_in(
        first.place.read_text(encoding="utf-8")
    )
    assert not (copied / "emulator").exists()


def test_a_text_that_is_gone_is_named_with_its_table():
    mistake = next(mistakes_of("fashn"))
    with pytest.raises(ValueError, match=r"fashn/.* is 0 times in .*, not once.*fashn\.toml"):
        mistake.planted_in("")


@pytest.mark.parametrize("plugin", plugins())
def test_the_contract_and_the_properties_of_each_are_where_the_run_looks(plugin):
    assert all(Path(file).is_file() for file in checks_of(plugin))
