"""Random changes of a training picture, the same for its pixels and its annotations."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from hpefair.arrays import Array, Pixels
from hpefair.core.pose.geometry import crop_window
from hpefair.core.pose.skeleton import Skeleton

LOWER: Final = ("hip", "knee", "ankle", "pelvis", "heel", "foot_index")
HALF_BODY_JOINTS: Final = 8  # labelled joints that a person needs, and
HALF_JOINTS: Final = 3  # that the half needs, to be shown alone
HALF_CONTEXT: Final = 1.5  # window over the extent of the half's joints


@dataclass(frozen=True)
class Augmentation:
    """How much is changed.

    Attributes:
        rotation_degrees: Crops are turned by up to this.
        scale: Sizes vary by 1 +- scale.
        colour: Channels are multiplied by 1 +- colour.
        half_body: Probability that a crop shows the upper or the lower body alone (Wang et al., 1812.00148 v2).
    """

    rotation_degrees: float
    scale: float
    colour: float
    half_body: float


def shown_window(bbox: Array, keypoints: Array, skeleton: Skeleton, chance: float, rng: np.random.Generator) -> Array:
    """Box (4,) of what a crop shows: the person, or by chance its upper or lower half.

    Args:
        bbox: The person's box.
        keypoints: Keypoints (K, 3).
        skeleton: Their skeleton.
        chance: Probability of a half.
        rng: Randomness.
    """
    labelled = keypoints[:, 2] > 0
    if rng.random() >= chance or labelled.sum() < HALF_BODY_JOINTS:
        return bbox
    lower = np.array([joint.endswith(LOWER) for joint in skeleton.joints])
    half = labelled & (lower if rng.random() < 0.5 else ~lower)
    if half.sum() < HALF_JOINTS:
        return bbox
    low, high = keypoints[half, :2].min(axis=0), keypoints[half, :2].max(axis=0)
    size = np.maximum(high - low, 1.0) * HALF_CONTEXT
    return np.concatenate([(low + high) / 2 - size / 2, size])


def changed_window(box: Array, aspect: float, how: Augmentation, rng: np.random.Generator) -> tuple[Array, float]:
    """Window (4,) around a box at a random size, and its random rotation in radians."""
    window = crop_window(box, aspect)
    window[2:] *= 1 + rng.uniform(-how.scale, how.scale)
    return window, np.deg2rad(rng.uniform(-how.rotation_degrees, how.rotation_degrees))


def tinted(pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
    """Pixels (H, W, 3) with every channel multiplied by a random number."""
    gain = rng.uniform(1 - strength, 1 + strength, 3)
    return np.asarray(cv2.multiply(pixels, (*gain, 0.0)), dtype=np.uint8)
