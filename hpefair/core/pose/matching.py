"""Pair predicted people with annotated people, exactly as pycocotools does for keypoints."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hpefair.arrays import Array, Index, Mask
from hpefair.core.pose.candidates import THRESHOLDS, Candidates, People

AREA_RANGES: Final = {"all": (0.0, 1e10), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}


@dataclass(frozen=True)
class Matches:
    """Result of matching at T thresholds.

    Attributes:
        person: Matched people row per threshold and contender (T, C); -1 where unmatched.
        counted: Whether the matched person counts as a positive (T, C).
        outside: Candidates (D,) that are no false positives when unmatched, because of their area.
        positives: People that count as positives (N,).
    """

    person: NDArray[np.int32]
    counted: Mask
    outside: Mask
    positives: Mask


def match(
    people: People,
    found: Candidates,
    ignored: Mask,
    area_range: tuple[float, float] = AREA_RANGES["all"],
    thresholds: Array = THRESHOLDS,
) -> Matches:
    """Match greedily by score, preferring people that count over ignored ones (cocoeval.py `evaluateImg`).

    Args:
        people: Annotated people.
        found: Candidates from `candidates`.
        ignored: People to ignore (N,), crowds and people without keypoints included.
        area_range: Smallest and largest area that counts, in square pixels.
        thresholds: OKS thresholds (T,), none below .5.

    Returns:
        The matches.
    """
    low, high = area_range
    skip = ignored | (people.area < low) | (people.area > high)
    place = np.full(len(found.rows), -1, dtype=np.int64)
    place[found.contenders] = np.arange(len(found.contenders))
    person = np.full((len(thresholds), len(found.contenders)), -1, dtype=np.int32)
    _match(found, place, skip, people.crowd, thresholds, person)
    counted = (person >= 0) & ~skip[person] if len(skip) else np.zeros_like(person, dtype=bool)
    return Matches(person, counted, (found.area < low) | (found.area > high), ~skip)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _match(  # noqa: C901 - split in two, the inner loop takes four times as long
    candidates: Candidates, place: Index, skip: Mask, crowd: Mask, thresholds: Array, person: NDArray[np.int32]
) -> None:
    """Greedy matching of all images, written to `person` (T, C)."""
    for image in range(len(candidates.starts) - 1):
        local = candidates.people[candidates.people_starts[image] : candidates.people_starts[image + 1]]
        first, last = candidates.starts[image], candidates.starts[image + 1]
        if len(local) == 0 or first == last:
            continue
        # Counted people first, as the reference sorts them: a candidate takes an ignored one only if none else fits.
        order = np.argsort(skip[local], kind="mergesort")
        similarity = candidates.oks[candidates.pair_starts[image] : candidates.pair_starts[image + 1]].reshape(
            -1, len(local)
        )
        taken = np.zeros(len(local), dtype=np.bool_)
        for t in range(len(thresholds)):
            taken[:] = False
            for d in range(first, last):
                if place[d] < 0:
                    continue
                best, chosen = min(thresholds[t], 1 - 1e-10), -1
                for q in order:
                    if taken[q] and not crowd[local[q]]:
                        continue
                    if chosen > -1 and not skip[local[chosen]] and skip[local[q]]:
                        break
                    if similarity[d - first, q] >= best:
                        best, chosen = similarity[d - first, q], q
                if chosen >= 0:
                    person[t, place[d]] = local[chosen]
                    taken[chosen] = True
