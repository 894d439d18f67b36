import io
import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from tryon_core import errors
from tryon_core.errors import UnusableImage
from tryon_core.models import (
    BytesSource,
    LibraryModel,
    PathSource,
    TryOnRequest,
    UrlSource,
    as_library_model,
    as_source,
    strip_query,
)

SECRET = "sig-f00"


def _refusal(value, **where) -> UnusableImage:
    with pytest.raises(UnusableImage) as caught:
        as_source(value, **where)
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://cdn.example/a.png", UrlSource("https://cdn.example/a.png")),
        ("HTTP://cdn.example/a.png", UrlSource("HTTP://cdn.example/a.png")),
        ("oss://bucket/a.png", UrlSource("oss://bucket/a.png")),
        (" https://cdn.example/a.png\n", UrlSource("https://cdn.example/a.png")),
        ("http://[::1", UrlSource("http://[::1")),
        ("a.png", PathSource("a.png")),
        ("C://pictures/a.png", PathSource("C://pictures/a.png")),
        ("C:\\a.png", PathSource("C:\\a.png")),
        ("12://a.png", PathSource("12://a.png")),
        ("a b/ä.png", PathSource("a b/ä.png")),
    ],
)
def test_text_is_an_address_when_it_has_a_scheme_and_a_path_otherwise(text, expected):
    assert as_source(text) == expected


class _PathLike:
    def __fspath__(self):
        return b"a.png"


@pytest.mark.parametrize("value", [Path("a.png"), _PathLike()], ids=["Path", "bytes path"])
def test_a_path_object_is_a_path(value):
    assert as_source(value) == PathSource("a.png")


@pytest.mark.parametrize("data", [b"abc", bytearray(b"abc"), memoryview(b"abc")])
def test_bytes_of_any_kind_are_an_image_in_memory_that_cannot_change(data):
    source = as_source(data)
    assert source == BytesSource(b"abc")
    assert type(source.data) is bytes


@pytest.mark.parametrize("source", [UrlSource("u"), PathSource("p"), BytesSource(b"b")])
def test_a_source_is_kept_as_it_is(source):
    assert as_source(source) is source


def test_a_file_object_is_read_to_its_end_and_keeps_its_name(tmp_path):
    path = tmp_path / "shirt.png"
    path.write_bytes(b"abc")
    with path.open("rb") as file:
        assert as_source(file) == BytesSource(b"abc", name="shirt.png")
    assert as_source(io.BytesIO(b"abc")) == BytesSource(b"abc", name="image")


def test_a_file_opened_as_text_is_refused_with_the_way_to_open_it():
    error = _refusal(io.StringIO("abc"), field="top")
    assert (error.code, error.field) == ("not_binary", "top")
    assert "'rb'" in error.remedy


def test_a_closed_file_is_refused():
    file = io.BytesIO(b"abc")
    file.close()
    assert _refusal(file, field="top").code == "unreadable"


@pytest.mark.parametrize(
    "value", [None, 5, object(), [b"abc"]], ids=lambda value: type(value).__name__
)
def test_anything_else_is_refused_by_the_name_of_its_type_and_field(value):
    error = _refusal(value, field="dress")
    assert str(error).startswith(f"dress: cannot take an image from {type(value).__name__}.")
    assert error.code == "wrong_type"


def _reread(source: BytesSource) -> Image.Image:
    image = Image.open(io.BytesIO(source.data))
    image.load()
    return image


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_pillow_image_is_kept_without_loss(mode):
    image = Image.new(mode, (7, 5), 1)
    again = _reread(as_source(image))
    assert again.mode == mode
    assert (again.size, again.tobytes()) == (image.size, image.tobytes())


@pytest.mark.parametrize(
    ("mode", "kept"),
    [("CMYK", "RGB"), ("YCbCr", "RGB"), ("PA", "RGBA"), ("RGBa", "RGBA"), ("La", "LA")],
)
def test_a_mode_that_png_lacks_becomes_the_nearest_one_that_loses_no_alpha(mode, kept):
    assert _reread(as_source(Image.new(mode, (3, 3)))).mode == kept


def test_a_profile_stays_with_its_pixels_and_never_describes_others():
    photo, print_ready = Image.new("RGB", (3, 3)), Image.new("CMYK", (3, 3))
    photo.info["icc_profile"] = print_ready.info["icc_profile"] = b"profile" * 20
    assert _reread(as_source(photo)).info["icc_profile"] == b"profile" * 20
    assert "icc_profile" not in _reread(as_source(print_ready)).info


def test_the_turn_of_a_pillow_image_is_kept():
    image = Image.new("RGB", (3, 2))
    image.getexif()[0x0112] = 6
    assert _reread(as_source(image)).getexif()[0x0112] == 6


def test_a_pillow_image_of_measurements_is_refused_rather_than_clipped():
    assert _refusal(Image.new("F", (3, 3)), field="top").code == "unsupported_mode"


