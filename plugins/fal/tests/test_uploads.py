"""The two steps of an upload: announced with the key, put without it."""

import json

import pytest

from servers import answer, drop_after_body, json_answer
from tryon_core import HttpResponse, errors
from tryon_core.transport.client import ProviderHttp

ID = "764cabcf-b745-4b3e-ae38-1200304cf45b"
ACCEPTED = json_answer({"request_id": ID})
GARMENT = "https://shop.example/garment.jpg"


@pytest.fixture
def store(vendor):
    """Return a function that plays the storage; gives a client, the server, and where to put."""

    def play(*steps, upload_url=None, **settings):
        client, server = vendor(**settings)
        where = upload_url or server.url("/files/b/0a/p.jpg?signature=s")
        places = json_answer({"upload_url": where, "file_url": "https://v3.fal.media/p.jpg"})
        server.play(places, *steps)
        return client, server

    return play


def test_a_file_is_announced_with_the_key_and_put_without_it(store, image, key):
    """Fact 9: initiate, then PUT the bytes; and the life of the upload."""
    client, server = store(answer(200), ACCEPTED)
    photo = image()
    client.submit(photo, top=GARMENT)
    first, second, third = server.requests
    assert (first.method, first.target) == (
        "POST",
        "/storage/upload/initiate?storage_type=fal-cdn-v3",
    )
    assert first.headers["authorization"] == f"Key {key}"
    body = json.loads(first.body)
    assert body["content_type"] == "image/jpeg"
    assert body["file_name"].endswith(".jpg")
    life = json.loads(first.headers["x-fal-object-lifecycle"])
    assert life == {"expiration_duration_seconds": 86400}
    assert (second.method, second.target) == ("PUT", "/files/b/0a/p.jpg?signature=s")
    assert (second.body, second.headers["content-type"]) == (photo, "image/jpeg")
    assert "authorization" not in second.headers
    assert key not in str(second.head)
    assert json.loads(third.body)["model_image"] == "https://v3.fal.media/p.jpg"


def test_the_users_own_file_name_stays_here(store, image, tmp_path):
    path = tmp_path / "Jane Doe.png"
    path.write_bytes(image(kind="PNG"))
    client, server = store(answer(200), ACCEPTED)
    client.submit(path, top=GARMENT)
    assert b"Jane" not in b"".join(request.head + request.body for request in server.requests)
    assert json.loads(server.requests[0].body)["content_type"] == "image/png"


def test_the_same_file_is_put_once_for_several_jobs(store, image):
    client, server = store(answer(200), ACCEPTED, ACCEPTED)
    for _ in range(2):
        client.submit(image(), top=GARMENT)
    assert [request.method for request in server.requests] == ["POST", "PUT", "POST", "POST"]


def test_uploads_cost_nothing_and_are_repeated(store, image):
    client, server = store(drop_after_body, answer(503), answer(200), ACCEPTED)
    assert client.submit(image(), top=GARMENT).id == ID
    assert [request.method for request in server.requests] == ["POST", *["PUT"] * 3, "POST"]


def test_the_life_of_an_upload_may_be_set(store, image):
    client, server = store(answer(200), ACCEPTED, upload_lifetime_s=3600)
    client.submit(image(), top=GARMENT)
    assert server.requests[0].headers["x-fal-object-lifecycle"].endswith(" 3600}")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (json_answer({"detail": "invalid key credentials"}, 401), errors.AuthenticationFailed),
        (json_answer({"detail": "User is locked. Reason: x"}, 403), errors.CreditsExhausted),
        (json_answer({"detail": "Invalid storage type"}, 400), errors.VendorUnavailable),
        (json_answer({"upload_url": "no address"}), errors.UnexpectedResponse),
        (json_answer({"upload_url": "https://x.example/p"}), errors.UnexpectedResponse),
        (answer(200, "<html>"), errors.UnexpectedResponse),
    ],
)
def test_a_refused_announcement_is_not_paid(vendor, image, reply, error):
    client, server = vendor(reply)
    with pytest.raises(error) as caught:
        client.submit(image(), top=GARMENT)
    assert caught.value.billed == "no"
    assert all(request.method == "POST" for request in server.requests)


def test_a_refused_upload_is_not_paid(store, image):
    client, server = store(answer(403, "<Error>expired</Error>"))
    with pytest.raises(errors.VendorUnavailable, match="403") as caught:
        client.submit(image(), top=GARMENT)
    assert (caught.value.billed, len(server.requests)) == ("no", 2)


def test_a_photo_travels_encrypted_where_the_key_does(vendor, image, monkeypatch):
    """The storage is asked by https, so it cannot have a photo put at a plain address."""
    client, server = vendor(ACCEPTED, storage_url="https://rest.example")
    places = {"upload_url": server.url("/p"), "file_url": "https://v3.fal.media/p.jpg"}
    body = json.dumps(places).encode()
    announced = HttpResponse(status=200, headers={}, body=body, url="https://rest.example")
    monkeypatch.setattr(ProviderHttp, "post", lambda *_, **__: announced)
    with pytest.raises(errors.UnexpectedResponse, match="https"):
        client.submit(image(), top=GARMENT)
    assert server.connections == 0
