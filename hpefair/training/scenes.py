"""Whole pictures for training: augmented, out of a store."""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from hpefair.arrays import Array, Pixels
from hpefair.core.pose.geometry import compose, letterbox, move_boxes, transform
from hpefair.core.pose.skeleton import Skeleton
from hpefair.data import images
from hpefair.estimators.protocol import Sample
from hpefair.prediction.inputs import decoded, fit
from hpefair.training.augmentation import Augmentation, tinted
from hpefair.training.crops import Shown
from hpefair.training.pixel_store import PixelStore, stored

DETAIL: Final = 1.25  # resolution of a stored picture over that of an input: what is shown larger stays sharp
LEAST_SHOWN: Final = 0.25  # of a person's box: of whom less is in the picture, nothing is known


class SceneView:
    """A training set seen picture by picture."""

    def __init__(self, people: pd.DataFrame, size: tuple[int, int], skeleton: Skeleton, folder: Path) -> None:
        """Read the pictures once.

        Args:
            people: Rows path, bbox, keypoints, area, exposure, synthetic, and iscrowd of everybody in the pictures;
                people without keypoints teach boxes only, crowds only where nothing is to be learnt.
            size: Width and height of an input.
            skeleton: Skeleton of the keypoints.
            folder: Where the pixels are kept.
        """
        self.size, self.skeleton = size, skeleton
        self._boxes = np.stack(people["bbox"].to_list()).astype(float).reshape(-1, 4)
        self._keypoints = np.stack(people["keypoints"].to_list()).astype(float).reshape(len(people), -1, 3)
        self._area = people["area"].to_numpy(dtype=float)
        self._crowd = people["iscrowd"].to_numpy(dtype=bool)
        pictures = people.groupby("path", sort=False)
        self._rows, self._paths = list(pictures.indices.values()), list(pictures.indices)
        shown = people.assign(exposure=people["exposure"].where(people["exposure"] > 0))
        means = shown.groupby("path", sort=False)[["exposure"]].mean().loc[self._paths, "exposure"]
        self.exposure = means.fillna(0.0).to_numpy(dtype=float)
        self.synthetic = pictures["synthetic"].any().loc[self._paths].to_numpy(dtype=bool)
        self._store = self._stored(folder)

    def show(self, unit: int, how: Augmentation, rng: np.random.Generator) -> Shown:
        """Randomly scaled, moved, tinted and, by chance, mirrored picture."""
        rows = self._rows[unit]
        matrix = self._changed(self._fitted[unit], how, rng)
        pixels = tinted(self._store.warp(unit, matrix, self.size), how.colour, rng)
        keypoints = self._keypoints[rows].copy()
        keypoints[..., :2] = transform(keypoints[..., :2], matrix)
        out = (keypoints[..., :2] < -0.5) | (keypoints[..., :2] >= np.array(self.size) - 0.5)
        keypoints[out.any(axis=2), 2] = 0  # moved out of the picture: nobody could say where they are
        boxes = move_boxes(self._boxes[rows], matrix)
        if rng.random() < 0.5:
            pixels = np.ascontiguousarray(pixels[:, ::-1])
            keypoints = keypoints[:, self.skeleton.flip_order()]
            keypoints[..., 0] = self.size[0] - 1 - keypoints[..., 0]
            boxes[:, 0] = self.size[0] - boxes[:, 0] - boxes[:, 2]
        clipped, share = _clipped(boxes, self.size)
        inside = (share >= LEAST_SHOWN) & ~self._crowd[rows]
        area = self._area[rows][inside] * abs(np.linalg.det(matrix[:, :2]))
        # Networks place boxes as they place joints, with pixel centres at integers.
        clipped[:, :2] -= 0.5
        sample = Sample(keypoints[inside], clipped[inside], area, clipped[~inside & (share > 0)])
        return Shown(pixels, sample, rows[inside])

    def _changed(self, fitted: Array, how: Augmentation, rng: np.random.Generator) -> Array:
        """The letterbox map at another scale and another place."""
        scale = 1 + rng.uniform(-how.scale, how.scale)
        middle = (np.array(self.size) - 1) / 2
        # A picture that is shown smaller has room to move, one that is shown larger has something to hide.
        room = abs(1 - scale) * np.array(self.size) / 2
        offset = middle * (1 - scale) + rng.uniform(-room, room)
        return compose(np.array([[scale, 0, offset[0]], [0, scale, offset[1]]]), fitted)

    def _stored(self, folder: Path) -> PixelStore:
        shape = (round(self.size[0] * DETAIL), round(self.size[1] * DETAIL))
        sizes = [images.size(Path(path)) or decoded(path).shape[1::-1] for path in self._paths]
        self._fitted = [letterbox(width, height, self.size) for width, height in sizes]
        maps = [letterbox(width, height, shape)[None] for width, height in sizes]
        jobs = [(path, [unit], maps[unit]) for unit, path in enumerate(self._paths)]
        return stored(folder, jobs, len(jobs), shape, _fit)


def _fit(path: str, matrix: Array, out: Pixels) -> None:
    fit(decoded(path), matrix, out)


def _clipped(boxes: Array, size: tuple[int, int]) -> tuple[Array, Array]:
    """Boxes (N, 4) cut off at the input's border, and the share (N,) of each that is left."""
    low = np.clip(boxes[:, :2], 0, size)
    high = np.clip(boxes[:, :2] + boxes[:, 2:], 0, size)
    clipped = np.concatenate([low, high - low], axis=1)
    share: Array = clipped[:, 2:].prod(axis=1) / np.maximum(boxes[:, 2:].prod(axis=1), 1e-9)
    return clipped, share
