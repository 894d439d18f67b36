import io
import random
import struct
import sys
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageCms

from heif_files import heic_header
from tryon_core.errors import UnusableImage
from tryon_core.images import load_upright
from tryon_core.images.decoding import can_open
from tryon_core.models import BytesSource, as_source

ORIENTATION = 0x0112
Draw = Callable[..., Image.Image]
Encode = Callable[..., bytes]
# How a camera held that way stores the picture: the inverse of how it is turned for showing.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def _load(data: bytes, **options: Any) -> Image.Image:
    return load_upright(BytesSource(data), field="person", **options)


def _code(data: bytes) -> str:
    with pytest.raises(UnusableImage) as caught:
        _load(data)
    assert caught.value.field == "person"
    assert caught.value.remedy
    return caught.value.code


def _greatest_difference(one: Image.Image, other: Image.Image) -> int:
    assert one.mode == other.mode
    extremes = ImageChops.difference(one, other).getextrema()
    return max(int(high) for _, high in extremes)  # type: ignore[misc]


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_all_eight_orientations_give_the_same_upright_picture(
    name: str, orientation: int, corners: Image.Image, encode: Encode
) -> None:
    turn = STORED[orientation]
    stored = corners if turn is None else corners.transpose(turn)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    options = {"quality": 95} if name == "JPEG" else {"lossless": True} if name == "WEBP" else {}
    loaded = _load(encode(stored, name, exif=exif, **options))
    assert loaded.size == (48, 32)
    centres = [loaded.getpixel(point) for point in ((12, 8), (36, 8), (12, 24), (36, 24))]
    for seen, colour in zip(centres, ["red", "green", "blue", "white"], strict=True):
        expected = Image.new("RGB", (1, 1), colour).getpixel((0, 0))
        assert seen == pytest.approx(expected, abs=6)


def test_lossless_formats_load_exactly_what_was_drawn(photo: Draw, encode: Encode) -> None:
    image = photo(40, 30)
    for name in ("PNG", "BMP", "TIFF"):
        assert _load(encode(image, name)).tobytes() == image.tobytes()


@pytest.mark.parametrize(
    ("mode", "name", "expected"),
    [
        ("1", "PNG", "RGB"),
        ("L", "JPEG", "RGB"),
        ("LA", "PNG", "RGBA"),
        ("P", "PNG", "RGB"),
        ("CMYK", "TIFF", "RGB"),
        ("YCbCr", "JPEG", "RGB"),
        ("RGBA", "WEBP", "RGBA"),
    ],
)
def test_pixel_formats_become_rgb_or_rgba(
    mode: str, name: str, expected: str, photo: Draw, encode: Encode
) -> None:
    image = photo(40, 30, detail=3).convert(mode)
    if mode in {"LA", "RGBA"}:
        image.putalpha(Image.linear_gradient("L").resize((40, 30)))
    loaded = _load(encode(image, name))
    assert (loaded.mode, loaded.size) == (expected, (40, 30))
    if name != "JPEG" and mode != "CMYK":
        assert _greatest_difference(loaded, image.convert(expected)) <= 24


def test_a_cmyk_jpeg_keeps_its_colours(photo: Draw, encode: Encode) -> None:
    image = photo(64, 48, detail=3)
    loaded = _load(encode(image.convert("CMYK"), "JPEG", quality=95))
    assert _greatest_difference(loaded, image) <= 24


def test_a_transparent_palette_entry_becomes_transparent(encode: Encode) -> None:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putpixel((0, 0), 0)
    for name in ("PNG", "GIF"):
        loaded = _load(encode(image, name, transparency=0))
        assert loaded.mode == "RGBA"
        assert (loaded.getpixel((0, 0)), loaded.getpixel((1, 1))) == (
            (255, 0, 0, 0),
            (0, 255, 0, 255),
        )


