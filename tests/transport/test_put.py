"""PUT: one file as it is, or a wish that may be sent twice."""

import pytest

from servers import answer, drop_after_body, json_answer
from tryon_core.errors import AnswerLost, NotSent, ServiceMoved, UnusableImage
from tryon_core.http import FilePart
from tryon_core.models import BytesSource, PathSource, UrlSource

JPEG = b"\xff\xd8\xff\xe0" + b"x" * 200_000


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "me in june.png"  # the name lies
    path.write_bytes(JPEG)
    return path


def test_a_file_arrives_as_it_is_without_its_name(serve, client, photo):
    server = serve(answer(200))
    assert client.put(server.url("/up?sign=1"), file=FilePart(PathSource(photo))).status == 200
    (request,) = server.requests
    assert (request.method, request.target, request.body) == ("PUT", "/up?sign=1", JPEG)
    assert request.headers["content-type"] == "image/jpeg"
    assert request.headers["content-length"] == str(len(JPEG))
    assert "june" not in str(request.headers)


def test_the_type_may_be_given(serve, client):
    server = serve(answer(200))
    part = FilePart(BytesSource(JPEG), media_type="image/x-own")
    client.put(server.url(), file=part, headers={"X-Life": "60"})
    (request,) = server.requests
    assert (request.headers["content-type"], request.headers["x-life"]) == ("image/x-own", "60")


def test_a_wish_has_no_body(serve, client):
    server = serve(json_answer({"status": "OK"}))
    assert client.put(server.url("/jobs/1/cancel"), params={"now": "1"}).json() == {"status": "OK"}
    (request,) = server.requests
    assert (request.target, request.body) == ("/jobs/1/cancel?now=1", b"")
    assert request.headers["content-length"] == "0"


def test_it_is_repeated_like_a_get_with_the_same_file(serve, client, photo):
    server = serve(answer(503), drop_after_body, answer(200))
    assert client.put(server.url(), file=FilePart(PathSource(photo))).status == 200
    assert [request.body for request in server.requests] == [JPEG] * 3
    assert not client.may_have_sent


def test_no_answer_after_all_retries_is_lost(serve, client):
    server = serve(drop_after_body)
    with pytest.raises(AnswerLost):
        client.put(server.url())
    assert len(server.requests) == 5


def test_a_redirect_is_not_followed(serve, client, photo):
    server = serve(answer(307, headers={"Location": "/elsewhere"}))
    with pytest.raises(ServiceMoved):
        client.put(server.url(), file=FilePart(PathSource(photo)))
    assert len(server.requests) == 1


def test_a_file_that_cannot_be_sent_is_found_before_anything_is(serve, client, tmp_path):
    server = serve(answer(200))
    with pytest.raises(UnusableImage, match="file: there is no file"):
        client.put(server.url(), file=FilePart(PathSource(tmp_path / "none.png")))
    with pytest.raises(NotSent, match="cannot be streamed"):
        client.put(server.url(), file=FilePart(UrlSource("https://x.example/a.jpg")))
    assert server.connections == 0
