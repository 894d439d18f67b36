from datetime import timedelta

import pytest

from providers import FakeProvider, fake_info, picture
from servers import ScriptedServer, answer
from tryon_core import Client, LibraryModel, TryOnRequest, UrlSource, errors, hookimpl, keep_worn
from tryon_core.transport import TransportPolicy
from tryon_testing.clocks import START, FakeClock


def _client(**changes):
    policy = TransportPolicy(allow_private_addresses=True, retries=0)
    return Client(FakeProvider(**changes), clock=FakeClock(), transport=policy)


def test_the_worn_garment_is_cut_out_and_given_back():
    crop = picture(colour=(0, 0, 250))
    client = _client(crop=crop)
    request = keep_worn(client, client.request(picture(), bottom=picture()), "top")
    assert request.top.data == crop
    assert request.bottom.data == picture()


CROP = "https://vendor.example/crop.png?Signature=a%2Bb"


def test_the_address_of_the_crop_is_passed_on_unfetched_and_unchecked():
    client = _client(crop_url=CROP)
    request = keep_worn(client, client.request(picture(), bottom=picture()), "top")
    assert request.top == UrlSource(CROP)
    assert client.submit(request).id


def test_an_address_that_dies_within_an_hour_is_fetched_at_once():
    with ScriptedServer(answer(200, picture())) as server:
        client = _client(
            crop_url=server.url("/crop.png"), crop_expires_at=START + timedelta(hours=1)
        )
        request = keep_worn(client, client.request(picture(), bottom=picture()), "top")
    assert request.top.data == picture()


class Publishing(FakeProvider):
    """Has a store of its own."""

    @hookimpl
    def publish_image(self, image, ctx):
        return UrlSource("https://store.example/crop.png")


def test_a_crop_whose_address_dies_is_published_again_however_small_it_is():
    tiny = picture((2, 2))
    with ScriptedServer(answer(200, tiny)) as server:
        provider = Publishing(
            info=fake_info(delivery={"url"}), crop_url=server.url("/c"), crop_expires_at=START
        )
        policy = TransportPolicy(allow_private_addresses=True, retries=0)
        client = Client(provider, clock=FakeClock(), transport=policy)
        request = keep_worn(client, client.request(picture(), bottom=picture()), "top")
        assert request.top == UrlSource("https://store.example/crop.png")
        assert client.submit(request).id


def test_a_provider_that_takes_files_only_gets_the_crop_itself():
    with ScriptedServer(answer(200, picture())) as server:
        client = _client(info=fake_info(delivery={"upload"}), crop_url=server.url("/crop.png"))
        request = keep_worn(client, client.request(picture(), bottom=picture()), "top")
    assert request.top.data == picture()


def test_a_crop_that_cannot_be_fetched_is_told_with_its_address():
    with ScriptedServer(answer(404)) as server:
        info = fake_info(delivery={"upload"}, parse_price=fake_info().capabilities.price)
        client = _client(info=info, crop_url=server.url("/crop.png"))
        with pytest.raises(errors.DownloadFailed) as caught:
            keep_worn(client, client.request(picture(), bottom=picture()), "top")
        assert caught.value.regions["top"].crop.source.url == server.url("/crop.png")
    assert caught.value.billed == "yes"


def test_a_request_without_options_gets_those_of_the_provider():
    request = TryOnRequest(person=picture(), bottom=picture())
    assert keep_worn(_client(), request, "top").top.data


def test_a_provider_that_leaves_it_alone_is_not_asked():
    provider = FakeProvider(info=fake_info(keeps_unnamed_garments=True))
    client = Client(provider, clock=FakeClock())
    request = client.request(picture(), top=picture())
    assert keep_worn(client, request, "bottom") is request
    assert provider.calls == []


def test_what_is_not_worn_cannot_be_kept():
    client = _client(info=fake_info(parse_price=fake_info().capabilities.price), worn=())
    with pytest.raises(errors.InputError, match="wears no top") as caught:
        keep_worn(client, client.request(picture(), bottom=picture()), "top")
    assert caught.value.billed == "yes"


@pytest.mark.parametrize("garment", ["top", "dress"])
def test_what_is_replaced_cannot_be_kept(garment):
    client = _client()
    with pytest.raises(errors.InputError, match=f"{garment} replaces it"):
        keep_worn(client, client.request(picture(), **{garment: picture()}), "top")


def test_a_library_model_wears_nothing_of_its_own():
    client = _client()
    with pytest.raises(errors.InputError, match="Give a photo"):
        keep_worn(client, client.request(LibraryModel(name="x"), top=picture()), "bottom")


def test_what_is_no_garment_to_keep_is_refused_before_anything_is_parsed():
    provider = FakeProvider(info=fake_info())
    client = Client(provider, clock=FakeClock())
    request = client.request(picture(), top=picture())
    with pytest.raises(errors.InputError, match=r"'bottm' cannot be kept. Did you mean 'bottom'"):
        keep_worn(client, request, "bottm")
    assert provider.calls == []
