"""Person crops for training and prediction."""

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
from hpefair.core.pose.geometry import crop_affine, crop_window, mirror, transform
from hpefair.core.pose.skeleton import Skeleton

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]

MEAN: Final = (123.7, 116.3, 103.5)  # ImageNet channel statistics, RGB
DEVIATION: Final = (58.4, 57.1, 57.4)
DECODED_IMAGES_KEPT: Final = 256  # about 250 MB of COCO-sized images


@dataclass(frozen=True)
class Augmentation:
    """Random changes of a training crop: rotation up to degrees, scale by 1 +- scale, channel gains by 1 +- colour."""

    rotation_degrees: float
    scale: float
    colour: float


@dataclass(frozen=True)
class Crop:
    """A crop with its keypoints (K, 3) in crop pixels and the map (2, 3) that made it."""

    pixels: Pixels
    keypoints: Array
    matrix: Array


def plain_crops(pixels: Pixels, boxes: Array, size: tuple[int, int], out: Pixels) -> Array:
    """Crops of people's boxes out of one image, unturned.

    Args:
        pixels: Image (H, W, 3).
        boxes: Boxes (N, 4).
        size: Width and height of a crop.
        out: Array (N, height, width, 3) that receives the crops: fresh memory for each costs as much as the crop.

    Returns:
        The maps (N, 2, 3) that made them.
    """
    matrices = np.stack([crop_affine(crop_window(box, size[0] / size[1]), size, 0.0) for box in boxes])
    for place, matrix in zip(out, matrices, strict=True):
        # Colour of the mean image beyond the border: zero after normalization.
        cv2.warpAffine(pixels, matrix, size, dst=place, flags=cv2.INTER_LINEAR, borderValue=MEAN)
    return matrices


def people_crops(people: pd.DataFrame, size: tuple[int, int]) -> tuple[Pixels, Array]:
    """Crops (N, height, width, 3) of people with path and bbox, and the maps (N, 2, 3) that made them."""
    crops = np.empty((len(people), size[1], size[0], 3), np.uint8)
    boxes = np.stack(people["bbox"].to_list()).astype(float)
    matrices = [
        plain_crops(decoded(path), boxes[k : k + 1], size, crops[k : k + 1]) for k, path in enumerate(people["path"])
    ]
    return crops, np.concatenate(matrices)


def augmented_crop(
    person: pd.Series, size: tuple[int, int], skeleton: Skeleton, how: Augmentation, rng: np.random.Generator
) -> Crop:
    """Randomly turned, scaled, tinted and, by chance, mirrored crop of a person's box."""
    window = crop_window(np.asarray(person["bbox"], dtype=float), size[0] / size[1])
    window[2:] *= 1 + rng.uniform(-how.scale, how.scale)
    crop = _crop(person, size, window, np.deg2rad(rng.uniform(-how.rotation_degrees, how.rotation_degrees)))
    gain = rng.uniform(1 - how.colour, 1 + how.colour, 3)
    crop = Crop(np.clip(crop.pixels * gain, 0, 255).astype(np.uint8), crop.keypoints, crop.matrix)
    if rng.random() < 0.5:
        flipped = mirror(crop.keypoints, size[0], skeleton.flip_order())
        crop = Crop(np.ascontiguousarray(crop.pixels[:, ::-1]), flipped, crop.matrix)
    return crop


def normalize(crops: Tensor) -> Tensor:
    """Crops (B, H, W, 3) uint8 as normalized float (B, 3, H, W)."""
    mean = torch.tensor(MEAN, device=crops.device).view(1, 3, 1, 1)
    deviation = torch.tensor(DEVIATION, device=crops.device).view(1, 3, 1, 1)
    return (crops.permute(0, 3, 1, 2).float() - mean) / deviation


def _crop(person: pd.Series, size: tuple[int, int], window: Array, rotation: float) -> Crop:
    matrix = crop_affine(window, size, rotation)
    # Colour of the mean image beyond the border: zero after normalization.
    pixels = cv2.warpAffine(decoded(person["path"]), matrix, size, flags=cv2.INTER_LINEAR, borderValue=MEAN)
    keypoints = np.asarray(person["keypoints"], dtype=float).reshape(-1, 3).copy()
    keypoints[:, :2] = transform(keypoints[:, :2], matrix)
    return Crop(pixels.astype(np.uint8, copy=False), keypoints, matrix)


@lru_cache(maxsize=DECODED_IMAGES_KEPT)
def decoded(path: str) -> Pixels:
    """Pixels (H, W, 3) of an image file, the last few hundred kept."""
    return images.read_rgb(Path(path))
