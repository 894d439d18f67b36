import os
import pty
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from distributions import write_distribution
from processes import read_terminal, unmeasured
from tryon_core.cli import main
from tryon_core.installed import install_command
from tryon_core.models import Job

SUPPORT = Path(__file__).parents[1] / "support"
COMMAND = [sys.executable, "-c", "from tryon_core.cli import main; main()"]
_SOURCE = """
from providers import FakeProvider, fake_info
from tryon_core import hookimpl
from tryon_core.models import JobState
def offered(name):
    return fake_info(name, keeps_unnamed_garments=True)
instant = FakeProvider(info=offered("instant"))
endless = FakeProvider(info=offered("endless"), state=JobState.RUNNING)
class Silent(FakeProvider):
    @hookimpl
    def submit(self, request, ctx):
        import sys, threading
        ctx.http.may_have_sent = True
        sys.stderr.write("in flight\\n")
        sys.stderr.flush()
        threading.Event().wait(60)
silent = Silent(info=offered("silent"))
"""


@pytest.fixture
def environment(folder):
    ids = ("instant", "endless", "silent")
    write_distribution(
        folder / "site",
        "tryon-subjects",
        providers={name: f"tryon_subjects:{name}" for name in ids},
        modules={"tryon_subjects": _SOURCE},
    )
    path = os.pathsep.join([str(folder / "site"), str(SUPPORT)])
    return {**os.environ, "PYTHONPATH": path}


@pytest.fixture
def interruptible(environment):
    return unmeasured(environment)


def _start(environment, provider, *more, **streams):
    arguments = ["run", "-p", provider, "--person", "person.png", "--top", "tee.png"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **streams}
    return subprocess.Popen(
        [*COMMAND, *arguments, "--out", "out.png", *more], env=environment, **pipes
    )


def _interrupt_when(process, sign, number):
    """Send a signal when the process has said something; one that never does must not hang."""
    seen = ""
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    try:
        while sign not in seen:
            line = process.stderr.readline()
            assert line, f"it ended early: {seen}"
            seen += line
    finally:
        watchdog.cancel()
    process.send_signal(number)
    out, err = _ended(process)
    return out, seen + err


def _ended(process):
    """Wait for a process; one that hangs must not be left to the tests that follow."""
    try:
        return process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise


def test_streams_and_exit_code_of_a_real_process(environment):
    process = _start(environment, "instant")
    out, err = _ended(process)
    assert (process.returncode, out) == (0, "out.png\n")
    assert err.splitlines()[-1].endswith("succeeded (DONE)")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_waiting_prints_how_to_go_on(interruptible, number):
    process = _start(interruptible, "endless")
    out, err = _interrupt_when(process, "running", number)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    token = err.splitlines()[-1].split()[2]
    assert Job.from_token(token).provider == "endless"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_submission_is_out_says_that_nobody_knows(interruptible, number):
    process = _start(interruptible, "silent")
    out, err = _interrupt_when(process, "in flight", number)
    assert (process.returncode, out) == (130, "")
    assert "whether the work was accepted is not known" in err
    assert "Traceback" not in err


def test_a_killed_process_has_left_in_its_log_how_to_go_on(environment):
    process = _start(environment, "endless")
    out, err = _interrupt_when(process, "running", signal.SIGKILL)
    assert (process.returncode, out) == (-signal.SIGKILL, "")
    (line,) = [line for line in err.splitlines() if "accepted: tryon resume" in line]
    words = line.partition("accepted: ")[2].split()
    assert Job.from_token(words[2]).provider == "endless"
    assert words[3:] == ["--out", "out.png"]


