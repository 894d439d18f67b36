"""Import a plugin, or resume a job, in a process of its own; run with `python -m`.

Standard input is the task as JSON, the last line of standard output the answer as JSON. Only the
standard library is imported at the top: whatever else is there after an import, the plugin brought.
"""

import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

_PROCESS_TIMEOUT_S = 120.0
_JOB_TIMEOUT_S = 60.0
_FOREIGN = ("aiohttp", "flask", "httpx", "hypothesis", "pytest", "requests", "urllib3", "vcr")
_WRITING = ("os.mkdir", "os.remove", "os.rename", "os.rmdir", "shutil.", "sqlite3.connect")
_WORKING = (
    "http.client.connect",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.system",
    "smtplib.",
    "socket.bind",
    "socket.connect",
    "socket.getaddrinfo",
    "subprocess.Popen",
    "time.sleep",
    "urllib.Request",
)
_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR


class OtherProcessFailed(Exception):
    """The other process ended without an answer; the message says how."""


def what_importing_does(module: str, path: Sequence[str]) -> list[str]:
    """Return a line for everything that importing a module should leave alone.

    Args:
        module: name of the module.
        path: search path for modules.
    """
    try:
        lines: list[str] = _in_another_process("import", {"module": module}, path)
    except OtherProcessFailed as failed:
        return [str(failed)]
    return lines


def resume_elsewhere(asked: Mapping[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """Resume a job in a new process; return `images`, their number, or `error`.

    Args:
        asked: `provider` (an id, or `module:name`), `token`, `settings`, and the time `now`.
        path: search path for modules.
    """
    try:
        answer: dict[str, Any] = _in_another_process("resume", asked, path)
    except OtherProcessFailed as failed:
        return {"error": str(failed)}
    return answer


def _in_another_process(task: str, asked: Mapping[str, Any], path: Sequence[str]) -> Any:
    answer = subprocess.run(  # noqa: S603  (our own module, in this Python)
        [sys.executable, "-B", "-m", __name__, task],
        input=json.dumps(asked),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=_PROCESS_TIMEOUT_S,
    )
    if answer.returncode != 0:
        last = (answer.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise OtherProcessFailed(f"ends the process with {answer.returncode}: {last}")
    return json.loads(answer.stdout.splitlines()[-1])


def _watch(module: str) -> list[str]:
    # What the core itself brings is not the plugin's.
    importlib.import_module("tryon_core.hookspecs")
    importlib.import_module("tryon_core.images")
    known, threads = set(sys.modules), threading.active_count()
    deeds: list[str] = []

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if _is_work(event, arguments):
            deeds.append(f"{event}{arguments[:2]!r}")

    sys.addaudithook(note)
    importlib.import_module(module)
    done = list(dict.fromkeys(deeds))
    return [*done, *_left_behind(known, threads)]


def _is_work(event: str, arguments: tuple[Any, ...]) -> bool:
    if event == "open":
        flags = arguments[2]
        return isinstance(flags, int) and bool(flags & _WRITE_FLAGS)
    return event.startswith((*_WORKING, *_WRITING))


def _left_behind(known: set[str], threads: int) -> Iterator[str]:
    if threading.active_count() > threads:
        yield f"starts {threading.active_count() - threads} threads"
    for name in _FOREIGN:
        if name in sys.modules and name not in known:
            yield f"imports {name}"


def _provider(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name) if name else place


def _resume(asked: dict[str, Any]) -> dict[str, Any]:
    from tryon_core.client import Client  # noqa: PLC0415  (not for an import)
    from tryon_core.errors import TryOnError  # noqa: PLC0415
    from tryon_core.transport import TransportPolicy  # noqa: PLC0415
    from tryon_testing.clocks import FakeClock  # noqa: PLC0415

    client = Client(
        _provider(asked["provider"]),
        clock=FakeClock(datetime.fromisoformat(asked["now"])),
        config={},
        remember=False,
        transport=TransportPolicy(retries=1, backoff_s=0, allow_private_addresses=True),
        **asked["settings"],
    )
    try:
        result = client.resume(asked["token"], timeout_s=_JOB_TIMEOUT_S)
    except TryOnError as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {"images": len(result.images)}


def _main() -> None:
    asked = json.load(sys.stdin)
    answer = _watch(asked["module"]) if sys.argv[1] == "import" else _resume(asked)
    print(json.dumps(answer))  # noqa: T201  (the answer)


if __name__ == "__main__":
    _main()
