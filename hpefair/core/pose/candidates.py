"""Detections that take part, with their similarities to everybody in their image, computed once.

Similarities do not depend on the threshold, the area range or the subgroup asked about, and of the detections only the
*contenders*, those similar enough to anybody to be matched at all, are ever looked at again.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numba import njit

from hpefair.arrays import Array, Index, Mask
from hpefair.core.pose.geometry import keypoint_extent
from hpefair.core.pose.similarity import Truth, pairwise_oks

# linspace, not arange / 20: several thresholds lie one ulp above the decimal, and ties at them count.
THRESHOLDS: Final[Array] = np.linspace(0.5, 0.95, 10)
MAX_DETECTIONS: Final = 20


@dataclass(frozen=True)
class People:
    """Annotated people of a dataset.

    Attributes:
        image: Image index (N,), 0-based in ascending order of image id.
        keypoints: Keypoints (N, K, 3).
        area: Segment areas (N,).
        bbox: Boxes (N, 4).
        crowd: Crowd flags (N,).
        num_keypoints: Annotated count of labelled joints (N,).
    """

    image: Index
    keypoints: Array
    area: Array
    bbox: Array
    crowd: Mask
    num_keypoints: Index

    @property
    def ignored(self) -> Mask:
        """People that never count as positives (N,): crowds and people without keypoints."""
        ignored: Mask = self.crowd | (self.num_keypoints == 0)
        return ignored


@dataclass(frozen=True)
class Detections:
    """Predicted people: image index (M,), keypoints (M, K, 3), score (M,), and area (M,) where it is given.

    Without an area, or where it is NaN, that of the box around the keypoints decides which area ranges a detection
    belongs to, as in pycocotools' loadRes.
    """

    image: Index
    keypoints: Array
    score: Array
    area: Array | None = None


class Candidates(NamedTuple):
    """Detections that take part, image by image in descending score, with their similarities.

    Attributes:
        rows: Row of each candidate (D,) in the detections, at most 20 per image.
        score: Its score (D,).
        image: Its image index (D,).
        area: Area of its keypoint extent (D,).
        starts: First candidate of each image (n_images + 1,).
        people: People rows image by image (N,), in annotation order.
        people_starts: First of them of each image (n_images + 1,).
        oks: Similarities of every candidate with every person of its image, candidate by candidate (P,).
        pair_starts: First pair of each image (n_images + 1,).
        by_score: All candidates in descending score (D,), ties in order of image.
        contenders: Candidates similar enough to somebody to be matched, in descending score over all images (C,).
        rank: Place of each contender among all candidates in descending score (C,).
    """

    rows: Index
    score: Array
    image: Index
    area: Array
    starts: Index
    people: Index
    people_starts: Index
    oks: Array
    pair_starts: Index
    by_score: Index
    contenders: Index
    rank: Index


def candidates(
    people: People, detections: Detections, variances: Array, n_images: int, least: float = 0.0
) -> Candidates:
    """Sort detections per image, keep the best 20, and compute all similarities once.

    Args:
        people: Annotated people.
        detections: Predicted people.
        variances: (2 sigma)^2 per joint (K,).
        n_images: Number of images, those without people included.
        least: Similarities below it may be left at 0, which saves time where only matches are asked for; at most the
            first threshold.

    Returns:
        The candidates, shared by every later matching.

    Raises:
        ValueError: If `least` would hide similarities that matching needs.
    """
    if least > THRESHOLDS[0]:
        raise ValueError(f"Expected least of at most {THRESHOLDS[0]} but got {least}")
    order = np.lexsort((-detections.score, detections.image))
    image = detections.image[order]
    first = np.searchsorted(image, np.arange(n_images + 1))
    rows = order[np.arange(len(order)) - first[image] < MAX_DETECTIONS]
    image, keypoints, score = detections.image[rows], detections.keypoints[rows], detections.score[rows]
    starts = np.searchsorted(image, np.arange(n_images + 1))
    by_image = np.argsort(people.image, kind="stable")
    people_starts = np.searchsorted(people.image[by_image], np.arange(n_images + 1))
    pair_starts = np.r_[0, np.cumsum(np.diff(starts) * np.diff(people_starts))]
    which, who = _pairs(starts, people_starts, by_image, pair_starts[-1])
    truth = Truth(people.keypoints, people.area, people.bbox)
    similarity = pairwise_oks(truth, keypoints, (which, who), variances, least)
    able = np.zeros(len(rows), dtype=np.bool_)
    able[which[similarity >= THRESHOLDS[0]]] = True
    by_score = np.argsort(-score, kind="stable")
    rank = np.flatnonzero(able[by_score])
    return Candidates(
        rows=rows,
        score=score,
        image=image,
        area=_areas(keypoints, None if detections.area is None else detections.area[rows]),
        starts=starts,
        people=by_image,
        people_starts=people_starts,
        oks=similarity,
        pair_starts=pair_starts,
        by_score=by_score,
        contenders=by_score[rank],
        rank=rank,
    )


def _areas(keypoints: Array, given: Array | None) -> Array:
    extent: Array = keypoint_extent(keypoints).prod(axis=1)
    return extent if given is None else np.where(np.isnan(given), extent, given)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _pairs(starts: Index, people_starts: Index, people: Index, total: int) -> tuple[Index, Index]:
    """Candidate and person of every pair, image by image."""
    which, who = np.empty(total, dtype=np.int64), np.empty(total, dtype=np.int64)
    p = 0
    for image in range(len(starts) - 1):
        for d in range(starts[image], starts[image + 1]):
            for g in range(people_starts[image], people_starts[image + 1]):
                which[p], who[p] = d, people[g]
                p += 1
    return which, who
