import hashlib
import io
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import attrs
import pytest
from PIL import Image

from providers import FakeProvider, fake_info, picture
from tryon_core import (
    BytesSource,
    Client,
    ImageRules,
    ImageSource,
    LibraryModel,
    ParseRequest,
    TransportPolicy,
    TryOnRequest,
    UrlSource,
    as_source,
    errors,
    hookimpl,
)
from tryon_core.base64_text import base64_chars
from tryon_core.preparing import digests_of, fingerprint
from tryon_core.session import PublishedImages
from tryon_testing.clocks import FakeClock


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


def test_hooks_know_the_images_as_they_were_before_they_were_published():
    seen = []

    class Watcher(Bucket):
        @hookimpl
        def publish_image(self, image, ctx):
            seen.append(ctx.digests)
            return UrlSource(f"https://bucket.example/{len(seen)}")

        @hookimpl(wrapper=True)
        def submit(self, ctx):
            seen.append(ctx.digests)
            return (yield)

    _, client = _client({"url"}, extensions=[Watcher()])
    person, top = picture(), "https://shop.example/tee.jpg"
    client.submit(person, top=top)
    hashed = {"person": hashlib.sha256(person).hexdigest()}
    hashed["top"] = hashlib.sha256(top.encode()).hexdigest()
    assert seen == [hashed] * 2


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


def _noise(side_px):
    buffer = io.BytesIO()
    Image.effect_noise((side_px, side_px), 90).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def test_a_fetched_image_that_is_too_large_is_made_to_fit(http_folder):
    folder, address = http_folder
    (folder / "person.png").write_bytes(_noise(400))
    info = fake_info(delivery={"upload"}, person_rules=ImageRules(max_bytes=50_000))
    provider, client = _client(
        {"upload"}, FakeProvider(info=info), transport=TransportPolicy(allow_private_addresses=True)
    )
    with pytest.raises(errors.ValidationFailed, match="larger than 50,000 bytes"):
        client.submit(f"{address}/person.png", top=picture())
    client.submit(f"{address}/person.png", top=picture(), fit=True)
    assert len(provider.requests[0].person.data) <= 50_000


def test_images_are_made_to_fit_into_one_body_together():
    provider, client = _client({"upload"}, FakeProvider(info=fake_info(max_base64_bytes=200_000)))
    small, large = _noise(64), _noise(400)
    with pytest.raises(errors.ValidationFailed, match="together as base64"):
        client.submit(large, top=small)
    client.submit(large, top=small, bottom=large, fit=True)
    (request,) = provider.requests
    sent = {name: len(image.data) for name, image in request.images.items()}
    assert request.top.data == small
    assert sum(base64_chars(size) for size in sent.values()) <= 200_000
    assert base64_chars(min(sent["person"], sent["bottom"])) > 50_000, "the room is used"


def test_a_library_model_counts_in_the_fingerprint():
    _, client = _client({"upload"})
    marks = {
        fingerprint("fake", client.request(LibraryModel(name=name), top=picture()), {})
        for name in ("Ariel", "James", "Ariel")
    }
    assert len(marks) == 2


def test_a_library_model_needs_a_provider_that_has_one():
    _, client = _client({"upload"})
    (problem,) = client.validate(LibraryModel(name="Ariel"), top=picture())
    assert (problem.field, problem.code) == ("person", "person_library")


class Store(Bucket):
    """A vendor's own store: addresses die, and are bound to a model."""

    def __init__(self, *, hours):
        super().__init__()
        self.hours, self.asked = hours, []

    @hookimpl
    def publish_image(self, image, ctx):
        self.asked.append(ctx.request)
        expires_at = ctx.clock.now() + timedelta(hours=self.hours)
        return attrs.evolve(super().publish_image(image, ctx), expires_at=expires_at)


def test_a_publisher_knows_which_request_the_image_is_for():
    store = Store(hours=48)
    _, client = _client({"url"}, extensions=[store])
    client.submit(picture(), top="https://shop.example/tee.jpg", options={"seed": 7})
    client.parse_garment(picture(), ["top"])
    assert store.asked[0].options.seed == 7
    assert isinstance(store.asked[0].person, BytesSource)
    assert isinstance(store.asked[1], ParseRequest)


