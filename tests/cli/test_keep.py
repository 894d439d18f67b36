from pathlib import Path

import pytest

from providers import fake_info, picture
from tryon_core import errors
from tryon_core.models import BytesSource, ImageRules, UrlSource

PRICE = fake_info().capabilities.price

KEEP = ("run", "-p", "fake", "--person", "person.png", "--bottom", "tee.png", "--out", "out.png")


@pytest.fixture
def offer(offer):
    """Offer providers that may change what is not named, as most do."""
    return lambda *args, **knobs: offer(*args, **{"keeps_unnamed_garments": False, **knobs})


def test_the_worn_garment_is_parsed_and_submitted_with_the_new_one(tryon, offer):
    fake = offer(keeps_unnamed_garments=False)
    assert tryon(*KEEP, "--keep", "top").code == 0
    assert fake.calls[:2] == ["parse_garment", "submit"]
    (request,) = fake.requests
    assert isinstance(request.top, BytesSource)
    assert request.top.data == fake.crop


def test_nothing_is_parsed_when_an_input_is_wrong(tryon, offer):
    fake = offer(keeps_unnamed_garments=False)
    call = ["nothing.png" if word == "tee.png" else word for word in KEEP]
    assert tryon(*call, "--keep", "top").code == 2
    assert fake.calls == []


def test_a_garment_that_is_not_worn_cannot_be_kept(tryon, offer):
    provider = offer(worn=[], keeps_unnamed_garments=False)
    ended = tryon(*KEEP, "--keep", "top")
    assert ended.code == 2
    assert "the person wears no top" in ended.err
    assert provider.calls == ["parse_garment"]


def test_another_provider_finds_it(tryon, offer):
    finder = offer("finder", crop_url="https://finder.example/crop.png")
    wearer = offer(parse_categories=[], delivery={"url"}, person_rules=ImageRules())
    call = [f"https://shop.example/{word}" if ".png" in word else word for word in KEEP[:-1]]
    assert tryon(*call, "out.png", "--keep", "top", "--parser", "finder").code == 0
    assert finder.calls == ["parse_garment"]
    assert wearer.requests[0].top == UrlSource("https://finder.example/crop.png")


@pytest.mark.parametrize("style", [(), ("--json",)])
def test_a_check_parses_nothing_and_says_so(tryon, offer, style):
    provider = offer()
    call = ["check", "-p", "fake", *KEEP[3:7], "--keep", "top", *style]
    ended = tryon(*call)
    assert (ended.code, provider.calls) == (0, [])
    assert "note: whether a top is worn is found out by a parsing only, and nothing" in ended.err
    offer("careful", keeps_unnamed_garments=True)
    assert tryon("check", "-p", "careful", *KEEP[3:7], "--keep", "top").err == ""


def test_the_next_call_pays_no_second_parsing_and_says_so_of_its_errors(tryon, offer):
    provider = offer(parse_price=PRICE)
    assert tryon(*KEEP, "--keep", "top").code == 0
    provider.on_submit = errors.InputRefused("too dark.")
    provider.calls.clear()
    other = ["hat.png" if word == "tee.png" else word for word in KEEP]
    Path("hat.png").write_bytes(picture((70, 70)))
    ended = tryon(*other, "--keep", "top", "--force")
    assert provider.calls == ["submit"]
    assert "billed" not in ended.err


def test_an_interrupt_during_the_parsing_says_that_it_may_be_billed(tryon, offer):
    fake = offer(parse_price=PRICE, on_parse=KeyboardInterrupt())
    ended = tryon(*KEEP, "--keep", "top")
    assert (ended.code, fake.calls) == (130, ["parse_garment"])
    assert "billed: unknown" in ended.err


def test_the_crop_of_the_vendor_is_not_measured_by_the_limits_for_own_pictures(tryon, offer):
    provider = offer(crop_url="https://vendor.example/crop.png")
    assert tryon(*KEEP, "--keep", "top", "--no-fit").code == 0
    assert provider.requests[0].top == UrlSource("https://vendor.example/crop.png")


@pytest.mark.parametrize("style", [(), ("--json",)])
def test_an_error_after_the_parsing_names_its_price_and_not_the_option_for_a_garment(
    tryon, offer, style
):
    offer("finder", parse_price=PRICE, crop=picture((3, 3)))
    offer(parse_categories=[])
    ended = tryon(*KEEP, "--keep", "top", "--parser", "finder", "--no-fit", *style)
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
    assert "note: the photo was parsed for --keep top, before this went wrong" in ended.err


def test_a_parsing_that_goes_wrong_says_that_no_try_on_was_submitted(tryon, offer):
    fake = offer(parse_price=PRICE, on_parse=errors.OutcomeUnknown("lost.", billed="unknown"))
    ended = tryon(*KEEP, "--keep", "top")
    assert (ended.code, fake.calls.count("submit")) == (4, 0)
    assert (
        "note: --keep top needs a parsing, which went wrong; no try-on was submitted.\n"
        in ended.err
    )


def test_what_the_vendor_may_change_is_said_where_it_can_be_held(tryon, offer):
    offer(keeps_unnamed_garments=False)
    ended = tryon(*KEEP)
    assert "note: the vendor may change the top; --keep top holds it.\n" in ended.err
    offer("careful", keeps_unnamed_garments=True)
    offer("unable", keeps_unnamed_garments=False, parse_categories=[])
    for other in ("careful", "unable"):
        ended = tryon("check", *["-p", other], *KEEP[3:7])
        assert (ended.out, ended.err) == ("ok\n", "")


def test_a_parser_without_anything_to_keep_is_refused(tryon):
    ended = tryon("run", "-p", "local", "--person", "p.jpg", "--top", "t.jpg", "--out", "o.png",
                  "--parser", "local")  # fmt: skip
    assert ended.code == 2
    assert "--parser finds what --keep names" in ended.err
