"""Run in an environment that has the core with its extra `cli`; exits 1 with a reason."""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile

OTHERS = (
    "tryon_batch",
    "tryon_doctor",
    "tryon_local",
    "tryon_report",
    "tryon_testing",
    "flask",
    "hypothesis",
    "filelock",
)
OWN = [
    "run",
    "check",
    "submit",
    "poll",
    "resume",
    "cancel",
    "jobs",
    "parse",
    "providers",
    "balance",
]
BROUGHT = {
    "batch": "tryon-batch",
    "compare": "tryon-report",
    "costs": "tryon-batch",
    "demo": "tryon-local",
    "doctor": "tryon-doctor",
    "emulate": "tryon-testing",
    "explain": "tryon-doctor",
    "hotspots": "tryon-report",
    "report": "tryon-report",
    "sheet": "tryon-report",
}


def main() -> None:
    """Check one command after the other."""
    present = [name for name in OTHERS if importlib.util.find_spec(name)]
    if present:
        sys.exit(f"the core with its command line brought {', '.join(present)}")
    with tempfile.TemporaryDirectory() as folder:
        shown = tryon(folder, 0, "--help")
        listed, _, absent = shown.partition("Not installed:")
        for name in OWN:
            if f"\n  {name} " not in listed:
                sys.exit(f"{name} is not listed: {shown}")
            tryon(folder, 0, name, "--help")
        for name, distribution in BROUGHT.items():
            if f"\n  {name} " not in absent:
                sys.exit(f"{name} is not named as not installed: {shown}")
            error = json.loads(tryon(folder, 3, name, "x", "--json"))["error"]
            if distribution not in error["message"] or "pip install" not in error["remedy"]:
                sys.exit(f"{name} says: {error}")
        if json.loads(tryon(folder, 0, "jobs", "--json")) != {"jobs": [], "runs": []}:
            sys.exit("there are jobs in an empty folder")
        tryon(folder, 2, "jobs", "some-run")
        if json.loads(tryon(folder, 0, "providers", "--json")) != {"providers": []}:
            sys.exit("there are providers")
        tryon(folder, 3, "check", "-p", "local", "--person", "a.png", "--top", "b.png")


def tryon(folder: str, code: int, *arguments: str) -> str:
    """Run a command, and return what it printed; every other exit code ends this program."""
    ended = subprocess.run(
        [sys.executable, "-I", "-m", "tryon_core", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TRYON_DATA_DIR": folder, "XDG_CONFIG_HOME": folder},
    )
    if ended.returncode != code or "Traceback" in ended.stderr:
        sys.exit(f"tryon {' '.join(arguments)} ended with {ended.returncode}: {ended.stderr}")
    return ended.stdout


main()
