import threading
from concurrent.futures import Future
from datetime import datetime, timezone

import pytest

from tryon_local import workshop
from tryon_local.options import Options
from tryon_local.spool import Spool

OPTIONS = {"backend": "auto", "force": False, "garment_type": "given", "output_format": "png"}


@pytest.fixture
def job(tmp_path, person, top, as_png):
    images = {"person": as_png(person.image), "top": as_png(top.image)}
    return Spool(tmp_path).add(images, OPTIONS, datetime.now(timezone.utc))


def test_the_options_of_a_stored_job_are_those_of_the_provider():
    assert set(OPTIONS) == {field.name for field in Options.__attrs_attrs__}


def test_a_fault_of_our_own_ends_the_job_and_is_not_blamed_on_the_caller(job, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(workshop, "dress_person", fail)
    workshop._work(job)
    assert job.outcome == {
        "state": "failed",
        "code": "internal",
        "message": "ZeroDivisionError: oops",
        "fault": "vendor",
    }


def test_a_broken_image_is_named_by_its_field(job):
    whole = job.image("top").read_bytes()
    job.image("top").write_bytes(whole[: len(whole) // 2])
    workshop._work(job)
    assert (job.outcome["code"], job.outcome["fault"]) == ("truncated", "input")
    assert job.outcome["message"].startswith("top: ")
    assert str(job.folder) not in job.outcome["message"]


def test_work_that_another_process_finished_meanwhile_is_not_done_again(job, monkeypatch):
    job.finish({"state": "cancelled"})
    monkeypatch.setattr(workshop, "dress_person", pytest.fail)
    workshop._work(job)
    assert job.outcome == {"state": "cancelled"}


def test_inputs_that_vanish_because_another_process_was_faster_do_no_harm(job, monkeypatch):
    dress = workshop._dress

    def finished_meanwhile(spooled):
        spooled.finish({"state": "succeeded", "image": "result.png"}, b"theirs")
        return dress(spooled)

    monkeypatch.setattr(workshop, "_dress", finished_meanwhile)
    workshop._work(job)
    assert job.outcome["state"] == "succeeded"
    assert (job.folder / "result.png").read_bytes() == b"theirs"


def test_a_job_handed_in_twice_is_queued_once(job):
    shop = workshop.Workshop(1)
    shop.take(job)
    shop.take(job)
    assert len(shop._futures) <= 1
    shop._pool.shutdown()
    assert job.outcome["state"] == "succeeded"
    assert shop.status(job) == "idle"


def test_a_job_that_ends_before_anybody_looks_does_not_lock_the_workshop(job, monkeypatch):
    done = Future()
    done.set_result(None)
    shop = workshop.Workshop(1)
    monkeypatch.setattr(shop._pool, "submit", lambda *_: done)
    handing_in = threading.Thread(target=shop.take, args=(job,), daemon=True)
    handing_in.start()
    handing_in.join(timeout=5)
    assert not handing_in.is_alive()
    assert shop.status(job) == "idle"
