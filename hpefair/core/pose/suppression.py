"""Detected poses that show the same person: the better one stays."""

import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array


def distinct_poses(poses: Array, score: Array, area: Array, variances: Array, nms_oks: float) -> NDArray[np.int64]:
    """Greedy suppression by OKS (Papandreou et al., CVPR 2017, sec. 3.2).

    Between two predictions OKS has no annotated area; as in HRNet's code the mean of both areas stands for it.

    Args:
        poses: Poses (N, K, 2 or more) of one picture.
        score: Scores (N,).
        area: Areas (N,) in square pixels.
        variances: (2 sigma)^2 per joint (K,).
        nms_oks: Poses more similar than this to a better one are dropped.

    Returns:
        Rows that stay, best first.
    """
    order = np.argsort(-score, kind="stable")
    kept: list[int] = []
    for row in order:
        if kept:
            distance2 = ((poses[kept, :, :2] - poses[row, :, :2]) ** 2).sum(axis=2)
            scale = (area[kept] + area[row]) / 2
            oks = np.exp(-distance2 / variances / (scale[:, None] + np.spacing(1)) / 2).mean(axis=1)
            if oks.max() > nms_oks:
                continue
        kept.append(int(row))
    return np.array(kept, dtype=np.int64)
