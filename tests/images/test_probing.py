import contextlib
import io
import struct
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from PIL import Image, ImageFile

from heif_files import heic_header
from tryon_core.errors import UnusableImage
from tryon_core.images import MAX_PIXELS, ImageProbe, probe, remember_probes
from tryon_core.images.decoding import can_open
from tryon_core.models import BytesSource, PathSource, as_source

ORIENTATION = 0x0112
Draw = Callable[..., Image.Image]
Encode = Callable[..., bytes]


def _exif(orientation: object) -> Image.Exif:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return exif


def _code(data: bytes) -> str:
    with pytest.raises(UnusableImage) as caught:
        probe(BytesSource(data), field="person")
    assert caught.value.field == "person"
    assert caught.value.remedy
    return caught.value.code


def test_every_format_shows_its_size(samples: dict[str, bytes]) -> None:
    for name, data in samples.items():
        found = probe(BytesSource(data), field="top")
        assert (found.format, found.size_bytes) == (name, len(data))
        assert (found.width_px, found.height_px) == (24, 16)
        assert (found.orientation, found.frames) == (1, 1)


def test_the_content_counts_and_not_the_suffix(tmp_path: Path, samples: dict[str, bytes]) -> None:
    path = tmp_path / "really_a_png.jpg"
    path.write_bytes(samples["PNG"])
    assert probe(PathSource(path), field="top").format == "PNG"


def test_pillow_images_and_file_objects_are_probed(photo: Draw, samples: dict[str, bytes]) -> None:
    assert probe(as_source(photo(20, 30)), field="top").height_px == 30
    assert probe(as_source(io.BytesIO(samples["GIF"])), field="top").width_px == 24


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_sides_are_those_of_the_upright_picture(
    name: str, orientation: int, photo: Draw, encode: Encode
) -> None:
    data = encode(photo(24, 16), name, exif=_exif(orientation))
    found = probe(BytesSource(data), field="top")
    assert found.orientation == orientation
    expected = (16, 24) if orientation >= 5 else (24, 16)
    assert (found.width_px, found.height_px) == expected


def test_an_orientation_behind_the_pixels_of_a_png_is_seen(
    photo: Draw, encode: Encode, chunk: Callable[[bytes, bytes], bytes]
) -> None:
    data = encode(photo(24, 16), "PNG")
    end = data.rindex(b"IEND") - 4
    late = data[:end] + chunk(b"eXIf", _exif(6).tobytes()) + data[end:]
    assert probe(BytesSource(late), field="top").height_px == 24


@pytest.mark.parametrize("nonsense", [0, 9, 77])
def test_a_nonsensical_orientation_counts_as_upright(
    nonsense: int, photo: Draw, encode: Encode
) -> None:
    data = encode(photo(24, 16), "JPEG", exif=_exif(nonsense))
    assert probe(BytesSource(data), field="top").orientation == 1


@pytest.mark.parametrize("block", [b"garbage", b"II*\0", b"II*\0\xff\xff\xff\xff\xff\xff"])
def test_a_damaged_exif_block_counts_as_upright(block: bytes, photo: Draw, encode: Encode) -> None:
    data = encode(photo(24, 16), "JPEG", exif=b"Exif\0\0" + block)
    assert probe(BytesSource(data), field="top").orientation == 1


def test_further_pictures_behind_a_jpeg_do_not_count(photo: Draw, encode: Encode) -> None:
    data = encode(photo(24, 16), "MPO", save_all=True, append_images=[photo(24, 16, 2)])
    found = probe(BytesSource(data), field="top")
    assert (found.format, found.frames) == ("JPEG", 1)


def test_frames_are_counted(animations: dict[str, BytesSource]) -> None:
    for name, source in animations.items():
        found = probe(source, field="top")
        assert (found.format, found.frames) == (name, 3)


