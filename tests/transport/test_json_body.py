import base64
import json
import tracemalloc

import pytest
from hypothesis import given, strategies as st

from servers import json_answer
from tryon_core.base64_images import Base64Part, image_in_json
from tryon_core.errors import NotSent, UnusableImage
from tryon_core.models import BytesSource, PathSource, UrlSource
from tryon_core.transport.json_body import json_body

MIB = 1024 * 1024
JPEG = b"\xff\xd8\xff\xe0 image"
PNG = b"\x89PNG\r\n\x1a\n image"


def sent(value):
    body = json_body(value)
    with body:
        whole = b"".join(body)
        assert len(whole) == len(body)
        assert b"".join(body) == whole, "it can be sent again"
    return json.loads(whole)


def test_an_image_is_a_data_uri_wherever_it_stands():
    value = {"é": "x", "inputs": [{"person": Base64Part(BytesSource(JPEG))}, 1], "n": None}
    uri = f"data:image/jpeg;base64,{base64.b64encode(JPEG).decode()}"
    assert sent(value) == {"é": "x", "inputs": [{"person": uri}, 1], "n": None}


def test_an_image_is_bare_base64_where_the_vendor_wants_that():
    part = Base64Part(BytesSource(PNG), data_uri=False)
    assert sent([part]) == [base64.b64encode(PNG).decode()]


def test_the_media_type_can_be_given_and_is_told_from_the_content_else(tmp_path):
    path = tmp_path / "me.jpg"
    path.write_bytes(PNG)
    told, given_type = Base64Part(PathSource(path)), Base64Part(PathSource(path), media_type="a/b")
    found = sent([told, given_type, Base64Part(BytesSource(b"what is this?"))])
    assert [uri.partition(",")[0] for uri in found] == [
        "data:image/png;base64",
        "data:a/b;base64",
        "data:application/octet-stream;base64",
    ]


@given(st.lists(st.binary(min_size=1, max_size=70), max_size=4), st.text(), st.booleans())
def test_every_content_comes_back_whole(contents, text, data_uri):
    parts = [Base64Part(BytesSource(data), data_uri=data_uri) for data in contents]
    found = sent({"text": text, "parts": [*parts, Base64Part(BytesSource(b"last"))]})
    assert found["text"] == text
    decoded = [base64.b64decode(value.rpartition(",")[2]) for value in found["parts"]]
    assert decoded == [*contents, b"last"]


@pytest.mark.parametrize("size", [64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 3 * 64 * 1024 + 2])
def test_blocks_of_the_file_leave_no_seam(size):
    data = bytes(range(256)) * (size // 256 + 1)
    [text] = sent([Base64Part(BytesSource(data[:size]), data_uri=False)])
    assert base64.b64decode(text, validate=True) == data[:size]


def test_json_without_images_is_bytes():
    assert json_body({"é": [1]}) == '{"é": [1]}'.encode()


def test_an_image_is_never_whole_in_memory(tmp_path):
    path = tmp_path / "large.jpg"
    with path.open("wb") as file:
        file.write(JPEG)
        file.truncate(16 * MIB)
    with json_body({"image": Base64Part(PathSource(path))}) as body:
        tracemalloc.start()
        try:
            size = sum(map(len, body))
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert size == len(body) > 21 * MIB
    assert most < MIB


def test_an_image_travels_to_the_server(serve, client):
    server = serve(json_answer({"id": "1"}))
    client.post(server.url(), json={"image": Base64Part(BytesSource(JPEG), data_uri=False)})
    [received] = server.requests
    assert json.loads(received.body) == {"image": base64.b64encode(JPEG).decode()}
    assert received.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "part", [Base64Part(BytesSource(b"")), Base64Part(PathSource("/no/such/file.jpg"))]
)
def test_what_cannot_be_read_is_found_before_anything_is_sent(serve, client, part):
    server = serve(json_answer({}))
    with pytest.raises(UnusableImage):
        client.post(server.url(), json=[Base64Part(BytesSource(JPEG)), part])
    assert not server.requests


def test_an_address_is_no_base64(serve, client):
    server = serve(json_answer({}))
    with pytest.raises(NotSent, match="image_in_json") as caught:
        client.post(server.url(), json=[Base64Part(UrlSource("https://a.example/b.png?sig=c"))])
    assert not server.requests
    assert "sig=c" not in str(caught.value)


def test_other_objects_are_no_json(serve, client):
    server = serve(json_answer({}))
    with pytest.raises(NotSent, match=r"bytes cannot be sent as JSON\)"):
        client.post(server.url(), json={"image": b"\xff\xd8"})
    with pytest.raises(NotSent, match="give image_in_json"):
        client.post(server.url(), json={"image": BytesSource(JPEG)})


def test_an_image_is_its_address_where_it_has_one():
    assert image_in_json(UrlSource("https://a.example/b.png")) == "https://a.example/b.png"
    source = BytesSource(JPEG)
    assert image_in_json(source, data_uri=False) == Base64Part(source, data_uri=False)


def test_nothing_that_shows_a_body_shows_its_images():
    part = Base64Part(BytesSource(JPEG * 100))
    with json_body([part]) as body:
        shown = f"{body!r} {part!r}"
    assert base64.b64encode(JPEG).decode()[:8] not in shown
    assert "image" not in shown.replace("name='image'", "")
