import io
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest
from hypothesis import HealthCheck, event, given, settings, strategies as st
from PIL import Image

from heif_files import heic_header
from tryon_core.errors import UnusableImage
from tryon_core.images import PORTABLE, check_image, fit, load_upright, probe, read_bytes
from tryon_core.images.rules import MAX_ENLARGEMENT
from tryon_core.models import BytesSource, ImageRules, PathSource, as_source

Chunk = Callable[[bytes, bytes], bytes]
Draw = Callable[..., Image.Image]
Encode = Callable[..., bytes]
JPEG_ONLY = ImageRules(formats={"JPEG"})


def _code(data: bytes, rules: ImageRules) -> str:
    with pytest.raises(UnusableImage) as caught:
        fit(BytesSource(data), rules, field="top")
    assert caught.value.field == "top"
    assert caught.value.remedy
    return caught.value.code


def _fit(data: bytes, rules: ImageRules) -> tuple[BytesSource, str]:
    fitted = fit(BytesSource(data, name="tee.webp"), rules, field="top")
    assert isinstance(fitted.source, BytesSource)
    assert check_image(probe(fitted.source, field="top"), rules, field="top") == ()
    assert all(change.startswith("top: ") for change in fitted.changes)
    return fitted.source, "\n".join(fitted.changes)


def test_an_image_within_the_rules_is_returned_untouched(
    tmp_path: Path, photo: Draw, encode: Encode
) -> None:
    path = tmp_path / "me.jpg"
    path.write_bytes(encode(photo(600, 800), "JPEG", comment=b"kept"))
    source = PathSource(path)
    fitted = fit(source, PORTABLE, field="person")
    assert fitted.source is source
    assert fitted.changes == ()


def test_a_derivative_is_named_after_the_original(
    tmp_path: Path, photo: Draw, encode: Encode
) -> None:
    path = tmp_path / "me.webp"
    path.write_bytes(encode(photo(600, 800), "WEBP"))
    fitted = fit(PathSource(path), PORTABLE, field="person")
    assert isinstance(fitted.source, BytesSource)
    assert fitted.source.name == "me.jpg"


def test_a_large_photo_is_reduced_to_the_longest_side(photo: Draw, encode: Encode) -> None:
    source, changes = _fit(encode(photo(4032, 3024), "JPEG"), PORTABLE)
    assert source.name == "tee.jpg"
    assert "top: 4032x3024 px reduced to 1920x1440 px" in changes
    assert "JPEG" in changes


