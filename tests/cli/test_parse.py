import io

import pytest
from PIL import Image

from providers import fake_info, picture
from tryon_core import errors

PARSE = ("parse", "-p", "fake", "person.png", "--category", "top", "--category", "bottom")


def test_each_category_gets_a_line_and_the_worn_ones_their_files(tryon, fake, folder):
    ended = tryon(*PARSE, "--out", "parts/deep")
    assert (ended.code, ended.out) == (0, "top: 1 2 30 40\nbottom: not worn\n")
    names = sorted(path.name for path in (folder / "parts" / "deep").iterdir())
    assert names == ["person-top-crop.png", "person-top-mask.png"]
    assert (folder / "parts" / "deep" / names[0]).read_bytes() == fake.crop


def test_a_crop_in_another_format_becomes_png(tryon, offer, folder):
    offer(crop=picture((40, 30), kind="JPEG"))
    assert tryon(*PARSE, "--out", "parts").code == 0
    with Image.open(io.BytesIO((folder / "parts/person-top-crop.png").read_bytes())) as crop:
        assert (crop.format, crop.size) == ("PNG", (40, 30))


def test_existing_files_are_refused_before_anything_is_sent(tryon, fake, folder):
    (folder / "person-bottom-mask.png").write_text("mine")
    assert tryon(*PARSE, "--out", ".").code == 2
    assert fake.calls == []
    assert tryon(*PARSE, "--out", ".", "--force").code == 0


def test_a_photo_that_is_too_large_is_made_to_fit_unless_told_not_to(tryon, fake, folder):
    (folder / "person.png").write_bytes(picture((512, 600)))
    refused = tryon(*PARSE, "--no-fit", "--out", "parts")
    assert (refused.code, fake.calls) == (2, [])
    ended = tryon(*PARSE, "--out", "parts")
    # The fake takes 256 px at most; boxes are in pixels of the photo as it was given.
    assert (ended.code, ended.out.splitlines()[0]) == (0, "top: 2 5 70 94")


@pytest.mark.usefixtures("fake")
def test_the_photo_is_named_in_its_problems(tryon):
    ended = tryon("parse", "-p", "fake", "nobody.png", "--category", "top", "--out", "parts")
    assert ended.code == 2
    assert "\nIMG: " in ended.err


@pytest.mark.usefixtures("fake")
def test_a_category_that_the_provider_does_not_look_for_is_named(tryon):
    ended = tryon("parse", "-p", "fake", "person.png", "--category", "dress", "--out", "parts")
    assert ended.code == 2
    assert "\n--category: " in ended.err


@pytest.mark.usefixtures("fake")
def test_asking_twice_for_a_category_gives_it_once(tryon):
    ended = tryon(*PARSE, "--category", "top", "--out", "parts")
    assert ended.out.count("top:") == 1


def test_what_was_found_before_an_error_is_written(tryon, offer, folder):
    price = fake_info().capabilities.price
    offer(on_parse=errors.UnexpectedResponse("the bottom cannot be read."), parse_price=price)
    ended = tryon(*PARSE, "--out", "parts")
    assert ended.code == 1
    names = sorted(path.name for path in (folder / "parts").iterdir())
    assert names == ["person-top-crop.png", "person-top-mask.png"]
    assert all(f"found before this went wrong: parts/{name}" in ended.err for name in names)
