"""The page as a file: where it goes, what it replaces, how it finds images; written by each run."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from providers import FakeProvider, picture
from shown_runs import Made, each_state, write_run
from tryon_core import Client, errors
from tryon_report.run_page import listening
from tryon_report.run_page.writing import PAGE_NAME, link_from, write_report
from tryon_report.thumbnails import STORE_NAME, ThumbnailStore, make_thumbnail
from tryon_testing.clocks import FakeClock


def _links(path):
    return [
        unquote(text) for text in re.findall(r'<a class="image" href="([^"]*)"', path.read_text())
    ]


def test_the_page_is_beside_the_images_and_finds_them_from_there(tmp_path):
    run = write_run(tmp_path / "100% of #1", Made(id="a"))
    path = write_report([run])
    assert path == run.folder / PAGE_NAME
    assert len(_links(path)) == 3
    assert all((path.parent / link).is_file() for link in _links(path))


def test_a_page_elsewhere_finds_them_too(tmp_path):
    run = write_run(tmp_path / "out", Made(id="a"))
    (tmp_path / "pages").mkdir()
    path = write_report([run], out=tmp_path / "pages" / "look.html")
    assert all((path.parent / link).is_file() for link in _links(path))


def test_a_file_whose_name_looks_like_a_script_is_a_file(tmp_path):
    link = link_from(tmp_path)
    assert link(tmp_path / "javascript:alert(1).png") == "javascript%3Aalert%281%29.png"
    assert link(tmp_path / "a.heic") is None


def test_an_earlier_page_is_replaced_and_no_other_file(tmp_path):
    run = write_run(tmp_path / "out", Made(id="a"))
    first = write_report([run]).read_bytes()
    assert b'content="tryon-report"' in first
    write_report([run])
    (run.folder / PAGE_NAME).write_text("<p>mine</p>")
    with pytest.raises(errors.OutputError, match="tryon did not write it"):
        write_report([run])
    assert (run.folder / PAGE_NAME).read_text() == "<p>mine</p>"


def test_an_image_is_decoded_once_for_all_pages(tmp_path, monkeypatch):
    run = write_run(tmp_path / "out", Made(id="a"), Made(id="b", person=b"no image"))
    made = []
    monkeypatch.setattr(
        "tryon_report.thumbnails.make_thumbnail",
        lambda source, **how: made.append(source.path.name) or make_thumbnail(source, **how),
    )
    write_report([run])
    assert len(made) == 6
    made.clear()
    write_report([run])
    assert len(made) == 1  # what is no image is asked again: it may be one meanwhile


def test_a_folder_that_cannot_be_written_needs_no_place_for_thumbnails(tmp_path):
    run = write_run(tmp_path / "out", Made(id="a"))
    (run.folder / STORE_NAME).mkdir()
    path = write_report([run], out=tmp_path / "look.html")
    assert path.read_text().count("data:image/webp") == 3


def test_a_changed_image_gets_another_thumbnail(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(picture())
    with ThumbnailStore(tmp_path) as store:
        store.make(path, 64)
        first = store.find(path, 64)
        path.write_bytes(picture((30, 50), colour=(1, 2, 3)))
        assert store.find(path, 64) is None
        store.make(path, 64)
        assert store.find(path, 64) != first
        path.unlink()
        with pytest.raises(errors.UnusableImage):
            store.make(path, 64) and store.find(path, 64)


def test_thumbnails_move_with_the_folder_of_the_run(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a.png").write_bytes(picture())
    with ThumbnailStore(tmp_path / "one") as store:
        store.make(tmp_path / "one" / "a.png", 64)
    (tmp_path / "one").rename(tmp_path / "two")
    with ThumbnailStore(tmp_path / "two") as store:
        assert store.find(tmp_path / "two" / "a.png", 64) is not None


def test_what_is_left_after_the_time_for_it_is_said(tmp_path):
    run = write_run(tmp_path / "out", Made(id="a"))
    text = write_report([run], budget_s=0.0).read_text()
    assert text.count(">not looked at yet<") == 3
    assert "not looked at yet" not in write_report([run]).read_text()


class TestAtTheEndOfARun:
    def _run(self, folder, **options):
        person, top = folder.parent / "person.png", folder.parent / "top.png"
        person.write_bytes(picture())
        top.write_bytes(picture(colour=(1, 2, 3)))
        provider = FakeProvider(**options)
        client = Client(provider, clock=FakeClock())
        rows = {name: client.request(person, top=top) for name in ("a", "b")}
        return list(client.run_batch(rows, out=folder))

    def test_a_run_writes_its_page(self, tmp_path):
        assert [outcome.state for outcome in self._run(tmp_path / "out")] == ["saved", "saved"]
        text = (tmp_path / "out" / PAGE_NAME).read_text()
        assert "<title>out: 2 saved</title>" in text
        assert text.count("data:image/webp") == 6
        assert "It was running" not in text
        assert (tmp_path / "out" / STORE_NAME).is_file()

    def test_a_run_of_very_many_rows_does_not_wait_for_its_page(
        self, tmp_path, monkeypatch, caplog
    ):
        monkeypatch.setattr(listening, "MOST_ROWS", 1)
        assert len(self._run(tmp_path / "out")) == 2
        assert not (tmp_path / "out" / PAGE_NAME).exists()
        assert f"write it with: tryon report {tmp_path / 'out'}" in caplog.text

    def test_a_page_of_the_users_own_stays_and_the_run_ends_all_the_same(self, tmp_path, caplog):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / PAGE_NAME).write_text("mine")
        assert [outcome.state for outcome in self._run(tmp_path / "out")] == ["saved", "saved"]
        assert (tmp_path / "out" / PAGE_NAME).read_text() == "mine"
        assert "tryon did not write it" in caplog.text


class TestTheCommand:
    def test_it_prints_where_the_page_is(self, tmp_path, tryon):
        write_run(tmp_path / "out", *each_state())
        ended = tryon("report", str(tmp_path / "out"))
        assert (ended.code, ended.out) == (0, f"{tmp_path / 'out' / PAGE_NAME}\n")
        assert Path(ended.out.strip()).is_file()

    def test_it_prints_a_document_for_programs(self, tmp_path, tryon):
        write_run(tmp_path / "out", Made(id="a"))
        out = tmp_path / "look.html"
        ended = tryon("report", str(tmp_path / "out"), "--out", str(out), "--json")
        assert ended.json == {"page": str(out)}

    def test_a_run_that_is_not_there_is_named(self, tmp_path, tryon):
        ended = tryon("report", str(tmp_path / "nowhere"))
        assert ended.code == 2
        assert "there is no run" in ended.err

    def test_a_page_and_a_server_are_not_had_at_once(self, tmp_path, tryon):
        ended = tryon("report", str(tmp_path), "--serve", "--out", "x.html")
        assert ended.code == 2
