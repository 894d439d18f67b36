"""Whatever the bytes are: an answer or an `UnusableImage`, and never a warning."""

import contextlib
import threading
import warnings
from collections.abc import Callable

import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from tryon_core.errors import UnusableImage
from tryon_core.images import check_request_images, fit, load_upright, probe
from tryon_core.models import BytesSource, ImageRules

Draw = Callable[..., Image.Image]
Encode = Callable[..., bytes]
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
STARTS = (
    b"",
    b"\xff\xd8\xff\xe0\0\x10JFIF\0",
    b"\xff\xd8\xff\xe1\0\x20Exif\0\0",
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x08\0\0\0\x08",
    b"GIF89a\x08\0\x08\0",
    b"RIFF\x40\0\0\0WEBPVP8 ",
    b"RIFF\x40\0\0\0WEBPVP8X\x0a\0\0\0",
    b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x08\0\0\0\x08\0\0\0",
    b"II*\0\x08\0\0\0",
    b"MM\0*\0\0\0\x08",
    b"\0\0\0\x18ftypavif\0\0\0\0mif1miaf",
)


def _use(data: bytes) -> None:
    source = BytesSource(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for use in (probe, load_upright):
            with contextlib.suppress(UnusableImage):
                use(source, field="top")
        with contextlib.suppress(UnusableImage):
            fit(source, ImageRules(formats={"JPEG"}), field="top")
        check_request_images({"top": source}, lambda _: ImageRules())


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_cut_anywhere_works_or_is_unusable(name: str, samples: dict[str, bytes]) -> None:
    data = samples[name]
    for length in range(len(data)):
        source = BytesSource(data[:length])
        with contextlib.suppress(UnusableImage):
            assert probe(source, field="top").width_px == 24
        with contextlib.suppress(UnusableImage):
            assert load_upright(source, field="top").size == (24, 16)


@settings(deadline=None, max_examples=300)
@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=200))
def test_random_bytes_never_give_another_error(start: bytes, rest: bytes) -> None:
    _use(start + rest)


@settings(deadline=None, max_examples=100)
@given(
    name=st.sampled_from(FORMATS),
    changes=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_images_with_changed_bytes_never_give_another_error(
    sample_of: Callable[[str], bytes], name: str, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(sample_of(name))
    for position, value in changes:
        # Headers decide most, so half of the changes go there.
        limit = len(data) if position % 2 else min(len(data), 64)
        data[position // 2 % limit] = value
    _use(bytes(data))


def test_odd_metadata_warns_nobody(photo: Draw, encode: Encode) -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\xff\xff\xff\0\x06\0\0\0"
    data = encode(photo(24, 16), "JPEG", exif=exif)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        load_upright(BytesSource(data), field="top")
    assert heard == []


def test_threads_leave_the_warning_filters_as_they_were(samples: dict[str, bytes]) -> None:
    before = list(warnings.filters)

    def work() -> None:
        for data in samples.values():
            load_upright(BytesSource(data), field="top")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before