@pytest.mark.parametrize("name", ["PNG", "TIFF"])
def test_sixteen_bits_of_grey_are_scaled_and_not_clipped(name: str, encode: Encode) -> None:
    values = [0, 257, 0x4040, 0x8080, 0xC0C0, 0xFFFF]
    image = Image.frombytes("I;16", (6, 1), struct.pack("<6H", *values))
    loaded = _load(encode(image, name))
    assert [loaded.getpixel((column, 0)) for column in range(6)] == [
        (value // 257,) * 3 for value in values
    ]


def test_a_dark_picture_of_sixteen_bits_stays_dark(encode: Encode) -> None:
    image = Image.new("I;16", (4, 4), 200)
    assert _load(encode(image, "PNG")).getpixel((0, 0)) == (1, 1, 1)


@pytest.mark.parametrize(
    ("mode", "values", "expected"),
    [
        ("I", (0, 100, 255), (0, 100, 255)),
        ("I", (0, 0x8080, 0xFFFF), (0, 128, 255)),
        ("I", (0, 500_000, 1_000_000), (0, 128, 255)),
        ("F", (0.0, 0.5, 1.0), (0, 128, 255)),
        ("F", (0.0, 100.0, 255.0), (0, 100, 255)),
    ],
)
def test_deeper_greys_are_scaled_to_their_white(
    mode: str, values: tuple[float, ...], expected: tuple[int, ...], encode: Encode
) -> None:
    image = Image.new(mode, (3, 1))
    for column, value in enumerate(values):
        image.putpixel((column, 0), value)
    loaded = _load(encode(image, "TIFF"))
    assert tuple(loaded.getpixel((column, 0))[0] for column in range(3)) == expected  # type: ignore[index]


def _deep_rgb(
    png_of: Callable[..., bytes], chunk: Callable[[bytes, bytes], bytes], *chunks: bytes
) -> bytes:
    row = b"\0" + struct.pack(">6H", 0xFFFF, 0x8080, 0, 0x1234, 0x1234, 0x1234)
    return png_of(2, 1, 16, 2, *chunks, chunk(b"IDAT", zlib.compress(row)))


def test_sixteen_bits_of_colour_are_scaled(
    png_of: Callable[..., bytes], chunk: Callable[[bytes, bytes], bytes]
) -> None:
    loaded = _load(_deep_rgb(png_of, chunk))
    assert (loaded.getpixel((0, 0)), loaded.getpixel((1, 0))) == ((255, 128, 0), (18, 18, 18))


def test_a_colour_key_in_sixteen_bits_does_no_harm(
    png_of: Callable[..., bytes], chunk: Callable[[bytes, bytes], bytes]
) -> None:
    key = chunk(b"tRNS", struct.pack(">3H", 0x1234, 0x1234, 0x1234))
    loaded = _load(_deep_rgb(png_of, chunk, key))
    assert loaded.convert("RGB").getpixel((0, 0)) == (255, 128, 0)


def test_a_mode_that_cannot_be_converted_is_named(encode: Encode) -> None:
    with pytest.raises(UnusableImage, match="stored as LAB") as caught:
        _load(encode(Image.new("LAB", (8, 8)), "TIFF"))
    assert caught.value.code == "unsupported_mode"


def _swapped_profile() -> bytes:
    """A matrix profile in which red and green have changed places."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


def _srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_a_colour_profile_is_applied(encode: Encode) -> None:
    image = Image.new("RGB", (8, 8), (250, 20, 30))
    loaded = _load(encode(image, "PNG", icc_profile=_swapped_profile()))
    assert loaded.getpixel((0, 0)) == pytest.approx((20, 250, 30), abs=4)


def test_transparency_survives_a_colour_profile(encode: Encode) -> None:
    image = Image.new("RGBA", (8, 8), (250, 20, 30, 77))
    loaded = _load(encode(image, "PNG", icc_profile=_swapped_profile()))
    assert loaded.getpixel((0, 0)) == pytest.approx((20, 250, 30, 77), abs=4)


def test_an_srgb_profile_changes_nothing_visible(photo: Draw, encode: Encode) -> None:
    image = photo(40, 30)
    loaded = _load(encode(image, "PNG", icc_profile=_srgb_profile()))
    assert _greatest_difference(loaded, image) <= 1


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "CMYK"])
# The id is given, since a profile tells the time of day at which it was made.
@pytest.mark.parametrize(
    "profile", [b"no profile", b"", pytest.param(_srgb_profile(), id="profile of other colours")]
)
def test_a_profile_that_does_not_fit_is_ignored(
    mode: str, profile: bytes, photo: Draw, encode: Encode
) -> None:
    image = photo(40, 30).convert(mode)
    loaded = _load(encode(image, "TIFF", icc_profile=profile))
    assert _greatest_difference(loaded, image.convert("RGB")) <= 1


def test_a_loaded_picture_carries_no_metadata(photo: Draw, encode: Encode) -> None:
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    data = encode(photo(24, 16), "JPEG", exif=exif, comment=b"private", icc_profile=_srgb_profile())
    loaded = _load(data)
    assert loaded.info == {}
    assert not loaded.getexif()
    assert b"private" not in encode(loaded, "JPEG")


@pytest.mark.parametrize("name", ["JPEG", "PNG"])
def test_a_longest_side_scales_down_only(name: str, photo: Draw, encode: Encode) -> None:
    data = encode(photo(900, 600), name)
    assert _load(data, max_side_px=300).size == (300, 200)
    assert _load(data, max_side_px=900).size == (900, 600)
    assert _load(data, max_side_px=2000).size == (900, 600)


def test_a_turned_jpeg_is_scaled_by_its_upright_size(photo: Draw, encode: Encode) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    data = encode(photo(900, 300), "JPEG", exif=exif)
    assert _load(data, max_side_px=90).size == (30, 90)


def test_scaling_while_decoding_looks_like_scaling_afterwards(photo: Draw, encode: Encode) -> None:
    data = encode(photo(1200, 800), "JPEG", quality=95)
    afterwards = _load(data).resize((150, 100), Image.Resampling.LANCZOS)
    assert _greatest_difference(_load(data, max_side_px=150), afterwards) <= 12


def test_colours_under_transparent_parts_do_not_bleed_when_scaled(encode: Encode) -> None:
    image = Image.new("RGBA", (200, 200), (255, 255, 255, 0))
    image.paste((200, 0, 0, 255), (50, 0, 150, 200))
    loaded = _load(encode(image, "PNG"), max_side_px=70)
    visible = [pixel for pixel in _pixels(loaded) if pixel[3] > 40]
    assert all(pixel[1] < 20 for pixel in visible)


def _pixels(image: Image.Image) -> list[tuple[int, ...]]:
    content = image.tobytes()
    return [tuple(content[start : start + 4]) for start in range(0, len(content), 4)]


def test_further_pictures_behind_a_jpeg_are_left_alone(photo: Draw, encode: Encode) -> None:
    first, second = photo(24, 16, 1, detail=2), photo(24, 16, 2, detail=2)
    data = encode(first, "MPO", save_all=True, append_images=[second])
    assert _greatest_difference(_load(data), first) < 24 < _greatest_difference(first, second)


def test_animations_and_several_pages_are_refused(animations: dict[str, BytesSource]) -> None:
    for source in animations.values():
        with pytest.raises(UnusableImage, match="3 frames or pages") as caught:
            load_upright(source, field="top")
        assert caught.value.code == "image_animated"


def test_heic_without_a_decoder_is_refused_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif.as_plugin", None)
    with pytest.raises(UnusableImage, match="pip install pillow-heif") as caught:
        load_upright(BytesSource(heic_header(600, 800)), field="top")
    assert caught.value.code == "unsupported_format"


def test_heic_is_loaded_with_pillow_heif(photo: Draw) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    picture, buffer = photo(64, 48, detail=2), io.BytesIO()
    pillow_heif.from_pillow(picture).save(buffer)
    loaded = _load(buffer.getvalue())
    assert loaded.size == (64, 48)
    assert _greatest_difference(loaded, picture) < 24


@pytest.mark.skipif(not can_open("AVIF"), reason="this Pillow reads no AVIF")
def test_avif_is_loaded(photo: Draw, encode: Encode) -> None:
    assert _load(encode(photo(24, 16), "AVIF")).size == (24, 16)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP"])
def test_pixel_data_that_ends_in_the_middle_is_truncated(
    name: str, noise: Draw, encode: Encode
) -> None:
    data = encode(noise(64, 64), name)
    if name == "TIFF":
        # Here the pixels stand before the directory, so cut the pixels and not the directory.
        assert _code(data[:-2000]) == "truncated"
    else:
        assert _code(data[: len(data) // 2]) == "truncated"


def test_pixel_data_with_errors_are_damaged(noise: Draw, encode: Encode) -> None:
    data = bytearray(encode(noise(64, 64), "PNG"))
    middle = len(data) // 2
    data[middle : middle + 64] = random.Random(3).randbytes(64)  # noqa: S311  (no secret)
    assert _code(bytes(data)) == "damaged"


def test_a_lack_of_memory_is_reported_as_too_large(
    samples: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", refuse)
    assert _code(samples["PNG"]) == "bomb"


def test_pillow_images_load_again_as_they_were(photo: Draw) -> None:
    image = photo(24, 16)
    assert load_upright(as_source(image), field="top").tobytes() == image.tobytes()
