"""`tryon compare`: what it prints, what it ends with, and how it goes on."""

import json
import re
from datetime import datetime, timezone
from pathlib import Path

import pytest

from providers import KEY, picture
from tryon_core import ImageRules, Notice
from tryon_core.cli.exit_codes import ExitCode
from tryon_core.errors import (
    AuthenticationFailed,
    InputRefused,
    JobExpired,
    OutcomeUnknown,
)
from tryon_report import Compared, Comparison, Indicator
from tryon_report.comparing import command

pytestmark = pytest.mark.usefixtures("no_indicators")
ANY = {"person_rules": ImageRules(), "garment_rules": ImageRules()}


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "anna.png").write_bytes(picture((300, 400)))
    (tmp_path / "tee.png").write_bytes(picture((320, 320), (20, 90, 160)))


@pytest.fixture
def vendor(offer):
    """Return a function that offers a provider which takes any image."""

    def make(name, **knobs):
        declared = {"keeps_unnamed_garments": True, "images": [picture((300, 400))], **ANY}
        return offer(name, **{**declared, **knobs})

    return make


@pytest.fixture
def compare(tryon):
    """Return a function that runs the command for these vendors."""

    def run(*vendors, more=(), out="out"):
        named = [word for name in vendors for word in ("-p", name)]
        place = ["--out", out] if out else []
        images = ("--person", "anna.png", "--top", "tee.png")
        return tryon("compare", *images, *named, *place, *more)

    return run


def test_it_prints_a_row_for_each_vendor_and_what_to_look_at(vendor, compare, tmp_path):
    vendor("alpha")
    vendor("beta", on_submit=InputRefused("the photo shows nobody.", remedy="Use another photo."))
    found = compare("alpha", "beta")
    rows = {line.split()[0]: line.split() for line in found.out.splitlines()}
    assert rows["alpha"][1:3] == ["saved", "doubtful"]
    assert rows["alpha"][4:6] == ["0.10", "USD"]
    assert rows["beta"][1] == "refused"
    assert rows["beta"][-1] == "InputRefused"
    assert "look at it: out/comparison.jpg" in found.err
    assert "beta: the photo shows nobody. Use another photo." in found.err
    assert "alpha: doubtful: the image has one colour all over" in found.err
    assert "[indicators]" in found.err
    assert (tmp_path / "out" / "comparison.jpg").is_file()


@pytest.mark.parametrize(
    ("error", "alone", "beside_a_result"),
    [
        (InputRefused("the photo shows nobody."), 1, 0),
        (AuthenticationFailed("the key is not accepted."), 3, 0),
        (OutcomeUnknown("the answer was lost."), 4, 4),
    ],
)
def test_a_failure_is_no_failure_of_the_command_while_one_vendor_gave_a_result(
    vendor, compare, error, alone, beside_a_result
):
    vendor("alpha")
    vendor("beta", on_submit=error)
    assert compare("beta", out="first").code == alone
    assert compare("alpha", "beta", out="second", more=["--again"]).code == beside_a_result


def test_a_job_that_has_failed_is_no_failure_of_the_command_either(vendor, compare):
    vendor("alpha")
    vendor("beta", on_poll=JobExpired("the job is gone."))
    assert compare("alpha", "beta").code == 0


def test_a_job_that_was_accepted_and_has_no_image_yet_is_not_forgotten(vendor, compare):
    vendor("alpha")
    vendor("beta", on_submit=InputRefused("the photo shows nobody."))
    gamma = vendor("gamma", on_poll=AuthenticationFailed("the key is not accepted."))
    assert compare("alpha", "beta", "gamma").code == 5
    gamma.on_poll = None
    assert compare("alpha", "beta", "gamma").code == 0
    assert gamma.calls.count("submit") == 1


@pytest.mark.parametrize(
    ("file", "ended", "code"),
    [("a.png", 1, 0), ("a.png.unchecked", 1, 6), ("a.png", 4, 4), ("a.png", 130, 130)],
)
def test_the_code_tells_of_an_image_that_is_none_and_of_what_is_in_doubt(file, ended, code):
    folder = Path("out")
    saved = Compared(provider="alpha", state="saved", images=(folder / file,))
    comparison = Comparison(
        folder=folder,
        created_at=datetime.now(timezone.utc),
        person=folder / "p.png",
        garments={"top": folder / "t.png"},
        vendors=(saved, Compared(provider="beta", state="refused")),
    )
    assert command._exit_code(ExitCode(ended), comparison) == code


def test_the_same_command_goes_on_with_a_vendor_that_was_left(vendor, compare):
    alpha = vendor("alpha")
    beta = vendor("beta", on_submit=AuthenticationFailed("the key is not accepted."))
    found = compare("alpha", "beta")
    assert "tryon batch --resume --out out" in found.err
    beta.on_submit = None
    found = compare("alpha", "beta")
    assert found.code == 0
    assert [provider.calls.count("submit") for provider in (alpha, beta)] == [1, 2]
    assert "unfinished" not in found.out


