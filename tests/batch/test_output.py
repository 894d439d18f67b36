import errno
import hashlib
import os
from pathlib import Path

import pytest

from clocks import START
from providers import picture
from tryon_batch.ids import file_name
from tryon_batch.output import OutputFolder
from tryon_core.errors import InputError, OutputError
from tryon_core.models import Job
from tryon_core.results import ResultImage, TryOnResult

JOB = Job(provider="fake", id="j", submitted_at=START)
PNG, JPEG = picture(), picture(kind="JPEG")


@pytest.fixture
def output(tmp_path):
    return OutputFolder(tmp_path / "deep" / "out")


def _result(*pictures):
    kinds = {PNG: "PNG", JPEG: "JPEG"}
    images = [ResultImage(data=data, format=kinds.get(data, "PNG")) for data in pictures]
    return TryOnResult(job=JOB, images=tuple(images))


def test_pictures_are_named_after_the_item_and_are_the_vendors_bytes(output):
    files = output.save("sku-1", _result(PNG, JPEG))
    assert [file.path for file in files] == ["sku-1.png", "sku-1+2.jpg"]
    assert [(output.path / file.path).read_bytes() for file in files] == [PNG, JPEG]
    assert files[1].sha256 == hashlib.sha256(JPEG).hexdigest()
    assert files[1].bytes == len(JPEG)


def test_further_pictures_never_have_the_name_of_another_item(output):
    output.save("a", _result(PNG, PNG))
    for other in ("a-2", "a.2", "a_2"):
        output.save(other, _result(JPEG))
    assert file_name("a+2") != "a+2"


def test_an_id_of_a_shop_names_its_files_readably(output):
    names = [
        output.save(name, _result(PNG))[0].path for name in ("Art 2", "Müller-1", "A/B", "照片")
    ]
    assert names == ["Art 2.png", "Müller-1.png", "A%2FB.png", "照片.png"]
    assert all((output.path / name).is_file() for name in names)
    assert output.is_taken("A/B")


def test_a_file_system_without_such_letters_gets_names_without_them(tmp_path, monkeypatch):
    touch = Path.touch

    def refuse(path, *arguments, **options):
        if not path.name.isascii():
            raise OSError(errno.EILSEQ, "Invalid or incomplete multibyte or wide character")
        touch(path, *arguments, **options)

    monkeypatch.setattr(Path, "touch", refuse)
    (file,) = OutputFolder(tmp_path).save("Müller-1", _result(PNG))
    assert file.path == "M%C3%BCller-1.png"


def test_what_finds_out_which_names_are_possible_leaves_nothing_behind(output):
    assert list(output.path.iterdir()) == []


def test_saving_the_same_again_is_no_error_and_writes_nothing(output):
    (file,) = output.save("a", _result(PNG))
    before = (output.path / file.path).stat()
    assert output.save("a", _result(PNG)) == (file,)
    after = (output.path / file.path).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_another_file_of_that_name_is_not_overwritten(output):
    (output.path / "a.png").write_bytes(b"mine")
    with pytest.raises(OutputError, match=r"a\.png' exists already"):
        output.save("a", _result(PNG))
    assert (output.path / "a.png").read_bytes() == b"mine"


def test_equal_work_is_copied_under_the_other_name(output, tmp_path):
    files = output.save("a", _result(PNG, JPEG))
    other = OutputFolder(tmp_path / "other")
    copied = other.copy("b", [output.path / file.path for file in files])
    assert [file.path for file in copied] == ["b.png", "b+2.jpg"]
    assert (other.path / "b+2.jpg").read_bytes() == JPEG


def test_a_picture_that_is_gone_is_an_error_that_names_it(output):
    with pytest.raises(InputError, match=r"gone\.png") as caught:
        output.copy("b", [output.path / "gone.png"])
    assert not isinstance(caught.value, OutputError), "the folder is not to blame"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_full_or_read_only_disk_leaves_no_part_behind(output, monkeypatch, number):
    def refuse(_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OutputError, match=r"cannot write .*a\.png") as caught:
        output.save("a", _result(PNG))
    assert caught.value.__cause__.errno == number
    assert list(output.path.iterdir()) == []
    monkeypatch.undo()
    assert output.save("a", _result(PNG))


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="file"):
        OutputFolder(tmp_path / "file" / "out")
