"""The page about manifests shows what the code reads, and what it says."""

import re
from pathlib import Path

import pytest

from providers import picture
from tryon_batch.manifest import ManifestProblems, read_manifest
from tryon_batch.manifest.checking import check_manifest
from tryon_batch.manifest.columns import COLUMNS, MAX_LINES, OPTION, OPTIONS
from tryon_core import Client, LibraryModel, UrlSource

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "manifest.md").read_text("utf-8")


def _blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


TABLE, BROKEN = _blocks("csv")
(LINES,) = _blocks("json")
(REPORT,) = _blocks("text")
(SCRIPT,) = _blocks("python")


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("people/anna.jpg", "people/bo.jpg"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(picture((480, 640), kind="JPEG"))
    for name in ("clothes/tee.png", "clothes/jeans.png", "clothes/linen.png"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(picture((480, 640)))
    return tmp_path


def _check(text, name, provider):
    Path(name).write_text(text, encoding="utf-8")
    manifest = read_manifest(Path(name), provider=provider, options={})
    return check_manifest(manifest, lambda asked: Client(asked).session, fit=True)


def test_the_columns_are_those_of_the_code():
    section = PAGE.partition("## Columns")[2].partition("**Paths**")[0]
    named = re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)
    assert named == [*COLUMNS, f"{OPTION}NAME", OPTIONS]


def test_the_kinds_of_files_are_those_of_the_code():
    kinds = re.findall(r"`(\.[a-z]+)`", PAGE.partition("## Columns")[0])
    assert kinds
    for kind in kinds:
        assert read_manifest(Path(f"gone{kind}"), provider=None, options={}).problems
    (problem,) = read_manifest(Path("m.txt"), provider=None, options={}).problems
    assert problem.remedy == f"End it in {', '.join(kinds)}."


@pytest.mark.usefixtures("shop")
def test_the_table_is_read():
    items = _check(TABLE, "catalogue.csv", "local")
    assert [item.id for item in items] == ["spring-01", "spring-02", "bo--linen"]
    assert [item.request.options.output_format for item in items] == ["png", "jpeg", "png"]
    dress = items[2].request.dress
    assert dress == UrlSource("https://shop.example/dresses/linen.jpg")


@pytest.mark.usefixtures("shop")
def test_the_lines_are_read():
    items = _check(LINES, "catalogue.jsonl", None)
    assert [(item.id, item.provider) for item in items] == [
        ("summer-01", "local"),
        ("female--tee", "aidge"),
        ("bo--jeans", "local"),
    ]
    assert items[1].request.person == LibraryModel(gender="female")
    assert items[1].request.options.generate_count == 2
    assert items[2].request.options.backend == "silhouette"


def test_the_report_is_what_is_said(shop):
    with pytest.raises(ManifestProblems) as caught:
        _check(BROKEN, "spring.csv", "local")
    assert str(caught.value).replace(str(shop), "/srv/shop").splitlines() == REPORT.splitlines()
    assert f"the first {MAX_LINES} different ones" in PAGE


@pytest.mark.usefixtures("shop")
def test_the_script_makes_requests_of_a_sound_manifest(capsys):
    Path("catalogue.csv").write_text(TABLE, encoding="utf-8")
    namespace = {}
    exec(compile(SCRIPT, "manifest.md", "exec"), namespace)  # noqa: S102  (that is the test)
    assert list(namespace["requests"]) == ["spring-01", "spring-02", "bo--linen"]
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("shop")
def test_the_script_prints_what_is_wrong(capsys):
    Path("catalogue.csv").write_text(BROKEN, encoding="utf-8")
    with pytest.raises(SystemExit):
        exec(compile(SCRIPT, "manifest.md", "exec"), {})  # noqa: S102  (that is the test)
    assert "3 person there is no file" in capsys.readouterr().out
