"""Average precision of many groups in several resamples side by side: the compiled part of `precision_resamples`."""

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hpefair.arrays import Array, Index, Mask
from hpefair.core.pose.precision import RECALL_POINTS

LANES: Final = 64
SPACING: Final = float(np.spacing(1))
LATE: Final[Index] = np.flatnonzero(np.arange(101) / 100 < RECALL_POINTS)  # points an ulp above i / 100
Whole = NDArray[np.int32]
Lanes = NDArray[np.float32]


class Order(NamedTuple):
    """The list of scores: image of every candidate, place of every contender in it, who is matched at T thresholds."""

    image: Whole
    rank: Index
    matched: Mask


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


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def average_precision(lanes: Lanes, share: Array, positives: Array, order: Order, steps: Steps, slack: float) -> Array:
    """Average precision (G, LANES) of one block of resamples, mean over thresholds.

    Args:
        lanes: Multiplicity of every image in each resample (n_images, LANES).
        share: Weight of unmatched detections of each group (G, LANES).
        positives: People of each group who count (G, LANES).
        order: The list of scores.
        steps: True positives and corrections.
        slack: What rounding may have taken from a recall in hundredths.
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
            _integrate(exact, gained, n, positives[g], slack, out[g])
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
def _unmatched(before: Lanes, lanes: Lanes, own: Whole, matched: Mask) -> Lanes:
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
def _integrate(exact: Array, gained: Lanes, n: int, positives: Array, slack: float, area: Array) -> None:
    """Add the envelope of precision, summed over the recall points, to the area of each lane.

    Each step below is a loop of its own, and rows are added four at a time, because compilers vectorise only that.
    """
    if n == 0:
        return
    passed, steps = np.empty((n, LANES)), 100 / positives
    for lane in range(LANES):
        passed[0, lane] = np.floor(gained[0, lane] * steps[lane] + slack) + 1
    for i in range(1, n):
        for lane in range(LANES):
            reached, before = gained[i, lane] * steps[lane] + slack, gained[i - 1, lane] * steps[lane] + slack
            passed[i, lane] = np.floor(reached) - np.floor(before)
    flat = exact.ravel()
    for j in range((n - 1) * LANES - 1, -1, -1):
        flat[j] = max(flat[j], flat[j + LANES])
    _add_products(exact[:n], passed, area)
    for lane in range(LANES):
        area[lane] += _delay(exact[:n, lane], gained[:n, lane], positives[lane])


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
def _delay(exact: Array, gained: Lanes, positives: float) -> float:
    """Correction for a recall of exactly r / 100, which does not reach a late point: the next true positive does."""
    change = 0.0
    for r in LATE:
        if r * positives % 100 == 0:
            wanted = r * positives / 100
            here = np.searchsorted(gained, wanted)
            if here < len(gained) and gained[here] == wanted:
                after = np.searchsorted(gained, wanted, side="right")
                change += (exact[after] if after < len(gained) else 0.0) - exact[here]
    return change
