"""The three networks: where their files are and how they are run."""

import functools
import pathlib
import threading

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from tryon_local.body import FloatArray
from tryon_local.perception.quiet import without_announcement

DETECTION = "pose_detection.tflite"
LANDMARKS = "pose_landmark_full.tflite"
SELFIE = "selfie_segmentation.tflite"

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "models"


class Network:
    """One network; may be shared by threads, which then take turns."""

    def __init__(self, path: pathlib.Path, num_threads: int) -> None:
        with without_announcement():
            self._interpreter = Interpreter(model_path=str(path), num_threads=num_threads)
            self._interpreter.allocate_tensors()
        self._input = int(self._interpreter.get_input_details()[0]["index"])
        outputs = self._interpreter.get_output_details()
        self._outputs = {str(output["name"]): int(output["index"]) for output in outputs}
        self._lock = threading.Lock()

    def run(self, image: FloatArray) -> dict[str, FloatArray]:
        """Return the outputs by name for one image of shape (H, W, 3)."""
        with self._lock:
            self._interpreter.set_tensor(self._input, image[None])
            self._interpreter.invoke()
            # get_tensor copies, so the next caller cannot overwrite what is returned here
            return {
                name: np.asarray(self._interpreter.get_tensor(index)[0], dtype=np.float32)
                for name, index in self._outputs.items()
            }


def installed() -> bool:
    """Return whether all network files are there."""
    return all((FOLDER / name).is_file() for name in (DETECTION, LANDMARKS, SELFIE))


def network(name: str, num_threads: int) -> Network:
    """Return the network of a file in `FOLDER`; loaded once per number of threads."""
    with _LOADING:
        return _load(FOLDER / name, num_threads)


_LOADING = threading.Lock()


@functools.cache
def _load(path: pathlib.Path, num_threads: int) -> Network:
    return Network(path, num_threads)


def sigmoid(logits: FloatArray) -> FloatArray:
    """Return the logistic function, without overflow for extreme values."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -80.0, 80.0))), dtype=np.float32)
