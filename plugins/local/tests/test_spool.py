from datetime import datetime, timedelta, timezone

import pytest

from tryon_core.errors import SettingsError
from tryon_local.provider import LocalProvider
from tryon_local.spool import MAX_FINISHED_JOBS, Spool

NOW = datetime(2026, 1, 2, tzinfo=timezone.utc)
DAY = timedelta(days=1)


def _add(spool, at=NOW):
    return spool.add({"person": b"p", "top": b"t"}, {"backend": "auto"}, at)


def test_a_job_is_found_with_what_was_asked(tmp_path):
    spool = Spool(tmp_path / "new" / "spool")
    job = spool.find(_add(spool).id)
    assert job.image("person").read_bytes() == b"p"
    assert job.request["options"] == {"backend": "auto"}
    assert job.outcome is None


def test_the_folder_is_for_the_user_alone(tmp_path):
    spool = Spool(tmp_path / "spool")
    _add(spool)
    assert spool.root.stat().st_mode & 0o077 == 0


def test_an_outcome_is_kept_with_its_image_and_without_the_inputs(tmp_path):
    job = _add(Spool(tmp_path))
    job.finish({"state": "succeeded", "image": "result.png"}, b"image")
    assert (job.folder / "result.png").read_bytes() == b"image"
    assert sorted(path.name for path in job.folder.iterdir()) == [
        "outcome.json",
        "request.json",
        "result.png",
    ]


def test_the_first_outcome_stays(tmp_path):
    job = _add(Spool(tmp_path))
    job.finish({"state": "cancelled"})
    job.finish({"state": "failed"})
    assert job.outcome == {"state": "cancelled"}


def test_old_and_damaged_jobs_are_removed(tmp_path):
    spool = Spool(tmp_path)
    old, damaged, young = _add(spool, NOW - 2 * DAY), _add(spool), _add(spool)
    (damaged.folder / "request.json").write_text("{")
    spool.purge(NOW, DAY)
    assert [spool.find(job.id) is not None for job in (old, damaged, young)] == [
        False,
        False,
        True,
    ]


def test_only_so_many_finished_jobs_are_kept_and_every_unfinished_one(tmp_path):
    spool = Spool(tmp_path)
    unfinished = _add(spool, NOW - DAY / 2)
    finished = [_add(spool, NOW + timedelta(seconds=n)) for n in range(MAX_FINISHED_JOBS + 2)]
    for job in finished:
        job.finish({"state": "failed"})
    spool.purge(NOW + timedelta(minutes=5), DAY)
    kept = [spool.find(job.id) is not None for job in finished]
    assert kept == [False, False, *[True] * MAX_FINISHED_JOBS]
    assert spool.find(unfinished.id)


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tryon_local.spool.tempfile.mkstemp", full)
    with pytest.raises(SettingsError, match="No space left"):
        _add(Spool(tmp_path))


def test_a_write_that_fails_half_way_leaves_nothing_behind(tmp_path, monkeypatch):
    job = _add(Spool(tmp_path))
    before = sorted(job.folder.iterdir())

    def fail(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("tryon_local.spool.Path.replace", fail)
    with pytest.raises(OSError, match="Input/output"):
        job.finish({"state": "failed"})
    assert sorted(job.folder.iterdir()) == before


def test_a_catalogue_takes_no_more_jobs_at_once_than_results_are_kept():
    assert 0 < LocalProvider.info.capabilities.quota.running_jobs < MAX_FINISHED_JOBS
