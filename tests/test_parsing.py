"""What a parsing found is never thrown away."""

import io

import attrs
import pytest
from PIL import Image

from providers import FakeProvider, fake_info, picture
from servers import ScriptedServer, answer
from tryon_core import Client, ImageRules, UrlSource, errors, hookimpl
from tryon_core.transport import TransportPolicy
from tryon_testing.clocks import FakeClock

PRICE = fake_info().capabilities.price
PRICED = fake_info(parse_price=PRICE)


def _client(provider):
    policy = TransportPolicy(allow_private_addresses=True, retries=0)
    return Client(provider, clock=FakeClock(), transport=policy)


class TwoCalls(FakeProvider):
    """Needs a call for each category, of which the second fails as told."""

    def __init__(self, fault=None, **capabilities):
        told = {"parse_together": [["top"], ["bottom"]], "parse_price": PRICE, **capabilities}
        info = fake_info(**told)
        super().__init__(info=info, worn=("top", "bottom"))
        self.fault, self.seen = fault, []

    @hookimpl
    def parse_garment(self, request, ctx):
        self.seen.append(request.categories)
        assert ctx.request.categories == request.categories
        if self.fault is not None and len(self.seen) > 1:
            raise self.fault
        return [self._region(category) for category in request.categories]


def test_each_group_of_categories_is_a_call_and_the_order_is_kept():
    provider = TwoCalls()
    regions = _client(provider).parse_garment(picture(), ["bottom", "top"])
    assert provider.seen == [("top",), ("bottom",)]
    assert [region.category for region in regions] == ["bottom", "top"]


def test_without_groups_all_categories_are_one_call():
    provider = FakeProvider(worn=("top", "bottom"))
    _client(provider).parse_garment(picture(), ["bottom", "top"])
    assert provider.calls == ["parse_garment"]


def test_what_was_found_outlives_the_next_call():
    fault = errors.VendorUnavailable("busy.", request_id="r-2")
    with pytest.raises(errors.VendorUnavailable, match="found of top is kept") as caught:
        _client(TwoCalls(fault=fault)).parse_garment(picture(), ["top", "bottom"])
    error = caught.value
    assert error is fault
    assert (error.billed, error.retry) == ("yes", "never_automatically")
    assert error.regions["top"].crop.source.data == picture()
    assert "Parse again for the others only" in error.remedy


def test_the_fault_of_a_first_call_costs_nothing_more_than_it_says():
    class Refuses(FakeProvider):
        @hookimpl
        def parse_garment(self, request, ctx):
            raise errors.InputRefused("nobody is on the photo.")

    with pytest.raises(errors.InputRefused) as caught:
        _client(Refuses()).parse_garment(picture())
    assert (caught.value.billed, dict(caught.value.regions)) == ("no", {})


def test_the_remedy_of_a_paid_parsing_does_not_speak_of_work_that_may_be_running():
    class Garbled(FakeProvider):
        @hookimpl
        def parse_garment(self, request, ctx):
            raise errors.UnexpectedResponse("what is this?", billed="yes")

    with pytest.raises(errors.UnexpectedResponse) as caught:
        _client(Garbled()).parse_garment(picture())
    assert caught.value.remedy.startswith("Parsing again costs a second time. Look for a newer")
    assert caught.value.billed == "yes"


@pytest.mark.parametrize(
    ("box", "cut"),
    [
        ((-5, -5, 30, 40), (0, 0, 30, 40)),
        ((0, 0, 99999, 99999), (0, 0, 48, 64)),
        ((1, 2, 3, 4), (1, 2, 3, 4)),
    ],
    ids=str,
)
def test_a_box_that_leaves_the_photo_is_cut_and_that_is_told(caplog, box, cut):
    (region,) = _client(FakeProvider(box=box)).parse_garment(picture((48, 64)))
    assert region.bbox == cut
    assert ("leaves the photo" in caplog.text) is (cut != box)
    assert [notice.code for notice in region.notices] == ["box_cut"] * (cut != box)


