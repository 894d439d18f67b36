"""The page of a photo whose garments are links, in a real browser."""

import pytest

from providers import picture
from tryon_core import BytesSource, Hotspot
from tryon_report import page_image, parsed_page

HOSTILE = "</script><script>document.title = 'taken'</script>../\"' onclick=x"
TOP = Hotspot(
    category="top", x_px=100, y_px=40, width_px=200, height_px=300,
    photo_width_px=600, photo_height_px=800,
)  # fmt: skip
BOTTOM = Hotspot(
    category="bottom", x_px=50, y_px=300, width_px=400, height_px=500,
    photo_width_px=600, photo_height_px=800,
)  # fmt: skip
SIZES = [(390, 844), (1280, 900)]


@pytest.fixture(scope="module")
def uri():
    return page_image(BytesSource(picture((600, 800))))


@pytest.fixture
def written(tmp_path, uri):
    def write(found, *, skus=None, links=None, name="anna"):
        path = tmp_path / "anna-hotspots.html"
        path.write_text(
            parsed_page(name, uri, found, skus=skus or {}, links=links or {}), encoding="utf-8"
        )
        return path.as_uri()

    return write


def shares(page, label):
    """Return where a box lies on the screen, in parts of the image that is shown."""
    box = page.get_by_role("link", name=label, exact=True).first.bounding_box()
    image = page.locator("img").bounding_box()
    return (
        (box["x"] - image["x"]) / image["width"],
        (box["y"] - image["y"]) / image["height"],
        box["width"] / image["width"],
        box["height"] / image["height"],
    )


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_boxes_scale_with_the_image(look, written, size):
    page = look(written({"top": TOP, "bottom": BOTTOM}), size=size)
    assert shares(page, "top") == pytest.approx(TOP.normalised, abs=0.002)
    assert shares(page, "bottom") == pytest.approx(BOTTOM.normalised, abs=0.002)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_click_into_a_box_follows_its_link(look, written, size, tmp_path):
    shop = tmp_path / "shop.html"
    shop.write_text("<!doctype html><title>ABC-1</title>")
    page = look(written({"top": TOP, "bottom": BOTTOM}, links={"top": shop.as_uri()}), size=size)
    image = page.locator("img").bounding_box()
    # Where top and bottom overlap, the smaller one is meant.
    x, y = (200 / 600, 320 / 800)
    with page.context.expect_page() as opened:
        page.mouse.click(image["x"] + x * image["width"], image["y"] + y * image["height"])
    assert opened.value.title() == "ABC-1"


def test_a_box_without_a_link_leads_to_its_line(look, written):
    page = look(written({"top": TOP}, skus={"top": "ABC-1"}))
    page.get_by_role("link", name="ABC-1 (top)").click()
    assert page.evaluate("location.hash") == "#garment-1-1"
    assert "ABC-1" in page.locator(":target").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_keyboard_reaches_every_box_and_shows_where_it_is(look, written, scheme):
    page = look(written({"top": TOP, "bottom": BOTTOM}), scheme=scheme)
    page.locator("img").evaluate("image => image.closest('article').setAttribute('tabindex', -1)")
    page.locator("article").focus()
    for label in ("top", "bottom"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == label
        assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"


def test_hostile_names_stay_text(look, written):
    found = {"top": TOP, "bottom": BOTTOM, "dress": None}
    skus = {"top": HOSTILE, "dress": HOSTILE}
    links = {"bottom": "https://shop.example/?a=1&b='\"><script>x"}
    page = look(written(found, skus=skus, links=links, name=HOSTILE))
    assert page.locator("script").count() == 0
    assert page.locator("h1").inner_text() == HOSTILE
    assert page.get_by_role("link", name=f"{HOSTILE} (top)").count() == 1
    href = page.get_by_role("link", name="bottom").first.get_attribute("href")
    assert href == links["bottom"]
    assert f"{HOSTILE} (dress): not worn" in page.locator("main").inner_text()
