"""Average precision of many subgroups in many bootstrap resamples, exactly, without sorting anything twice.

A resample only changes how often each image counts. Matches and the order of scores stay, precision matters at true
positives alone, and the false positives before one are all candidates before it less the matched ones: one running sum
per resample serves every subgroup and threshold. Several resamples go side by side, so that the compiler can use wide
registers. Equal to an evaluation of the literally repeated images, except for the order among repeated detections of
one image with identical scores, which the reference leaves to the order of the file.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import get_num_threads
from numpy.typing import NDArray

from hpefair.arrays import Array, Index, Mask
from hpefair.core.pose.candidates import Candidates, People
from hpefair.core.pose.matching import Matches, match
from hpefair.core.pose.precision_lanes import LANES, Order, Steps, average_precision
from hpefair.core.pose.subgroup_precision import Rule, checked_membership

Counts = NDArray[np.uint8]
WHOLE_SLACK, FRACTIONAL_SLACK = 1e-9, 1e-3  # hundredths of recall: double precision, and single for probabilities


def resampled_precision(
    people: People, found: Candidates, membership: Array | Mask, counts: Counts, rule: Rule = Rule.SHARED
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
    order = Order(found.image[found.by_score].astype(np.int32), found.rank, everyone.person >= 0)
    blocks = [slice(start, start + LANES) for start in range(0, len(counts), LANES)]
    positives = _positives(people, member, counts, blocks)
    out = np.full((len(counts), member.shape[1]), np.nan)
    slack = WHOLE_SLACK if (member == np.round(member)).all() else FRACTIONAL_SLACK

    def fill(block: slice) -> None:
        n = len(counts[block])
        lanes = np.zeros((counts.shape[1], LANES), dtype=np.float32)
        lanes[:, :n] = counts[block].T
        share, total = np.ones((2, member.shape[1], LANES))  # ones, so that idle lanes divide by something
        total[:, :n] = np.where(positives[block, 1:] > 0, positives[block, 1:], 1.0).T
        if rule is Rule.SHARED:
            share[:, :n] = (positives[block, 1:] / np.maximum(positives[block, :1], 1.0)).T
        out[block] = average_precision(lanes, share, total, order, steps, slack).T[:n]

    with ThreadPoolExecutor(get_num_threads()) as pool:  # the kernel leaves the interpreter free
        list(pool.map(fill, blocks))
    return np.where(positives[:, 1:] > 0, out, np.nan)


def _positives(people: People, member: Array, counts: Counts, blocks: Sequence[slice]) -> Array:
    """People who count in each resample: everyone, then each group (B, 1 + G)."""
    per_image = np.zeros((counts.shape[1], member.shape[1] + 1))
    np.add.at(per_image[:, 1:], people.image, member)
    per_image[:, 0] = np.bincount(people.image, weights=~people.ignored, minlength=counts.shape[1])
    return np.concatenate([np.zeros((0, per_image.shape[1])), *(counts[block] @ per_image for block in blocks)])


def _steps(people: People, candidates: Candidates, everyone: Matches, member: Array, rule: Rule) -> Steps:
    """True positives and corrections of every threshold and group."""
    n_groups, n_thresholds = member.shape[1], len(everyone.person)
    hits: list[list[Index]] = [[] for _ in range(n_thresholds)]
    weights: list[list[Array]] = [[] for _ in range(n_thresholds)]
    fixes: list[list[Index]] = [[] for _ in range(n_thresholds)]
    signs: list[list[Array]] = [[] for _ in range(n_thresholds)]
    for g in range(n_groups):
        own = everyone if rule is Rule.SHARED else match(people, candidates, people.ignored | (member[:, g] == 0))
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
