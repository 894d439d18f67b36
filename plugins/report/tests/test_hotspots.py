"""The garments on all results of a run."""

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import attrs
import pytest

from command_line import fake, folder, offer, tryon
from distributions import write_distribution
from providers import FakeOptions, FakeProvider, fake_info
from saved_runs import coloured, write_run
from tryon_core import errors, hookimpl
from tryon_core.registry import REGISTRY

__all__ = ["fake", "folder", "offer", "tryon"]
PRICE = fake_info().capabilities.price
SCRIPT = str(Path(__file__).parents[3] / "tests/scripts/hotspots_killed.py")
HOSTILE = "</script>../'\"<b>&"


@attrs.define(kw_only=True, eq=False)
class Parser(FakeProvider):
    """Finds what it is told to, and fails where it is told to, call after call."""

    script: list = attrs.field(factory=list)
    seen: list = attrs.field(factory=list)
    guard: threading.Lock = attrs.field(factory=threading.Lock)

    @hookimpl
    def parse_garment(self, request, ctx):
        assert isinstance(request.options, FakeOptions)
        with self.guard:
            self.calls.append("parse_garment")
            self.seen.append(request.image.path.name)
            error = self.script.pop(0) if self.script else None
        if isinstance(error, signal.Signals):
            signal.pthread_kill(threading.main_thread().ident, error)
        elif error is not None:
            raise error
        return [self._region(category) for category in request.categories]


@pytest.fixture
def parser():
    found = Parser(info=fake_info(parse_price=PRICE), worn=("top", "bottom"))
    REGISTRY.register(found)
    yield found
    REGISTRY.unregister("fake")


@pytest.fixture
def results(folder):
    rows = {
        "anna": {"top": "tee.png", "own": {"sku": "ABC-1"}},
        "bo": {"top": "tee.png", "bottom": "jeans.png", "own": {"sku": "ABC-2"}},
    }
    return write_run(folder / "results", rows)


def document(place):
    return json.loads((place / "hotspots.json").read_text(encoding="utf-8"))


@pytest.mark.usefixtures("parser")
def test_each_saved_result_gets_the_boxes_of_its_own_garments(tryon, results):
    ended = tryon("hotspots", "results")
    assert (ended.code, ended.out) == (0, "results/hotspots.json\nresults/hotspots.html\n")
    assert "2 found; 3 garments; spent 0.20 USD\n" in ended.err
    found = document(results)["hotspots"]
    assert {key: [spot["category"] for spot in spots] for key, spots in found.items()} == {
        "anna": ["top"],
        "bo": ["top", "bottom"],
    }
    assert found["anna"][0]["pixels"] == {"x": 1, "y": 2, "width": 29, "height": 38}
    assert found["anna"][0]["file"] == "anna.png"


def test_nothing_is_parsed_twice_by_a_second_call(tryon, results, parser):
    tryon("hotspots", "results")
    before = document(results)
    assert tryon("hotspots", "results").code == 0
    assert (len(parser.calls), document(results)) == (2, before)


def test_what_was_found_is_known_after_the_day_of_the_store(tryon, results, parser, monkeypatch):
    tryon("hotspots", "results")
    monkeypatch.setenv("TRYON_DATA_DIR", str(results / "elsewhere"))
    assert tryon("hotspots", "results").code == 0
    assert len(parser.calls) == 2


def test_equal_images_are_parsed_once(tryon, folder, parser):
    same = {"top": "tee.png", "images": [coloured(1)]}
    write_run(folder / "results", {"a": same, "b": same, "c": {"top": "tee.png"}})
    assert tryon("hotspots", "results").code == 0
    assert len(parser.calls) == 2
    assert [*document(folder / "results")["hotspots"]] == ["a", "b", "c"]


def test_every_image_of_a_row_is_looked_at(tryon, folder, parser):
    images = [coloured(1), coloured(2)]
    write_run(folder / "results", {"a": {"top": "tee.png", "images": images}})
    tryon("hotspots", "results")
    assert sorted(parser.seen) == ["a+2.png", "a.png"]
    (key,) = document(folder / "results")["hotspots"].values()
    assert [spot["file"] for spot in key] == ["a.png", "a+2.png"]


