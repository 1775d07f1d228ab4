"""Pair predicted people with annotated people, exactly as pycocotools does for keypoints."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hpefair.core.pose.geometry import keypoint_extent
from hpefair.core.pose.similarity import oks

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Index = NDArray[np.int64]

# linspace, not arange / 20: several thresholds lie one ulp above the decimal, and ties at them count.
THRESHOLDS: Final[Array] = np.linspace(0.5, 0.95, 10)
MAX_DETECTIONS: Final = 20
AREA_RANGES: Final = {"all": (0.0, 1e10), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}


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
    crowd: Flags
    num_keypoints: Index

    @property
    def ignored(self) -> Flags:
        """People that never count as positives (N,): crowds and people without keypoints."""
        ignored: Flags = self.crowd | (self.num_keypoints == 0)
        return ignored


@dataclass(frozen=True)
class Detections:
    """Predicted people: image index (M,), keypoints (M, K, 3), score (M,)."""

    image: Index
    keypoints: Array
    score: Array


@dataclass(frozen=True)
class Candidates:
    """Detections that take part, image by image in descending score, with their similarities.

    Attributes:
        rows: Row of each candidate (D,) in the detections, at most 20 per image.
        score: Its score (D,).
        image: Its image index (D,).
        area: Area of its keypoint extent (D,).
        people_of: People rows of each image.
        oks: OKS (candidates of the image, people of the image), one array per image.
        starts: First candidate of each image (n_images + 1,).
    """

    rows: Index
    score: Array
    image: Index
    area: Array
    people_of: tuple[Index, ...]
    oks: tuple[Array, ...]
    starts: Index


@dataclass(frozen=True)
class Matches:
    """Result of matching at T thresholds.

    Attributes:
        person: Matched people row per threshold and candidate (T, D); -1 where unmatched.
        ignored: Whether the candidate counts neither as hit nor as false positive (T, D).
        positives: People that count as positives (N,).
    """

    person: Index
    ignored: Flags
    positives: Flags


def candidates(people: People, detections: Detections, variances: Array, n_images: int) -> Candidates:
    """Sort detections per image, keep the best 20, and compute all similarities once.

    Args:
        people: Annotated people.
        detections: Predicted people.
        variances: (2 sigma)^2 per joint (K,).
        n_images: Number of images, those without people included.

    Returns:
        The candidates, shared by every later matching.
    """
    order = np.lexsort((-detections.score, detections.image))
    image = detections.image[order]
    rank = np.arange(len(order)) - np.searchsorted(image, image)
    rows = order[rank < MAX_DETECTIONS]
    image = detections.image[rows]
    keypoints = detections.keypoints[rows]
    starts = np.searchsorted(image, np.arange(n_images + 1))
    by_image = np.argsort(people.image, kind="stable")
    ends = np.searchsorted(people.image[by_image], np.arange(n_images + 1))
    people_of = tuple(by_image[ends[i] : ends[i + 1]] for i in range(n_images))
    similarities = tuple(
        oks(people.keypoints[who], people.area[who], people.bbox[who], keypoints[starts[i] : starts[i + 1]], variances)
        for i, who in enumerate(people_of)
    )
    extent = keypoint_extent(keypoints) if len(keypoints) else np.zeros((0, 4))
    return Candidates(rows, detections.score[rows], image, extent[:, 2] * extent[:, 3], people_of, similarities, starts)


def match(
    people: People,
    found: Candidates,
    ignored: Flags,
    area_range: tuple[float, float] = AREA_RANGES["all"],
    thresholds: Array = THRESHOLDS,
) -> Matches:
    """Match greedily by score, preferring people that count over ignored ones.

    Args:
        people: Annotated people.
        found: Candidates from `candidates`.
        ignored: People to ignore (N,), crowds and people without keypoints included.
        area_range: Smallest and largest area that counts, in square pixels.
        thresholds: OKS thresholds (T,).

    Returns:
        The matches.
    """
    low, high = area_range
    skip = ignored | (people.area < low) | (people.area > high)
    person = np.full((len(thresholds), len(found.rows)), -1, dtype=np.int64)
    for i, who in enumerate(found.people_of):
        start, end = found.starts[i], found.starts[i + 1]
        if not len(who) or start == end:
            continue
        # Counted people first, as the reference sorts them: a candidate takes an ignored one only if none else fits.
        order = np.argsort(skip[who], kind="stable")
        who = who[order]
        local = _match_image(found.oks[i][:, order], skip[who], people.crowd[who], thresholds)
        person[:, start:end] = np.where(local >= 0, who[local], -1)
    matched_ignored = (person >= 0) & skip[person]
    outside = (found.area < low) | (found.area > high)
    return Matches(person, matched_ignored | ((person < 0) & outside), ~skip)


@njit(cache=True)  # type: ignore[untyped-decorator]
def _match_image(similarity: Array, skip: Flags, crowd: Flags, thresholds: Array) -> Index:
    """Greedy matching of one image (cocoeval.py `evaluateImg`): local person index (T, D), -1 where none."""
    n_found, n_people = similarity.shape
    out = np.full((len(thresholds), n_found), -1, dtype=np.int64)
    for t in range(len(thresholds)):
        taken = np.zeros(n_people, dtype=np.bool_)
        for d in range(n_found):
            best = min(thresholds[t], 1 - 1e-10)
            chosen = -1
            for g in range(n_people):
                if taken[g] and not crowd[g]:
                    continue
                if chosen > -1 and not skip[chosen] and skip[g]:
                    break
                if similarity[d, g] < best:
                    continue
                best = similarity[d, g]
                chosen = g
            if chosen >= 0:
                out[t, d] = chosen
                taken[chosen] = True
    return out
