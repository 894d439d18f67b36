"""A comparison is a run with an item for each vendor; that one of them fails is normal."""

import json
import sys

import pytest
from markupsafe import escape
from PIL import Image

from providers import KEY, picture
from tryon_batch import BatchPolicy, BudgetExceeded, JournalReader, read_runs
from tryon_core import Client, ImageRules, Notice
from tryon_core.errors import (
    CreditsExhausted,
    InputError,
    InputRefused,
    OutcomeUnknown,
    OutputError,
)
from tryon_report import ComparisonRefused, compare, read_comparison
from tryon_report.run_page.writing import write_report

pytestmark = pytest.mark.usefixtures("no_indicators")
ANY = {"person_rules": ImageRules(), "garment_rules": ImageRules()}
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def images(tmp_path):
    """A person and a garment, on disk."""
    (tmp_path / "anna.png").write_bytes(picture((300, 400)))
    (tmp_path / "tee.png").write_bytes(picture((320, 320), (20, 90, 160)))
    return {"person": tmp_path / "anna.png", "top": tmp_path / "tee.png"}


@pytest.fixture
def vendor(offer):
    """Return a function that offers a provider which takes any image."""

    def make(name, **knobs):
        return offer(name, **{**ANY, "images": [picture((300, 400))], **knobs})

    return make


@pytest.fixture
def ask(images, tmp_path):
    """Return a function that compares vendors."""

    def compared(*providers, **changes):
        given = {**images, "out": tmp_path / "out", **changes}
        return compare(providers=providers, **given)

    return compared


def test_one_fails_and_the_others_are_compared(vendor, ask):
    vendor("alpha")
    vendor("beta", on_submit=InputRefused("the photo shows nobody.", vendor_code="E7"))
    vendor("gamma", on_submit=CreditsExhausted("nothing left."))
    vendor("delta", on_submit=OutcomeUnknown("the answer was lost."))
    comparison = ask("alpha", "beta", "gamma", "delta")
    found = {one.provider: one for one in comparison.vendors}
    assert {name: one.state_word for name, one in found.items()} == {
        "alpha": "saved",
        "beta": "refused",
        "gamma": "unfinished",
        "delta": "unknown",
    }
    assert found["alpha"].image.name == "alpha.png"
    assert found["alpha"].seconds >= found["alpha"].job_s >= 0
    reason = found["beta"].reason
    assert (reason.kind, reason.fault, reason.billed) == ("InputRefused", "input", "no")
    assert found["gamma"].reason.kind == "CreditsExhausted"
    assert found["gamma"].reason.remedy.startswith("Add credits")
    assert {name: one.money for name, one in found.items()} == {
        "alpha": "0.10 USD",
        "beta": "nothing",
        "gamma": "nothing",
        "delta": "perhaps 0.10 USD",
    }
    assert str(comparison.spent) == "0.10 USD"


def test_the_same_call_again_pays_nothing_and_a_vendor_can_be_added(vendor, ask):
    alpha, beta = vendor("alpha"), vendor("beta")
    ask("alpha")
    first = ask("alpha", "beta")
    assert ask("alpha", "beta") == first
    assert (alpha.calls.count("submit"), beta.calls.count("submit")) == (1, 1)


def test_a_comparison_that_was_stopped_goes_on_without_paying_twice(vendor, ask):
    alpha = vendor("alpha")

    def stop(entry):
        if entry.state == "accepted":
            raise RuntimeError("the power fails")

    with pytest.raises(RuntimeError, match="the power fails"):
        ask("alpha", on_event=stop)
    assert ask("alpha")["alpha"].state == "saved"
    assert alpha.calls.count("submit") == 1


@pytest.mark.parametrize("again", ["alpha", "beta", "gamma"])
def test_other_images_do_not_go_into_the_same_comparison(vendor, ask, tmp_path, again):
    vendor("alpha")
    vendor("beta", on_submit=InputRefused("the photo shows nobody."))
    vendor("gamma")
    ask("alpha", "beta")
    other = tmp_path / "other.png"
    other.write_bytes(picture((300, 400), (1, 2, 3)))
    with pytest.raises(InputError, match=r"something else|other images"):
        ask(again, person=other)