@pytest.mark.parametrize("name", ["GIF", "TIFF"])
def test_an_animation_that_ends_in_the_middle_is_not_taken_for_a_still_picture(
    name: str, animations: dict[str, BytesSource]
) -> None:
    source = animations[name]
    assert isinstance(source, BytesSource)
    for length in range(len(source.data) * 2 // 3, len(source.data) - 20):
        with contextlib.suppress(UnusableImage):
            assert probe(BytesSource(source.data[:length]), field="top").frames > 1


@pytest.mark.parametrize(
    ("mode", "name", "options", "expected"),
    [
        ("RGBA", "PNG", {}, True),
        ("LA", "PNG", {}, True),
        ("RGB", "PNG", {}, False),
        ("RGB", "PNG", {"transparency": (1, 2, 3)}, True),
        ("P", "GIF", {"transparency": 0}, True),
        ("RGBA", "WEBP", {}, True),
        ("RGBA", "WEBP", {"lossless": True}, True),
        ("RGB", "WEBP", {"lossless": True}, False),
        ("RGB", "WEBP", {}, False),
        ("RGBA", "TIFF", {}, True),
        ("CMYK", "JPEG", {}, False),
    ],
)
def test_transparency_is_seen(
    mode: str, name: str, options: dict[str, Any], expected: bool, encode: Encode
) -> None:
    image = Image.new(mode, (24, 16))
    if "A" in mode:
        image.putalpha(Image.linear_gradient("L").resize((24, 16)))
    found = probe(BytesSource(encode(image, name, **options)), field="top")
    assert found.has_alpha is expected
    assert (found.width_px, found.height_px) == (24, 16)


@pytest.mark.parametrize("decoder", [True, False])
@pytest.mark.parametrize("is_long", [True, False])
@pytest.mark.parametrize(
    ("quarter_turns", "shown"),
    [(0, (5712, 4284)), (1, (4284, 5712)), (2, (5712, 4284)), (3, (4284, 5712))],
)
def test_the_size_of_heic_is_read_whether_or_not_it_can_be_decoded(
    monkeypatch: pytest.MonkeyPatch,
    *,
    decoder: bool,
    is_long: bool,
    quarter_turns: int,
    shown: tuple[int, int],
) -> None:
    if not decoder:
        monkeypatch.setitem(sys.modules, "pillow_heif.as_plugin", None)
    elif not can_open("HEIC"):
        pytest.skip("pillow-heif is not installed")
    data = heic_header(5712, 4284, quarter_turns=quarter_turns, is_long=is_long)
    found = probe(BytesSource(data), field="top")
    assert (found.width_px, found.height_px) == shown
    assert found == ImageProbe(
        format="HEIC",
        size_bytes=len(data),
        width_px=shown[0],
        height_px=shown[1],
        mode="RGB" if decoder else "",
    )


def test_heic_is_measured_as_its_decoder_measures_it() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (50, 30), "teal")).save(buffer)
    found = probe(BytesSource(buffer.getvalue()), field="top")
    assert (found.width_px, found.height_px) == (50, 30)


@given(st.data())
def test_whatever_is_wrong_in_a_heic_file_is_told_as_such(data: st.DataObject) -> None:
    whole = bytearray(heic_header(600, 800))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(1, len(whole)))])
    try:
        found = probe(BytesSource(cut), field="top")
    except UnusableImage as error:
        assert error.code in {"truncated", "damaged", "not_an_image", "bomb"}  # noqa: PT017
    else:
        assert found.width_px


def test_a_format_that_this_pillow_does_not_read_is_recognised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "PIL.AvifImagePlugin", None)
    data = heic_header(600, 800, quarter_turns=1).replace(b"heic", b"avif")
    found = probe(BytesSource(data), field="top")
    assert (found.format, found.width_px, found.height_px, found.mode) == ("AVIF", 800, 600, "")


@pytest.mark.skipif(not can_open("AVIF"), reason="this Pillow reads no AVIF")
def test_avif_shows_its_size(photo: Draw, encode: Encode) -> None:
    found = probe(BytesSource(encode(photo(24, 16), "AVIF")), field="top")
    assert (found.format, found.width_px) == ("AVIF", 24)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"just a text", "plain text"),
        (b"%PDF-1.4 ...", "a PDF document"),
        (b"PK\x03\x04....", "a ZIP archive"),
        (b"<html><body>404</body></html>", "a web page"),
    ],
)
def test_other_files_are_refused_with_what_they_are(content: bytes, name: str) -> None:
    with pytest.raises(UnusableImage, match=name) as caught:
        probe(BytesSource(content, name="tee.jpg"), field="top")
    assert caught.value.code == "not_an_image"
    assert str(caught.value).startswith("top: the image 'tee.jpg' cannot be used")


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "TIFF"])
def test_a_file_that_ends_within_its_header_is_truncated(
    name: str, samples: dict[str, bytes]
) -> None:
    assert _code(samples[name][:12]) == "truncated"


@pytest.mark.parametrize("name", ["PNG", "WEBP"])
def test_a_missing_end_shows_without_decoding_where_the_format_tells(
    name: str, samples: dict[str, bytes]
) -> None:
    assert _code(samples[name][:-1]) == "truncated"


def test_a_header_that_contradicts_itself_is_damaged(samples: dict[str, bytes]) -> None:
    png = bytearray(samples["PNG"])
    png[16:20] = bytes(4)
    assert _code(bytes(png)) == "damaged"


def _riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(content)) + content for name, content in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize(
    "chunks",
    [
        (),
        ((b"VP8 ", bytes(10)),),
        ((b"VP8 ", b"\0\0\0\x9d\x01\x2a\0\0\x10\0"),),
        ((b"VP8L", bytes(6)),),
        ((b"ABCD", b"12"),),
    ],
)
def test_a_webp_file_without_a_picture_is_refused(chunks: tuple[tuple[bytes, bytes], ...]) -> None:
    assert _code(_riff(*chunks)) in {"damaged", "truncated"}


def _bmp(width_px: int, height_px: int) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width_px, height_px, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info


