"""Person crops for training: augmented, out of a store."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpefair.arrays import Array, Pixels
from hpefair.core.pose.geometry import crop_affine, crop_window, mirror, move_boxes, transform
from hpefair.core.pose.skeleton import Skeleton
from hpefair.estimators.protocol import Sample
from hpefair.prediction.inputs import MEAN, decoded
from hpefair.training.augmentation import Augmentation, changed_window, shown_window, tinted
from hpefair.training.pixel_store import PixelStore, stored

STORED: Final = 1.5  # size of a stored cut over that of the person's window: room for turning and for smaller scales
DETAIL: Final = 1.25  # its resolution over that of a crop: what is shown larger stays sharp
NOBODY: Final[Array] = np.zeros((0, 4))


@dataclass(frozen=True)
class Shown:
    """One network input: pixels (H, W, 3), who is in it, and their rows (P,) in the table of people."""

    pixels: Pixels
    sample: Sample
    rows: NDArray[np.int64]


class CropView:
    """A training set seen person by person."""

    def __init__(self, people: pd.DataFrame, size: tuple[int, int], skeleton: Skeleton, folder: Path) -> None:
        """Read the pictures once.

        Args:
            people: Rows path, bbox, keypoints, area, exposure, synthetic.
            size: Width and height of a crop.
            skeleton: Skeleton of the keypoints.
            folder: Where the pixels are kept.
        """
        self.size, self.skeleton = size, skeleton
        self.exposure = people["exposure"].to_numpy(dtype=float)
        self.synthetic = people["synthetic"].to_numpy(dtype=bool)
        self._boxes = np.stack(people["bbox"].to_list()).astype(float).reshape(-1, 4)
        self._keypoints = np.stack(people["keypoints"].to_list()).astype(float).reshape(len(people), -1, 3)
        self._area = people["area"].to_numpy(dtype=float)
        self._store = self._stored(people["path"], folder)

    def show(self, unit: int, how: Augmentation, rng: np.random.Generator) -> Shown:
        """Randomly turned, scaled, tinted and, by chance, mirrored crop of a person."""
        keypoints = self._keypoints[unit].copy()
        box = shown_window(self._boxes[unit], keypoints, self.skeleton, how.half_body, rng)
        matrix = crop_affine(*_window(box, self.size, how, rng))
        pixels = tinted(self._store.warp(unit, matrix, self.size), how.colour, rng)
        keypoints[:, :2] = transform(keypoints[:, :2], matrix)
        boxes = move_boxes(self._boxes[unit : unit + 1], matrix)
        if rng.random() < 0.5:
            pixels = np.ascontiguousarray(pixels[:, ::-1])
            keypoints = mirror(keypoints, self.size[0], self.skeleton.flip_order())
            boxes[:, 0] = self.size[0] - boxes[:, 0] - boxes[:, 2]
        area = self._area[unit : unit + 1] * abs(np.linalg.det(matrix[:, :2]))
        return Shown(pixels, Sample(keypoints[None], boxes, area, NOBODY), np.array([unit]))

    def _stored(self, paths: pd.Series, folder: Path) -> PixelStore:
        shape = (round(self.size[0] * STORED * DETAIL), round(self.size[1] * STORED * DETAIL))
        aspect = self.size[0] / self.size[1]
        windows = np.stack([crop_window(box, aspect) for box in self._boxes]) * [1, 1, STORED, STORED]
        maps = np.stack([crop_affine(window, shape) for window in windows])
        numbers = pd.Series(np.arange(len(paths))).groupby(paths.to_numpy(), sort=False)
        jobs = [(str(path), rows.tolist(), maps[rows.to_numpy()]) for path, rows in numbers]
        return stored(folder, jobs, len(paths), shape, _cut)


def _window(
    box: Array, size: tuple[int, int], how: Augmentation, rng: np.random.Generator
) -> tuple[Array, tuple[int, int], float]:
    window, rotation = changed_window(box, size[0] / size[1], how, rng)
    return window, size, rotation


def _cut(path: str, matrix: Array, out: Pixels) -> None:
    """Warp the part of a picture that an affine map (2, 3) shows into `out`."""
    cv2.warpAffine(
        decoded(path), matrix, (out.shape[1], out.shape[0]), dst=out, flags=cv2.INTER_LINEAR, borderValue=MEAN
    )