def test_all_vendors_are_checked_and_all_problems_named_before_anything_is_sent(vendor, ask):
    alpha = vendor("alpha")
    vendor("beta", garments=[{"dress"}], settings=(KEY,))
    vendor("gamma")
    with pytest.raises(ComparisonRefused) as caught:
        ask("alpha", "beta", "gamma", "nobody", options={"gamma": {"sed": "7"}})
    lines = str(caught.value).splitlines()
    assert lines[0] == "4 problems with this comparison; nothing was sent."
    assert [line.partition(":")[0] for line in lines[1:]] == ["beta", "beta", "gamma", "nobody"]
    assert "api_key" in lines[1]
    assert "dress" in lines[2]
    assert "seed" in lines[3]
    assert lines[-1].endswith("skip_unfit=True.")
    assert [(one.provider, one.field) for one in caught.value.problems] == [
        ("beta", ""),
        ("beta", "top"),
        ("gamma", ""),
        ("nobody", ""),
    ]
    assert alpha.calls == []


def test_problems_of_images_are_named_once_and_those_of_vendors_beside_them(vendor, ask):
    vendor("alpha")
    vendor("beta", garments=[{"dress"}], settings=(KEY,))
    with pytest.raises(ComparisonRefused) as caught:
        ask("alpha", "beta", person=b"no image")
    assert [(one.provider, one.field) for one in caught.value.problems] == [
        ("", "person"),
        ("beta", ""),
        ("beta", "top"),
    ]
    assert caught.value.remedy == "Correct it."


def test_a_vendor_that_cannot_do_it_is_left_out_only_when_asked(vendor, ask):
    vendor("alpha")
    vendor("beta", settings=(KEY,))
    comparison = ask("alpha", "beta", "nobody", skip_unfit=True)
    assert [(one.provider, one.state) for one in comparison.vendors] == [
        ("alpha", "saved"),
        ("beta", "left_out"),
        ("nobody", "left_out"),
    ]
    assert comparison["beta"].reason.kind == "MissingCredential"
    assert comparison["nobody"].reason.kind == "UnknownProvider"


def test_a_vendor_that_was_left_out_is_compared_once_it_can_do_it(vendor, ask, monkeypatch):
    vendor("alpha")
    vendor("beta", settings=(KEY,))
    ask("alpha", "beta", skip_unfit=True)
    monkeypatch.setenv("FAKE_API_KEY", "invented-key")
    comparison = ask("alpha", "beta", skip_unfit=True)
    assert [one.state for one in comparison.vendors] == ["saved", "saved"]


def test_nobody_is_left_when_all_cannot_do_it(vendor, ask):
    vendor("alpha", settings=(KEY,))
    with pytest.raises(ComparisonRefused, match="1 problem"):
        ask("alpha", skip_unfit=True)


@pytest.mark.parametrize(
    ("providers", "changes", "words"),
    [
        ((), {}, "no provider"),
        (("alpha",), {"top": None}, "no garment"),
        (("alpha", "alpha"), {}, "named twice"),
        (("alpha",), {"options": {"beta": {}}}, "not compared"),
        (("alpha",), {"person": b"no image"}, "person"),
    ],
)
def test_what_cannot_be_compared_is_refused(vendor, ask, providers, changes, words):
    alpha = vendor("alpha")
    with pytest.raises(InputError, match=words):
        ask(*providers, **changes)
    assert alpha.calls == []


def test_it_may_not_cost_more_than_it_may(vendor, ask, tmp_path):
    alpha = vendor("alpha")
    vendor("beta")
    with pytest.raises(BudgetExceeded):
        ask("alpha", "beta", max_cost=["0.15USD"])
    assert (alpha.calls, (tmp_path / "out").exists()) == ([], False)
    ask("alpha", "beta", max_cost=["0.20USD"])


def test_options_go_to_the_vendor_that_they_are_for(vendor, ask):
    alpha, beta = vendor("alpha"), vendor("beta")
    ask("alpha", "beta", options={"alpha": {"seed": "7"}})
    assert alpha.requests[0].options.seed == 7
    assert beta.requests[0].options.seed == 0