def test_a_signal_that_was_ignored_at_the_start_stays_ignored(interruptible):
    wrapper = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *COMMAND]
    arguments = ["run", "-p", "endless", "--person", "person.png", "--top", "tee.png"]
    process = subprocess.Popen(
        [*wrapper, *arguments, "--out", "out.png", "--timeout", "1"],
        env=interruptible,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    _interrupt_when(process, "running", signal.SIGHUP)
    assert process.returncode == 5


@pytest.mark.parametrize("more", [("--quiet",), ("--quiet", "--json")])
def test_a_reader_that_went_away_is_no_error(environment, folder, more):
    reading, writing = os.pipe()
    os.close(reading)
    process = _start(environment, "instant", *more, stdout=writing)
    os.close(writing)
    _, err = _ended(process)
    assert (process.returncode, err) == (0, "")
    assert (folder / "out.png").is_file()


def _run_with(streams, environment, *arguments):
    """Run the command line as a shell with these redirections does."""
    shell = ["sh", "-c", f'exec "$@" {streams}', "sh", *COMMAND, *arguments]
    return subprocess.run(
        shell, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("streams", [">&-", "2>&-", "<&-", ">&- 2>&- <&-", "2>/dev/full"])
@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_stream_that_is_closed_takes_nothing_along(environment, folder, streams, more):
    inputs = ("-p", "instant", "--person", "person.png", "--top", "tee.png")
    ended = _run_with(streams, environment, "run", *inputs, "--out", "out.png", *more)
    assert ended.returncode == 0, ended
    assert "Error" not in ended.stderr + ended.stdout
    assert (folder / "out.png").is_file()
    assert _run_with(streams, environment, "run", "-p", "instant").returncode == 2
    assert _run_with(streams, environment, "jobs").returncode == 0


def test_a_job_whose_token_nobody_could_read_is_remembered(environment):
    environment = {**environment, "TRYON_REMEMBER_JOBS": "1"}
    inputs = ("-p", "instant", "--person", "person.png", "--top", "tee.png")
    assert _run_with(">&-", environment, "submit", *inputs).returncode == 0
    ended = _run_with("", environment, "resume", "--last", "--out", "out.png", "--quiet")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "out.png\n", "")


def test_a_terminal_that_is_gone_takes_nothing_along(environment, folder):
    ours, theirs = pty.openpty()
    process = _start(environment, "instant", stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.close(ours)
    _ended(process)
    assert process.returncode == 0
    assert (folder / "out.png").is_file()


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGKILL])
def test_a_terminal_that_is_closed_while_a_job_runs_leaves_it_to_be_resumed(interruptible, number):
    interruptible = {**interruptible, "TRYON_REMEMBER_JOBS": "1"}
    ours, theirs = pty.openpty()
    process = _start(interruptible, "endless", stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    while b"running" not in shown:
        shown += os.read(ours, 4096)
    os.close(ours)
    process.send_signal(number)
    _ended(process)
    assert process.returncode == (130 if number == signal.SIGHUP else -number)
    listed = _run_with("", interruptible, "jobs").stdout.splitlines()
    assert listed[1].split()[1:3] == ["accepted", "endless"]
    name = listed[1].split()[0]
    assert _run_with("", interruptible, "poll", name).stdout == "running\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_standard_output_is_no_fault_of_the_program(environment, folder, unbuffered):
    environment = {**environment, "PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("w") as full:
        process = _start(environment, "instant", "--quiet", stdout=full)
        _, err = _ended(process)
    assert process.returncode == 2
    assert err == "error: cannot write to standard output: the disk is full. Free some space.\n"
    assert (folder / "out.png").is_file()


def test_a_document_that_finds_no_room_is_no_fault_of_the_program(environment):
    with Path("/dev/full").open("w") as full:
        process = _start(environment, "instant", "--quiet", "--json", stdout=full)
        _, err = _ended(process)
    assert process.returncode == 2
    assert err == "error: cannot write to standard output: the disk is full. Free some space.\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
@pytest.mark.parametrize("asked", ["--help", "--version"])
def test_help_that_finds_no_room_is_no_fault_of_the_program(environment, asked):
    ended = _run_with(">/dev/full", environment, asked)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: cannot write to standard output: the disk is full.")


def test_a_terminal_gets_a_line_that_lives(environment):
    ours, theirs = pty.openpty()
    process = _start(environment, "endless", "--timeout", "0.3", stderr=theirs)
    os.close(theirs)
    shown = read_terminal(ours)
    out, _ = _ended(process)
    assert (process.returncode, out) == (5, "")
    assert b"running" in shown
    assert b"\x1b[2K" in shown  # the line is erased and drawn again
    assert shown.count(b"resume with:") == 1


@pytest.mark.parametrize(("module", "package"), [("click", "click"), ("PIL", "pillow")])
def test_a_missing_package_is_answered_with_the_command_that_installs_it(
    monkeypatch, capsys, module, package
):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
    _, err = capsys.readouterr()
    assert err == (
        f"error: the command line needs {package}. "
        f"Install it with: {install_command('tryon-core', 'cli')}\n"
    )


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["run", "--help"], ("requests", "cattrs", "pluggy", "PIL", "rich", "tryon_core.client")),
        (["providers"], ("requests", "PIL", "tryon_core.client")),
    ],
)
def test_what_is_fast_imports_nothing_heavy(arguments, heavy):
    script = (
        "import sys\nfrom tryon_core.cli.app import cli\n"
        f"try: cli({arguments})\n"
        f"except SystemExit: print('HEAVY', [m for m in {heavy} if m in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30
    )
    assert shown.stdout.splitlines()[-1] == "HEAVY []"


def test_no_traceback_and_no_key_leaves_a_process_without_a_key(environment, folder):
    (folder / "site" / "tryon_subjects.py").write_text(
        "from providers import KEY, FakeProvider, fake_info\n"
        "instant = FakeProvider(info=fake_info('instant', settings=[KEY]))\n"
    )
    process = _start(environment, "instant", "--json")
    _, err = _ended(process)
    assert process.returncode == 3
    assert "FAKE_API_KEY" in err
    assert "Traceback" not in err