def test_an_image_is_published_again_only_when_its_address_dies(tmp_path):
    store, clock = Store(hours=48), FakeClock()
    provider = FakeProvider(info=fake_info(delivery={"url"}))
    client = Client(provider, clock=clock, extensions=[store])
    renamed = tmp_path / "same.png"
    renamed.write_bytes(picture())
    client.submit(picture(), top="https://shop.example/1.jpg")
    client.submit(renamed, top="https://shop.example/2.jpg")
    assert len(store.published) == 1
    clock.advance(47.5 * 3600)
    client.submit(picture(), top="https://shop.example/3.jpg")
    assert [request.person.url[-1] for request in provider.requests] == ["1", "1", "2"]


def test_an_address_serves_one_image_with_one_set_of_options():
    store = Store(hours=48)
    _, client = _client({"url"}, extensions=[store])
    client.submit(picture(), top=picture())
    assert len(store.published) == 1
    client.submit(picture(), top=picture(colour=(1, 2, 3)))
    assert len(store.published) == 2
    client.submit(picture(), top=picture(), options={"seed": 7})
    assert len(store.published) == 3
    client.parse_garment(picture(), ["top"])
    assert len(store.published) == 4


def test_an_address_that_may_die_at_any_time_is_used_once():
    bucket = Bucket()
    _, client = _client({"url"}, extensions=[bucket])
    client.submit(picture(), top=picture())
    assert len(bucket.published) == 2


def test_only_so_many_addresses_are_kept():
    clock = FakeClock()
    images = PublishedImages(clock)
    request = TryOnRequest(person="p.png")
    asked = []

    def publish(image):
        asked.append(image)
        return UrlSource("https://a", expires_at=clock.now() + timedelta(days=2))

    for number in (*range(1001), 1000, 0):
        images.get(BytesSource(str(number).encode()), request, publish)
    assert len(asked) == 1002


def test_threads_that_share_an_image_publish_it_once():
    images, clock, asked = PublishedImages(FakeClock()), FakeClock(), []
    begun, may_end = threading.Event(), threading.Event()

    def publish(image):
        asked.append(image)
        begun.set()
        may_end.wait(10)
        return UrlSource("https://a", expires_at=clock.now() + timedelta(days=2))

    def get(_):
        return images.get(BytesSource(b"shared"), TryOnRequest(person="p.png"), publish)

    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(get, 0)
        assert begun.wait(10)
        others = [pool.submit(get, number) for number in range(4)]
        other = images.get(BytesSource(b"other"), TryOnRequest(person="p.png"), _quickly(clock))
        may_end.set()
        assert {one.result(10) for one in (first, *others)} == {UrlSource("https://a")}
    assert other == UrlSource("https://b")
    assert len(asked) == 1


def _quickly(clock):
    return lambda _: UrlSource("https://b", expires_at=clock.now() + timedelta(days=2))


def test_whoever_waited_for_an_image_that_could_not_be_published_tries_too():
    images = PublishedImages(FakeClock())
    begun, may_fail = threading.Event(), threading.Event()

    def publish_first(_):
        begun.set()
        may_fail.wait(10)
        raise errors.VendorUnavailable("the store is away.")

    def publish(_):
        return UrlSource("https://a")

    def get(how):
        return images.get(BytesSource(b"shared"), TryOnRequest(person="p.png"), how)

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(get, publish_first)
        assert begun.wait(10)
        others = [pool.submit(get, publish) for _ in range(3)]
        may_fail.set()
        assert {other.result(10) for other in others} == {UrlSource("https://a")}
        with pytest.raises(errors.VendorUnavailable):
            first.result(10)


@attrs.frozen(kw_only=True)
class RefinerOptions:
    """Options that hold images."""

    coarse: ImageSource | None = attrs.field(
        default=None, converter=attrs.converters.optional(as_source)
    )
    seed: int = 0


def _refiner(delivery, **arguments):
    info = fake_info(delivery=delivery, options=RefinerOptions)
    return _client(delivery, FakeProvider(info=info), **arguments)


def test_an_image_among_the_options_is_checked_and_published(tmp_path):
    provider, client = _refiner({"url"}, extensions=[Bucket()])
    path = tmp_path / "coarse.png"
    path.write_bytes(picture(size=(8, 8)))
    (problem,) = client.validate(picture(), top=picture(), options={"coarse": str(path)})
    assert (problem.field, problem.code) == ("options.coarse", "image_too_small")
    path.write_bytes(picture(colour=(9, 9, 9)))
    client.submit("https://shop.example/p.png", top=picture(), options={"coarse": str(path)})
    assert provider.requests[0].options.coarse == UrlSource("https://bucket.example/2")


