"""Object keypoint similarity (OKS), equal to pycocotools to the last bit.

Source: https://cocodataset.org/#keypoints-eval and cocoeval.py `computeOks`.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def oks(keypoints: Array, area: Array, bbox: Array, predicted: Array, variances: Array) -> Array:
    """OKS of every prediction with every annotated person of one image.

    OKS = mean over labelled joints of exp(-d^2 / (2 area (2 sigma)^2)). A person without labelled joints is compared
    with its box enlarged to three times its width and height, as the reference does.

    Args:
        keypoints: Annotated keypoints (G, K, 3) with visibility 0, 1 or 2.
        area: Segment areas (G,) in square pixels.
        bbox: Boxes (G, 4) x, y, width, height.
        predicted: Predicted keypoints (D, K, 2 or more).
        variances: (2 sigma)^2 per joint (K,).

    Returns:
        Similarities (D, G) in [0, 1].
    """
    out = np.zeros((len(predicted), len(keypoints)))
    x, y = predicted[:, :, 0], predicted[:, :, 1]
    for person, joints in enumerate(keypoints):
        labelled = joints[:, 2] > 0
        if labelled.any():
            dx, dy = x - joints[:, 0], y - joints[:, 1]
        else:
            labelled = np.ones(len(joints), dtype=bool)
            left, top, width, height = bbox[person]
            dx = np.maximum(0, left - width - x) + np.maximum(0, x - (left + width * 2))
            dy = np.maximum(0, top - height - y) + np.maximum(0, y - (top + height * 2))
        exponent = (dx**2 + dy**2) / variances / (area[person] + np.spacing(1)) / 2
        # A contiguous copy keeps numpy's summation order the one the reference sees.
        kept = np.ascontiguousarray(exponent[:, labelled])
        out[:, person] = np.sum(np.exp(-kept), axis=1) / kept.shape[1]
    return out


def paired_oks(keypoints: Array, area: Array, predicted: Array, variances: Array) -> Array:
    """OKS (N,) of predictions (N, K, 2+) with their own person (N, K, 3); NaN where nobody labelled a joint."""
    labelled = keypoints[..., 2] > 0
    distance2 = ((predicted[..., :2] - keypoints[..., :2]) ** 2).sum(axis=2)
    similarity = np.exp(-distance2 / variances / (area[:, None] + np.spacing(1)) / 2)
    count = labelled.sum(axis=1)
    mean: Array = np.divide((similarity * labelled).sum(axis=1), count, out=np.full(len(area), np.nan), where=count > 0)
    return mean
