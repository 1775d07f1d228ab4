"""Person crops: for training, augmented, out of a store; for prediction, straight from the pictures."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from hpefair.adapters import images
from hpefair.core.pose.geometry import crop_affine, crop_window, mirror, move_boxes, transform
from hpefair.core.pose.skeleton import Skeleton
from hpefair.estimators.protocol import Sample
from hpefair.training.augmentation import Augmentation, changed_window, shown_window, tinted
from hpefair.training.pixel_store import MEAN, PixelStore, stored

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]

DEVIATION: Final = (58.4, 57.1, 57.4)  # ImageNet channel statistics, RGB
DECODED_IMAGES_KEPT: Final = 256  # about 250 MB of COCO-sized images
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


def plain_crops(pixels: Pixels, boxes: Array, size: tuple[int, int], out: Pixels, scale: float = 1.0) -> Array:
    """Crops of people's boxes out of one image, unturned.

    Args:
        pixels: Image (H, W, 3).
        boxes: Boxes (N, 4).
        size: Width and height of a crop.
        out: Array (N, height, width, 3) that receives the crops: fresh memory for each costs as much as the crop.
        scale: How much larger than usual people are shown.

    Returns:
        The maps (N, 2, 3) that made them.
    """
    windows = [crop_window(box, size[0] / size[1]) / [1, 1, scale, scale] for box in boxes]
    matrices = np.stack([crop_affine(window, size, 0.0) for window in windows])
    for place, matrix in zip(out, matrices, strict=True):
        cv2.warpAffine(pixels, matrix, size, dst=place, flags=cv2.INTER_LINEAR, borderValue=MEAN)
    return matrices


def people_crops(people: pd.DataFrame, size: tuple[int, int], scale: float = 1.0) -> tuple[Pixels, Array]:
    """Crops (N, height, width, 3) of people with path and bbox, and the maps (N, 2, 3) that made them."""
    crops = np.empty((len(people), size[1], size[0], 3), np.uint8)
    boxes = np.stack(people["bbox"].to_list()).astype(float)
    matrices = [
        plain_crops(decoded(path), boxes[k : k + 1], size, crops[k : k + 1], scale)
        for k, path in enumerate(people["path"])
    ]
    return crops, np.concatenate(matrices)


def normalize(pixels: Tensor) -> Tensor:
    """Pixels (B, H, W, 3) uint8 as normalized float (B, 3, H, W), channels last in memory as convolutions like it."""
    scale = 1 / torch.tensor(DEVIATION, device=pixels.device).view(1, 3, 1, 1)
    shift = -torch.tensor(MEAN, device=pixels.device).view(1, 3, 1, 1) * scale
    return torch.addcmul(shift, pixels.permute(0, 3, 1, 2).to(torch.float32), scale)


@lru_cache(maxsize=DECODED_IMAGES_KEPT)
def decoded(path: str) -> Pixels:
    """Pixels (H, W, 3) of an image file, the last few hundred kept."""
    return images.read_rgb(Path(path))
