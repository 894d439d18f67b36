"""`tryon new-provider` writes providers of every kind, which keep the kit as they are."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from hypothesis import settings

from distributions import write_distribution
from new_providers import new_provider, tutorial_exchanges
from tryon_core.errors import InputError, OutputError
from tryon_core.registry import REGISTRY
from tryon_testing.exchanges import read_exchanges
from tryon_testing.profiles import THOROUGH_EXAMPLES
from tryon_testing.scaffold.deriving import derived_facts
from tryon_testing.scaffold.facts import usual_facts
from tryon_testing.scaffold.literals import Call, Code, literal
from tryon_testing.scaffold.planning import plan
from tryon_testing.scaffold.writing import write_provider
from type_checker import check_types

KINDS = {
    "declared_emulated": {},
    "code_emulated": {"is_declared": False},
    "declared_shown": {"exchanges": True},
    "code_shown": {"is_declared": False, "exchanges": True},
    "form_shown": {"exchanges": True},
    "post_shown": {"is_declared": False, "exchanges": True},
}
WHOLE = ("declared_shown", "code_emulated")
"""The others differ in how their vendor is shown; `nox -s new-provider` runs all of all four.

So does the profile `thorough` with all of these.
"""
SHORT = "not (Properties or any_body or another_process or cassettes or importing)"
"""Without what takes long, and is done for each of our vendors in every run."""
CHECKS = "sample_request_gives or wrong_key or finished_answer or failed_job_ends"
"""Checks that need the whole of a provider."""
PLUGINS = ("-p", "tryon_testing.pytest_plugin", "-p", "_hypothesis_pytestplugin")
"""Those of pytest; others that are installed take time."""


@pytest.fixture(scope="module")
def plugins(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plugins")
    shown = tutorial_exchanges(folder)
    posted = "request: {path: /api/runs/$id, method: POST}"
    forms = {
        "form_shown": FORM,
        "post_shown": FORM.replace("request: {path: /api/runs/$id}", posted),
    }
    made = {}
    for name, kind in KINDS.items():
        file = folder / f"{name}.yaml" if name in forms else shown
        file.write_text(forms.get(name) or file.read_text())
        more = {**kind, "exchanges": file} if "exchanges" in kind else kind
        made[name] = new_provider(name, folder, **more)
    return made


@pytest.mark.parametrize("name", WHOLE)
def test_a_provider_is_built_and_installed_and_passes_its_tests(plugins, tmp_path, name):
    _python("-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, at=plugins[name])
    (wheel,) = tmp_path.glob("*.whl")
    place = tmp_path / "installed"
    options = ("-q", "--no-index", "--no-deps", "--disable-pip-version-check")
    _python("-m", "pip", "install", *options, "--target", place, wheel, at=tmp_path)
    # Away from the sources, so that what was installed is what is tested.
    away = tmp_path / "away"
    shutil.copytree(plugins[name] / "tests", away / "tests")
    shutil.copy(plugins[name] / "pyproject.toml", away)
    _python("tests/record_cassettes.py", at=away, path=place)
    some = () if settings().max_examples >= THOROUGH_EXAMPLES else ("-k", SHORT)
    options = ("-q", "-p", "no:cacheprovider", *PLUGINS, *some)
    said = _python("-m", "pytest", *options, at=away, path=place)
    assert re.search(r"\n[5-9]\d passed, \d+ skipped", said), said


@pytest.mark.parametrize("name", sorted(KINDS.keys() - WHOLE))
def test_a_provider_of_another_kind_keeps_the_contract_before_the_first_edit(plugins, name):
    place = plugins[name]
    _python("-m", "pytest", "-qx", "-p", "no:cacheprovider", *PLUGINS, "-k", CHECKS, at=place)


def _python(*words, at, path=None):
    """Run Python in a folder, and return what it says."""
    ended = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=at,
        env={**os.environ, "PYTHONPATH": str(path or at), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


def test_what_is_written_is_formatted_and_has_no_fault_of_style(plugins):
    ruff = shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed")
    for folder in plugins.values():
        for arguments in (["format", "--check"], ["check"]):
            subprocess.run([ruff, *arguments, "--no-cache", "."], cwd=folder, check=True)


def test_a_type_checker_accepts_what_is_written(tmp_path_factory, plugins):
    packages = [place / f"tryon_{name}" for name, place in plugins.items()]
    tests = plugins["code_emulated"] / "tests"
    check_types([*packages, tests], tmp_path_factory.getbasetemp())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("class", "a word of Python"),
        ("pixelcut", "taken by tryon-pixelcut"),
        ("core", "there is a tryon-core already"),
        ("tryon_acme", "such as acme"),
        ("tryonapi", "not with 'tryon', and not 'extensions': such as api"),
        ("9lives", "such as lives"),
        ("Ä", "small letters, digits and underscores"),
        ("", "small letters, digits and underscores"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_a_remedy(tmp_path, name, said):
    with pytest.raises(InputError, match=said):
        plan(name, tmp_path / "new", None, is_declared=True)


def test_ones_own_provider_may_be_written_again_into_another_folder(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(new_provider("atelier", tmp_path)))
    other = write_distribution(tmp_path / "other", "acme-plugin", providers={"mine": "mine:it"})
    monkeypatch.syspath_prepend(str(other.parent))
    REGISTRY.refresh()
    try:
        facts, folder = plan("atelier", tmp_path / "again", None, is_declared=True)
        assert (facts.id, folder.name) == ("atelier", "again")
        with pytest.raises(InputError, match="taken by acme-plugin"):
            plan("mine", tmp_path / "mine", None, is_declared=True)
    finally:
        monkeypatch.undo()
        REGISTRY.refresh()


def test_nothing_is_overwritten(tmp_path):
    place = new_provider("atelier", tmp_path)
    with pytest.raises(InputError, match="is not empty"):
        new_provider("atelier", tmp_path)
    shutil.rmtree(place / "tests")
    with pytest.raises(OutputError, match=r"README\.md"):
        write_provider(usual_facts("atelier"), place, is_declared=True, exchanges=None)


ODD = """
- operation: submit
  source: https://odd.example/docs
  model: fine
  request:
    path: https://odd.example/api/models/fine/runs
    headers: {X-Token: $token, X-Version: '3'}
    images: [base64]
    json: {input: {photo: $person, clothes: {upper: $top}}, size: $size, return_url: $return_url}
  answer: {json: {result: {task: $id}}}
