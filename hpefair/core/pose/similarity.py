"""Object keypoint similarity (OKS), equal to pycocotools to the last bit.

Source: https://cocodataset.org/#keypoints-eval and cocoeval.py `computeOks`. Where only similarities of at least some
value matter, as in matching, most exponentials are never taken: exp(-e) <= 1 / (1 + e + e^2 / 2) rules a pair out.
"""

from typing import Final, NamedTuple

import numpy as np
from numba import njit

from hpefair.arrays import Array, Index


class Truth(NamedTuple):
    """Annotated people: keypoints (N, K, 3), segment areas (N,) in square pixels, boxes (N, 4) x, y, width, height."""

    keypoints: Array
    area: Array
    bbox: Array


CHUNK_PAIRS: Final = 32_768  # pairs whose exponents are held at once: a few megabytes


def pairwise_oks(
    truth: Truth, predicted: Array, pairs: tuple[Index, Index], variances: Array, least: float = 0.0
) -> Array:
    """OKS of listed pairs of a prediction and an annotated person.

    OKS = mean over labelled joints of exp(-d^2 / (2 area (2 sigma)^2)). A person without labelled joints is compared
    with its box enlarged to three times its width and height, as the reference does.

    Args:
        truth: Annotated people; visibility 0 marks unlabelled joints.
        predicted: Predicted keypoints (D, K, 2 or more).
        pairs: Prediction and person of each pair, (P,) each.
        variances: (2 sigma)^2 per joint (K,).
        least: Similarities below it may be returned as 0.

    Returns:
        Similarities (P,) in [0, 1].
    """
    out = np.zeros(len(pairs[0]))
    exponents = np.empty(CHUNK_PAIRS * len(variances))
    size = np.empty(CHUNK_PAIRS, dtype=np.int64)
    for start in range(0, len(out), CHUNK_PAIRS):
        chunk = pairs[0][start : start + CHUNK_PAIRS], pairs[1][start : start + CHUNK_PAIRS]
        used = _exponents(truth, predicted, chunk, variances, least, (exponents, size))
        # numpy's exponential, not the compiler's: the two differ in the last bit, and pycocotools uses this one.
        terms = np.exp(-exponents[:used])
        _means(terms, size[: len(chunk[0])], out[start : start + CHUNK_PAIRS])
    return out


def keypoint_similarity(keypoints: Array, area: Array, predicted: Array, variances: Array) -> Array:
    """Similarity of each joint of a prediction to its own person's joint.

    Args:
        keypoints: Annotated keypoints (N, K, 3).
        area: Segment areas (N,).
        predicted: Predicted keypoints (N, K, 2 or more), NaN where there is no prediction.
        variances: (2 sigma)^2 per joint (K,).

    Returns:
        Keypoint similarities (N, K), the terms of OKS; NaN for joints that nobody labelled, 0 without a prediction.
    """
    distance2 = ((predicted[..., :2] - keypoints[..., :2]) ** 2).sum(axis=2)
    similarity = np.nan_to_num(np.exp(-distance2 / variances / (area[:, None] + np.spacing(1)) / 2))
    return np.where(keypoints[..., 2] > 0, similarity, np.nan)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _exponents(
    truth: Truth,
    predicted: Array,
    pairs: tuple[Index, Index],
    variances: Array,
    least: float,
    out: tuple[Array, Index],
) -> int:
    """Write the exponents of each pair's joints one after the other; size 0 marks a pair that cannot reach `least`."""
    (which, who), (exponents, size) = pairs, out
    keypoints, area, bbox = truth.keypoints, truth.area, truth.bbox
    joints, used = len(variances), 0
    for p in range(len(which)):
        d, g = which[p], who[p]
        labelled = 0
        for k in range(joints):
            labelled += keypoints[g, k, 2] > 0
        scale = area[g] + np.spacing(1.0)
        left, top, width, height = bbox[g, 0], bbox[g, 1], bbox[g, 2], bbox[g, 3]
        n, bound = 0, 0.0
        for k in range(joints):
            x, y = predicted[d, k, 0], predicted[d, k, 1]
            if labelled:
                if not keypoints[g, k, 2] > 0:
                    continue
                dx, dy = x - keypoints[g, k, 0], y - keypoints[g, k, 1]
            else:
                dx = max(0.0, (left - width) - x) + max(0.0, x - (left + width * 2))
                dy = max(0.0, (top - height) - y) + max(0.0, y - (top + height * 2))
            exponent = (dx * dx + dy * dy) / variances[k] / scale / 2
            exponents[used + n] = exponent
            bound += 1.0 / (1.0 + exponent + 0.5 * exponent * exponent)
            n += 1
        size[p] = n if bound >= least * n * (1 - 1e-9) else 0
        used += size[p]
    return used


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _means(terms: Array, size: Index, out: Array) -> None:
    """Mean of each pair's terms, added in the order in which numpy adds a short array."""
    start = 0
    for p in range(len(size)):
        n = size[p]
        if n == 0:
            continue
        total, k = 0.0, 0
        if n >= 8:
            a = terms[start : start + 8].copy()
            k = 8
            while k + 8 <= n:
                for j in range(8):
                    a[j] += terms[start + k + j]
                k += 8
            total = ((a[0] + a[1]) + (a[2] + a[3])) + ((a[4] + a[5]) + (a[6] + a[7]))
        while k < n:
            total += terms[start + k]
            k += 1
        out[p] = total / n
        start += n
