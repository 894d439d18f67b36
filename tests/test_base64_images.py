import base64
from datetime import datetime, timezone

import pytest
from hypothesis import given, strategies as st

from tryon_core import as_artifact
from tryon_core.base64_text import base64_bytes, base64_chars, decode_base64, without_base64
from tryon_core.errors import TryOnError, UnexpectedResponse
from tryon_core.masking import masked
from tryon_core.models import BytesSource, UrlSource

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2
TEXT = base64.b64encode(PNG).decode()
NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        f"data:image/png;base64,{TEXT}",
        f"data:image/png;name=a.png;base64,{TEXT}",
        f"data:;base64,{TEXT}",
        TEXT.rstrip("="),
        base64.urlsafe_b64encode(PNG).decode(),
        base64.encodebytes(PNG).decode(),
    ],
)
def test_an_image_in_an_answer_is_its_bytes(text):
    artifact = as_artifact(text, place="output[0]")
    assert artifact.source == BytesSource(PNG)


def test_an_answer_may_be_the_image_itself():
    assert as_artifact(PNG, place="body").source == BytesSource(PNG)


def test_an_address_in_an_answer_stays_one_with_its_end():
    artifact = as_artifact("https://a.example/b.png", place="output[0]", expires_at=NOON)
    assert (artifact.source, artifact.expires_at) == (UrlSource("https://a.example/b.png"), NOON)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("<base64>_expired", "str of 16 letters"),
        ("", "str of 0 letters"),
        ("data:image/png;base64,", "str of 22 letters"),
        (f"{TEXT}!", f"str of {len(TEXT) + 1} letters"),
        ("ftp://a.example/b.png", "str of 21 letters"),
        (base64.b64encode(b"<html>sorry").decode(), "str of 16 letters"),
        (b"<html>sorry</html>", "bytes of 18 letters or bytes"),
        (b"", "bytes of 0 letters or bytes"),
        (None, "NoneType @"),
        (12, "int @"),
        ([TEXT], "list @"),
    ],
)
def test_anything_else_is_unexpected_and_not_shown(value, found):
    with pytest.raises(UnexpectedResponse, match=r"response\.output\[1\]") as caught:
        as_artifact(value, place="output[1]")
    assert found in caught.value.message
    assert TEXT[:40] not in str(caught.value)


@given(st.binary())
def test_sizes_are_known_before_encoding(data):
    text = base64.b64encode(data).decode()
    assert base64_chars(len(data)) == len(text)
    assert decode_base64(text) == data


@given(st.integers(0, 10**9))
def test_no_file_within_the_limit_is_longer_as_base64(chars):
    size = base64_bytes(chars)
    assert base64_chars(size) <= chars < base64_chars(size + 1)


@pytest.mark.parametrize(
    "text",
    [
        f"the field 'image' is wrong: data:image/png;base64,{TEXT}, try again",
        f"data:image/png;base64,{TEXT[:40]}",
        f"wrong: {TEXT}.",
        f'{{"image": "{TEXT}"}}',
        TEXT.replace("/", r"\/"),
    ],
)
def test_no_image_stays_in_a_text_that_is_shown(text):
    shown = without_base64(text)
    assert TEXT[:20] not in shown
    assert "base64 characters>" in shown
    assert without_base64(shown) == shown


@pytest.mark.parametrize(
    "text",
    ["", "id 0123456789abcdef" * 20, f"https://a.example/{'a' * 100}/{'b' * 100}", "é" * 999],
)
def test_other_texts_stay_as_they_are(text):
    assert without_base64(text) == text


def test_errors_show_no_image_and_keep_their_words():
    error = TryOnError(f"HTTP 422: bad image data:image/png;base64,{TEXT}.")
    assert masked(error, ["secret"]).message == (
        f"HTTP 422: bad image data:image/png;base64,<{len(TEXT)} base64 characters>."
    )
