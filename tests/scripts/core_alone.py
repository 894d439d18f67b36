"""Run in an environment that has the core and nothing else; exits 1 with a reason."""

import importlib.util
import subprocess
import sys

OPTIONAL = (
    "PIL", "click", "rich", "platformdirs", "numpy", "cv2", "flask", "hypothesis",
    "tryon_batch", "tryon_local", "tryon_testing",
)  # fmt: skip

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


main()