- operation: submit
  source: https://odd.example/docs
  model: quick
  request:
    path: /api/models/quick/runs
    images: [base64]
    json: {input: {photo: $person, clothes: {upper: $top, lower: $bottom}}, seed: $seed}
  answer: {json: {result: {task: $id}}}
- operation: poll
  source: https://odd.example/docs
  request: {path: '/api/runs?task=$id'}
  answer: {json: {result: {phase: queued}}}
- operation: poll
  source: https://odd.example/docs
  answer: {json: {result: {phase: over}}}
- operation: result
  source: https://odd.example/docs
  request: {path: /api/runs/$id/files}
  answer: {json: {files: [{link: $image}]}}
- operation: cancel
  source: https://odd.example/docs
  request: {path: /api/runs/$id, method: DELETE}
  answer: {json: {ok: true}}
- operation: submit
  source: https://odd.example/docs
  answer: {status: 429, json: {errors: [{why: $code, detail: Nothing is left.}]}}
  refuses: insufficient_credit
- operation: submit
  source: https://odd.example/docs
  answer: {status: 503, text: busy}
  refuses: 503
"""


@pytest.fixture
def odd(tmp_path):
    path = tmp_path / "odd.yaml"
    path.write_text(ODD)
    return derived_facts(usual_facts("odd"), read_exchanges(path), is_declared=True)


def test_addresses_headers_and_places_are_those_of_the_exchanges(odd):
    assert odd.base_url == "https://odd.example"
    assert (odd.headers, odd.secrets) == ({"X-Token": "{token}", "X-Version": "3"}, ["token"])
    assert (odd.job_id, odd.state) == ("result.task", "result.phase")
    assert odd.outputs == ["files[].link"]
    assert (odd.poll_path, odd.poll_params) == ("api/runs", {"task": "{id}"})
    assert odd.result_path == "api/runs/{id}/files"
    assert odd.cancel == ("api/runs/{id}", "DELETE")
    assert odd.states == {"queued": "PENDING", "over": "SUCCEEDED"}
    assert (odd.code, odd.message) == (["errors.why"], ["errors.detail"])


def test_each_model_has_its_fields_and_options(odd):
    assert {name: row.path for name, row in odd.rows.items()} == {
        "fine": "api/models/fine/runs",
        "quick": "api/models/quick/runs",
    }
    assert odd.rows["quick"].body["input"]["clothes"] == {"upper": "{top}", "lower": "{bottom}"}
    options = {option.name: (option.kind, option.models) for option in odd.options}
    assert options == {
        "model": ('Literal["fine", "quick"]', ()),
        "size": ("str | None", ["fine"]),
        "return_url": ("bool | None", ["fine"]),
        "seed": ("int | None", ["quick"]),
    }
    assert (odd.delivery, odd.is_bare_base64) == (["upload"], True)
    assert odd.garments == [("top",), ("top", "bottom")]


def _derived(tmp_path, text, *, is_declared=True):
    path = tmp_path / "exchanges.yaml"
    path.write_text(text)
    return derived_facts(usual_facts("odd"), read_exchanges(path), is_declared=is_declared)


FORM = """
- operation: submit
  source: https://form.example/docs
  request:
    path: https://form.example/api/runs
    headers: {Authorization: Bearer $api_key}
    form: {person: $person, garment: $garment, fast: {$fast_mode: {true: "true"}}}
  answer: {status: 202, json: {jobId: $id}}
