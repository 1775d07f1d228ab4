"""Are there exactly as many people in a generated picture as are annotated?"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hpefair.core.pose.geometry import box_overlap
from hpefair.judges.protocol import Found
from hpefair.screening.faults import COUNT, NONE, Fault

Array = NDArray[np.float64]

SAME: Final = 0.3  # overlap (IoU) from which a found person is an annotated one: counters' boxes are drawn by joints
INSIDE: Final = 0.7  # part of a found box inside an annotated person's that makes it a part of that person


def count_fault(found: Sequence[Found], boxes: Array, countable: NDArray[np.bool_]) -> Fault:
    """Fault of a picture that shows somebody who is not annotated, or does not show somebody who is.

    An unlabelled person would be learned as background.

    Args:
        found: Everybody whom a counter finds.
        boxes: Boxes (N, 4) of everybody annotated, the person the picture was made for first.
        countable: Who is large and visible enough (N,) to be expected among those found.
    """
    seen = np.array([one.bbox for one in found], dtype=float).reshape(-1, 4)
    overlap = box_overlap(seen, boxes) if len(seen) else np.zeros((0, len(boxes)))
    strangers = (overlap.max(axis=1, initial=0) < SAME) & ~_inside(seen, boxes)
    if strangers.any():
        return COUNT, f"{len(seen)} people are seen, {len(boxes)} annotated"
    missed = countable & ~((overlap >= SAME).any(axis=0) | _inside(seen, boxes, axis=0))
    if missed.any():
        return COUNT, f"{int(missed.sum())} of {len(boxes)} annotated people are not seen"
    return NONE


def _inside(seen: Array, boxes: Array, axis: int = 1) -> NDArray[np.bool_]:
    """Found boxes mostly inside an annotated one (axis 1), or annotated ones with a found one inside (axis 0)."""
    low = np.maximum(seen[:, None, :2], boxes[None, :, :2])
    high = np.minimum(seen[:, None, :2] + seen[:, None, 2:], boxes[None, :, :2] + boxes[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(axis=2)
    part = common / np.maximum(seen[:, None, 2:].prod(axis=2), 1e-9)
    return np.asarray((part >= INSIDE).any(axis=axis))
