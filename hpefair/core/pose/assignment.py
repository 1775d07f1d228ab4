"""Which detection speaks for which person: one to one, and by similarity instead of by score."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hpefair.arrays import Array, Index
from hpefair.core.pose.candidates import Candidates, Detections, People
from hpefair.core.pose.matching import match

FOUND_FROM: Final = 0.1  # OKS; Ronchi and Perona (ICCV 2017) analyse localization errors from there


@dataclass(frozen=True)
class Assigned:
    """Result of `assign`, for every annotated person.

    Attributes:
        oks: Similarity with the person's detection (N,); 0 where it gets none.
        detection: Row of that detection (N,); -1 where it gets none of at least `FOUND_FROM`.
    """

    oks: Array
    detection: Index


def assign(people: People, found: Candidates) -> Assigned:
    """Give each counted person the detection that the assignment of largest total OKS in its image gives it.

    Greedy matching by score would let a confident stray detection take a person whom another detection fits.

    Args:
        people: Annotated people.
        found: Candidates with all similarities (`least` of 0).

    Returns:
        Similarities and detections; ignored people get none.
    """
    oks, detection = np.zeros(len(people.image)), np.full(len(people.image), -1, dtype=np.int64)
    pairs = np.diff(found.starts) * np.diff(found.people_starts)
    for image in np.flatnonzero(pairs):
        who = found.people[found.people_starts[image] : found.people_starts[image + 1]]
        columns = np.flatnonzero(~people.ignored[who])
        flat = found.oks[found.pair_starts[image] : found.pair_starts[image + 1]]
        similarity = flat.reshape(-1, len(who))[:, columns]
        if len(columns) == 1:
            rows, chosen = np.array([similarity[:, 0].argmax()]), np.array([0])
        else:
            from scipy.optimize import linear_sum_assignment  # slow to load, needed by few who import this

            rows, chosen = linear_sum_assignment(similarity, maximize=True)
        oks[who[columns[chosen]]] = similarity[rows, chosen]
        detection[who[columns[chosen]]] = found.rows[found.starts[image] + rows]
    detection[oks < FOUND_FROM] = -1
    return Assigned(oks, detection)


def recall_hits(people: People, found: Candidates) -> Array:
    """Share (N,) of the ten OKS thresholds at which COCO's matching gives each person a detection."""
    matches = match(people, found, people.ignored)
    hits = np.zeros(len(people.image))
    for person in matches.person:
        hits[np.unique(person[person >= 0])] += 1
    return hits / len(matches.person)


def assigned_keypoints(assigned: Assigned, detections: Detections, size: int) -> Array:
    """Predicted keypoints (N, K, 2) of each person's detection; NaN where there is none."""
    out = np.full((len(assigned.detection), size, 2), np.nan)
    has = assigned.detection >= 0
    out[has] = detections.keypoints[assigned.detection[has], :, :2]
    return out
