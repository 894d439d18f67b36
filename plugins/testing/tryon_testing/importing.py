"""Import a plugin in a process of its own and report what that did; run with `python -m`.

Standard input names the module and the search path as JSON; the report is JSON on standard output.
"""

import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

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


def what_importing_does(module: str, path: list[str]) -> list[str]:
    """Return a line for everything that importing a module should leave alone.

    Args:
        module: name of the module.
        path: search path for modules.
    """
    answer = subprocess.run(  # noqa: S603  (our own module, in this Python)
        [sys.executable, "-B", "-m", __name__],
        input=json.dumps({"module": module, "path": path}),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if answer.returncode != 0:
        last = (answer.stderr.strip().splitlines() or ["no reason given"])[-1]
        return [f"ends the process with {answer.returncode}: {last}"]
    lines: list[str] = json.loads(answer.stdout.splitlines()[-1])
    return lines


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


def _main() -> None:
    asked = json.load(sys.stdin)
    print(json.dumps(_watch(asked["module"])))  # noqa: T201  (the report)


if __name__ == "__main__":
    _main()