def test_options_may_be_named_by_the_id_of_a_provider_that_has_its_distribution_named(ask):
    with pytest.raises(ComparisonRefused) as caught:
        ask("fashn@tryon-fashn", options={"fashn": {"sed": "7"}})
    assert "seed" in str(caught.value)


def test_one_provider_may_be_named_alone(vendor, images, tmp_path):
    vendor("alpha")
    found = compare(**images, providers="alpha", out=tmp_path / "out")
    assert [one.name for one in found.vendors] == ["alpha"]


def test_clients_can_be_compared_and_stay_open(vendor, ask):
    with Client(vendor("alpha")) as client:
        assert ask(client)["alpha"].state == "saved"
        assert client.validate(picture((300, 400)), top=picture((300, 400))) == ()


def test_nothing_is_made_to_fit_one_vendor(vendor, ask):
    vendor("alpha", person_rules=ImageRules(max_side_px=256))
    with pytest.raises(ComparisonRefused, match="at most 256 px"):
        ask("alpha", policy=BatchPolicy(fit=True))


@pytest.mark.parametrize("name", ["comparison.json", "comparison.jpg"])
def test_files_of_others_are_not_replaced(vendor, ask, tmp_path, name):
    alpha = vendor("alpha")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_bytes(b"mine")
    with pytest.raises(OutputError, match="no comparison has written it"):
        ask("alpha")
    assert alpha.calls == []


def test_a_run_that_is_no_comparison_stays_one(vendor, ask, images, tmp_path):
    vendor("alpha")
    with Client("alpha") as client:
        list(client.run_batch([client.request(**images)], out=tmp_path / "out"))
    assert not (tmp_path / "out" / "comparison.json").exists()
    with pytest.raises(InputError, match="no comparison"):
        read_comparison(tmp_path / "out")
    with pytest.raises(OutputError, match="holds a run"):
        ask("alpha")


def test_work_that_was_done_before_is_copied_and_says_so(vendor, ask, tmp_path):
    alpha = vendor("alpha")
    ask("alpha")
    copied = ask("alpha", out=tmp_path / "again")["alpha"]
    assert (copied.state, copied.money, copied.seconds) == ("saved", "nothing (copy)", None)
    assert alpha.calls.count("submit") == 1


def test_the_document_has_all_of_it_and_money_as_text(vendor, ask, tmp_path):
    vendor("alpha", notices=[Notice("odd_sleeve", "Look at the sleeve.")])
    vendor("beta", settings=(KEY,))
    comparison = ask("alpha", "beta", skip_unfit=True)
    written = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert json.loads(comparison.to_json()) == written
    alpha, beta = written["vendors"]
    assert written["person"].startswith("inputs/person-")
    assert alpha["images"] == ["alpha.png"]
    assert alpha["cost"]["amount"] == "0.10"
    assert alpha["notices"] == [{"code": "odd_sleeve", "message": "Look at the sleeve."}]
    assert beta["reason"]["kind"] == "MissingCredential"
    assert read_comparison(tmp_path / "out") == comparison


def test_what_judges_doubt_is_on_the_comparison(vendor, ask):
    vendor("alpha", images=[picture((300, 400))])
    vendor("beta", images=[picture((300, 400), (255, 255, 255))])
    comparison = ask("alpha", "beta")
    doubtful = comparison["beta"]
    assert doubtful.verdict == "doubtful"
    assert doubtful.problems[0].code == "result_blank"
    assert doubtful.remarks[0] == f"doubtful: {doubtful.problems[0].message}"
    assert doubtful.problems[0].message in comparison._repr_html_()


