"""Every cassette is played without a network, is honest about its origin, and is up to date."""

import functools
import importlib.util
import json
import sys

import pytest

from cassette_suites import FOLDER, SUITES, summary
from no_network import no_network
from tryon_core import Client, ErrorTable
from tryon_testing.cassettes import read_provenance
from tryon_testing.cassettes.masking import Masker
from tryon_testing.cassettes.store import read_yaml
from tryon_testing.cassettes.suite import record
from tryon_testing.emulation import load_emulator

_NAMES = ("aiohttp", "httplib2", "httpx", "httpx2", "httpx_curl_cffi", "pyreqwest")
CLIENTS = {**dict(zip(_NAMES, _NAMES, strict=True)), "tornado.curl_httpclient": "pycurl"}
"""What vcr looks for at each request unless it is known to be missing, and what that needs."""
ALL = [
    pytest.param(suite, case, id=f"{name}/{case.name}")
    for name, suite in SUITES.items()
    for case in suite.cases
]
DOCUMENTED = [param for param in ALL if param.values[1].samples]
MOST_BYTES, MOST_BYTES_IN_ALL = 32_000, 1_000_000


@pytest.fixture(scope="module", autouse=True)
def _known_clients():
    with pytest.MonkeyPatch.context() as patch:
        for name, needed in CLIENTS.items():
            if importlib.util.find_spec(needed) is None:
                patch.setitem(sys.modules, name, None)
        yield


@pytest.mark.parametrize(("suite", "case"), ALL)
def test_it_is_played_without_a_network(suite, case):
    with no_network():
        suite.play(case)


@pytest.mark.parametrize(("suite", "case"), ALL)
def test_a_new_recording_says_the_same(suite, case, tmp_path):
    kept = suite.path(case)
    if read_provenance(kept).kind == "live":
        pytest.skip("the vendor's service is not asked")
    record(suite, case, _emulator(suite.provider), folder=tmp_path)
    made = tmp_path / kept.name
    assert _undated(made) == _undated(kept), f"nox -s record -- {suite.provider} --emulator"


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_each_says_where_its_answers_come_from(suite):
    kinds = {case.name: read_provenance(suite.path(case)).kind for case in suite.cases}
    documented = {case.name for case in suite.cases if case.samples}
    assert {name for name, kind in kinds.items() if kind == "documented"} == documented
    assert {*kinds.values()} <= {"documented", "emulated", "live"}


@pytest.mark.parametrize(("suite", "case"), DOCUMENTED)
def test_a_documented_answer_is_the_published_one(suite, case):
    pairs = read_yaml(suite.path(case))["interactions"]
    stored = [pair["response"]["body"]["string"] for pair in pairs]
    bodies = [json.loads(body) for body in stored if isinstance(body, str)]
    assert bodies == [Masker().json(json.loads(sample.body)) for sample in case.samples]
    assert {sample.source for sample in case.samples} == set(
        read_provenance(suite.path(case)).sources
    )


def test_there_is_one_cassette_for_each_case_and_nothing_else():
    cases = {suite.path(case) for suite in SUITES.values() for case in suite.cases}
    assert len(cases) == len(ALL)
    assert {path for path in FOLDER.rglob("*") if path.is_file()} == {*cases, FOLDER / "README.md"}


def test_cassettes_are_small_texts():
    sizes = [path.stat().st_size for path in FOLDER.rglob("*.yaml")]
    assert max(sizes) < MOST_BYTES
    assert sum(sizes) < MOST_BYTES_IN_ALL


def test_no_cassette_names_this_machine():
    texts = [path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.yaml")]
    assert not [text for text in texts if "127.0.0.1" in text or "localhost" in text]


def test_no_cassette_holds_a_key_of_an_emulator():
    keys = [key for name in SUITES for key in load_emulator(name).settings.values()]
    texts = [path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.yaml")]
    assert not [key for key in keys for text in texts if key in text]


def test_the_readme_counts_them():
    assert summary() in (FOLDER / "README.md").read_text(encoding="utf-8")


_emulator = functools.cache(load_emulator)


def _undated(path):
    data = read_yaml(path)
    return {**data, "provenance": {**data["provenance"], "made_on": None, "made_by": None}}


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_every_combination_of_garments_is_shown(suite):
    info = Client(suite.provider, config={}).info
    shown = {
        (case.options.get("model"), frozenset(case.categories))
        for case in suite.cases
        if case.expect.get("images") and not case.samples
    }
    usual = {combination for model, combination in shown if model is None}
    assert usual >= set(map(frozenset, info.capabilities.garments))
    default = getattr(info.options(), "model", None)
    assert {model for model, _ in shown} >= {*info.models} - {default}


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_every_class_of_errors_is_shown(suite):
    table = ErrorTable(suite.provider, Client(suite.provider, config={}).info.errors)
    shown = {case.expect.get("error") for case in suite.cases}
    codes = {str(case.expect.get("vendor_code", "")) for case in suite.cases}
    shown |= {
        entry.error.__name__ for code in codes for entry in table.entries if entry.code == code
    }
    assert {entry.error.__name__ for entry in table.entries} <= shown
