"""Record the cassettes of a provider anew, for `nox -s record -- ID`.

Without `--emulator` the vendor's own service is asked, which spends money: its keys must be set
(the variables are those of `tryon providers ID`), and `--yes` must be given.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from cassette_suites import SUITES, write_summary
from tryon_core import Client, SettingSpec
from tryon_core.remembered import FOLDER_ENV
from tryon_core.settings import missing_settings, resolve_settings
from tryon_testing.cassettes import Case, Suite

PHOTO_NAMES = ("person", "top", "bottom", "dress")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s record --", description=__doc__)
    parser.add_argument("provider", choices=sorted(SUITES))
    parser.add_argument("cases", nargs="*", help="names of cassettes; all when none is given")
    parser.add_argument("--emulator", action="store_true", help="ask our emulator, for nothing")
    parser.add_argument("--yes", action="store_true", help="spend money at the vendor")
    parser.add_argument(
        "--photos", type=Path, help="folder with person.png, top.png, bottom.png and dress.png"
    )
    parser.add_argument("--photos-url", help="where the vendor can fetch the same files")
    return parser.parse_args()


def _chosen(suite: Suite, names: list[str]) -> list[Case]:
    unknown = set(names) - {case.name for case in suite.cases}
    if unknown:
        sys.exit(f"{suite.provider} has no cassette {', '.join(sorted(unknown))}.")
    return [case for case in suite.cases if not names or case.name in names]


def _record_emulated(suite: Suite, cases: list[Case]) -> None:
    from tryon_testing.cassettes.suite import record
    from tryon_testing.emulation import load_emulator

    emulator = load_emulator(suite.provider)
    for case in cases:
        # Emulated jobs have the same ids each time: one that is remembered is no other's.
        with tempfile.TemporaryDirectory() as folder:
            os.environ[FOLDER_ENV] = folder
            record(suite, case, emulator)
        sys.stdout.write(f"{suite.path(case)}\n")


def _value(spec: SettingSpec) -> str | None:
    return next((os.environ[name] for name in spec.env if os.environ.get(name)), None)


def _keys(suite: Suite) -> dict[str, str]:
    info = Client(suite.provider, config={}).info
    found = {spec.name: _value(spec) for spec in info.settings if spec.required or spec.secret}
    missing = missing_settings(info, resolve_settings(info, found, environ={}))
    if missing:
        names = "; ".join(f"{spec.name}: set {' or '.join(spec.env)}" for spec in missing)
        sys.exit(f"{suite.provider} cannot be recorded live, keys are missing. {names}")
    return {name: value for name, value in found.items() if value}


def _photos(folder: Path | None, address: str | None) -> Mapping[str, Mapping[str, bytes | str]]:
    if folder is None:
        sys.exit("--photos FOLDER is missing: the vendor refuses the drawings of the emulators.")
    missing = [name for name in PHOTO_NAMES if not (folder / f"{name}.png").is_file()]
    if missing:
        sys.exit(f"{folder} lacks {', '.join(f'{name}.png' for name in missing)}.")
    files = {name: (folder / f"{name}.png").read_bytes() for name in PHOTO_NAMES}
    urls = {name: f"{address}/{name}.png" for name in PHOTO_NAMES} if address else {}
    return {"file": files, "url": urls}


def _record_live(suite: Suite, cases: list[Case], asked: argparse.Namespace) -> None:
    from tryon_testing.cassettes.suite import record_live

    keys, photos = _keys(suite), _photos(asked.photos, asked.photos_url)
    possible = [case for case in cases if not case.needs_an_emulator and photos[case.images]]
    names = ", ".join(case.name for case in possible)
    if not asked.yes:
        sys.exit(f"This asks {suite.provider} and spends money for: {names}. Give --yes to do it.")
    for case in possible:
        record_live(suite, case, keys, photos[case.images])
        sys.stdout.write(f"{suite.path(case)}\n")


def main() -> None:
    """Record what was asked for."""
    asked = _arguments()
    suite = SUITES[asked.provider]
    cases = _chosen(suite, asked.cases)
    if asked.emulator:
        _record_emulated(suite, cases)
    else:
        _record_live(suite, cases, asked)
    write_summary()


if __name__ == "__main__":
    main()