def test_rows_without_a_result_and_first_steps_are_left_out(tryon, folder, parser):
    rows = {
        "a": {"top": "tee.png"},
        "b": {"top": "tee.png", "state": "failed"},
        "c~bottom": {"top": "tee.png", "bottom": "jeans.png"},
    }
    write_run(folder / "results", rows)
    tryon("hotspots", "results")
    assert parser.seen == ["a.png"]


# Keys


@pytest.mark.usefixtures("parser")
def test_a_column_of_the_caller_is_the_key(tryon, results):
    assert tryon("hotspots", "results", "--sku-column", "sku").code == 0
    found = document(results)["hotspots"]
    assert [*found] == ["ABC-1", "ABC-2"]
    assert [(spot["row"], spot["sku"]) for spot in found["ABC-2"]] == [("bo", "ABC-2")] * 2


@pytest.mark.usefixtures("parser")
def test_each_category_may_have_a_column(tryon, folder):
    own = {"top_sku": "T-1", "bottom_sku": "B=1", "url": "https://shop.example/T-1"}
    both = {"top": "tee.png", "bottom": "jeans.png", "own": own}
    write_run(folder / "results", {"a": both, "b": {**both, "own": {**own, "bottom_sku": " "}}})
    ended = tryon(
        "hotspots", "results", "--sku-column", "top=top_sku", "--sku-column", "bottom=bottom_sku",
        "--link-column", "top=url",
    )  # fmt: skip
    found = document(folder / "results")["hotspots"]
    assert {key: [spot["row"] for spot in spots] for key, spots in found.items()} == {
        "T-1": ["a", "b"],
        "B=1": ["a"],
        "b": ["b"],
    }
    assert "no name in the column, so under the id of the row: b." in ended.err
    assert [spot["link"] for spot in found["T-1"]] == [own["url"]] * 2
    assert found["B=1"][0]["link"] is None


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--sku-column", "skuu"), "no row has a column 'skuu'"),
        (("--sku-column", "sku", "--sku-column", "id"), "two columns for every garment"),
        (("--sku-column", "top=sku", "--sku-column", "top=id"), "names top twice"),
        (("--link-column", "sku"), "'ABC-1'"),
        (("--max-cost", "0.15USD"), "the limit is 0.15 USD"),
        (("--category", "dress"), "fake finds no dress"),
        (("-p", "nobody"), "nobody"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_sent(
    tryon, results, parser, options, why
):
    ended = tryon("hotspots", "results", *options)
    assert ended.code in {2, 3}
    assert why in ended.err
    assert (parser.calls, (results / "hotspots.json").exists()) == ([], False)


@pytest.mark.parametrize("name", ["hotspots.json", "hotspots.html", "hotspots.jsonl"])
def test_a_file_of_the_callers_own_is_not_replaced(tryon, results, parser, name):
    (results / name).write_text("mine")
    ended = tryon("hotspots", "results")
    assert (ended.code, parser.calls) == (2, []), ended.err
    assert (results / name).read_text() == "mine"


@pytest.mark.usefixtures("parser")
def test_hostile_names_stay_text(tryon, folder):
    own = {"sku": HOSTILE}
    write_run(folder / "results", {"a b'#?": {"top": "tee.png", "own": own}})
    tryon("hotspots", "results", "--sku-column", "sku")
    assert [*document(folder / "results")["hotspots"]] == [HOSTILE]
    page = (folder / "results/hotspots.html").read_text(encoding="utf-8")
    assert "&lt;/script&gt;../&#39;&#34;&lt;b&gt;&amp;" in page
    assert 'src="a%20b%27%23%3F.png"' in page


# Providers


def test_a_provider_that_does_not_parse_needs_another_one(tryon, folder, offer, parser):
    offer("mute", parse_categories=())
    write_run(folder / "results", {"a": {"top": "tee.png"}}, provider="mute")
    refused = tryon("hotspots", "results")
    assert refused.code == 2
    assert "mute finds no top" in refused.err
    assert "-p" in refused.err
    assert tryon("hotspots", "results", "-p", "fake").code == 0
    assert parser.seen == ["a.png"]


def test_several_runs_are_read_as_one_and_written_together(tryon, folder, parser):
    for name in ("a", "b"):
        write_run(folder / name, {f"row-{name}": {"top": "tee.png", "images": [coloured(1)]}})
    assert "Name a folder with --out" in tryon("hotspots", "a", "b").err
    assert tryon("hotspots", "a", "b", "--out", "both").code == 0
    assert len(parser.calls) == 1
    found = document(folder / "both")["hotspots"]
    assert [spot["file"] for spots in found.values() for spot in spots] == [
        "../a/row-a.png",
        "../b/row-b.png",
    ]


# Money


@pytest.mark.usefixtures("results")
def test_an_estimate_says_what_is_still_to_be_paid(tryon, parser):
    ended = tryon("hotspots", "results", "--estimate")
    assert "fake: 2 parsings x 0.10 USD = 0.20 USD" in ended.out
    assert parser.calls == []
    tryon("hotspots", "results")
    after = tryon("hotspots", "results", "--estimate", "--json").json
    assert (after["to_parse"], after["totals"], after["spent"]) == (0, {}, {"USD": "0.20"})


def test_a_limit_counts_what_was_spent_before(tryon, results, parser):
    rows = {"anna": {"top": "tee.png"}, "bo": {"top": "tee.png"}}
    tryon("hotspots", "results", "--max-cost", "0.20USD")
    write_run(results.parent / "more", {**rows, "new": {"top": "tee.png"}})
    ended = tryon("hotspots", "results", "more", "--out", "results", "--max-cost", "0.25USD")
    assert ended.code == 2
    assert "on top of 0.20 USD spent" in ended.err
    assert len(parser.calls) == 2


def test_a_parsing_that_was_paid_for_nothing_is_not_repeated_unless_told(tryon, results, parser):
    parser.script = [errors.UnexpectedResponse("what is this?", billed="yes")]
    ended = tryon("hotspots", "results", "--concurrency", "1")
    assert ended.code == 1
    assert "failed: anna. what is this?" in ended.err
    assert "to ask once more, and perhaps pay twice: tryon hotspots results" in ended.err
    assert [*document(results)["hotspots"]] == ["bo"]
    (missing,) = document(results)["missing"]
    assert (missing["row"], missing["state"], missing["categories"]) == ("anna", "failed", ["top"])
    assert tryon("hotspots", "results").code == 1
    assert len(parser.calls) == 2
    assert tryon("hotspots", "results", "--again").code == 0
    assert len(parser.calls) == 3


@pytest.mark.usefixtures("results")
def test_a_lost_answer_is_unknown_and_never_repeated_by_itself(tryon, parser):
    parser.script = [errors.OutcomeUnknown("lost.", billed="unknown")]
    lost = tryon("hotspots", "results", "--concurrency", "1")
    assert lost.code == 4
    assert "spent 0.10 USD; in doubt at most 0.10 USD" in lost.err
    assert tryon("hotspots", "results").code == 4
    assert len(parser.calls) == 2
    assert tryon("hotspots", "results", "--again").code == 0


def test_what_was_found_beside_a_failure_is_kept(tryon, folder, parser):
    write_run(folder / "results", {"a": {"top": "tee.png", "bottom": "jeans.png"}})
    error = errors.UnexpectedResponse("the bottom cannot be read.", billed="yes")
    error.regions = {"top": parser._region("top")}
    parser.script = [error]
    assert tryon("hotspots", "results").code == 1
    (spots,) = document(folder / "results")["hotspots"].values()
    assert [spot["category"] for spot in spots] == ["top"]


@pytest.mark.usefixtures("results")
def test_a_vendor_that_asks_for_a_pause_is_asked_again(tryon, parser):
    parser.script = [errors.RateLimited("slower.", retry_after_s=0.0, billed="no")] * 3
    assert tryon("hotspots", "results").code == 0
    assert len(parser.calls) == 5


def test_a_wrong_key_ends_it_at_once_and_the_next_call_goes_on(tryon, folder, parser):
    write_run(folder / "results", {f"row-{n}": {"top": "tee.png"} for n in range(9)})
    parser.script = [errors.AuthenticationFailed("wrong key.", billed="no")]
    ended = tryon("hotspots", "results", "--concurrency", "1")
    assert (ended.code, len(parser.calls)) == (3, 1)
    assert "go on with: tryon hotspots results --concurrency 1" in ended.err
    assert tryon("hotspots", "results").code == 0
    assert len(parser.calls) == 10


def test_a_service_that_is_down_is_not_asked_for_the_whole_catalogue(tryon, folder, parser):
    write_run(folder / "results", {f"row-{n}": {"top": "tee.png"} for n in range(9)})
    parser.script = [errors.VendorUnavailable("down.", billed="no") for _ in range(9)]
    assert tryon("hotspots", "results", "--concurrency", "1").code == 1
    assert len(parser.calls) == 5


def test_an_image_that_is_gone_or_broken_stops_no_other(tryon, folder, parser):
    rows = {"a": {"top": "tee.png"}, "b": {"top": "tee.png"}, "c": {"top": "tee.png"}}
    write_run(folder / "results", rows)
    (folder / "results/a.png").unlink()
    (folder / "results/b.png").write_bytes(b"no image")
    ended = tryon("hotspots", "results", "--json")
    assert ended.code == 1
    assert ended.json["counts"] == {
        "found": 1, "refused": 2, "failed": 0, "outcome_unknown": 0, "left": 0
    }  # fmt: skip
    assert parser.seen == ["c.png"]
    assert [*document(folder / "results")["hotspots"]] == ["c"]


def test_an_extension_sees_the_parsings_and_is_named_again(tryon, results, parser, monkeypatch):
    site = results.parent / "site"
    counting = (
        "import attrs, tryon_core\nseen = []\n@attrs.frozen\nclass Counting:\n"
        " @tryon_core.hookimpl(wrapper=True)\n"
        " def parse_garment(self):\n  seen.append(1)\n  return (yield)\n"
    )
    write_distribution(
        site,
        "tryon-counting",
        group="tryon_core.extensions",
        providers={"counting": "tryon_counting:Counting"},
        modules={"tryon_counting": counting},
    )
    monkeypatch.syspath_prepend(str(site))
    parser.script = [errors.AuthenticationFailed("wrong key.", billed="no")]
    command = ("hotspots", "results", "--concurrency", "1", "--extension", "counting")
    ended = tryon(*command, "--allow-private-addresses")
    assert f"{' '.join(command)} --allow-private-addresses\n" in ended.err
    assert tryon(*command).code == 0
    assert len(sys.modules.pop("tryon_counting").seen) == 3


# Interruptions


# An interruption may fall between opening a file and taking care of it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupted_call_keeps_what_was_found_and_says_how_to_go_on(tryon, folder, parser):
    rows = {name: {"top": "tee.png"} for name in ("anna", "bo", "cleo")}
    write_run(folder / "results", rows)
    parser.script = [None, signal.SIGINT]
    ended = tryon("hotspots", "results", "--concurrency", "1", "--category", "top")
    assert ended.code == 130
    assert "tryon hotspots results --concurrency 1 --category top" in ended.err
    lines = (folder / "results/hotspots.jsonl").read_text().splitlines()
    assert {json.loads(line)["file"] for line in lines} >= {"anna.png", "bo.png"}
    assert tryon("hotspots", "results").code == 0
    assert sorted(parser.seen) == ["anna.png", "bo.png", "cleo.png"]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_killed_process_pays_for_no_image_twice(tryon, folder, parser, moment):
    """It dies when an image is parsed, before or after that is written into the folder."""
    write_run(folder / "results", {name: {"top": "tee.png"} for name in ("anna", "bo")})
    killed = subprocess.run([sys.executable, SCRIPT, "results", moment], check=False, timeout=60)
    assert killed.returncode == 77
    assert (folder / "calls.txt").read_text().split() == ["anna.png", "bo.png"]
    ended = tryon("hotspots", "results", "--json")
    assert (ended.code, parser.seen) == (0, [])
    assert ended.json["spent"] == {"USD": "0.20"}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_long_pause_is_told_and_ends_with_an_interruption(tryon, results, parser):
    parser.script = [errors.RateLimited("slower.", retry_after_s=9999, billed="no"), signal.SIGINT]
    ended = tryon("hotspots", "results", "--concurrency", "2")
    assert ended.code == 130
    assert "Fake try-on asks for a pause of 300 s." in ended.err
    assert tryon("hotspots", "results").code == 0
    assert [*document(results)["hotspots"]] == ["anna", "bo"]


@pytest.mark.parametrize("left", [1, 40, -1])
@pytest.mark.usefixtures("parser")
def test_a_line_that_was_half_written_costs_no_other(tryon, results, left):
    tryon("hotspots", "results", "--concurrency", "1")
    path = results / "hotspots.jsonl"
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second[:left])
    assert tryon("hotspots", "results").code == 0
    whole = [line for line in path.read_bytes().splitlines() if line.endswith(b"}")]
    assert [json.loads(line)["row"] for line in whole] == ["anna", "bo", "bo"][: len(whole)]
    assert [*document(results)["hotspots"]] == ["anna", "bo"]


