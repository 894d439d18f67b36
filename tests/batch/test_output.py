import csv
import errno
import hashlib
import json
import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from providers import picture
from tryon_batch.ids import file_name
from tryon_batch.items import STATES, Cost, Entry, SavedFile
from tryon_batch.output import LINES, TABLE, OutputFolder, check_lists, write_lists
from tryon_core import errors
from tryon_core.errors import InputError, OutputError
from tryon_core.models import Artifact, Job, JobResult, Notice, UrlSource
from tryon_core.results import ResultImage, TryOnResult
from tryon_testing.clocks import START

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


RESULT = JobResult(
    images=[
        Artifact(source=UrlSource("https://cdn.example/1.png"), expires_at=START),
        Artifact(source=UrlSource("https://cdn.example/2.png")),
    ]
)
FINISHED = Job(
    provider="fake", id="j,1", submitted_at=START, request_id="r-1", expires_at=START, result=RESULT
)
SAVED = Entry(
    id="sku-1",
    provider="fake",
    row=2,
    state="saved",
    fingerprint="f1",
    job=FINISHED,
    attempts=1,
    files=(
        SavedFile(path="sku-1.png", sha256="ab" * 32, bytes=10),
        SavedFile(path="sku-1-2.png", sha256="cd" * 32, bytes=11),
    ),
    cost=Cost(amount=Decimal("0.10"), currency="USD", units=Decimal(2), basis="list"),
    times={
        "intent": START,
        "accepted": START + timedelta(seconds=1),
        "finished": START + timedelta(seconds=8.5),
        "saved": START + timedelta(seconds=9),
    },
)
FAILED = Entry(
    id="sku-2",
    provider="fake",
    row=3,
    state="failed",
    error={"message": 'it said: "no",\nand ended', "remedy": "Ask.", "request_id": "r-2"},
)


def _table(folder, delimiter=","):
    with (folder / TABLE).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def _lines(folder):
    return [json.loads(line) for line in (folder / LINES).read_text("utf-8").splitlines()]


def test_a_saved_item_tells_all_that_is_known_of_it(tmp_path):
    write_lists(tmp_path, [SAVED])
    (line,) = _lines(tmp_path)
    assert line["files"] == [
        {
            "path": "sku-1.png",
            "sha256": "ab" * 32,
            "bytes": 10,
            "expires_at": START.isoformat(),
        },
        {"path": "sku-1-2.png", "sha256": "cd" * 32, "bytes": 11, "expires_at": None},
    ]
    assert line["cost"] == {"amount": "0.10", "currency": "USD", "units": "2", "basis": "list"}
    assert (line["job"], line["request_id"], line["expires_at"]) == (
        "j,1", "r-1", START.isoformat()
    )  # fmt: skip
    assert (line["job_s"], line["fetch_s"]) == (7.5, 0.5)
    (row,) = _table(tmp_path)
    assert row["files"] == "sku-1.png;sku-1-2.png"
    assert (row["amount"], row["currency"], row["job"]) == ("0.10", "USD", "j,1")
    assert (row["sent_at"], row["error"]) == (START.isoformat(), "")


def test_what_went_wrong_survives_commas_quotes_and_lines(tmp_path):
    write_lists(tmp_path, [SAVED, FAILED])
    assert _table(tmp_path)[1]["error"] == FAILED.error["message"]
    assert _lines(tmp_path)[1]["error"] == FAILED.error
    assert _lines(tmp_path)[1]["request_id"] == "r-2"


@pytest.mark.parametrize("state", STATES)
def test_an_item_is_listed_whatever_its_state(tmp_path, state):
    write_lists(tmp_path, [Entry(id="a", provider="fake", state=state)])
    assert [row["state"] for row in _table(tmp_path)] == [state]
    assert [line["state"] for line in _lines(tmp_path)] == [state]


