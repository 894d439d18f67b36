"""When the first request is not served, one check says so and the others are skipped."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import attrs
import pytest

from acme import AcmeProvider, provider as acme
from acme_careless import WrongHeader
from acme_emulator import emulator as acme_emulator
from tryon_core import hookimpl
from tryon_testing import ProviderContract
from tryon_testing.checks import smoke
from tryon_testing.checks.base import CheckFailed
from tryon_testing.checks.smoke import NAME, after_the_first, fault_of

SUPPORT = Path(__file__).parents[1] / "support"
MODULE = """
from acme_careless import WrongHeader
from acme_emulator import emulator as acme_emulator
from tryon_testing import ProviderContract

class TestAcme(ProviderContract):
    provider = WrongHeader()
    emulator = acme_emulator
"""
CHOSEN = "first_request or two_ids or hooks_fit or never_sleep"


def test_the_others_are_skipped_with_its_sentence_in_any_process(tmp_path):
    (tmp_path / "test_it.py").write_text(MODULE)
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "-ra", "-p", "no:cacheprovider", "-n", "2", "-k", CHOSEN],
        cwd=tmp_path,
        env={"PATH": "", "PYTHONPATH": str(SUPPORT), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    text = answer.stdout + answer.stderr
    assert "1 failed, 3 skipped" in text, text
    assert f"FAILED test_it.py::TestAcme::{NAME}" in text
    assert f"{NAME} failed: a first request was not served" in text


class Failing(ProviderContract):
    provider = WrongHeader()
    emulator = acme_emulator


class Judging(Failing):
    test_a_first_request_is_served = None


class Served(ProviderContract):
    provider = acme
    emulator = acme_emulator


def _items(kind):
    return [SimpleNamespace(originalname=NAME, cls=kind), SimpleNamespace()]


OTHER = "test_its_hooks_fit"


def test_what_comes_after_it_is_skipped_when_it_failed():
    with pytest.raises(pytest.skip.Exception, match=r"compare `ProviderInfo.headers`"):
        after_the_first(Failing(), OTHER, _items(Failing))
    after_the_first(Failing(), NAME, _items(Failing))
    after_the_first(Served(), OTHER, _items(Served))


@pytest.mark.parametrize("items", [[], _items(Served)])
def test_a_check_that_is_run_without_it_fails_with_its_sentence(items):
    with pytest.raises(CheckFailed, match=r"compare `ProviderInfo.headers`"):
        after_the_first(Failing(), OTHER, items)


def test_a_class_can_do_without_it():
    after_the_first(Judging(), OTHER, _items(Failing))


def test_it_is_asked_once_for_each_class(monkeypatch):
    after_the_first(Served(), OTHER, [])
    monkeypatch.setattr(smoke, "fault_of", None)
    after_the_first(Served(), OTHER, [])


def test_it_is_the_first_of_its_class():
    members = [name for kind in reversed(ProviderContract.__mro__) for name in vars(kind)]
    checks = [name for name in members if name.startswith("test_")]
    assert checks[0] == NAME


def _contract(subject, emulation=acme_emulator):
    return type("Contract", (ProviderContract,), {"provider": subject, "emulator": emulation})()


def _emulator(**views):
    def build(ctx, knobs):
        app = acme_emulator.build(ctx, knobs)
        app.view_functions.update(views)
        return app

    return attrs.evolve(acme_emulator, build=build)


def test_a_request_that_is_served_has_no_fault():
    assert fault_of(_contract(acme)) is None


def test_without_an_emulator_there_is_no_first_request():
    assert fault_of(_contract("local", None)) is None
    assert fault_of(_contract(acme, None)) is None


def test_the_sentence_tells_no_key():
    fault = fault_of(_contract(WrongHeader()))
    assert acme_emulator.settings["api_key"] not in fault


def _raises():
    return {}["kind"]


@pytest.mark.parametrize(
    ("views", "words"),
    [
        ({"submit": _raises}, "The emulator raised KeyError: 'kind' (test_first_check.py, line"),
        ({"submit": lambda: ({"code": "bad_image"}, 422)}, "names and types of what was sent"),
        ({"submit": lambda: ("", 404)}, "compare method and path"),
        ({"submit": lambda: {"job": 1}}, 'HTTP 200 {"job":1} came back. The vendor answered wi'),
        ({"poll": lambda **_: {"status": "failed", "code": "bad_image"}}, "was accepted, and wai"),
        ({"submit": lambda: (b"\x89PNG\r\n\xff", 200)}, "HTTP 200 7 bytes of text/html"),
    ],
    ids=["crash", "422", "404", "other JSON", "failed job", "bytes"],
)
def test_the_sentence_says_what_to_look_at(views, words):
    fault = fault_of(_contract(acme, _emulator(**views)))
    assert words in fault, fault


def test_a_crash_of_the_plugin_is_placed():
    class Crashing(AcmeProvider):
        @hookimpl
        def submit(self, request, ctx):
            return {}["task"]

    fault = fault_of(_contract(Crashing()))
    assert "raised KeyError in submit(): 'task'" in fault
    assert "See test_first_check.py, line" in fault


def test_what_cannot_be_set_up_is_said_too():
    class Contract(ProviderContract):
        emulator = acme_emulator

    assert "has no `provider`" in fault_of(Contract())
