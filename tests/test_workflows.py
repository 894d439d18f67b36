import pytest

from clocks import FakeClock
from providers import FakeProvider, fake_info, picture
from tryon_core import Client, LibraryModel, TryOnRequest, errors, keep_worn


def _client(**changes):
    return Client(FakeProvider(**changes), clock=FakeClock())


def test_the_worn_garment_is_cut_out_and_given_back():
    crop = picture(colour=(0, 0, 250))
    client = _client(crop=crop)
    request = keep_worn(client, client.request(picture(), bottom=picture()), "top")
    assert request.top.data == crop
    assert request.bottom.data == picture()


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
    client = _client(worn=())
    with pytest.raises(errors.InputError, match="wears no top"):
        keep_worn(client, client.request(picture(), bottom=picture()), "top")


@pytest.mark.parametrize("garment", ["top", "dress"])
def test_what_is_replaced_cannot_be_kept(garment):
    client = _client()
    with pytest.raises(errors.InputError, match=f"{garment} replaces it"):
        keep_worn(client, client.request(picture(), **{garment: picture()}), "top")


def test_a_library_model_wears_nothing_of_its_own():
    client = _client()
    with pytest.raises(errors.InputError, match="Give a photo"):
        keep_worn(client, client.request(LibraryModel(name="x"), top=picture()), "bottom")