def test_what_was_asked_and_the_callers_own_columns_are_repeated(tmp_path):
    entry = attrs.evolve(
        SAVED,
        given={"person_model": {"gender": "female"}, "top": "clothes/tee 照.png"},
        own={"SKU": 4711, "state": "new", "tags": ["a", "b"], "=x": "=cmd()"},
    )
    write_lists(tmp_path, [FAILED, entry])
    (_, line), (_, row) = _lines(tmp_path), _table(tmp_path)
    assert line["columns"] == entry.own
    assert (line["person"], line["top"], line["dress"]) == (None, "clothes/tee 照.png", None)
    assert (row["SKU"], row["manifest.state"], row["state"]) == ("4711", "new", "saved")
    assert (row["top"], row["person_model"]) == ("clothes/tee 照.png", '{"gender": "female"}')
    assert (row["tags"], row["'=x"]) == ('["a", "b"]', "'=cmd()")


def test_notices_are_told_in_both_lists(tmp_path):
    notices = (Notice("sleeve_uncertain", "The sleeve may be wrong."), Notice("fit", "Look."))
    write_lists(tmp_path, [attrs.evolve(SAVED, notices=notices)])
    assert _lines(tmp_path)[0]["notices"] == [attrs.asdict(notice) for notice in notices]
    assert _table(tmp_path)[0]["notices"] == "The sleeve may be wrong.\nLook."


@pytest.mark.parametrize("text", ["\ud800", "=1+1", "\x1b[2J", "a\nb"])
def test_no_text_of_anybody_breaks_a_list(tmp_path, text):
    entry = attrs.evolve(
        SAVED,
        given={"person": text},
        own={text: text},
        notices=(Notice("x", text),),
        error={"message": text},
    )
    write_lists(tmp_path, [entry])
    assert _lines(tmp_path)[0]["columns"] == {text: text}
    assert len(_table(tmp_path)) == 1
    check_lists(tmp_path)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_the_table_has_the_delimiter_of_the_manifest_and_opens_in_excel(tmp_path, delimiter):
    write_lists(tmp_path, [SAVED], delimiter=delimiter)
    assert (tmp_path / TABLE).read_bytes().startswith(b"\xef\xbb\xbfid")
    (row,) = _table(tmp_path, delimiter)
    decimal = "," if delimiter == ";" else "."
    assert (row["amount"], row["job_s"]) == (f"0{decimal}10", f"7{decimal}5")
    write_lists(tmp_path, [FAILED])
    assert [row["id"] for row in _table(tmp_path)] == ["sku-2"]


def test_lists_of_the_first_version_are_replaced(tmp_path):
    (tmp_path / TABLE).write_text("id,row,provider,model,state,files,sha256\na,2,fake,,saved,,\n")
    check_lists(tmp_path)


def test_an_unknown_price_is_empty_and_never_zero(tmp_path):
    cost = Cost(amount=None, currency="", units=Decimal(1), basis="list")
    write_lists(tmp_path, [attrs.evolve(SAVED, cost=cost)])
    assert _table(tmp_path)[0]["amount"] == ""
    assert _lines(tmp_path)[0]["cost"]["amount"] is None


def test_a_request_that_may_have_been_charged_before_is_told_with_its_item(tmp_path):
    lost = Entry(id="sku-1", provider="fake", state="outcome_unknown", attempts=1, cost=SAVED.cost)
    write_lists(tmp_path, [attrs.evolve(SAVED, earlier=(lost,)), FAILED])
    first, second = _lines(tmp_path)
    (earlier,) = first["earlier"]
    assert (earlier["state"], earlier["cost"]["amount"]) == ("outcome_unknown", "0.10")
    assert second["earlier"] == []


def test_later_lists_replace_earlier_ones(tmp_path):
    write_lists(tmp_path, [])
    write_lists(tmp_path, [SAVED])
    write_lists(tmp_path, [FAILED, SAVED])
    assert [row["id"] for row in _table(tmp_path)] == ["sku-2", "sku-1"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [TABLE, LINES]


@pytest.mark.parametrize("name", [TABLE, LINES])
@pytest.mark.parametrize("text", ["id,notes\n1,mine\n", '{"id": 1}\n', "[]\n", "\xff\n"])
def test_a_foreign_file_of_that_name_stays(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="latin-1")
    before = (tmp_path / name).read_bytes()
    with pytest.raises(errors.OutputError, match="tryon did not write it"):
        check_lists(tmp_path)
    with pytest.raises(errors.OutputError):
        write_lists(tmp_path, [SAVED])
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == before
