"""Are the limbs of a skeleton as long as those of a person can be?

A limb never looks longer than it is, so the longest of the others tells how long it may look at most. Lengths of parts
of the body relative to stature: Winter, Biomechanics and Motor Control of Human Movement, 4th ed. 2009, fig. 4.1 (after
Drillis and Contini 1966).
"""

from typing import Final

import numpy as np

from hpefair.arrays import Array
from hpefair.core.pose.skeletons import COCO_17

PARTS_OF_STATURE: Final = {
    ("shoulder", "elbow"): 0.186,
    ("elbow", "wrist"): 0.146,
    ("shoulder", "hip"): 0.288,
    ("hip", "knee"): 0.245,
    ("knee", "ankle"): 0.246,
}
WIDTHS: Final = {"shoulder": 0.259, "hip": 0.191}
FEWEST: Final = 3  # other limbs that tell the size of the body


def limb_lengths() -> dict[tuple[int, int], float]:
    """Length of every limb of COCO-17 by its joints' numbers, relative to stature."""
    sides = {
        (COCO_17.index(f"{side}_{one}"), COCO_17.index(f"{side}_{other}")): length
        for side in ("left", "right")
        for (one, other), length in PARTS_OF_STATURE.items()
    }
    widths = {
        (COCO_17.index(f"left_{joint}"), COCO_17.index(f"right_{joint}")): width for joint, width in WIDTHS.items()
    }
    return {**sides, **widths}


def longest_limb(keypoints: Array) -> tuple[float, tuple[int, int]]:
    """The limb that is longest for its body, and how long it is.

    Args:
        keypoints: COCO-17 keypoints (17, 3).

    Returns:
        Its length relative to what the longest of the other limbs suggests for it, about 1 for people who stretch
        out before the camera, and its joints; 0 where fewer than four limbs have both joints labelled. Of 1,900 people
        annotated in COCO 99 % stay below 1.44, 99.8 % below 1.75.
    """
    statures = {
        limb: float(np.hypot(*(keypoints[limb[0], :2] - keypoints[limb[1], :2]))) / length
        for limb, length in limb_lengths().items()
        if (keypoints[list(limb), 2] > 0).all()
    }
    if len(statures) <= FEWEST:
        return 0.0, (0, 0)
    ordered = sorted(statures, key=lambda limb: statures[limb])
    return statures[ordered[-1]] / max(statures[ordered[-2]], 1e-9), ordered[-1]
