"""Average precision of many subgroups in many bootstrap resamples, exactly, without sorting anything twice.

A resample only changes how often each image counts. Matches and the order of scores stay, precision matters at true
positives alone, and the false positives before one are all candidates before it less the matched ones: one running sum
per resample serves every subgroup and threshold. Several resamples go side by side, so that the compiler can use wide
registers. Equal to an evaluation of the literally repeated images, except for the order among repeated detections of
one image with identical scores, which the reference leaves to the order of the file.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

import numpy as np
from numba import get_num_threads, njit
from numpy.typing import NDArray

from hpefair.core.pose.matching import Candidates, Flags, Matches, People, match
from hpefair.core.pose.precision import RECALL_POINTS, Array, Index, Rule, checked_membership

LANES: Final = 64
SPACING: Final = float(np.spacing(1))
LATE: Final[Index] = np.flatnonzero(np.arange(101) / 100 < RECALL_POINTS)  # points an ulp above i / 100
Whole = NDArray[np.int32]
Lanes = NDArray[np.float32]
Counts = NDArray[np.int32]


class Order(NamedTuple):
    """The list of scores: image of every candidate, place of every contender in it, who is matched at T thresholds."""

    image: Whole
    rank: Index
    matched: Flags


class Steps(NamedTuple):
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
    people: People, found: Candidates, membership: Array | Flags, counts: Counts, rule: Rule = Rule.SHARED
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

    def fill(block: slice) -> None:
        n = len(counts[block])
        lanes = np.zeros((counts.shape[1], LANES), dtype=np.float32)
        lanes[:, :n] = counts[block].T
        share, total = np.ones((2, member.shape[1], LANES))  # ones, so that idle lanes divide by something
        total[:, :n] = np.where(positives[block, 1:] > 0, positives[block, 1:], 1.0).T
        if rule is Rule.SHARED:
            share[:, :n] = (positives[block, 1:] / np.maximum(positives[block, :1], 1.0)).T
        out[block] = _average_precision(lanes, share, total, order, steps, LATE).T[:n]

    with ThreadPoolExecutor(get_num_threads()) as pool:  # the kernel leaves the interpreter free
        list(pool.map(fill, blocks))
    return np.where(positives[:, 1:] > 0, out, np.nan)


def _positives(people: People, member: Array, counts: Counts, blocks: Sequence[slice]) -> Array:
    """People who count in each resample: everyone, then each group (B, 1 + G)."""
    per_image = np.zeros((counts.shape[1], member.shape[1] + 1))
    np.add.at(per_image[:, 1:], people.image, member)
    per_image[:, 0] = np.bincount(people.image, weights=~people.ignored, minlength=counts.shape[1])
    return np.concatenate([np.zeros((0, per_image.shape[1])), *(counts[block] @ per_image for block in blocks)])


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
def _average_precision(lanes: Lanes, share: Array, positives: Array, order: Order, steps: Steps, late: Index) -> Array:
    """Average precision (G, LANES) of one block of resamples, mean over thresholds.

    Args:
        lanes: Multiplicity of every image in each resample (n_images, LANES).
        share: Weight of unmatched detections of each group (G, LANES).
        positives: People of each group who count (G, LANES).
        order: The list of scores.
        steps: True positives and corrections.
        late: Recall points that lie an ulp above i / 100.
    """
    own = order.image[order.rank]
    n_groups, n_thresholds = len(share), len(order.matched)
    before = _running(lanes, order)
    longest = max(1, np.diff(steps.starts).max())
    exact, gained = np.empty((longest, LANES)), np.empty((longest, LANES), dtype=np.float32)
    out = np.zeros((n_groups, LANES))
    for t in range(n_thresholds):
        missed = _unmatched(before, lanes, own, order.matched[t])
        for g in range(n_groups):
            n = _walk(steps, t * n_groups + g, lanes, own, (missed, share[g]), (exact, gained))
            _integrate(exact, gained, n, positives[g], late, out[g])
    return out / (101 * n_thresholds)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _running(lanes: Lanes, order: Order) -> Lanes:
    """Candidates up to and including each contender (C, LANES)."""
    out, running = np.empty((len(order.rank), LANES), dtype=np.float32), np.zeros(LANES, dtype=np.float32)
    k = 0
    for c in range(len(order.image)):
        row = lanes[order.image[c]]
        for lane in range(LANES):
            running[lane] += row[lane]
        if k < len(out) and order.rank[k] == c:
            out[k] = running
            k += 1
    return out


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _unmatched(before: Lanes, lanes: Lanes, own: Whole, matched: Flags) -> Lanes:
    """Unmatched candidates up to and including each contender (C, LANES)."""
    out, running = np.empty_like(before), np.zeros(LANES, dtype=np.float32)
    for c in range(len(own)):
        if matched[c]:
            row = lanes[own[c]]
            for lane in range(LANES):
                running[lane] += row[lane]
        for lane in range(LANES):
            out[c, lane] = before[c, lane] - running[lane]
    return out


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _walk(
    steps: Steps, j: int, lanes: Lanes, own: Whole, unmatched: tuple[Lanes, Array], out: tuple[Array, Lanes]
) -> int:
    """Precision and number of hits at every true positive of one threshold and group; how many there are."""
    (missed, share), (exact, gained) = unmatched, out
    first, last = steps.starts[j], steps.starts[j + 1]
    fix, fix_end = steps.fix_starts[j], steps.fix_starts[j + 1]
    hits, extra = np.zeros(LANES, dtype=np.float32), np.zeros(LANES, dtype=np.float32)
    for i in range(first, last):
        c = steps.contender[i]
        while fix < fix_end and steps.fix_contender[fix] <= c:
            row, sign = lanes[own[steps.fix_contender[fix]]], np.float32(steps.fix_sign[fix])
            for lane in range(LANES):
                extra[lane] += sign * row[lane]
            fix += 1
        row, weight = lanes[own[c]], np.float32(steps.weight[i])
        for lane in range(LANES):
            hits[lane] += weight * row[lane]
            hit = np.float64(hits[lane])
            misses = np.float64(missed[c, lane] + extra[lane]) * share[lane]
            exact[i - first, lane] = hit / (misses + hit + SPACING)
            gained[i - first, lane] = hits[lane]
    return int(last - first)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _integrate(exact: Array, gained: Lanes, n: int, positives: Array, late: Index, area: Array) -> None:
    """Add the envelope of precision, summed over the recall points, to the area of each lane.

    Each step below is a loop of its own, and rows are added four at a time, because compilers vectorise only that.
    """
    if n == 0:
        return
    passed, steps = np.empty((n, LANES)), 100 / positives
    for lane in range(LANES):
        passed[0, lane] = np.floor(gained[0, lane] * steps[lane] + 1e-9) + 1
    for i in range(1, n):
        for lane in range(LANES):
            reached, before = gained[i, lane] * steps[lane] + 1e-9, gained[i - 1, lane] * steps[lane] + 1e-9
            passed[i, lane] = np.floor(reached) - np.floor(before)
    flat = exact.ravel()
    for j in range((n - 1) * LANES - 1, -1, -1):
        flat[j] = max(flat[j], flat[j + LANES])
    _add_products(exact[:n], passed, area)
    for lane in range(LANES):
        area[lane] += _delay(exact[:n, lane], gained[:n, lane], positives[lane], late)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add_products(a: Array, b: Array, total: Array) -> None:
    """Add the sum over rows of a * b to `total`."""
    n = len(a)
    for i in range(0, n - 3, 4):
        for lane in range(LANES):
            total[lane] += (a[i, lane] * b[i, lane] + a[i + 1, lane] * b[i + 1, lane]) + (
                a[i + 2, lane] * b[i + 2, lane] + a[i + 3, lane] * b[i + 3, lane]
            )
    for i in range(n - n % 4, n):
        for lane in range(LANES):
            total[lane] += a[i, lane] * b[i, lane]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _delay(exact: Array, gained: Lanes, positives: float, late: Index) -> float:
    """Correction for a recall of exactly r / 100, which does not reach a late point: the next true positive does."""
    change = 0.0
    for r in late:
        if r * positives % 100 == 0:
            wanted = r * positives / 100
            here = np.searchsorted(gained, wanted)
            if here < len(gained) and gained[here] == wanted:
                after = np.searchsorted(gained, wanted, side="right")
                change += (exact[after] if after < len(gained) else 0.0) - exact[here]
    return change
