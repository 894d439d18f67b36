import importlib

import pytest

from tryon_core.image_formats import FORMATS, HEAD_BYTES, image_format, name_for, seems_to_be


def _ftyp(*brands: bytes) -> bytes:
    content = brands[0] + bytes(4) + b"".join(brands[1:])
    return (8 + len(content)).to_bytes(4, "big") + b"ftyp" + content


def test_every_sample_is_recognised_by_content(samples: dict[str, bytes]) -> None:
    assert {name: image_format(data[:HEAD_BYTES]) for name, data in samples.items()} == {
        name: name for name in samples
    }


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (_ftyp(b"heic", b"mif1", b"heic"), "HEIC"),
        (_ftyp(b"mif1", b"mif1", b"heic"), "HEIC"),
        (_ftyp(b"avif", b"mif1"), "AVIF"),
        (_ftyp(b"mif1", b"avif"), "AVIF"),
        (_ftyp(b"isom", b"mp41"), None),
        (b"BMW is a make of cars, and this is a text about them.", None),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"", None),
    ],
)
def test_formats_are_told_apart(head: bytes, expected: str | None) -> None:
    assert image_format(head) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"%PDF-1.7\n", "a PDF document"),
        (b"PK\x03\x04\x14\0", "a ZIP archive or an Office document"),
        (b"\n<!DOCTYPE html><title>", "a web page"),
        (b"\xef\xbb\xbf<html>", "a web page"),
        (b'<svg xmlns="', "an SVG drawing"),
        (b'{"code": "InvalidApiKey"}', "JSON"),
        (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"),
        (_ftyp(b"isom", b"mp41"), "a video"),
        (b"Dear customer,\n", "plain text"),
        ("ü".encode() * 256, "plain text"),
        (b"x" + "ü".encode() * 255 + b"\xc3", "plain text"),
        (bytes(range(256)), "data of an unknown kind"),
        (bytes(16), "data of an unknown kind"),
    ],
)
def test_other_files_are_called_by_their_name(head: bytes, expected: str) -> None:
    assert image_format(head) is None
    assert seems_to_be(head).startswith(expected)


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("me.jpg", "JPEG", "me.jpg"),
        ("ME.JPEG", "JPEG", "ME.JPEG"),
        ("me.png", "JPEG", "me.jpg"),
        ("image", "PNG", "image.png"),
        ("me.v2", "WEBP", "me.v2.webp"),
        (".png", "JPEG", ".png.jpg"),
        ("me.tif", "TIFF", "me.tif"),
        ("me.txt", None, "me.txt"),
    ],
)
def test_a_file_is_named_after_what_it_is(name, kind, expected):
    assert name_for(name, kind) == expected


@pytest.mark.parametrize("name", [*FORMATS])
def test_what_the_table_says_of_a_format_is_so(name: str, samples: dict[str, bytes]) -> None:
    entry = FORMATS[name]
    assert entry.name == name
    assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in entry.suffixes)
    assert not entry.beginnings or samples[name].startswith(entry.beginnings)
    if entry.is_basic:
        module, decoder = entry.pillow
        assert hasattr(importlib.import_module(module), decoder)
    if entry.is_sent:
        assert entry.is_basic
