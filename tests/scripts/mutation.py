"""Plant mistakes in copies of our own plugins, and see whether the kit catches them.

For `nox -s mutation`. Each mistake of tests/mutation/mistakes is tried in a process of its own: the
contract first, then the properties, up to the first check that fails. Neither cassettes nor the
plugin's other tests are run. The session fails when less than nine tenths of the mistakes that
change what is sent or answered are caught, or when a row of the tables is wrong.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from mutation_page import CAUGHT, PAGE, Result, table_of, totals, write_page

from planted_mistakes import CATEGORIES, DECLARED, ROOT, Mistake, mistakes_of, plugins

LEAST_CAUGHT = 0.9
_CHILD = Path(__file__).with_name("mutation_child.py")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s mutation --", description=__doc__)
    parser.add_argument("--plugin", action="append", choices=plugins(), help="these plugins only")
    parser.add_argument("--category", action="append", choices=CATEGORIES, help="these only")
    parser.add_argument("--name", action="append", help="mistakes whose name begins so, only")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--timeout-s", type=float, default=1800.0, help="seconds for one mistake")
    parser.add_argument(
        "--checks",
        default="whole",
        help="quick: the cheap ones; rest: all others; or the name of a module of checks",
    )
    parser.add_argument(
        "--results", type=Path, help="file of results: those that were caught are not tried again"
    )
    parser.add_argument("--write-page", action="store_true", help=f"write {PAGE.name} anew")
    return parser.parse_args()


def _chosen(asked: argparse.Namespace) -> list[Mistake]:
    names = tuple(asked.name or [""])
    return [
        mistake
        for plugin in asked.plugin or plugins()
        for mistake in mistakes_of(plugin)
        if mistake.category in (asked.category or CATEGORIES) and mistake.name.startswith(names)
    ]


def tried(mistake: Mistake, *, timeout_s: float, extent: str) -> Result:
    """Return what contract and properties make of a mistake."""
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as text:
        folder, report = Path(text).resolve(), Path(text) / "found.json"
        mistake.plant(folder)
        path = [str(folder)] if mistake.plugin == DECLARED else []
        path += filter(None, [os.environ.get("PYTHONPATH")])
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONDONTWRITEBYTECODE": "1"}
        process = subprocess.Popen(
            [sys.executable, str(_CHILD), mistake.plugin, str(folder), str(report), extent],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )
        try:
            said, _ = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            found = {"by": "nobody", "message": f"not over after {timeout_s:.0f} s"}
        else:
            is_told = report.exists()
            found = json.loads(report.read_text()) if is_told else _broken(said)
    return Result(mistake=mistake, took_s=time.monotonic() - began_s, **found)


def _broken(said: str) -> dict[str, str]:
    last = (said.strip().splitlines() or ["no reason given"])[-1]
    return {"by": "nobody", "message": f"the run broke off: {last}"}


def _line(result: Result) -> str:
    mistake = result.mistake
    outcome = f"{result.by}: {result.check}" if result.by in CAUGHT else result.by or "not caught"
    line = f"{mistake.plugin}/{mistake.name} [{mistake.category}] {result.took_s:.0f} s {outcome}"
    return f"{line}\n    {result.message}" if result.message else line


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _run(mistakes: Sequence[Mistake], asked: argparse.Namespace) -> list[Result]:
    known = {result.key: result for result in _read(asked.results) if result.is_caught}

    def found(mistake: Mistake) -> Result:
        was = known.get(Result(mistake=mistake).key)
        if was is not None:
            return was
        return tried(mistake, timeout_s=asked.timeout_s, extent=asked.checks)

    results = []
    with ThreadPoolExecutor(asked.workers) as pool:
        for result in pool.map(found, mistakes):
            results.append(result)
            _say(f"{len(results)}/{len(mistakes)} {_line(result)}")
            if asked.results and result.key not in known:
                with asked.results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(attrs.asdict(result)) + "\n")
    return results


def _read(file: Path | None) -> Iterator[Result]:
    if file is not None and file.exists():
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield Result(**{**row, "mistake": Mistake(**row["mistake"])})


def main() -> int:
    """Try the mistakes, print what was found, and return 1 where too few were caught."""
    asked = _arguments()
    began_s = time.monotonic()
    mistakes = _chosen(asked)
    for mistake in mistakes:
        mistake.planted_in(mistake.place.read_text(encoding="utf-8"))
    results = _run(mistakes, asked)
    took_s = time.monotonic() - began_s
    total = totals(results)
    faults = [fault for result in results if (fault := result.fault)]
    _say(table_of(results))
    _say("\n".join([f"{took_s / 60:.1f} minutes with {asked.workers} processes", *faults]))
    if asked.write_page:
        write_page(results)
    return 1 if faults or total.share < LEAST_CAUGHT else 0


if __name__ == "__main__":
    sys.exit(main())
