"""What chance alone would show: statistics of random relabellings."""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hpefair.core.fairness.intervals import Array, Flags, Index

BLOCK: Final = 64  # relabellings whose values are held at once


def relabelled_sums(values: Array, member: Array | Flags, image: Index, draws: int, seed: int = 0) -> Array:
    """Sum of each metric in each group under random relabellings.

    People of an image share its difficulty, and often its group, so whole images are relabelled: the values of one
    image, in any order, are read against the labels of another with as many people.

    Args:
        values: Per-person metrics (N, M), no NaN.
        member: Membership (N, G).
        image: Image index (N,).
        draws: Random relabellings.
        seed: Seed.

    Returns:
        Sums (draws, G, M).
    """
    rng = np.random.default_rng(seed)
    _, index, count = np.unique(image, return_inverse=True, return_counts=True)
    order = np.lexsort((index, count[index]))  # images of equal size follow each other
    sizes = np.sort(count, kind="stable")
    starts = np.r_[0, np.cumsum(sizes)]
    runs = np.r_[np.flatnonzero(np.diff(sizes, prepend=-1)), len(sizes)]
    flags = np.asarray(member, dtype=np.float64)[order]
    out = np.empty((draws, flags.shape[1], values.shape[1]))
    for first in range(0, draws, BLOCK):
        n = min(BLOCK, draws - first)
        places = _shuffles(starts, runs, n, int(rng.integers(2**31)))
        shuffled = values[order][places]  # (n, N, M)
        out[first : first + n] = np.einsum("ng,bnm->bgm", flags, shuffled, optimize=True)
    return out


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _shuffles(starts: Index, runs: Index, draws: int, seed: int) -> NDArray[np.int32]:
    """Orders (draws, N) in which images of equal size have changed places, and people within images, too."""
    np.random.seed(seed)
    n_people = starts[-1]
    out = np.empty((draws, n_people), dtype=np.int32)
    where = np.arange(len(starts) - 1)
    for b in range(draws):
        for r in range(len(runs) - 1):
            for i in range(runs[r + 1] - 1, runs[r], -1):
                j = np.random.randint(runs[r], i + 1)
                where[i], where[j] = where[j], where[i]
        for i in range(len(where)):
            size = starts[i + 1] - starts[i]
            for k in range(size):
                out[b, starts[i] + k] = starts[where[i]] + k
            for k in range(size - 1, 0, -1):
                j = np.random.randint(0, k + 1)
                one, two = starts[i] + k, starts[i] + j
                out[b, one], out[b, two] = out[b, two], out[b, one]
    return out