def _jpeg(width_px: int, height_px: int) -> bytes:
    component = b"\x01\x11\x00"
    frame = struct.pack(">HBHHB", 11, 8, height_px, width_px, 1) + component
    scan = struct.pack(">HB", 8, 1) + b"\x01\x00\x00\x3f\x00"
    return b"\xff\xd8\xff\xc0" + frame + b"\xff\xda" + scan + bytes(20)


def _tiff(width_px: int, height_px: int) -> bytes:
    tags = ((256, width_px), (257, height_px), (258, 8), (259, 1), (262, 1), (273, 8), (279, 9))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


def _webp(width_px: int, height_px: int) -> bytes:
    sides = (width_px - 1).to_bytes(3, "little") + (height_px - 1).to_bytes(3, "little")
    return _riff((b"VP8X", bytes(4) + sides), (b"VP8 ", bytes(10)))


def _gif(width_px: int, height_px: int) -> bytes:
    frame = b"\x2c\0\0\0\0" + struct.pack("<HH", width_px, height_px) + b"\0\x02\x01\0\0;"
    return b"GIF89a" + struct.pack("<HH", width_px, height_px) + bytes(3) + frame


@pytest.mark.parametrize("build", [_bmp, _jpeg, _tiff, _webp, _gif])
def test_small_files_that_declare_huge_pictures_are_refused(
    build: Callable[[int, int], bytes],
) -> None:
    limits = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)
    assert _code(build(20_000, 20_000)) == "bomb"
    assert limits == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)
    found = probe(BytesSource(build(13_000, 13_000)), field="top")
    assert (found.width_px, found.height_px) == (13_000, 13_000)


def test_a_png_that_declares_a_huge_picture_is_refused(
    png_of: Callable[..., bytes], chunk: Callable[[bytes, bytes], bytes]
) -> None:
    assert _code(png_of(20_000, 20_000, 8, 2, chunk(b"IDAT", bytes(9)))) == "bomb"
    with pytest.raises(UnusableImage, match="20000x20000 px") as caught:
        probe(BytesSource(png_of(20_000, 20_000, 8, 2, chunk(b"IDAT", b"")), "x"), field="top")
    assert f"{MAX_PIXELS:,}" in str(caught.value)


def test_probing_neither_follows_nor_changes_the_limit_of_pillow(
    samples: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    for name in ("JPEG", "PNG", "BMP", "GIF", "WEBP"):
        assert probe(BytesSource(samples[name]), field="top").width_px == 24
    assert Image.MAX_IMAGE_PIXELS == 10


def test_probing_decodes_no_pixel(
    samples: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("a pixel was decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", refuse)
    for data in samples.values():
        assert probe(BytesSource(data), field="top").width_px == 24


@pytest.mark.parametrize("name", ["JPEG", "PNG", "BMP", "TIFF", "WEBP"])
def test_a_large_file_is_not_read_whole(
    name: str, tmp_path: Path, samples: dict[str, bytes], encode: Encode
) -> None:
    path = tmp_path / "large"
    if name in {"JPEG", "WEBP"}:
        whole = bytearray(samples[name])
        if name == "WEBP":
            whole[4:8] = struct.pack("<I", 25_000_000 - 8)
            whole += b"JUNK" + struct.pack("<I", 25_000_000 - len(whole) - 8)
        path.write_bytes(bytes(whole).ljust(25_000_000, b"\0"))
    else:
        options = {"compress_level": 0} if name == "PNG" else {}
        path.write_bytes(encode(Image.new("RGB", (2900, 2900)), name, **options))
    assert path.stat().st_size > 24_000_000
    tracemalloc.start()
    try:
        found = probe(PathSource(path), field="top")
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.width_px is not None
    assert peak_bytes < 1_000_000


def test_a_file_is_looked_at_once_while_probes_are_remembered(tmp_path: Path) -> None:
    path = tmp_path / "me.png"
    Image.new("RGB", (10, 20)).save(path)
    with remember_probes():
        first = probe(PathSource(path), field="person")
        path.unlink()
        assert probe(PathSource(path), field="top") is first
    with pytest.raises(UnusableImage, match="there is no file"):
        probe(PathSource(path), field="person")


def test_a_file_that_cannot_be_used_is_not_remembered(tmp_path: Path) -> None:
    path = tmp_path / "me.png"
    with remember_probes():
        for field in ("person", "top"):
            with pytest.raises(UnusableImage) as caught:
                probe(PathSource(path), field=field)
            assert caught.value.field == field
        Image.new("RGB", (10, 20)).save(path)
        assert probe(PathSource(path), field="person").width_px == 10


def test_what_is_put_among_the_probes_is_believed(tmp_path: Path) -> None:
    path = tmp_path / "never-written.png"
    header = ImageProbe(format="PNG", size_bytes=7, width_px=1, height_px=2)
    with remember_probes() as remembered:
        remembered[path] = header
        assert probe(PathSource(path), field="person") == header
    with pytest.raises(UnusableImage, match="there is no file"):
        probe(PathSource(path), field="person")