def test_a_turned_photo_is_stored_upright_without_saying_where_it_was_taken(
    corners: Image.Image, encode: Encode
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    stored = corners.resize((480, 320)).transpose(Image.Transpose.ROTATE_90)
    data = encode(stored, "JPEG", exif=exif, quality=100, comment=b"private", subsampling=0)
    source, changes = _fit(data, PORTABLE)
    found = probe(source, field="top")
    assert (found.width_px, found.height_px, found.orientation) == (480, 320, 1)
    with Image.open(io.BytesIO(source.data)) as written:
        assert not written.getexif()
        assert written.convert("RGB").getpixel((20, 20)) == pytest.approx((255, 0, 0), abs=6)
    assert b"private" not in source.data
    assert "turned upright (EXIF orientation 6)" in changes


@pytest.mark.parametrize("name", ["WEBP", "BMP", "GIF", "TIFF"])
def test_other_formats_are_converted(name: str, photo: Draw, encode: Encode) -> None:
    source, changes = _fit(encode(photo(300, 400), name), PORTABLE)
    assert probe(source, field="top").format in {"JPEG", "PNG"}
    assert f"top: {name} (" in changes
    assert "px" not in changes


def test_what_was_stored_without_loss_stays_without_loss(photo: Draw, encode: Encode) -> None:
    image = photo(300, 400)
    source, _ = _fit(encode(image, "BMP"), PORTABLE)
    assert load_upright(source, field="top").tobytes() == image.tobytes()


def test_transparency_is_kept_where_png_is_allowed(photo: Draw, encode: Encode) -> None:
    image = photo(300, 400)
    image.putalpha(Image.linear_gradient("L").resize((300, 400)))
    source, changes = _fit(encode(image, "WEBP", lossless=True), PORTABLE)
    assert load_upright(source, field="top").getchannel("A").getextrema() == (0, 255)
    assert "white" not in changes


def test_transparency_becomes_white_where_only_jpeg_is_allowed(encode: Encode) -> None:
    image = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    image.paste((200, 0, 0, 255), (100, 100, 200, 200))
    source, changes = _fit(encode(image, "PNG"), JPEG_ONLY)
    loaded = load_upright(source, field="top")
    assert loaded.getpixel((10, 10)) == pytest.approx((255, 255, 255), abs=3)
    assert loaded.getpixel((150, 150)) == pytest.approx((200, 0, 0), abs=6)
    assert "transparent parts filled with white" in changes


def test_transparency_becomes_white_rather_than_the_picture_tiny(
    noise: Draw, encode: Encode
) -> None:
    rules = ImageRules(formats={"JPEG", "PNG"}, max_bytes=60_000)
    source, changes = _fit(encode(noise(400, 300, "RGBA"), "PNG"), rules)
    found = probe(source, field="top")
    assert found.format == "JPEG"
    assert "white" in changes


def test_transparency_is_kept_in_a_smaller_picture(noise: Draw, encode: Encode) -> None:
    rules = ImageRules(formats={"JPEG", "PNG"}, max_bytes=300_000)
    source, changes = _fit(encode(noise(400, 300, "RGBA"), "PNG"), rules)
    found = probe(source, field="top")
    assert (found.format, found.has_alpha) == ("PNG", True)
    assert "400x300 px reduced to" in changes


def test_an_alpha_channel_without_transparent_parts_is_dropped(photo: Draw, encode: Encode) -> None:
    image = photo(300, 400).convert("RGBA")
    source, changes = _fit(encode(image, "PNG"), JPEG_ONLY)
    assert probe(source, field="top").format == "JPEG"
    assert "white" not in changes


def test_quality_is_lowered_before_the_size(noise: Draw, encode: Encode) -> None:
    data = encode(noise(400, 300), "JPEG", quality=95)
    rules = ImageRules(formats={"JPEG"}, max_bytes=len(data) * 2 // 3)
    source, changes = _fit(data, rules)
    assert probe(source, field="top").width_px == 400
    assert "quality" in changes


def test_the_size_is_lowered_when_the_quality_does_not_suffice(noise: Draw, encode: Encode) -> None:
    data = encode(noise(400, 300), "JPEG", quality=95)
    for formats in ({"JPEG"}, {"PNG"}):
        source, changes = _fit(data, ImageRules(formats=formats, max_bytes=40_000))
        found = probe(source, field="top")
        assert found.width_px is not None
        assert found.height_px is not None
        assert found.width_px / found.height_px == pytest.approx(4 / 3, abs=0.02)
        assert f"reduced to {found.width_px}x{found.height_px} px" in changes


def test_limits_that_no_picture_worth_sending_meets_are_refused(
    noise: Draw, encode: Encode
) -> None:
    with pytest.raises(UnusableImage, match="limit of 900 bytes") as caught:
        fit(BytesSource(encode(noise(400, 300), "JPEG")), ImageRules(max_bytes=900), field="top")
    assert caught.value.code == "image_too_many_bytes"


def test_the_size_is_not_lowered_below_the_shortest_side(noise: Draw, encode: Encode) -> None:
    data = encode(noise(400, 300), "JPEG", quality=95)
    rules = ImageRules(formats={"JPEG"}, max_bytes=20_000, min_side_px=300)
    assert _code(data, rules) == "image_too_many_bytes"


def test_a_file_that_is_too_small_is_written_less_tightly(encode: Encode) -> None:
    flat = Image.new("RGB", (300, 300), (120, 30, 200))
    data = encode(flat, "PNG")
    assert len(data) < PORTABLE.min_bytes
    source, _ = _fit(data, PORTABLE)
    assert load_upright(source, field="top").getpixel((9, 9)) == pytest.approx(
        (120, 30, 200), abs=3
    )


def test_a_file_that_stays_too_small_is_refused(encode: Encode) -> None:
    flat = encode(Image.new("RGB", (300, 300), "white"), "PNG")
    rules = ImageRules(formats={"JPEG"}, min_bytes=5_120)
    assert _code(flat, rules) == "image_too_few_bytes"


def test_a_small_picture_is_enlarged_and_says_so(photo: Draw, encode: Encode) -> None:
    source, changes = _fit(encode(photo(150, 200), "JPEG"), PORTABLE)
    assert load_upright(source, field="top").size == (300, 400)
    assert "150x200 px enlarged to 300x400 px, which adds no detail" in changes


@pytest.mark.parametrize(
    ("size", "code"),
    [
        ((1, 1), "image_too_small"),
        ((63, 63), "image_too_small"),
        ((10_000, 20), "image_too_small"),
        ((200, 1900), "image_too_small"),
    ],
)
def test_shapes_that_no_derivative_can_satisfy_are_refused(
    size: tuple[int, int], code: str, encode: Encode
) -> None:
    assert _code(encode(Image.new("RGB", size), "PNG"), PORTABLE) == code


def test_a_picture_that_becomes_too_narrow_when_reduced_is_refused(encode: Encode) -> None:
    data = encode(Image.new("RGB", (4000, 300)), "PNG")
    assert _code(data, PORTABLE) == "image_too_large"


def test_a_picture_that_is_too_long_for_any_jpeg_is_reduced(encode: Encode) -> None:
    source, _ = _fit(encode(Image.new("RGB", (131_000, 4)), "PNG"), JPEG_ONLY)
    assert probe(source, field="top").width_px == 65_500


def test_cmyk_and_deep_pixels_are_converted_although_no_rule_names_them(
    photo: Draw, encode: Encode
) -> None:
    for data in (
        encode(photo(300, 400).convert("CMYK"), "JPEG"),
        encode(Image.linear_gradient("L").convert("I").convert("I;16"), "PNG"),
    ):
        source, _ = _fit(data, PORTABLE)
        assert probe(source, field="top").mode == "RGB"


@pytest.mark.parametrize("mode", ["L", "LA", "1"])
def test_grey_pictures_become_rgb_where_grey_may_be_refused(
    photo: Draw, encode: Encode, mode: str
) -> None:
    grey = encode(photo(300, 400).convert(mode), "PNG")
    assert fit(BytesSource(grey), PORTABLE, field="top").changes == ()
    rules = attrs.evolve(PORTABLE, fit_to_rgb=True)
    source, changes = _fit(grey, rules)
    assert probe(source, field="top").mode in {"RGB", "RGBA"}
    assert f"({mode}, " in changes
    coloured = encode(photo(300, 400), "PNG")
    assert fit(BytesSource(coloured), rules, field="top").changes == ()


def test_a_file_that_is_cut_off_is_refused_although_its_header_is_within_the_rules(
    photo: Draw, encode: Encode
) -> None:
    data = encode(photo(600, 800), "JPEG", quality=95)
    assert check_image(probe(BytesSource(data[:-9000]), field="top"), PORTABLE, field="top") == ()
    assert _code(data[:-9000], PORTABLE) == "truncated"


def test_animations_are_refused(animations: dict[str, BytesSource]) -> None:
    for source in animations.values():
        assert _code(source.data, ImageRules()) == "image_animated"


def test_heic_passes_untouched_where_it_is_allowed_and_is_refused_elsewhere_without_a_decoder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif.as_plugin", None)
    heic = heic_header(600, 800, quarter_turns=1)
    source = BytesSource(heic)
    assert fit(source, ImageRules(formats={"HEIC"}), field="top").source is source
    assert _code(heic, PORTABLE) == "unsupported_format"
    assert _code(heic, ImageRules(formats={"HEIC"}, max_side_px=700)) == "unsupported_format"


def test_heic_is_made_to_fit_with_pillow_heif(photo: Draw) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    buffer = io.BytesIO()
    pillow_heif.from_pillow(photo(900, 1200)).save(buffer)
    source, changes = _fit(buffer.getvalue(), ImageRules(formats={"JPEG"}, max_side_px=800))
    found = probe(source, field="top")
    assert (found.format, found.width_px, found.height_px) == ("JPEG", 600, 800)
    assert "900x1200 px reduced to 600x800 px" in changes


@pytest.mark.parametrize("where", ["in front", "behind"])
@pytest.mark.parametrize("name", [b"zTXt", b"iCCP", b"iTXt"])
def test_long_text_or_a_long_profile_in_a_png_is_no_damage(
    photo: Draw, encode: Encode, chunk: Chunk, name: bytes, where: str
) -> None:
    data = encode(photo(600, 800), "PNG")
    form = {b"zTXt": b"Comment\0\0", b"iCCP": b"Profile\0\0", b"iTXt": b"XML\0\1\0\0\0"}[name]
    long_text = chunk(name, form + zlib.compress(bytes(1_300_000)))
    at = data.index(b"IDAT") - 4 if where == "in front" else data.index(b"IEND") - 4
    whole = data[:at] + long_text + data[at:]
    source = BytesSource(whole)
    assert fit(source, ImageRules(formats={"PNG"}), field="top").source is source
    assert fit(source, ImageRules(formats={"JPEG"}), field="top").changes
    assert _code(whole[:-9000], ImageRules(formats={"JPEG"})) == "truncated"


def test_rules_without_a_format_that_can_be_written_are_named(samples: dict[str, bytes]) -> None:
    with pytest.raises(UnusableImage, match="only BMP and HEIC can be sent") as caught:
        fit(BytesSource(samples["PNG"]), ImageRules(formats={"HEIC", "BMP"}), field="top")
    assert caught.value.code == "image_format"


def test_the_same_picture_gives_the_same_bytes(photo: Draw, encode: Encode) -> None:
    data = encode(photo(2000, 1000), "WEBP")
    assert _fit(data, PORTABLE) == _fit(data, PORTABLE)


def test_a_pillow_image_is_fitted(photo: Draw) -> None:
    fitted = fit(as_source(photo(2000, 1500)), PORTABLE, field="person")
    assert probe(fitted.source, field="person").width_px == 1920
    assert len(read_bytes(fitted.source, field="person")) <= 3_000_000


RULES = st.builds(
    ImageRules,
    formats=st.sampled_from([{"JPEG"}, {"PNG"}, {"JPEG", "PNG"}, {"JPEG", "WEBP", "BMP"}, set()]),
    min_bytes=st.integers(1, 3_000),
    max_bytes=st.none() | st.integers(2_000, 60_000),
    min_side_px=st.integers(1, 120),
    max_side_px=st.none() | st.integers(60, 300),
)
SIDES = st.integers(1, 320)
MODES = st.sampled_from(["RGB", "RGBA", "L", "LA"])
FORMATS = st.sampled_from(["PNG", "JPEG", "WEBP"])


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(
    width=SIDES,
    height=SIDES,
    mode=MODES,
    name=FORMATS,
    rules=RULES,
    orientation=st.integers(1, 8),
    smooth=st.booleans(),
)
def test_a_derivative_satisfies_the_rules_keeps_the_shape_and_needs_no_further_fitting(
    *,
    photo: Draw,
    noise: Draw,
    encode: Encode,
    width: int,
    height: int,
    mode: str,
    name: str,
    rules: ImageRules,
    orientation: int,
    smooth: bool,
) -> None:
    image = photo(width, height).convert(mode) if smooth else noise(width, height, mode)
    exif = Image.Exif()
    exif[0x0112] = orientation
    plain = image.convert("RGB") if name == "JPEG" else image
    source = BytesSource(encode(plain, name, exif=exif))
    before = probe(source, field="top")
    try:
        fitted = fit(source, rules, field="top")
    except UnusableImage as error:
        event(error.code)
        return
    event("untouched" if fitted.source is source else "derived")
    after = probe(fitted.source, field="top")
    assert check_image(after, rules, field="top") == ()
    assert after.orientation == 1
    _assert_same_shape(before.width_px, before.height_px, after.width_px, after.height_px)
    again = fit(fitted.source, rules, field="top")
    assert again.source is fitted.source
    assert again.changes == ()


def _assert_same_shape(
    width: int | None, height: int | None, new_width: int | None, new_height: int | None
) -> None:
    assert width
    assert height
    assert new_width
    assert new_height
    factor = max(new_width, new_height) / max(width, height)
    assert factor <= MAX_ENLARGEMENT + 1
    # Rounding happens at most twice: to the limit of the sides, then to that of the bytes.
    assert new_width == pytest.approx(width * factor, abs=1.01)
    assert new_height == pytest.approx(height * factor, abs=1.01)


def test_what_is_made_to_fit_stays_within_the_narrower_limits(photo: Draw, encode: Encode) -> None:
    rules = ImageRules(max_side_px=400, fit_to=ImageRules(max_side_px=399))
    fitted, _ = _fit(encode(photo(300, 600), "PNG"), rules)
    found = probe(fitted, field="top")
    assert (found.width_px, found.height_px) == (200, 399)


def test_where_only_the_wider_limits_leave_room_they_are_used(photo: Draw, encode: Encode) -> None:
    rules = ImageRules(max_side_px=400, fit_to=ImageRules(max_bytes=10))
    fitted, _ = _fit(encode(photo(300, 600), "PNG"), rules)
    assert probe(fitted, field="top").height_px == 400


def test_an_image_on_the_border_is_sent_as_it_is(photo: Draw, encode: Encode) -> None:
    rules = ImageRules(max_side_px=400, fit_to=ImageRules(max_side_px=399))
    source = BytesSource(encode(photo(300, 400), "PNG"))
    assert fit(source, rules, field="top").source is source
