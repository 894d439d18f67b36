"""Ask pyright for every name that a user can see and whose type it does not know.

python tests/scripts/public_types.py
"""

import json
import subprocess
import sys

PRIVATE = ("tryon_core.cli.", "tryon_core.transport.connections.", "tryon_core.__")
"""What users do not see, or what a type checker is not meant to see."""


def main() -> int:
    """Print the names; return 1 when there are any."""
    # It looks into the environment of the first `python` on the path, as a session of nox sets it.
    command = ["pyright", "--ignoreexternal", "--outputjson"]
    ended = subprocess.run(
        [*command, "--verifytypes", "tryon_core"], capture_output=True, text=True, check=False
    )
    found = json.loads(ended.stdout)["typeCompleteness"]
    unknown = [
        symbol
        for symbol in found["symbols"]
        if not symbol["isTypeKnown"] and not symbol["name"].startswith(PRIVATE)
    ]
    for symbol in unknown:
        reasons = [entry["message"].replace("\n", " ") for entry in symbol["diagnostics"]]
        print(f"{symbol['name']}: {' '.join(reasons)}")  # noqa: T201  (its output)
    if not found["symbols"]:
        print("pyright found no name; is tryon_core installed here?")  # noqa: T201
        return 1
    print(f"{len(found['symbols'])} names, {len(unknown)} of them without a type")  # noqa: T201
    return bool(unknown)


if __name__ == "__main__":
    sys.exit(main())
