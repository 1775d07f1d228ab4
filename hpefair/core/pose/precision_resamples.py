"""Average precision of many subgroups in many bootstrap resamples, exactly, without sorting anything twice.

A resample only changes how often each image counts. Matches and the order of scores stay, precision matters at true
positives alone, and the false positives before one are all candidates before it less the matched ones: one running sum
per resample serves every subgroup and threshold. Several resamples go side by side, so that the compiler can use wide
registers. Equal to an evaluation of the literally repeated images, except for the order among repeated detections of
one image with identical scores, which the reference leaves to the order of the file.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hpefair.core.pose.matching import Candidates, Flags, Matches, People, match
from hpefair.core.pose.precision import RECALL_POINTS, Array, Index, Rule, checked_membership

LANES: Final = 64
SPACING: Final = float(np.spacing(1))
LATE: Final[Index] = np.flatnonzero(RECALL_POINTS > np.arange(101) / 100)  # points an ulp above i / 100
Whole = NDArray[np.int32]


@dataclass(frozen=True)
class Steps:
    """Everything that happens along the list of scores, by threshold and group.

    Attributes:
        starts: First true positive of each threshold and group (T * G + 1,), groups running fastest.
        contender: Contender of each true positive.
        weight: Membership of its person in the group.
        fix_starts: First correction of each threshold and group (T * G + 1,).
        fix_contender: Contenders that are matched for everyone but not for this group, or the reverse.
        fix_sign: +1 if the group counts it as a false positive and everyone together does not, else -1.
    """

    starts: Index
    contender: Whole
    weight: Array
    fix_starts: Index
    fix_contender: Whole
    fix_sign: Array


def resampled_precision(
    people: People, found: Candidates, membership: Array | Flags, counts: NDArray[np.int64], rule: Rule = Rule.SHARED
) -> Array:
    """Average precision of each group in each resample.

    Args:
        people: Annotated people.
        found: Candidates.
        membership: Membership (N, G), 0 or 1, or with `Rule.SHARED` its probability.
        counts: Multiplicity of every image in every resample (B, n_images).
        rule: What happens to people outside the group and to unmatched detections.

    Returns:
        Average precision (B, G); NaN where a resample drew nobody who counts.

    Raises:
        ValueError: As `precision.subgroup_precision`.
    """
    member = checked_membership(membership, rule) * ~people.ignored[:, None]
    everyone = match(people, found, people.ignored)
    steps = _steps(people, found, everyone, member, rule)
    n_images = counts.shape[1]
    per_image = np.zeros((n_images, member.shape[1] + 1))
    np.add.at(per_image[:, 1:], people.image, member)
    per_image[:, 0] = np.bincount(people.image, weights=~people.ignored, minlength=n_images)
    blocks = [slice(start, start + LANES) for start in range(0, len(counts), LANES)]
    positives = np.concatenate([np.zeros((0, per_image.shape[1])), *(counts[block] @ per_image for block in blocks)])
    unmatched = np.ones_like(positives[:, 1:])
    if rule is Rule.SHARED:
        np.divide(positives[:, 1:], positives[:, :1], out=unmatched, where=positives[:, :1] > 0)
    out = np.full((len(counts), member.shape[1]), np.nan)
    image = found.image[found.by_score].astype(np.int32)
    matched = everyone.person >= 0

    def fill(block: slice) -> None:
        lanes = np.zeros((n_images, LANES), dtype=np.float32)
        lanes[:, : len(counts[block])] = counts[block].T
        share, total = np.ones((2, member.shape[1], LANES))  # ones, so that idle lanes divide by something
        share[:, : len(counts[block])] = unmatched[block].T
        total[:, : len(counts[block])] = np.where(positives[block, 1:] > 0, positives[block, 1:], 1.0).T
        result = _average_precision(
            lanes,
            share,
            total,
            image,
            found.rank,
            matched,
            steps.starts,
            steps.contender,
            steps.weight,
            steps.fix_starts,
            steps.fix_contender,
            steps.fix_sign,
            LATE,
        )
        out[block] = result.T[: len(counts[block])]

    with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:  # the kernel leaves the interpreter free
        list(pool.map(fill, blocks))
    return np.where(positives[:, 1:] > 0, out, np.nan)


def _steps(people: People, found: Candidates, everyone: Matches, member: Array, rule: Rule) -> Steps:
    """True positives and corrections of every threshold and group."""
    n_groups, n_thresholds = member.shape[1], len(everyone.person)
    hits: list[list[Index]] = [[] for _ in range(n_thresholds)]
    weights: list[list[Array]] = [[] for _ in range(n_thresholds)]
    fixes: list[list[Index]] = [[] for _ in range(n_thresholds)]
    signs: list[list[Array]] = [[] for _ in range(n_thresholds)]
    for g in range(n_groups):
        own = everyone if rule is Rule.SHARED else match(people, found, people.ignored | (member[:, g] == 0))
        weight = np.where(own.counted, member[own.person, g], 0.0)
        differs = (own.person >= 0) != (everyone.person >= 0)
        for t in range(n_thresholds):
            at = np.flatnonzero(weight[t])
            hits[t].append(at)
            weights[t].append(weight[t, at])
            fix = np.flatnonzero(differs[t])
            fixes[t].append(fix)
            signs[t].append(np.where(own.person[t, fix] < 0, 1.0, -1.0))
    return Steps(
        _starts(hits),
        _joined(hits).astype(np.int32),
        _joined(weights),
        _starts(fixes),
        _joined(fixes).astype(np.int32),
        _joined(signs),
    )


def _starts(parts: Sequence[Sequence[NDArray[np.generic]]]) -> Index:
    return np.cumsum([0] + [len(part) for row in parts for part in row])


def _joined(parts: Sequence[Sequence[NDArray[np.generic]]]) -> Array:
    return np.concatenate([np.zeros(0), *(part for row in parts for part in row)])


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _average_precision(
    lanes: Array,
    share: Array,
    positives: Array,
    image: Whole,
    rank: Index,
    matched: Flags,
    starts: Index,
    contender: Whole,
    weight: Array,
    fix_starts: Index,
    fix_contender: Whole,
    fix_sign: Array,
    late: Index,
) -> Array:
    """Average precision (G, LANES) of one block of resamples, mean over thresholds."""
    n, n_groups, n_thresholds = len(rank), len(share), len(matched)
    before = np.empty((n, LANES), dtype=np.float32)
    running = np.zeros(LANES, dtype=np.float32)
    k = 0
    for c in range(len(image)):
        row = lanes[image[c]]
        for lane in range(LANES):
            running[lane] += row[lane]
        if k < n and rank[k] == c:
            before[k] = running
            k += 1
    missed = np.empty((n, LANES), dtype=np.float32)
    own = image[rank]
    longest = 1
    for j in range(len(starts) - 1):
        longest = max(longest, starts[j + 1] - starts[j])
    exact, gained = np.empty((longest, LANES)), np.empty((longest, LANES), dtype=np.float32)
    hits, extra = np.empty(LANES, dtype=np.float32), np.empty(LANES, dtype=np.float32)
    out, steps = np.zeros((n_groups, LANES)), 100 / positives
    for t in range(n_thresholds):
        running[:] = 0
        for c in range(n):
            if matched[t, c]:
                row = lanes[own[c]]
                for lane in range(LANES):
                    running[lane] += row[lane]
            for lane in range(LANES):
                missed[c, lane] = before[c, lane] - running[lane]
        for g in range(n_groups):
            first, last = starts[t * n_groups + g], starts[t * n_groups + g + 1]
            fix, fix_end = fix_starts[t * n_groups + g], fix_starts[t * n_groups + g + 1]
            hits[:] = 0
            extra[:] = 0
            for i in range(first, last):
                c = contender[i]
                while fix < fix_end and fix_contender[fix] <= c:
                    row = lanes[own[fix_contender[fix]]]
                    for lane in range(LANES):
                        extra[lane] += fix_sign[fix] * row[lane]
                    fix += 1
                row = lanes[own[c]]
                w = np.float32(weight[i])
                for lane in range(LANES):
                    hits[lane] += w * row[lane]
                    hit = np.float64(hits[lane])
                    misses = np.float64(missed[c, lane] + extra[lane]) * share[g, lane]
                    exact[i - first, lane] = hit / (misses + hit + SPACING)
                    gained[i - first, lane] = hits[lane]
            _integrate(exact, gained, last - first, positives[g], steps[g], late, out[g])
    return out / (101 * n_thresholds)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _integrate(exact: Array, gained: Array, n: int, positives: Array, steps: Array, late: Index, area: Array) -> None:
    """Add the envelope of precision, summed over the recall points, to the area of each lane.

    Each step below is a loop of its own, and rows are added four at a time, because compilers vectorise only that.
    """
    if n == 0:
        return
    passed = np.empty((n, LANES))
    for lane in range(LANES):
        passed[0, lane] = np.floor(gained[0, lane] * steps[lane] + 1e-9) + 1
    for i in range(1, n):
        for lane in range(LANES):
            reached, before = gained[i, lane] * steps[lane] + 1e-9, gained[i - 1, lane] * steps[lane] + 1e-9
            passed[i, lane] = np.floor(reached) - np.floor(before)
    flat = exact.ravel()
    for j in range((n - 1) * LANES - 1, -1, -1):
        flat[j] = max(flat[j], flat[j + LANES])
    for i in range(0, n - 3, 4):
        for lane in range(LANES):
            area[lane] += (exact[i, lane] * passed[i, lane] + exact[i + 1, lane] * passed[i + 1, lane]) + (
                exact[i + 2, lane] * passed[i + 2, lane] + exact[i + 3, lane] * passed[i + 3, lane]
            )
    for i in range(n - n % 4, n):
        for lane in range(LANES):
            area[lane] += exact[i, lane] * passed[i, lane]
    for lane in range(LANES):
        for r in late:
            # A recall of exactly r / 100 does not reach such a point: the next true positive does.
            if r * positives[lane] % 100 == 0:
                wanted = r * positives[lane] / 100
                here = np.searchsorted(gained[:n, lane], wanted)
                if here < n and gained[here, lane] == wanted:
                    after = np.searchsorted(gained[:n, lane], wanted, side="right")
                    area[lane] += (exact[after, lane] if after < n else 0.0) - exact[here, lane]