@pytest.mark.parametrize("missing", ["numpy", "skimage.color", "tryon_local.body"])
def test_without_the_extra_one_line_says_how_to_get_indicators(vendor, ask, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    vendor("alpha")
    comparison = ask("alpha")
    assert comparison["alpha"].indicators == ()
    assert comparison.no_indicators.startswith("There are no indicators: they need scikit-image")
    assert "[indicators]" in comparison.no_indicators
    assert "\n" not in comparison.no_indicators


def test_the_sheet_shows_the_images_and_a_failure(vendor, ask):
    vendor("alpha", images=[picture((300, 400), (10, 160, 40))])
    vendor("beta", on_submit=InputRefused("the photo shows nobody."))
    comparison = ask("alpha", "beta")
    sheet = comparison.sheet()
    colours = {colour for _, colour in sheet.getcolors(1_000_000)}
    person, top, result, failed = (200, 80, 60), (20, 90, 160), (10, 160, 40), (251, 236, 235)
    assert {person, top, result, failed} <= colours
    with Image.open(comparison.sheet_path) as written:
        assert (written.format, written.size) == ("JPEG", sheet.size)


def test_a_result_that_is_gone_or_broken_leaves_its_words_on_the_sheet(vendor, ask):
    vendor("alpha")
    comparison = ask("alpha")
    comparison["alpha"].image.write_bytes(b"no image")
    size = comparison.sheet().size
    comparison["alpha"].image.unlink()
    assert comparison.sheet().size == size


def test_long_words_of_a_vendor_stay_within_their_tile(vendor, ask):
    vendor("alpha", on_submit=InputRefused("x" * 4000 + " " + "word " * 2000))
    short = ask("alpha").sheet().size
    assert short[1] < 2000


def test_a_notebook_gets_a_table_in_which_nothing_of_a_vendor_is_markup(vendor, ask):
    vendor("alpha")
    vendor("beta", on_submit=InputRefused(HOSTILE))
    table = ask("alpha", "beta")._repr_html_()
    assert "<script" not in table
    assert "&lt;script&gt;" in table
    assert table.count("data:image/webp;base64,") == 3


def test_the_journal_keeps_what_a_later_process_needs(vendor, ask, tmp_path):
    vendor("alpha")
    ask("alpha")
    with JournalReader(tmp_path / "out" / "run.tryon") as journal:
        asked = journal.asked()["alpha"]["images"]
    assert {name: value["path"] for name, value in asked.items()} == {
        name: str(path)
        for name, path in [
            ("person", next((tmp_path / "out" / "inputs").glob("person-*"))),
            ("top", next((tmp_path / "out" / "inputs").glob("top-*"))),
        ]
    }


ONE = {"garments": [{"top"}, {"bottom"}, {"dress"}]}


def test_an_outfit_takes_two_requests_where_a_vendor_takes_one_garment(vendor, ask, images):
    vendor("alpha")
    vendor("beta", **ONE)
    outfit = {"bottom": images["top"]}
    with pytest.raises(ComparisonRefused, match="chain=True"):
        ask("alpha", "beta", **outfit)
    comparison = ask("alpha", "beta", policy=BatchPolicy(chain=True), **outfit)
    assert [one.provider for one in comparison.vendors] == ["alpha", "beta"]
    assert [one.state for one in comparison.vendors] == ["saved", "saved"]
    assert [one.money for one in comparison.vendors] == ["0.10 USD", "0.20 USD"]
    beta = comparison["beta"]
    assert beta.image.name == "beta.png"
    assert beta.total_s == beta.seconds + beta.first_step.seconds
    assert str(comparison.spent) == "0.30 USD"


def test_an_outfit_whose_first_step_fails_says_so(vendor, ask, images):
    beta = vendor("beta", on_submit=InputRefused("the photo shows nobody."), **ONE)
    comparison = ask("beta", policy=BatchPolicy(chain=True), bottom=images["top"])
    assert comparison["beta"].reason.kind == "InputRefused"
    assert "the photo shows nobody" in comparison["beta"].reason.message
    assert beta.calls.count("submit") == 1


def test_the_page_of_the_run_shows_what_is_compared_and_who_was_left_out(vendor, ask, tmp_path):
    vendor("alpha")
    vendor("beta", settings=(KEY,))
    comparison = ask("alpha", "beta", skip_unfit=True)
    page = write_report(read_runs([tmp_path / "out"]), has_ended=True).read_text()
    assert f"seconds: {comparison['alpha'].total_s:.1f}" in page
    assert "left out: beta: MissingCredential" in page
    assert all(str(escape(sentence)) in page for sentence in comparison.footnotes)
