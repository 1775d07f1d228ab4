"""Which end of a person the border of the picture cuts off."""

from typing import Final

import numpy as np

from hpefair.arrays import Mask

BORDER_PX: Final = 3  # COCO polygons stop up to this far from the border they reach
CUT_FROM: Final = 0.15  # contact with a border, relative to the square root of the mask's area; few people lie near it
OUTWARDS: Final = ((-1.0, 0.0), (0.0, -1.0), (1.0, 0.0), (0.0, 1.0))  # left, top, right, bottom


def truncation(mask: Mask, upwards: tuple[float, float]) -> tuple[str, float]:
    """Which end is cut off, and how long person and border touch.

    Args:
        mask: Person mask (H, W) of the whole image.
        upwards: Unit vector x, y from the hips to the shoulders; (0, -1) where nobody knows.

    Returns:
        whole, head, legs or side; and the longest contact relative to the square root of the mask's area.
    """
    edges = (mask[:, :BORDER_PX], mask[:BORDER_PX], mask[:, -BORDER_PX:], mask[-BORDER_PX:])
    lengths = [np.count_nonzero(edge.any(axis=axis)) for edge, axis in zip(edges, (1, 0, 1, 0), strict=True)]
    contact = float(max(lengths) / np.sqrt(max(int(np.count_nonzero(mask)), 1)))
    if contact < CUT_FROM:
        return "whole", contact
    outwards = OUTWARDS[int(np.argmax(lengths))]
    along = outwards[0] * upwards[0] + outwards[1] * upwards[1]
    if abs(along) <= np.sqrt(0.5):
        return "side", contact
    return ("head" if along > 0 else "legs"), contact