def test_an_image_among_the_options_is_made_to_fit():
    provider, client = _refiner({"upload"})
    options = {"coarse": picture(size=(600, 300))}
    client.submit(picture(), top=picture(), options=options, fit=True)
    assert Image.open(io.BytesIO(provider.requests[0].options.coarse.data)).size == (256, 128)


def test_an_image_among_the_options_counts_by_content_in_the_fingerprint(tmp_path):
    _, client = _refiner({"upload"})
    marks = []
    for name, colour in (("a.png", (1, 1, 1)), ("b.png", (1, 1, 1)), ("c.png", (2, 2, 2))):
        (tmp_path / name).write_bytes(picture(colour=colour))
        options = {"coarse": tmp_path / name}
        request = client.request(picture(), top=picture(), options=options)
        marks.append(fingerprint("fake", request, digests_of(request)))
    assert marks[0] == marks[1] != marks[2]


@attrs.frozen(kw_only=True)
class ModelOptions:
    """Options with a model."""

    model: str = "base"


def test_the_limits_of_the_chosen_model_are_checked_and_kept():
    info = fake_info(delivery={"upload"}, options=ModelOptions)
    rules = attrs.evolve(info.capabilities.person_rules, max_side_px=1024)
    pro = attrs.evolve(info.capabilities, garments=["top"], person_rules=rules, garment_rules=rules)
    provider, client = _client(
        {"upload"}, FakeProvider(info=attrs.evolve(info, models={"pro": pro}))
    )
    large = picture(size=(600, 300))
    for model, fields in (("base", {"person"}), ("pro", {"bottom"})):
        problems = client.validate(large, bottom=picture(), options={"model": model})
        assert {problem.field for problem in problems} == fields
    for model, size in (("base", (256, 128)), ("pro", (600, 300))):
        client.submit(large, top=picture(), options={"model": model}, fit=True)
        assert Image.open(io.BytesIO(provider.requests[-1].person.data)).size == size


def test_an_address_that_hangs_is_given_up_by_name():
    provider = FakeProvider(info=fake_info(delivery={"upload"}))
    transport = TransportPolicy(allow_private_addresses=True, download_timeout_s=0.2)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        Client(provider, transport=transport) as client,
        pytest.raises(errors.ValidationFailed, match="no answer came in time") as caught,
    ):
        client.submit(f"http://127.0.0.1:{silent.getsockname()[1]}/a.png", top=picture())
    assert [problem.field for problem in caught.value.problems] == ["person"]
    assert provider.calls == []


PRIVATE = [
    "http://127.0.0.1/a.png",
    "http://127.1:8000/a.png",
    "http://2130706433/a.png",
    "http://localhost/a.png",
    "https://10.0.0.1/a.png",
    "https://[::1]/a.png",
    "https://169.254.169.254/a.png",
]


@pytest.mark.parametrize("address", PRIVATE)
@pytest.mark.parametrize("delivery", ["url", "upload"])
def test_an_address_that_only_this_network_reads_is_a_problem_before_anything_is_sent(
    address, delivery
):
    provider, client = _client({delivery})
    (problem,) = client.validate("https://shop.example/me.png", top=address)
    assert (problem.field, problem.code) == ("top", "private_address")
    assert ("Fake try-on cannot read it" in problem.message) == (delivery == "url")
    assert "allow_private_addresses=True" in problem.message
    assert provider.requests == []


def test_a_private_address_is_none_where_private_addresses_are_allowed():
    transport = TransportPolicy(allow_private_addresses=True)
    _, client = _client({"upload"}, transport=transport)
    assert client.validate("http://10.0.0.1/me.png", top="http://localhost/tee.png") == ()


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("//cdn.shop.example/tee.jpg", "'https://cdn.shop.example/tee.jpg'"),
        ("www.shop.example/tee.jpg", "'https://www.shop.example/tee.jpg'"),
        ("see http://shop.example/tee.jpg", "begins with https://"),
    ],
)
def test_an_address_without_its_beginning_is_told_from_a_path(text, advice):
    _, client = _client({"upload"})
    (problem,) = client.validate(picture(), top=text)
    assert problem.code == "missing"
    assert advice in problem.message
