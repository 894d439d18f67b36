import pytest

from providers import fake_info, picture
from tryon_core import errors
from tryon_core.models import BytesSource, UrlSource

PRICE = fake_info().capabilities.price

KEEP = ("run", "-p", "fake", "--person", "person.png", "--bottom", "tee.png", "--out", "out.png")


def test_the_worn_garment_is_parsed_and_submitted_with_the_new_one(tryon, fake):
    assert tryon(*KEEP, "--keep", "top").code == 0
    assert fake.calls[:2] == ["parse_garment", "submit"]
    (request,) = fake.requests
    assert isinstance(request.top, BytesSource)
    assert request.top.data == fake.crop


def test_nothing_is_parsed_when_an_input_is_wrong(tryon, fake):
    assert tryon(*KEEP, "--keep", "top", "--bottom", "nothing.png").code == 2
    assert fake.calls == []


def test_a_garment_that_is_not_worn_cannot_be_kept(tryon, offer):
    provider = offer(worn=[])
    ended = tryon(*KEEP, "--keep", "top")
    assert ended.code == 2
    assert "the person wears no top" in ended.err
    assert provider.calls == ["parse_garment"]


def test_the_crop_of_the_vendor_is_not_measured_by_the_limits_for_own_pictures(tryon, offer):
    provider = offer(crop_url="https://vendor.example/crop.png")
    assert tryon(*KEEP, "--keep", "top", "--no-fit").code == 0
    assert provider.requests[0].top == UrlSource("https://vendor.example/crop.png")


@pytest.mark.parametrize("style", [(), ("--json",)])
def test_an_error_after_the_parsing_names_its_price_and_not_the_option_for_a_garment(
    tryon, offer, style
):
    offer(parse_price=PRICE, crop=picture((3, 3)))
    ended = tryon(*KEEP, "--keep", "top", "--no-fit", *style)
    assert ended.code == 2
    assert "\n--keep: of the top that was cut out of the photo" in ended.err
    assert "--top" not in ended.err
    assert "billed: yes" in ended.err
    assert not style or '"billed": "yes"' in ended.out


def test_a_refused_submission_after_the_parsing_says_that_it_was_paid(tryon, offer):
    offer(parse_price=PRICE, on_submit=errors.InputRefused("the person is too small."))
    ended = tryon(*KEEP, "--keep", "top")
    assert ended.code == 2
    assert "billed: yes" in ended.err
    assert "before this went wrong" in ended.err