- operation: poll
  source: https://form.example/docs
  request: {path: /api/runs/$id}
  answer: {json: {jobId: $id, status: $state}}
  states: processing
- operation: poll
  source: https://form.example/docs
  answer: {json: {jobId: $id, status: completed, imageUrl: $image}}
- operation: poll
  source: https://form.example/docs
  answer: {json: {jobId: $id, status: completed, imageBase64: $image_base64}}
- operation: poll
  source: https://form.example/docs
  answer: {json: {jobId: $id, status: failed, error: What the vendor says.}}
  fails: true
- operation: poll
  source: https://form.example/docs
  answer: {json: {jobId: $id, status: stopped}}
  cancelled: true
- operation: submit
  source: https://form.example/docs
  answer: {status: 402}
  refuses: 402
- operation: upload
  source: https://form.example/docs
  request: {path: /api/files, json: {file: $image}}
  answer: {json: {url: $image}}
"""


def test_all_finished_answers_and_a_failed_job_without_a_code_are_in_the_provider(tmp_path):
    facts = _derived(tmp_path, FORM)
    assert (facts.outputs, facts.has_inline_images) == (["imageUrl", "imageBase64"], True)
    assert (facts.result_path, facts.code, facts.message) == ("", [], ["error"])
    assert facts.states == {
        "processing": "RUNNING",
        "completed": "SUCCEEDED",
        "failed": "FAILED",
        "stopped": "CANCELLED",
    }
    assert [dict(group.meanings) for group in facts.errors] == [
        {402: "Nothing is left on the account."}
    ]
    assert [(it.name, it.kind, it.default) for it in facts.options] == [
        ("fast_mode", "bool", "False")
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("garment: $garment", "garment: $garmet", r"image of the garment: .*\(\$garmet is none\)"),
        ("person: $person", "person: $photo", r"image of the person: \$person"),
        ("{jobId: $id}}", "{jobId: a, see: /runs/$id}}", r"\$id is inside a longer text"),
    ],
)
def test_exchanges_from_which_no_provider_can_be_written_are_refused(tmp_path, old, new, said):
    with pytest.raises(ValueError, match=rf"entry 1: .*{said}"):
        _derived(tmp_path, FORM.replace(old, new))


def test_codes_are_errors_by_their_words_and_statuses(odd):
    assert {group.error: dict(group.meanings) for group in odd.errors} == {
        "CreditsExhausted": {"insufficient_credit": "Nothing is left."},
        "VendorUnavailable": {503: "Service Unavailable."},
    }


def test_values_are_broken_into_lines_where_they_are_too_long():
    short = {"a": 'say "x"', "b": [1, None, True], "c": Code("name")}
    assert literal(short) == """{"a": 'say "x"', "b": [1, None, True], "c": name}"""
    call = Call("codes", (Code("errors.X"), ""), {"billed": "no"})
    assert literal(call) == 'codes(errors.X, "", billed="no")'
    assert literal(call, around=70) == 'codes(\n    errors.X,\n    "",\n    billed="no",\n)'