def test_tryon_batch_resumes_it_and_draws_the_sheet_again(vendor, compare, tryon, tmp_path):
    vendor("alpha")
    beta = vendor("beta", on_submit=AuthenticationFailed("the key is not accepted."))
    compare("alpha", "beta")
    beta.on_submit = None
    (tmp_path / "out" / "comparison.jpg").unlink()
    assert tryon("batch", "--resume", "--out", "out").code == 0
    assert (tmp_path / "out" / "comparison.jpg").is_file()
    written = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert [one["state"] for one in written["vendors"]] == ["saved", "saved"]


def test_every_problem_of_each_vendor_is_named_and_nothing_is_sent(vendor, compare, tmp_path):
    alpha = vendor("alpha")
    vendor("beta", settings=(KEY,))
    found = compare("alpha", "beta", "nobody", more=["-o", "alpha:sed=7"])
    assert found.code == 2
    for words in ("alpha: ", "beta: ", "nobody: ", "--skip-unfit"):
        assert words in found.err
    stopped = json.loads(compare("alpha", "beta", more=["--json"]).out)
    assert stopped["event"] == "stopped"
    (problem,) = stopped["error"]["problems"]
    assert list(problem) == ["provider", "field", "message", "remedy"]
    assert (alpha.calls, (tmp_path / "out").exists()) == ([], False)
    assert compare("alpha", "beta", "nobody", more=["--skip-unfit"]).code == 0


def test_an_estimate_needs_no_key_and_sends_and_writes_nothing(vendor, compare, tmp_path):
    alpha = vendor("alpha", settings=(KEY,))
    vendor("beta")
    found = compare("alpha", "beta", more=["--estimate"], out=None)
    assert found.code == 0
    assert "total: 0.20 USD" in found.out
    document = compare("alpha", "beta", more=["--estimate", "--json"], out=None).json
    assert document["to_send"] == 2
    assert (alpha.calls, (tmp_path / "comparison").exists()) == ([], False)


def test_a_limit_of_cost_is_kept(vendor, compare):
    alpha = vendor("alpha")
    found = compare("alpha", more=["--max-cost", "0.05USD"])
    assert found.code == 2
    assert alpha.calls == []


def test_options_are_given_by_vendor(vendor, compare):
    alpha, beta = vendor("alpha"), vendor("beta")
    compare("alpha", "beta", more=["-o", "alpha:seed=7", "-o", "beta:quality=high"])
    assert (alpha.requests[0].options.seed, alpha.requests[0].options.quality) == (7, "low")
    assert beta.requests[0].options.quality == "high"


@pytest.mark.parametrize("text", ["seed=7", "alpha:seed", ":seed=7", "alpha:=7"])
def test_an_option_without_its_vendor_is_not_understood(vendor, compare, text):
    vendor("alpha")
    found = compare("alpha", more=["-o", text])
    assert found.code == 2
    assert "PROVIDER:NAME=VALUE" in found.err


def test_as_json_its_events_end_with_the_comparison(vendor, compare):
    vendor("alpha")
    lines = [json.loads(line) for line in compare("alpha", more=["--json"]).out.splitlines()]
    assert [line["event"] for line in lines] == [
        "planned",
        "submitted",
        "saved",
        "summary",
        "comparison",
    ]
    assert lines[-1]["vendors"][0]["images"] == ["alpha.png"]


def test_a_folder_is_needed_unless_it_is_an_estimate(vendor, compare):
    vendor("alpha")
    found = compare("alpha", out=None)
    assert (found.code, "--out" in found.err) == (2, True)


def test_a_change_of_an_image_is_said_once_for_all(vendor, compare, tmp_path):
    vendor("alpha")
    vendor("beta")
    (tmp_path / "anna.png").write_bytes(picture((2400, 2400)))
    found = compare("alpha", "beta")
    assert found.err.count("2400x2400 px reduced to 1920x1920 px") == 1


def _same_keys(documented, real):
    if isinstance(documented, dict) and isinstance(real, dict):
        assert list(documented) == list(real)
        for name, value in documented.items():
            _same_keys(value, real[name])
    elif isinstance(documented, list) and isinstance(real, list):
        for one, other in zip(documented, real, strict=True):
            _same_keys(one, other)


def test_the_event_is_as_the_page_of_the_commands_shows_it(vendor, compare):
    vendor("alpha", notices=[Notice("sleeve_uncertain", "The sleeve may be wrong.")])
    vendor("beta", on_submit=InputRefused("the photo shows nobody."))
    last = json.loads(compare("alpha", "beta", more=["--json"]).out.splitlines()[-1])
    page = (Path(__file__).parents[3] / "docs/reference/json.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"<!-- json: comparison -->\n```json\n(.*?)```", page, re.DOTALL)
    documented = json.loads(text)
    indicator = Indicator(kind="colour_distance", category="top").document()
    assert list(documented["vendors"][0]["indicators"].pop()) == list(indicator)
    _same_keys(documented, last)
