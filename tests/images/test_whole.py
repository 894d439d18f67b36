"""Checking that a file is whole finds what decoding all of it finds."""

import io

import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from tryon_core import BytesSource
from tryon_core.errors import UnusableImage
from tryon_core.images import check_whole, load_upright, probe, structure


def _file(kind, mode="RGB", **options):
    """Return a picture with much detail, so that most of its file is pixels."""
    image = Image.effect_noise((160, 112), 60).convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


FILES = {
    "jpeg": _file("JPEG"),
    "jpeg-fine": _file("JPEG", quality=95, subsampling=0),
    "jpeg-progressive": _file("JPEG", progressive=True),
    "jpeg-grey": _file("JPEG", "L"),
    "jpeg-cmyk": _file("JPEG", "CMYK"),
    "jpeg-restarts": _file("JPEG", restart_marker_rows=1),
    "png": _file("PNG"),
    "png-alpha": _file("PNG", "RGBA"),
    "png-palette": _file("PNG", "P"),
    "webp": _file("WEBP", quality=80),
    "webp-lossless": _file("WEBP", lossless=True),
}
names = st.sampled_from(sorted(FILES))


def _says(check, data):
    """Return what a check says of a file: nothing, or the code of its error."""
    source = BytesSource(data)
    try:
        found = probe(source, field="image")
        check(source, found)
    except UnusableImage as error:
        return error.code
    return None


def _checked(data):
    return _says(lambda source, found: check_whole(source, found=found, field="image"), data)


def _decoded(data):
    return _says(lambda source, _: load_upright(source, field="image"), data)


@pytest.mark.parametrize("name", FILES)
def test_a_whole_file_is_whole(name):
    assert (_checked(FILES[name]), _decoded(FILES[name])) == (None, None)


@settings(deadline=None)
@given(name=names, share=st.floats(0, 1), lost=st.integers(1, 64))
def test_it_finds_the_same_truncations(name, share, lost):
    data = FILES[name]
    for length in (int(share * len(data)), len(data) - lost):
        cut = data[:length] or b"\0"
        assert _checked(cut) == _decoded(cut)


@settings(deadline=None)
@given(name=names, share=st.floats(0, 1), lost=st.integers(1, 4096))
def test_what_lacks_a_part_inside_and_is_accepted_can_be_decoded(name, share, lost):
    data = FILES[name]
    start = int(share * len(data))
    damaged = data[:start] + data[start + lost :]
    if _checked(damaged or b"\0") is None:
        assert _decoded(damaged) is None


@settings(deadline=None)
@given(
    name=names,
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_what_is_damaged_and_accepted_can_be_decoded(name, changes):
    data = bytearray(FILES[name])
    for share, value in changes:
        data[int(share * (len(data) - 1))] = value
    if _checked(bytes(data)) is None:
        assert _decoded(bytes(data)) is None


@settings(deadline=None)
@given(name=names, share=st.floats(0, 1), lost=st.integers(0, 64), more=st.binary(max_size=40))
def test_the_end_of_another_file_makes_none_whole(name, share, lost, more):
    data = FILES[name]
    for length in (int(share * len(data)), len(data) - lost):
        joined = data[:length] + more + data[-2:]
        if _checked(joined) is None:
            assert _decoded(joined) is None


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("jpeg")])
def test_of_a_jpeg_only_the_height_is_changed(name):
    data = FILES[name]
    short = structure.jpeg_of_one_row(data)
    assert sum(one != other for one, other in zip(data, short, strict=True)) in {1, 2}
    with Image.open(io.BytesIO(short)) as image:
        assert image.size == (160, 1)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\0"])
def test_what_begins_like_a_jpeg_and_has_no_end_is_left_to_the_decoder(data):
    assert structure.jpeg_of_one_row(data) is None