@pytest.mark.parametrize("box", [(0, 0, 0, 0), (5, 5, 5, 9), (49, 0, 60, 50), (-9, -9, -1, -1)])
def test_a_box_without_a_pixel_is_no_region_and_loses_no_other(box):
    class Half(FakeProvider):
        def _region(self, category):
            region = FakeProvider._region(self, category)
            return attrs.evolve(region, bbox=box) if category == "bottom" else region

    client = _client(Half(info=PRICED, worn=("top", "bottom")))
    with pytest.raises(errors.UnexpectedResponse, match="photo: bottom") as caught:
        client.parse_garment(picture((48, 64)), ["top", "bottom"])
    assert caught.value.billed == "yes"
    assert [*caught.value.regions] == ["top"]


def test_an_image_that_cannot_be_fetched_loses_no_other():
    with ScriptedServer(answer(404)) as server:
        provider = FakeProvider(info=PRICED, crop_url=server.url("/crop.png"))
        with pytest.raises(errors.DownloadFailed) as caught:
            _client(provider).parse_garment(picture())
    region = caught.value.regions["top"]
    assert region.mask.source.data
    assert region.crop.source == UrlSource(provider.crop_url)
    assert caught.value.billed == "yes"


def test_only_what_is_needed_is_fetched():
    with ScriptedServer(answer(404)) as server:
        provider = FakeProvider(crop_url=server.url("/crop.png"))
        (region,) = _client(provider).parse_garment(picture(), need=["mask"])
        assert server.requests == []
    assert region.crop.source == UrlSource(provider.crop_url)


def test_a_free_parsing_is_never_called_paid():
    price = attrs.evolve(PRICE, amount=0)
    provider = TwoCalls(errors.VendorUnavailable("busy."), parse_price=price)
    with pytest.raises(errors.VendorUnavailable) as caught:
        _client(provider).parse_garment(picture(), ["top", "bottom"])
    assert (caught.value.billed, caught.value.retry) == ("no", "later")


def test_a_region_knows_the_photo_as_it_is_shown_upright():
    image = Image.open(io.BytesIO(picture((48, 64))))
    turned = image.getexif()
    turned[0x0112] = 6  # shown turned by 90 degrees
    data = io.BytesIO()
    image.save(data, "JPEG", exif=turned)
    (region,) = _client(FakeProvider(box=(0, 0, 64, 48))).parse_garment(data.getvalue())
    assert region.photo_size_px == (64, 48)
    assert region.hotspot().percent == (0, 0, 100, 100)


def test_a_box_in_a_photo_that_was_made_smaller_is_one_of_the_photo_itself():
    info = fake_info(person_rules=ImageRules(max_side_px=32))
    client = _client(FakeProvider(info=info, box=(0, 16, 24, 32)))
    (region,) = client.parse_garment(picture((48, 64)), fit=True)
    assert region.photo_size_px == (48, 64)
    assert region.hotspot().css == "left: 0%; top: 50%; width: 100%; height: 50%"


def test_the_size_of_a_photo_that_was_fetched_is_known():
    info = fake_info(delivery={"upload"}, person_rules=ImageRules(max_side_px=32))
    with ScriptedServer(answer(200, picture((48, 64)))) as server:
        client = _client(FakeProvider(info=info, box=(0, 16, 24, 32)))
        (region,) = client.parse_garment(server.url("/person.png"), fit=True)
    assert (region.photo_size_px, region.bbox) == ((48, 64), (0, 32, 48, 64))


def test_the_size_of_a_photo_that_only_the_vendor_opened_is_not():
    info = fake_info(delivery={"url"})
    client = _client(FakeProvider(info=info, box=(0, 16, 24, 32)))
    (region,) = client.parse_garment("http://photos.example/person.png")
    assert region.photo_size_px is None
    with pytest.raises(errors.InputError, match="not known"):
        region.hotspot()
