"""Run in an environment that has the core and nothing else; exits 1 with a reason."""

import importlib
import importlib.util
import pkgutil
import subprocess
import sys

OPTIONAL = (
    "PIL", "click", "rich", "platformdirs", "numpy", "cv2", "flask", "hypothesis",
    "tryon_batch", "tryon_doctor", "tryon_local", "tryon_report", "tryon_testing",
)  # fmt: skip

EXTRAS = ("PIL", "click", "rich", "platformdirs")

# What `import tryon_core` must not load, since it would cost more than all the rest.
LAZY = ("requests", "urllib3", "cattrs", "pluggy", "attrs")


def main() -> None:
    """Check one thing after the other."""
    present = [name for name in OPTIONAL if importlib.util.find_spec(name)]
    if present:
        sys.exit(f"the core alone brought {', '.join(present)}")
    import tryon_core

    loaded = [name for name in LAZY if name in sys.modules]
    if loaded:
        sys.exit(f"import tryon_core loaded {', '.join(loaded)}")
    for name in tryon_core.__all__:
        getattr(tryon_core, name)
    import_every_module(tryon_core.__path__)
    try:
        tryon_core.Client.run_batch(None, {}, out="out")
    except tryon_core.errors.MissingExtra as error:
        if "tryon-batch" not in str(error):
            sys.exit(f"no distribution in: {error}")
    try:
        tryon_core.Client("local")
    except tryon_core.errors.UnknownProvider as error:
        if "pip install" not in str(error):
            sys.exit(f"no pip command in: {error}")
    answer = subprocess.run(
        [sys.executable, "-I", "-m", "tryon_core"], capture_output=True, text=True, check=False
    )
    if "Traceback" in answer.stderr or "pip install" not in answer.stderr:
        sys.exit(f"the command line without its extra says: {answer.stderr}")


def import_every_module(path: list[str]) -> None:
    """Import the modules of the core, but for those that need an extra of its own."""
    for module in pkgutil.walk_packages(path, "tryon_core."):
        try:
            if not module.name.endswith(".__main__"):
                importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            # Modules of the command line, and some of images, need an extra of the core.
            if error.name.partition(".")[0] not in EXTRAS:
                sys.exit(f"{module.name} needs {error.name}")


main()
