import hashlib
import os
import tracemalloc
from pathlib import Path

import pytest

from tryon_core.errors import UnusableImage
from tryon_core.images import digest, open_binary, read_bytes, upload_name
from tryon_core.models import BytesSource, PathSource, UrlSource, as_source


def test_a_path_and_its_bytes_read_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"content")
    assert read_bytes(PathSource(path), field="top") == b"content"
    assert read_bytes(BytesSource(b"content"), field="top") == b"content"


def test_a_missing_file_names_field_path_and_where_it_was_looked_up() -> None:
    with pytest.raises(UnusableImage) as caught:
        read_bytes(as_source("nowhere/me.jpg"), field="person")
    assert (caught.value.code, caught.value.field) == ("missing", "person")
    assert "nowhere/me.jpg" in str(caught.value)
    assert str(Path.cwd()) in caught.value.remedy


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        ("data:image/png;base64," + "iVBORw0KGgo" * 1000, "data URI"),
        ("data:image/png;base64,iVBORw0KGgo", "data URI"),
        ("~/me.jpg", "is not expanded"),
        ("/nowhere/me.jpg", "Check the path."),
        ("a\0b", "Check the path"),
        ("pyproject.toml/me.jpg", "Check the path"),
    ],
)
def test_odd_paths_are_missing_with_a_fitting_remedy(value: str, remedy: str) -> None:
    with pytest.raises(UnusableImage) as caught:
        read_bytes(as_source(value), field="person")
    assert caught.value.code == "missing"
    assert remedy in caught.value.remedy
    assert len(str(caught.value)) < 600


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableImage, match="is a folder") as caught:
        read_bytes(PathSource(tmp_path), field="top")
    assert caught.value.code == "is_folder"


def test_a_file_without_permission_is_unreadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"content")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    # An administrator may read everything, so that changing the mode would prove nothing there.
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UnusableImage, match="Permission denied") as caught:
        read_bytes(PathSource(path), field="top")
    assert caught.value.code == "unreadable"


def test_a_name_that_is_too_long_is_unreadable_and_shown_short() -> None:
    with pytest.raises(UnusableImage) as caught:
        read_bytes(as_source("x" * 5000), field="top")
    assert caught.value.code == "unreadable"
    assert len(str(caught.value)) < 400


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(UnusableImage, match="pipe or a device") as caught:
        read_bytes(PathSource(path), field="top")
    assert caught.value.code == "unreadable"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.touch()
    for source in (PathSource(path), BytesSource(b""), BytesSource(b"", name="tee.png")):
        with pytest.raises(UnusableImage, match="is empty") as caught:
            digest(source)
        assert caught.value.code == "empty"


def test_an_address_is_not_a_local_image_and_its_secrets_stay_hidden() -> None:
    with (
        pytest.raises(UnusableImage, match="is an address") as caught,
        open_binary(UrlSource("https://shop.test/a.jpg?signature=secret"), field="top"),
    ):
        pytest.fail("opened")
    assert caught.value.code == "not_local"
    assert "secret" not in str(caught.value)


def test_a_file_of_exactly_the_limit_is_read_and_one_byte_more_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(bytes(1000))
    assert len(read_bytes(PathSource(path), field="top", max_bytes=1000)) == 1000
    with pytest.raises(UnusableImage, match="1,000 bytes; at most 999") as caught:
        read_bytes(PathSource(path), field="top", max_bytes=999)
    assert caught.value.code == "too_large_file"


def test_the_digest_depends_on_the_content_alone(tmp_path: Path) -> None:
    content = bytes(range(256)) * 10_000
    path = tmp_path / "any.name"
    path.write_bytes(content)
    expected = hashlib.sha256(content).hexdigest()
    assert digest(PathSource(path)) == digest(BytesSource(content, name="x")) == expected


def test_the_digest_of_a_large_file_does_not_read_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(25_000_000)
    tracemalloc.start()
    try:
        digest(PathSource(path))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 4_000_000


def test_the_digest_of_an_address_is_that_of_its_text() -> None:
    address = "https://shop.test/a.jpg"
    assert digest(UrlSource(address)) == hashlib.sha256(address.encode()).hexdigest()


def test_an_upload_is_named_after_what_it_is(tmp_path):
    path = tmp_path / "tee.png"
    path.write_bytes(b"\xff\xd8\xff\xe0 picture")
    assert upload_name(PathSource(path)) == "tee.jpg"
    assert upload_name(BytesSource(path.read_bytes())) == "image.jpg"
    with pytest.raises(UnusableImage, match="an address"):
        upload_name(UrlSource("https://a/tee.png"))
