"""Looks at plugins in a process of its own: one that ends it, hangs or prints harms nobody."""

import faulthandler
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias

from tryon_core.cli.commands import contributed
from tryon_core.cli.printing import Document
from tryon_core.cli.providers import ConfigTables, examine
from tryon_core.engine import REGISTRY
from tryon_core.errors import BrokenPlugin, TryOnError
from tryon_core.extensions.named import find, in_use, load
from tryon_core.settings import origins, read_config, resolve_settings, unread_variables

Plugin: TypeAlias = tuple[str, str]
"""Its kind (`provider`, `extension`, `command`), and its name."""
LIMIT_S = 60.0
"""Seconds that looking at one plugin may take."""
_HUNG = b"Timeout"  # what faulthandler writes


def look_at(plugins: Sequence[Plugin], config: str | None) -> Iterator[tuple[Plugin, Document]]:
    """Yield what another process says of each plugin, in their order.

    A process serves for all that follow, until one ends it.

    Args:
        plugins: what to look at.
        config: configuration file, None for none.
    """
    left = list(plugins)
    while left:
        wanted = {"plugins": left, "config": config, "limit_s": LIMIT_S}
        code = "from tryon_doctor.isolated import serve; serve()"
        child = subprocess.run(  # noqa: S603  (our own code)
            [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}; {code}"],
            input=json.dumps(wanted).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        *lines, rest = child.stdout.split(b"\n")
        found = [json.loads(line) for line in lines if line.startswith(b"{")]
        yield from zip(left, found, strict=False)
        left = left[len(found) :]
        if left:
            hung = any(line.startswith(_HUNG) for line in (*lines, rest))
            yield left.pop(0), {"problem": _end(child.returncode, hung=hung), "remedy": _REMEDY}


_REMEDY = BrokenPlugin.remedy


def _end(code: int, *, hung: bool) -> str:
    if hung:
        return f"looking at it took more than {LIMIT_S:g} s."
    if code < 0:
        return f"it ended the interpreter by the signal {signal.Signals(-code).name}."
    return f"it ended the interpreter with the exit code {code}."


def serve() -> None:
    """Look at plugins as standard input asks, and write a line of JSON for each."""
    wanted = json.load(sys.stdin)
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    look = looks(read_config(Path(wanted["config"])) if wanted["config"] else {})
    for kind, name in wanted["plugins"]:
        faulthandler.dump_traceback_later(wanted["limit_s"], exit=True, file=out)
        said = look[kind](name)
        faulthandler.cancel_dump_traceback_later()
        out.write(json.dumps(said).encode() + b"\n")


def looks(tables: ConfigTables) -> Mapping[str, Callable[[str], Document]]:
    """Return how a plugin of each kind is looked at; whatever it raises is its problem.

    Args:
        tables: of the configuration file.
    """
    kinds = {"provider": _provider, "extension": _extension, "command": _command}

    def caught(look: Callable[[str, ConfigTables], Document], name: str) -> Document:
        try:
            return look(name, tables)
        except TryOnError as error:
            return {"problem": error.message, "remedy": error.remedy}
        except BaseException as error:  # noqa: BLE001  (a plugin may raise anything)
            return {"problem": f"{type(error).__name__}: {error}.", "remedy": _REMEDY}

    return {kind: partial(caught, look) for kind, look in kinds.items()}


def _provider(name: str, tables: ConfigTables) -> Document:
    report = examine(REGISTRY.check([name])[0], tables)
    error, info = report.error, report.info
    said: Document = {
        "problem": error and error.message,
        "remedy": error.remedy if error else "",
    }
    if info is None:
        return said
    found = origins(info, tables, os.environ)
    try:
        address = resolve_settings(info, config=tables).address
    except TryOnError:  # `missing` says it
        address = None
    return {
        **said,
        "name": info.name,
        "settings": [
            {"name": spec.name, "required": spec.required, "from": found.get(spec.name)}
            for spec in info.settings
        ],
        "missing": str(report.missing or ""),
        "unread": unread_variables(info, os.environ),
        "address": address,
        "clock_tolerance_s": info.clock_tolerance_s,
    }


def _extension(name: str, tables: ConfigTables) -> Document:
    if name in in_use(tables):
        find(name, tables).make()
    else:
        load(name)
    return {"problem": None, "remedy": ""}


def _command(name: str, tables: ConfigTables) -> Document:
    del tables
    contributed()[0][name].point.load()
    return {"problem": None, "remedy": ""}
