"""The colour of each garment that somebody wears: one, or an upper and a lower one."""

from typing import Final

import cv2
import numpy as np

from hpefair.arrays import Array, Mask

APART: Final = 16.0  # CIELAB distance from which clothes count as two garments
SHADE: Final = 32.0  # difference of L* that light and shadow make on one garment
TINT: Final = 8.0  # difference of a*, b* below which only light differs
LEAST_SHARE: Final = 0.12  # of the cloth that a second garment must have
MIXED: Final = 0.09  # share of pixels whose surroundings wear the other colour: a pattern, not two garments
SAMPLES: Final = 3000


def garment_colours(smooth: Array, cloth: Mask) -> Array:
    """Colours (1, 3) or (2, 3) of the garments.

    Two means, begun at both ends of the main axis of the colours; merged where they are alike, where they differ as
    light and shadow do, and where they alternate as a pattern does.

    Args:
        smooth: CIELAB (H, W, 3) without grain.
        cloth: Cloth (H, W).
    """
    colours = smooth[cloth]
    some = colours[:: max(len(colours) // SAMPLES, 1)]
    middle: Array = np.median(some, axis=0)[None]
    centres = _two_means(some)
    if centres is None:
        return middle
    lightness, tint = abs(centres[0, 0] - centres[1, 0]), float(np.linalg.norm(centres[0, 1:] - centres[1, 1:]))
    if np.hypot(lightness, tint) < APART or (tint < TINT and lightness < SHADE):
        return middle
    return middle if _alternate(smooth, cloth, centres) else centres


def _two_means(some: Array) -> Array | None:
    middle = np.median(some, axis=0)
    axis = np.linalg.svd(some - some.mean(axis=0), full_matrices=False)[2][0]
    order = np.argsort((some - middle) @ axis, kind="stable")
    centres = np.stack([some[order[round(part * (len(some) - 1))]] for part in (0.1, 0.9)])
    for _ in range(8):
        nearer = np.linalg.norm(some[:, None] - centres, axis=2).argmin(axis=1)
        if min(np.bincount(nearer, minlength=2)) < LEAST_SHARE * len(some):
            return None
        centres = np.stack([np.median(some[nearer == garment], axis=0) for garment in (0, 1)])
    return centres


def _alternate(smooth: Array, cloth: Mask, centres: Array) -> bool:
    """Whether the two colours lie among each other."""
    second = np.zeros(cloth.shape, np.float32)
    second[cloth] = np.linalg.norm(smooth[cloth][:, None] - centres, axis=2).argmin(axis=1)
    size = 2 * max(round(0.05 * np.sqrt(np.count_nonzero(cloth))), 1) + 1
    around = cv2.blur(second, (size, size)) / np.maximum(cv2.blur(cloth.astype(np.float32), (size, size)), 1e-6)
    return bool(np.mean((around[cloth] > 0.5) != (second[cloth] > 0.5)) > MIXED)
