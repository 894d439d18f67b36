"""Each photo is opened once to look at it and once to send it."""

import sys
from collections import Counter
from pathlib import Path

import pytest

from acme import AcmeProvider
from providers import FakeProvider, fake_info, picture
from servers import json_answer, serving
from tryon_core import Client, UrlSource, hookimpl, preparing
from tryon_core.images import upload_name
from tryon_testing.clocks import FakeClock


@pytest.fixture
def opened(monkeypatch):
    """Count how often each file is opened to be read."""
    found = Counter()

    def counting(function):
        def opens(file, mode="r", *rest, **more):
            if "w" not in mode:
                found[str(file)] += 1
            return function(file, mode, *rest, **more)

        return opens

    monkeypatch.setattr("builtins.open", counting(open))
    monkeypatch.setattr(Path, "open", counting(Path.open))
    return found


@pytest.fixture
def photos(tmp_path):
    """A person within the rules, and a garment that is too large."""
    paths = tmp_path / "person.png", tmp_path / "top.png"
    for path, size in zip(paths, [(512, 768), (2400, 2400)], strict=True):
        path.write_bytes(picture(size=size))
    return paths


@pytest.fixture
def client():
    with serving() as server:
        server.play(json_answer({"task_id": "t-1"}))
        yield Client(
            AcmeProvider(), clock=FakeClock(), base_url=server.url(), api_key="sk_obviously_fake"
        )


def test_a_photo_is_opened_once_to_look_at_it_and_once_to_send_it(client, photos, opened):
    person, _ = map(str, photos)
    client.submit(photos[0], top=photos[0])
    assert opened[person] == 3  # looked at once, sent in two places


@pytest.mark.parametrize("fit", [False, True])
def test_it_is_the_same_when_it_is_made_to_fit(client, photos, tmp_path, opened, fit):
    person, top = photos[0], tmp_path / "small.png"
    top.write_bytes(picture(size=(300, 400)))
    client.submit(person, top=top, fit=fit)
    assert (opened[str(person)], opened[str(top)]) == (2, 2)


def test_what_is_made_to_fit_is_sent_from_memory(client, photos, opened):
    person, top = photos
    client.submit(person, top=top, fit=True)
    assert (opened[str(person)], opened[str(top)]) == (2, 1)


def test_validation_opens_each_photo_once(client, photos, opened):
    client.validate(photos[0], top=photos[0], fit=True)
    assert opened[str(photos[0])] == 1


def test_what_is_published_is_opened_once_by_the_core(photos, opened):
    class Bucket:
        @hookimpl
        def publish_image(self, image):
            with image.path.open("rb") as file:
                return UrlSource(f"https://bucket.example/{upload_name(image)}-{len(file.read())}")

    client = Client(FakeProvider(info=fake_info(delivery={"url"})), extensions=[Bucket()])
    small = photos[0].with_name("small.png")
    small.write_bytes(picture())
    client.submit(small, top=small)
    assert opened[str(small)] == 3  # once by the core, twice by the bucket


@pytest.mark.skipif(sys.platform != "linux", reason="the system does not list open files")
def test_no_file_stays_open_whatever_goes_wrong(client, photos, monkeypatch):
    monkeypatch.setattr(preparing, "fingerprint", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        client.submit(photos[0], top=photos[0])
    names = [str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.exists()]
    assert not [name for name in names if name.endswith("person.png")]


def test_the_settings_are_asked_for_once(monkeypatch):
    asked = []
    for name in ("preparing.require_each", "client.require_settings"):
        monkeypatch.setattr(f"tryon_core.{name}", lambda *_: asked.append(1))
    Client(FakeProvider(), clock=FakeClock()).try_on(picture(), top=picture())
    assert asked == [1]
