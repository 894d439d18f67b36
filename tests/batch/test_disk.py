"""A disk that is full or may not be written to: the run says so, and nothing is lost."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from batch_vendor import KINDS, Vendor, make_pictures
from batch_world import Trial, Worker
from tryon_core.models import Job

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "sigtimedwait"), reason="the system does not tell when a child has died"
)
ROWS = 5
NOBODY = 65534
KIND = KINDS["job and questions"]
_TOKEN = re.compile(r"^(row-\d+): (\S+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    worker = Worker(tmp_path_factory.mktemp("worker"))
    yield worker
    worker.close()


@pytest.fixture
def open_folder():
    """A folder that another user can get at, which those of pytest and `TMPDIR` may not be."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def small_disk(tmp_path):
    """Return a folder on a file system of its own, and a function that sets its size in KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()

    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None:
        pytest.skip("there is no program `mount`")

    def set_size(options):
        command = [mount, "-t", "tmpfs", "-o", options, "none", str(folder)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        if found.returncode:
            pytest.skip(f"no file system can be mounted: {found.stderr.strip()}")

    set_size("size=64k")
    yield folder, lambda size_kib: set_size(f"remount,size={size_kib}k")
    subprocess.run([umount, "-l", str(folder)], check=True)


def _check_trouble(trial, report, *words):
    """Check that a run that could not write says where, and what it could not write down."""
    assert report["error"] in {"OutputError", "BatchStopped"}
    assert str(trial.out) in report["message"] or str(trial.data) in report["message"]
    assert re.search("|".join(words), report["message"]), report["message"]
    assert report["remedy"]
    trial.after_early_end()
    told = [Job.from_token(token).id for _, token in _TOKEN.findall(report["message"])]
    billed = set(trial.vendor.running.ctx.billed)
    assert set(told) <= billed
    # What was billed and could not be noted is handed over by other means.
    assert len(told) == trial.lost.total()


def _finish(trial, worker):
    code, report = worker.run(trial.order())
    assert code == 0, report
    assert trial.after_end(is_complete=False) == set(trial.unknown)
    assert worker.run(trial.order(retry_unknown=True))[0] == 0
    assert not trial.after_end(is_complete=True)


@pytest.mark.parametrize("size_kib", [16, 48, 80, 112, 144, 192, 256, 400, 600, 1000])
def test_a_full_disk_ends_the_run_clearly_and_nothing_is_lost(
    tmp_path, small_disk, worker, size_kib
):
    folder, set_size = small_disk
    set_size(size_kib)
    with Vendor(KIND) as vendor:
        pictures = make_pictures(tmp_path, ROWS, is_detailed=True)
        trial = Trial(folder, vendor, pictures, rows=ROWS, data=tmp_path / "data")
        code, report = worker.run(trial.order())
        assert code, "the disk is large enough: make it smaller"
        # Reading a journal needs some room, too.
        set_size(20_000)
        _check_trouble(trial, report, "full", "disk I/O error")
        _finish(trial, worker)


@pytest.mark.parametrize("size_kib", [8, 24, 40, 80, 150])
def test_a_limit_of_file_sizes_is_as_good_as_a_full_disk(tmp_path, worker, size_kib):
    with Vendor(KIND) as vendor:
        pictures = make_pictures(tmp_path, ROWS, is_detailed=True)
        trial = Trial(tmp_path, vendor, pictures, rows=ROWS)
        code, report = worker.run(trial.order(), file_bytes=size_kib * 1024)
        assert code, "files may be large enough: make them smaller"
        _check_trouble(trial, report, "full", "disk I/O error", "File too large")
        _finish(trial, worker)


@pytest.mark.parametrize("comes", ["early", "late"])
def test_a_file_in_the_way_of_a_copy_keeps_that_item_only(tmp_path, worker, comes):
    with Vendor(KIND) as vendor:
        trial = Trial(tmp_path, vendor, make_pictures(tmp_path, 1), rows=2)
        trial.out.mkdir()
        in_the_way = trial.out / f"row-1{KIND.suffix}"

        def watch(_, operation):
            if operation == "result":
                in_the_way.write_bytes(b"mine")

        vendor.watch = watch
        if comes == "early":
            in_the_way.write_bytes(b"mine")
        # One at a time: so the first row is bought, and the other one is its copy.
        code, report = worker.run(trial.order(max_in_flight=1))
        vendor.watch = None
        assert (code, report["states"]) == (0, {"row-0": "saved", "row-1": "planned"})
        assert in_the_way.read_bytes() == b"mine"
        assert vendor.billed().total() == 1
        in_the_way.unlink()
        _finish(trial, worker)


@pytest.mark.parametrize("is_made", [True, False])
def test_a_folder_that_cannot_be_written_is_told_before_anything_is_sent(
    open_folder, worker, is_made
):
    with Vendor(KIND) as vendor:
        trial = Trial(open_folder, vendor, make_pictures(open_folder, ROWS), rows=ROWS)
        trial.data.mkdir(mode=0o777)
        trial.data.chmod(0o777)
        if is_made:
            trial.out.mkdir()
        (trial.out if is_made else open_folder).chmod(0o555)
        code, report = worker.run(trial.order(), **_as_nobody())
        assert code
        assert report["error"] == "OutputError"
        assert str(trial.out) in report["message"]
        assert "no permission" in report["message"]
        assert not vendor.billed()
        open_folder.chmod(0o755)
        if is_made:
            trial.out.chmod(0o777)


def test_a_folder_that_is_closed_during_a_run_costs_nothing(open_folder, worker):
    with Vendor(KIND) as vendor:
        trial = Trial(open_folder, vendor, make_pictures(open_folder, ROWS), rows=ROWS)
        for folder in (trial.out, trial.data):
            folder.mkdir()
            folder.chmod(0o777)

        def watch(when, operation):
            if (when, operation) == ("before", "result"):
                trial.out.chmod(0o555)

        vendor.watch = watch
        code, report = worker.run(trial.order(), **_as_nobody())
        vendor.watch = None
        assert code
        _check_trouble(trial, report, "no permission")
        assert not trial.lost
        trial.out.chmod(0o777)
        code, report = worker.run(trial.order(), **_as_nobody())
        assert code == 0, report
        assert not trial.after_end(is_complete=True)


def _as_nobody():
    """Root may write everywhere."""
    return {"user": NOBODY} if os.geteuid() == 0 else {}
