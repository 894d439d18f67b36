import io

import pytest
from PIL import Image

from clocks import FakeClock
from providers import FakeProvider, fake_info, picture
from tryon_core import (
    Client,
    LibraryModel,
    TransportPolicy,
    UrlSource,
    errors,
    hookimpl,
)
from tryon_core.fingerprint import fingerprint


class Bucket:
    """An extension that gives local images an address."""

    def __init__(self):
        self.published = []

    @hookimpl
    def publish_image(self, image, ctx):
        self.published.append(image)
        return UrlSource(f"https://bucket.example/{len(self.published)}")


def _client(delivery, provider=None, **arguments):
    provider = provider or FakeProvider(info=fake_info(delivery=delivery))
    return provider, Client(provider, clock=FakeClock(), **arguments)


def test_local_images_are_published_for_a_provider_that_takes_addresses():
    bucket = Bucket()
    provider, client = _client({"url"}, extensions=[bucket])
    client.submit(picture(), top="https://shop.example/tee.jpg")
    request = provider.requests[0]
    assert request.person == UrlSource("https://bucket.example/1")
    assert request.top == UrlSource("https://shop.example/tee.jpg")
    assert len(bucket.published) == 1


def test_without_a_publisher_a_local_image_is_refused_with_the_remedy():
    provider, client = _client({"url"})
    with pytest.raises(errors.InputError, match="https address"):
        client.submit(picture(), top=picture())
    assert provider.calls == []


def test_parsing_publishes_too():
    bucket = Bucket()
    _, client = _client({"url"}, extensions=[bucket])
    client.parse_garment(picture(), ["top"])
    assert len(bucket.published) == 1


def test_addresses_that_cannot_be_fetched_are_all_named_before_anything_is_paid():
    provider, client = _client(
        {"upload"}, transport=TransportPolicy(retries=0, allow_private_addresses=True)
    )
    with pytest.raises(errors.ValidationFailed) as caught:
        client.submit("http://127.0.0.1:1/a?sig=canary", top="http://127.0.0.1:1/b")
    assert [problem.field for problem in caught.value.problems] == ["person", "top"]
    assert "canary" not in str(caught.value)
    assert provider.calls == []


def test_a_private_address_is_not_fetched():
    _, client = _client({"upload"})
    with pytest.raises(errors.ValidationFailed, match="is not a public address"):
        client.submit("http://127.0.0.1:1/a", top=picture())


def test_a_fetched_picture_is_checked_like_a_local_one(http_folder):
    folder, address = http_folder
    (folder / "tiny.png").write_bytes(picture(size=(8, 8)))
    (folder / "page.png").write_text("<html>404</html>")
    provider, client = _client({"upload"}, transport=TransportPolicy(allow_private_addresses=True))
    with pytest.raises(errors.ValidationFailed) as caught:
        client.submit(f"{address}/tiny.png", top=f"{address}/page.png")
    codes = {problem.field: problem.code for problem in caught.value.problems}
    assert codes == {"person": "image_too_small", "top": "not_an_image"}
    assert provider.calls == []


def test_a_fetched_picture_is_sent_as_it_came(http_folder):
    folder, address = http_folder
    (folder / "person.png").write_bytes(picture())
    provider, client = _client({"upload"}, transport=TransportPolicy(allow_private_addresses=True))
    client.submit(f"{address}/person.png", top=picture())
    assert provider.requests[0].person.data == picture()
    assert provider.requests[0].person.name == "person.png"


def test_a_picture_that_cannot_be_fitted_is_reported_by_validation():
    line = io.BytesIO()
    Image.new("RGB", (2000, 1)).save(line, "PNG")
    _, client = _client({"upload"})
    with pytest.raises(errors.ValidationFailed, match="top"):
        client.submit(picture(), top=line.getvalue(), fit=True)


def test_a_library_model_counts_in_the_fingerprint():
    _, client = _client({"upload"})
    marks = {
        fingerprint("fake", client.request(LibraryModel(name=name), top=picture()))
        for name in ("Ariel", "James", "Ariel")
    }
    assert len(marks) == 2


def test_a_library_model_needs_a_provider_that_has_one():
    _, client = _client({"upload"})
    (problem,) = client.validate(LibraryModel(name="Ariel"), top=picture())
    assert (problem.field, problem.code) == ("person", "person_library")
