"""Run in an environment with an emulator and without the kit; exits 1 with a reason."""

import importlib
import sys

import requests

from tryon_core import Client
from tryon_testing.emulation import load_emulator, start

KIT = ("hypothesis", "pytest", "vcr", "yaml")


def main() -> None:
    """Ask an emulator, and look at what was needed for it."""
    importlib.import_module("tryon_testing.cli.emulate")
    importlib.import_module("tryon_testing.exchanges.emulator")
    with start(load_emulator("pixelcut")) as running:
        with Client("pixelcut", **running.settings, config={}, remember=False) as client:
            balance = client.read_balance()
        log = requests.get(f"{running.ctx.address}/_tryon/log", timeout=10).json()
    if not log["requests"] or balance.amount <= 0:
        sys.exit(f"the emulator gave {balance} and logged {log}")
    loaded = [name for name in KIT if sys.modules.get(name)]
    if loaded:
        sys.exit(f"an emulator loaded {', '.join(loaded)}")


main()
