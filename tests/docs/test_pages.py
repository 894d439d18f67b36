"""The pages link to what is there, and name what is there."""

import importlib
import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import attrs
import click
import pytest

from tryon_core.cli.app import cli

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = {
    path: path.read_text(encoding="utf-8")
    for pattern in ("docs/**/*.md", "*.md", "plugins/*/*.md", "cassettes/*.md")
    for path in sorted(ROOT.glob(pattern))
    if path.name != "CHANGELOG.md" and "_build" not in path.parts  # that tells of what was
}
_FENCE = re.compile(r"^( *)```(\w*|\{.*?)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:^|(?<=\n\n))((?: {4}.*\n?)+)")
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^)\s]+)\)")
_CODE_IN_HEADING = re.compile(r"[`*]|\[([^\]]*)\]\([^)]*\)")
_PATH = re.compile(r"(tryon_(?!acme|atelier)\w+|plugins|tests|docs|cassettes)/(?!_build)[\w./*-]*")
_WORD = re.compile(r"[A-Za-z_]\w*")
OTHERS_OPTIONS = {
    *("--cov", "--durations", "--hypothesis-profile", "--hypothesis-seed"),  # of pytest
    *("--emulator", "--photos-url", "--yes"),  # of tests/scripts/record.py
    "--write-page",  # of the session mutation
}
"""Options of other programs that a page may name without the program."""
INVENTED = ("tryon_acme/", "tryon_atelier/")
"""Packages of the vendors that the pages invent."""
OTHERS_NAMES = {
    "AIDGE", "AIRFLOW", "Bearer", "Dask", "False", "None", "NotImplementedError", "True",
}  # fmt: skip


def _prose(text):
    """A page without its code blocks."""
    return _FENCE.sub("", text)


def _code(text):
    """Spans and blocks of code: what a page means to the letter."""
    blocks = [block for _, _, block in _FENCE.findall(text)]
    prose = _prose(text)
    return [*blocks, *_INDENTED.findall(prose), *_SPAN.findall(prose)]


def _name(path):
    return path.relative_to(ROOT).as_posix()


@cache
def _anchors(path):
    """The anchors of a page's headings, as code hosts and the site make them."""
    found = []
    for heading in re.findall(r"^#+ (.*)$", _prose(PAGES[path]), re.MULTILINE):
        text = _CODE_IN_HEADING.sub(r"\1", heading).strip().lower()
        anchor = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        found.append(f"{anchor}-{found.count(anchor)}" if anchor in found else anchor)
    return found


def _links():
    for page, text in PAGES.items():
        for target in _LINK.findall(_SPAN.sub("``", _prose(text))):
            yield page, target


def test_links_between_pages_lead_to_a_file_and_to_a_heading():
    wrong = []
    for page, target in _links():
        if "://" in target or target.startswith("mailto:"):
            continue
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        has_heading = not anchor or (path in PAGES and anchor in _anchors(path))
        if not path.is_file() or not has_heading:
            wrong.append(f"{_name(page)}: {target}")
    assert not wrong, "\n".join(wrong)


def test_links_to_other_sites_are_whole_addresses():
    links = [target for _, target in _links() if "://" in target]
    assert [
        url for url in links if urlsplit(url).scheme != "https" or "." not in urlsplit(url)[1]
    ] == []


def test_the_first_page_shows_the_script_and_the_command_of_the_readme():
    first, readme = PAGES[DOCS / "index.md"], PAGES[ROOT / "README.md"]
    ((_, _, script),) = _FENCE.findall(first)
    assert f"```python\n{script}```" in readme
    install, _ = _INDENTED.findall(_prose(first))
    assert install in readme


@pytest.mark.parametrize("folder", ["tutorials", "how-to", "reference", "explanation"])
def test_each_page_of_a_section_is_on_its_index(folder):
    for index in (DOCS / folder).rglob("index.md"):
        listed = set(re.findall(r"\(([\w-]+\.md)\)", PAGES[index]))
        there = {path.name for path in index.parent.glob("*.md")} - {"index.md"}
        assert listed >= there, f"add a line to {_name(index)}"


@cache
def _commands():
    context = click.Context(cli)
    found = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    return {name: _options(command) for name, command in found.items()}


def _options(command):
    context = click.Context(command, help_option_names=["-h", "--help"])
    return {
        name
        for entry in command.get_params(context)
        for name in (*entry.opts, *entry.secondary_opts)
        if name.startswith("--")
    }


