"""Garments on a photo under the caller's own names."""

import builtins
import importlib

import pytest

from providers import fake_info, picture
from servers import ScriptedServer, answer
from tryon_core.cli.hotspots import is_web_address

PARSE = ("parse", "-p", "fake", "person.png", "--category", "top", "--category", "bottom")
OUT = ("--out", "parts")
HOSTILE = "</script>../'\"<b>&\n\u202e"


@pytest.mark.usefixtures("fake")
def test_boxes_are_keyed_by_the_callers_names(tryon):
    ended = tryon(*PARSE, "--sku", "top=ABC-1", "--sku", "bottom=ABC-2", *OUT, "--json")
    found = ended.json["hotspots"]
    assert [*found] == ["ABC-1", "ABC-2"]
    (spot,) = found["ABC-1"]
    assert (spot["sku"], spot["category"]) == ("ABC-1", "top")
    assert spot["pixels"] == {"x": 1, "y": 2, "width": 29, "height": 38}
    assert spot["photo"] == {"width_px": 120, "height_px": 160}
    assert spot["css"].startswith("left: 0.833333%; top: 1.25%; ")
    assert found["ABC-2"] == []  # not worn


@pytest.mark.usefixtures("fake")
def test_without_names_the_categories_are_the_keys(tryon):
    assert [*tryon(*PARSE, *OUT, "--json").json["hotspots"]] == ["top", "bottom"]


def test_garments_that_are_sold_as_one_share_a_key(tryon, offer):
    offer(worn=("top", "bottom"))
    ended = tryon(*PARSE, "--sku", "top=SET", "--sku", "bottom=SET", *OUT, "--json")
    assert [spot["category"] for spot in ended.json["hotspots"]["SET"]] == ["top", "bottom"]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--sku", "ABC-1"), "not of the form"),
        (("--sku", "hat=ABC-1"), "'hat' is no category"),
        (("--sku", "top= "), "top is empty"),
        (("--sku", "top=1", "--sku", "top=2"), "named twice"),
        (("--sku", "dress=1"), "--category dress"),
        (("--link", "top=javascript:alert(1)"), "begins with http or https"),
    ],
)
def test_a_name_or_link_that_cannot_be_used_is_refused_before_anything_is_sent(
    tryon, fake, options, why
):
    ended = tryon(*PARSE, *options, *OUT)
    assert ended.code == 2
    assert why in ended.err
    assert fake.calls == []


@pytest.mark.parametrize(
    "link",
    ["https://shop.example/p?sku=a&b#c", "http://[::1]:8000/", "HTTPS://shop.example"],
)
def test_an_address_of_a_page_may_be_a_link(link):
    assert is_web_address(link)


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "file:///etc/passwd",
        "//shop.example", "shop.example/p", "https:", "https:///p", "https://a b/", "http://[",
        " https://shop.example", "https://shop.example/\n", "",
    ],
)  # fmt: skip
def test_no_other_address_may_be_one(link):
    assert not is_web_address(link)


@pytest.mark.usefixtures("fake")
def test_a_page_is_written_and_named(tryon, folder):
    ended = tryon(*PARSE, "--sku", f"top={HOSTILE}", "--html", *OUT)
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "page: parts/person-hotspots.html")
    page = (folder / "parts/person-hotspots.html").read_text(encoding="utf-8")
    assert "&lt;/script&gt;../&#39;&#34;&lt;b&gt;&amp;" in page
    assert "</script>../" not in page


def test_a_page_that_is_there_is_refused_before_anything_is_sent(tryon, fake, folder):
    (folder / "person-hotspots.html").write_text("mine")
    assert tryon(*PARSE, "--html", "--out", ".").code == 2
    assert fake.calls == []
    assert tryon(*PARSE, "--html", "--out", ".", "--force").code == 0


def test_without_the_package_for_pages_nothing_is_sent(tryon, fake, monkeypatch):
    real = importlib.import_module

    def without(name, *args):
        if name == "tryon_report":
            raise builtins.ModuleNotFoundError("gone", name=name)
        return real(name, *args)

    monkeypatch.setattr(importlib, "import_module", without)
    ended = tryon(*PARSE, "--html", *OUT)
    assert (ended.code, fake.calls) == (3, [])
    assert "Install it with: pip install" in ended.err


def test_a_photo_that_only_the_vendor_reads_is_fetched_where_its_size_is_needed(tryon, offer):
    fake = offer(delivery={"url"})
    with ScriptedServer(*[answer(200, picture((48, 64)))] * 2) as server:
        parse = ("parse", "-p", "fake", server.url("/person.png"), "--category", "top", *OUT)
        parse += ("--json", "--force", "--allow-private-addresses")
        unknown = tryon(*parse)
        assert (unknown.json["hotspots"], server.requests) == (None, [])
        known = tryon(*parse, "--sku", "top=ABC-1")
    assert known.json["hotspots"]["ABC-1"][0]["photo"] == {"width_px": 48, "height_px": 64}
    assert fake.calls == ["parse_garment"] * 2


def test_a_photo_that_cannot_be_fetched_is_not_parsed(tryon, offer):
    fake = offer(delivery={"url"})
    with ScriptedServer(answer(404)) as server:
        ended = tryon(
            "parse", "-p", "fake", server.url("/person.png"), "--category", "top", "--html", *OUT,
            "--allow-private-addresses",
        )  # fmt: skip
    assert (ended.code, fake.calls) == (1, [])


def test_a_box_outside_of_the_photo_that_was_fetched_was_paid_for(tryon, offer):
    offer(delivery={"url"}, box=(60, 70, 90, 99), parse_price=fake_info().capabilities.price)
    with ScriptedServer(answer(200, picture((48, 64)))) as server:
        ended = tryon(
            "parse", "-p", "fake", server.url("/person.png"), "--category", "top", "--html", *OUT,
            "--allow-private-addresses", "--json",
        )  # fmt: skip
    error = ended.json["error"]
    assert (error["billed"], "holds no pixel" in error["message"]) == ("yes", True)
