"""Inputs of a network: pictures decoded, cropped or letterboxed, and normalized; in training and prediction alike."""

from functools import lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pandas as pd
import torch
from torch import Tensor

from hpefair.arrays import Array, Pixels
from hpefair.core.pose.geometry import compose, crop_affine, crop_window, letterbox
from hpefair.data import images

MEAN: Final = (123.7, 116.3, 103.5)  # ImageNet's mean colour, RGB: zero after normalization
DEVIATION: Final = (58.4, 57.1, 57.4)  # ImageNet channel statistics, RGB
DECODED_IMAGES_KEPT: Final = 256  # about 250 MB of COCO-sized images


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


def fitted(pixels: Pixels, size: tuple[int, int]) -> tuple[Pixels, Array]:
    """A picture (H, W, 3) letterboxed to `size`, and the map (2, 3) that did it."""
    height, width = pixels.shape[:2]
    matrix = letterbox(width, height, size)
    out = np.empty((size[1], size[0], 3), np.uint8)
    fit(pixels, matrix, out)
    return out, matrix


def fit(pixels: Pixels, matrix: Array, out: Pixels) -> None:
    """Letterbox a picture into `out`; averaging where it shrinks, so that thin limbs do not come and go."""
    scale = matrix[0, 0]
    if scale < 1:
        small = (max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1))
        shrunk = cv2.resize(pixels, small, interpolation=cv2.INTER_AREA)
        across, down = pixels.shape[1] / small[0], pixels.shape[0] / small[1]
        back = np.array([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2]])
        pixels, matrix = np.asarray(shrunk), compose(matrix, back)
    size = (out.shape[1], out.shape[0])
    cv2.warpAffine(pixels, matrix, size, dst=out, flags=cv2.INTER_LINEAR, borderValue=MEAN)