# Odd boxes


def test_no_garment_is_an_answer_and_not_a_failure(tryon, folder, offer):
    offer(worn=())
    write_run(folder / "results", {"a": {"top": "tee.png"}})
    ended = tryon("hotspots", "results", "--json")
    assert (ended.code, ended.json["not_worn"]) == (0, 1)
    assert document(folder / "results")["hotspots"] == {"a": []}
    assert "top: not worn" in (folder / "results/hotspots.html").read_text(encoding="utf-8")


def test_a_box_that_leaves_the_image_is_cut_with_a_notice_for_ever(tryon, folder, offer):
    offer(box=(-9, 2, 999, 40))
    write_run(folder / "results", {"a": {"top": "tee.png"}})
    for _ in range(2):  # found, and then known
        tryon("hotspots", "results")
        (spot,) = document(folder / "results")["hotspots"]["a"]
        assert spot["pixels"] == {"x": 0, "y": 2, "width": 48, "height": 38}
        assert [notice["code"] for notice in spot["notices"]] == ["box_cut"]
        page = (folder / "results/hotspots.html").read_text(encoding="utf-8")
        assert "leaves the photo and is cut" in page


def test_a_catalogue_takes_a_call_for_each_row(tryon, folder, parser):
    rows = {f"row-{n:02}": {"top": "tee.png", "images": [coloured(n)]} for n in range(40)}
    write_run(folder / "results", rows)
    ended = tryon("hotspots", "results", "--json")
    assert (ended.code, ended.json["garments"], len(parser.calls)) == (0, 40, 40)
    assert ended.json["spent"] == {"USD": "4.00"}


# The page in a browser


@pytest.mark.usefixtures("parser")
def test_the_page_shows_the_images_beside_it_and_leads_on(tryon, folder, look):
    own = {"sku": HOSTILE, "page": "https://shop.example/?a='\"><script>"}
    rows = {"it's #1? 50%": {"top": "tee.png", "own": own}, "b": {"top": "tee.png"}}
    write_run(folder / "results", rows)
    tryon("hotspots", "results", "--sku-column", "sku", "--link-column", "page")
    for size in ((390, 844), (1280, 900)):
        page = look((folder / "results/hotspots.html").as_uri(), size=size)
        for number in range(2):
            page.locator("img").nth(number).scroll_into_view_if_needed()
            page.wait_for_load_state("networkidle")
            assert page.locator("img").nth(number).evaluate("image => image.naturalWidth") == 48
        assert page.locator("script").count() == 0
        hostile = page.get_by_role("link", name=f"{HOSTILE} (top)")
        assert hostile.get_attribute("href") == own["page"]
        assert hostile.get_attribute("rel") == "noopener noreferrer"
        page.get_by_role("link", name="top", exact=True).click()
        assert page.evaluate("location.hash") == "#garment-2-1"
