"""Every person with every garment, from two folders."""

import pytest

from tryon_batch.manifest import pair_folders
from tryon_core import PathSource
from tryon_core.image_formats import SUFFIXES


@pytest.fixture
def folders(tmp_path):
    def fill(name, files):
        folder = tmp_path / name
        folder.mkdir()
        for file in files:
            (folder / file).touch()
        return folder

    return fill


def _pair(persons, garments, provider="fake"):
    return pair_folders(
        persons, garments, category="dress", provider=provider, options={"seed": "7"}
    )


def test_each_garment_is_put_on_each_person_in_natural_order(folders):
    people = folders("people", ["10.jpg", "9.PNG", "bo.webp"])
    clothes = folders("clothes", ["d 2.heic", "d 10.tif"])
    manifest = _pair(people, clothes)
    assert manifest.problems == ()
    assert [row.id for row in manifest.rows] == [
        "9--d-2", "9--d-10", "10--d-2", "10--d-10", "bo--d-2", "bo--d-10",
    ]  # fmt: skip
    first = manifest.rows[0]
    assert first.number is None
    assert first.person == PathSource(people / "9.PNG")
    assert first.garments == {"dress": PathSource(clothes / "d 2.heic")}
    assert manifest.providers == {"fake"}
    assert manifest.options == {"seed": "7"}


def test_what_is_no_image_is_left_out(folders):
    people = folders("people", ["a.jpg", ".b.jpg", "._a.jpg", "notes.txt", "Thumbs.db", "c"])
    (people / "inner.jpg").mkdir()
    (people / "inner.jpg" / "d.jpg").touch()
    (people / "gone.jpg").symlink_to("nowhere")
    manifest = _pair(people, folders("clothes", ["d.png"]))
    assert [row.id for row in manifest.rows] == ["a--d", "gone--d"]
    assert manifest.notes == (
        f"2 files of {str(people)!r} are no images by their names: c, notes.txt.",
        f"1 folder of {str(people)!r} is not looked into: inner.jpg/.",
    )


def test_many_that_are_left_out_are_counted(folders):
    people = folders("people", ["a.jpg", *(f"{number}.psd" for number in range(9))])
    (note,) = _pair(people, folders("clothes", ["d.png"])).notes
    assert note.endswith("are no images by their names: 0.psd, 1.psd, 2.psd and 6 more.")


@pytest.mark.parametrize("name", ["a.jfif", "a.JPE", "a.tif", "a.avif", "a.hif", "a.dib", "a.apng"])
def test_every_suffix_of_an_image_counts(folders, name):
    manifest = _pair(folders("people", [name]), folders("clothes", ["d.png"]))
    assert [row.id for row in manifest.rows] == ["a--d"]
    assert manifest.notes == ()


def test_every_suffix_that_pillow_knows_for_our_formats_counts(folders):
    image = pytest.importorskip("PIL.Image")
    image.init()
    known = [name for name, kind in image.registered_extensions().items() if kind in SUFFIXES]
    people = folders("people", [f"{number}{name}" for number, name in enumerate(known)])
    manifest = _pair(people, folders("clothes", ["d.png"]))
    assert len(manifest.rows) == len(known) > 10


def test_files_of_one_stem_are_told_apart(folders):
    people = folders("people", ["a.jpg", "a.png", "A.gif"])
    manifest = _pair(people, folders("clothes", ["d.png"]))
    assert manifest.problems == ()
    assert len({row.id.lower() for row in manifest.rows}) == 3


def test_both_folders_are_complained_about_at_once(folders, tmp_path):
    manifest = _pair(tmp_path / "nowhere", folders("clothes", ["d.txt"]), provider=None)
    assert [(found.row, found.column) for found in manifest.problems] == [
        (None, "persons"),
        (None, "garments"),
        (None, "provider"),
    ]
    assert "nowhere" in manifest.problems[0].message
    assert ".jpg" in manifest.problems[1].remedy


def test_a_file_is_no_folder(folders):
    people = folders("people", ["a.jpg"])
    (problem,) = _pair(people / "a.jpg", people).problems
    assert problem.column == "persons"


def test_a_path_that_cannot_be_one_is_told(folders, tmp_path):
    (problem,) = _pair(tmp_path / "a\0b", folders("clothes", ["d.png"])).problems
    assert problem.column == "persons"
