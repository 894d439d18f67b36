"""The pages about programs that use the library: a database, a web handler, tests of one's own."""

import io
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pages import Page, draw_inputs
from tryon_core import Client, waiting
from tryon_testing import FakeClock
from tryon_testing.emulation import Fault, load_emulator, start

DATABASE, WEB = (
    Page("how-to/resume-from-a-database.md"),
    Page("how-to/web-handlers-and-notebooks.md"),
)
TESTING = Page("how-to/test-an-application.md")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(waiting, "next_delay_s", lambda *_, **__: 0.05)
    draw_inputs()


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def vendor(clock, monkeypatch):
    with start(load_emulator("pixelcut"), clock=clock, job_s=20) as running:
        for name, value in running.settings.items():
            monkeypatch.setenv(f"TRYON_PIXELCUT_{name.upper()}", value)
        yield running


def _states(db):
    return [state for (state,) in db.execute("SELECT state FROM orders ORDER BY id")]


@pytest.fixture
def db():
    with closing(sqlite3.connect(":memory:")) as opened:
        yield opened


def test_orders_of_a_database_are_submitted_and_fetched_by_another_client(vendor, clock, db):
    namespace = {}
    for code in DATABASE.python:
        DATABASE.run(code, namespace)
    db.executescript(DATABASE.block("tables.sql"))
    db.executemany(
        "INSERT INTO orders (person, garment) VALUES (?, ?)",
        [("person.png", "tee.png"), ("missing.png", "tee.png"), ("person.png", "tee.png")],
    )
    vendor.faults.add(Fault(operation="submit", kind="drop", count=1))
    namespace["submit_new"](db, Client("pixelcut", clock=clock))
    assert _states(db) == ["sending", "failed", "running"]
    later = Client("pixelcut", clock=clock)
    namespace["fetch_running"](db, later, "images")
    assert _states(db) == ["sending", "failed", "running"]
    clock.advance(60)
    namespace["fetch_running"](db, later, "images")
    assert _states(db) == ["sending", "failed", "done"]
    ((image,),) = db.execute("SELECT image FROM orders WHERE state = 'done'")
    assert Path(image).is_file()
    assert vendor.log.count("submit") == 2


def test_a_web_handler_never_waits_for_the_vendor(vendor, clock):
    namespace = WEB.run(WEB.block("shop.py"), {"__name__": "shop"})
    namespace["client"] = Client("pixelcut", clock=clock, remember=False)
    web = namespace["app"].test_client()
    photo = Path("person.png").read_bytes()

    begun = web.post("/try-on", data={"photo": (io.BytesIO(photo), "me.png")})
    assert begun.status_code == 202
    address = f"/try-on/{begun.json['order']}"
    assert web.get(address).json == {"state": "running"}
    assert not clock.sleeps
    clock.advance(60)
    done = web.get(address)
    assert (done.status_code, done.mimetype) == (200, "image/jpeg")

    assert web.get("/try-on/unknown").status_code == 404
    bad = web.post("/try-on", data={"photo": (io.BytesIO(b"no image"), "me.png")})
    assert bad.status_code == 422
    assert "person" in bad.json["error"]
    assert vendor.log.count("submit") == 1


def test_the_cells_of_the_notebook_show_a_result():
    Path("person.png").rename("anna.jpg")
    namespace = {}
    for code in WEB.python[1:]:
        WEB.run(code, namespace)
    assert "<img" in namespace["result"]._repr_html_()


def test_the_tests_of_the_page_pass_in_a_pytest_of_their_own(tmp_path):
    (tmp_path / "test_shop.py").write_text(TESTING.block("test_shop.py"))
    (tmp_path / "conftest.py").write_text(
        "import pytest\n"
        "@pytest.fixture\ndef photo(): return 'person.png'\n"
        "@pytest.fixture\ndef garment(): return 'tee.png'\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull]
    ended = subprocess.run(
        [*command, "--rootdir", ".", "test_shop.py"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout
    assert "3 passed" in ended.stdout