def test_a_pillow_image_that_breaks_while_it_is_read_is_refused():
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 90).save(buffer, "PNG")
    cut = Image.open(io.BytesIO(buffer.getvalue()[:900]))
    error = _refusal(cut, field="person")
    assert (error.code, error.field) == ("unreadable", "person")


def test_a_pillow_image_keeps_the_name_of_its_file(tmp_path):
    path = tmp_path / "tee.png"
    Image.new("RGB", (3, 3)).save(path)
    with Image.open(path) as image:
        assert as_source(image).name == "tee.png"


def test_taking_a_path_never_imports_pillow():
    code = "import sys; from tryon_core.models import as_source; as_source('a'); as_source(b'a')"
    check = f"{code}; sys.exit('PIL' in sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True, env=dict(os.environ))


@pytest.mark.parametrize("field", ["person", "top", "bottom", "dress"])
def test_a_request_names_the_field_of_a_wrong_value(field):
    images = {"person": b"p", field: 5}
    with pytest.raises(UnusableImage) as caught:
        TryOnRequest(**images)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"https://cdn.example/a.png?Signature={SECRET}&x=1", "https://cdn.example/a.png?…"),
        (f"https://user:{SECRET}@cdn.example:8443/a.png", "https://cdn.example:8443/a.png"),
        (f"https://cdn.example/a.png#{SECRET}", "https://cdn.example/a.png"),
        (f"https://[::1/{SECRET}", "https://…"),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(url, shown):
    assert strip_query(url) == shown
    assert repr(UrlSource(url)) == f"UrlSource({shown!r})"
    assert SECRET not in repr(TryOnRequest(person=b"p", top=url))


@given(st.text(max_size=30), st.text(max_size=30))
@settings(deadline=None, max_examples=200)
def test_any_address_can_be_shown(start, query):
    source = UrlSource(f"https://{start}?{query}")
    assert repr(source).startswith("UrlSource(")


@given(st.text(max_size=40) | st.binary(max_size=40))
@settings(deadline=None, max_examples=200)
def test_any_text_and_any_bytes_are_taken_for_an_image(value):
    source = as_source(value)
    assert isinstance(source, (UrlSource, PathSource, BytesSource))
    assert as_source(source) is source


def test_the_bytes_of_an_image_are_never_shown():
    assert repr(BytesSource(b"x" * 5000, name="a.png")) == "BytesSource(5000 bytes, name='a.png')"


def test_a_library_model_is_a_person_but_not_an_image():
    model = LibraryModel(base="b", gender="g")
    assert TryOnRequest(person=model, top=b"t").person is model
    assert _refusal(model).code == "wrong_type"


def test_an_address_is_the_same_however_long_it_lives():
    soon = datetime(2026, 1, 2, tzinfo=timezone.utc)
    assert UrlSource("https://a", expires_at=soon) == UrlSource("https://a")


def test_an_address_without_a_zone_in_its_end_is_refused():
    with pytest.raises(ValueError, match="expires_at must have a time zone"):
        UrlSource("https://a", expires_at=datetime(2026, 1, 2))  # noqa: DTZ001  (that is the point)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("https://a.test/T-Shirt é.png", "https://a.test/T-Shirt %C3%A9.png"),
        ("https://a.test/照片.png?名=1", "https://a.test/%E7%85%A7%E7%89%87.png?%E5%90%8D=1"),
        ("https://bücher.test/a.png", "https://xn--bcher-kva.test/a.png"),
        ("https://a.test/%2f~/../b?sig=ab%2bcd%3d", "https://a.test/%2f~/../b?sig=ab%2bcd%3d"),
        ("https://a.test/%zz//é?%2f", "https://a.test/%zz//%C3%A9?%2f"),
    ],
)
def test_only_letters_that_are_not_ascii_are_encoded_in_an_address(text, sent):
    assert as_source(text) == UrlSource(sent)


_NAMES = [field.name for field in attrs.fields(LibraryModel)]
_WORDS = st.text(st.characters(categories=["L", "N"], include_characters=" -="), max_size=9)


def test_text_names_the_fields():
    model = as_library_model("gender=female, age = adult")
    assert model == LibraryModel(gender="female", age="adult")


@given(fields=st.dictionaries(st.sampled_from(_NAMES), _WORDS.map(str.strip), min_size=1))
def test_text_and_mapping_say_the_same(fields):
    text = ",".join(f"{name}={value}" for name, value in fields.items())
    assert as_library_model(text) == as_library_model(fields) == LibraryModel(**fields)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("female", "'female' is not of the form NAME=VALUE"),
        ("=female", "not of the form"),
        ("", "not of the form"),
        ("gender=female,", "'' is not of the form"),
        ("gendre=female", "there is no gendre, only name, base, gender"),
        ({"size": "m", "gendre": "f"}, "there is no size, gendre"),
        ({"age": 30, "name": "Ada"}, "age must be text"),
        (["gender"], "neither text nor fields"),
    ],
)
def test_what_is_no_model_is_named(value, words):
    with pytest.raises(errors.InputError, match=words):
        as_library_model(value)
