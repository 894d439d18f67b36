"""Every person with every garment, from two folders."""

import pytest

from tryon_core import PathSource
from tryon_core.batch.manifest import pair_folders


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