def _calls(code):
    """Yield what follows `tryon` in the lines of a piece of code, to the end of that command."""
    for line in code.replace("\\\n", " ").splitlines():
        for call in re.findall(r"(?:^|[\s/(\"'$])tryon ([a-z][a-z-]*(?![\w.=(]).*)", line):
            yield re.split(r"[|;#&>]| tryon ", call)[0]


def test_each_command_that_a_page_shows_is_there_with_its_options():
    wrong = []
    for page, text in PAGES.items():
        for call in (call for code in _code(text) for call in _calls(code)):
            name, *rest = re.findall(r"^[a-z-]+|(?<=\s)--[a-z][a-z-]*", call)
            options = _commands().get(name)
            if f"\n{name} = " in text:  # a command that the page itself adds
                continue
            gone = [name] if options is None else [word for word in rest if word not in options]
            wrong += [f"{_name(page)}: tryon {call}: {word}" for word in gone]
    assert not wrong, "\n".join(wrong)


def test_each_option_that_a_page_names_is_one_of_a_command():
    known = {option for options in _commands().values() for option in options} | OTHERS_OPTIONS
    named = {
        (_name(page), option)
        for page, text in PAGES.items()
        for span in _SPAN.findall(_prose(text))
        for option in re.findall(r"^--[a-z][a-z-]*", span)
    }
    wrong = sorted(f"{page}: {option}" for page, option in named if option not in known)
    assert not wrong, "\n".join(wrong)


@cache
def _is_there(dotted):
    """Whether a dotted name is a module of ours, or can be reached from one."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            if isinstance(found, type) and attrs.has(found) and part in attrs.fields_dict(found):
                return True
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def test_each_dotted_name_of_ours_on_a_page_is_there():
    ours = {path.parent.name for path in ROOT.glob("**/tryon_*/__init__.py")}
    groups = re.findall(r"`(tryon_\w+\.\w+)` \|", PAGES[DOCS / "explanation/architecture.md"])
    wrong = []
    for page, text in PAGES.items():
        for code in _code(text):
            for dotted in re.findall(
                r"(?<![\w/.-])tryon_\w+(?:\.[A-Za-z]\w*)+(?![\w/]|\.\w)", code
            ):
                is_ours = dotted.partition(".")[0] in ours and dotted not in groups
                if is_ours and not dotted.endswith((".py", ".md")) and not _is_there(dotted):
                    wrong.append(f"{_name(page)}: {dotted}")
    assert not wrong, "\n".join(wrong)


@cache
def _words():
    """Every word of the code: of what is shipped, and of what drives the vendors' clients."""
    patterns = ("tryon_core/**/*.py", "plugins/*/**/*.py", "tests/vendor_sdks/**/*.py", "*.py")
    paths = (path for pattern in patterns for path in ROOT.glob(pattern))
    return {word for path in paths for word in _WORD.findall(path.read_text(encoding="utf-8"))}


def test_each_class_that_a_page_names_is_there():
    wrong = []
    for page, text in PAGES.items():
        shown = set(re.findall(r"\w+", "\n".join(block for *_, block in _FENCE.findall(text))))
        for span in _SPAN.findall(_prose(text)):
            (name,) = re.findall(r"^([A-Z][a-z]\w*(?:\.\w+)*)(?:\(.*\))?$", span) or [""]
            gone = {part for part in name.split(".") if part} - _words() - shown - OTHERS_NAMES
            wrong += [f"{_name(page)}: {span}"] if gone else []
    assert not wrong, "\n".join(wrong)


def test_each_path_in_the_tree_that_a_page_names_is_there():
    wrong = []
    for page, text in PAGES.items():
        for span in _SPAN.findall(_prose(text)):
            if not _PATH.fullmatch(span) or span.startswith(INVENTED):
                continue
            places = [ROOT, *ROOT.glob("plugins/*"), page.parent]
            if not any(list(place.glob(span.rstrip("/"))) for place in places):
                wrong.append(f"{_name(page)}: {span}")
    assert not wrong, "\n".join(wrong)


def test_each_variable_of_the_environment_that_a_page_names_is_read():
    known = set(re.findall(r"TRYON_\w+", PAGES[DOCS / "reference/settings.md"])) | _words()
    wrong = sorted(
        f"{_name(page)}: {name}"
        for page, text in PAGES.items()
        for name in set(re.findall(r"\bTRYON_(?!ACME_)[A-Z0-9_]*[A-Z0-9]\b", text)) - known
    )
    assert not wrong, "\n".join(wrong)
