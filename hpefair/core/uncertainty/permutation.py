"""What chance alone would show: statistics of random relabellings."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from numba import get_num_threads, njit
from numpy.typing import NDArray

from hpefair.arrays import Array, Index, Mask

BLOCK: Final = 64  # relabellings whose values are held at once


def relabelled_sums(values: Array, member: Array | Mask, image: Index, draws: int, seed: int = 0) -> Array:
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
    ordered = values[order]
    out = np.empty((draws, flags.shape[1], values.shape[1]))
    blocks = range(0, draws, BLOCK)

    def fill(first: int, block_seed: int) -> None:
        n = min(BLOCK, draws - first)
        random = np.random.default_rng(block_seed).integers(2**32, size=(n, len(sizes) + len(order)), dtype=np.uint32)
        places = _shuffles(starts, runs, random)
        for m in range(values.shape[1]):
            out[first : first + n, :, m] = ordered[:, m][places] @ flags

    with ThreadPoolExecutor(get_num_threads()) as pool:  # shuffles and products leave the interpreter free
        list(pool.map(fill, blocks, rng.integers(2**31, size=len(blocks)).tolist()))
    return out


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _shuffles(starts: Index, runs: Index, random: NDArray[np.uint32]) -> NDArray[np.int32]:
    """Orders (draws, N) in which images of equal size have changed places, and people within images as well.

    Fisher and Yates, with 32 random bits for every step: (draws, images + N).
    """
    n_images = len(starts) - 1
    out = np.empty((len(random), starts[-1]), dtype=np.int32)
    where = np.arange(n_images)
    for b in range(len(random)):
        for r in range(len(runs) - 1):
            for i in range(runs[r + 1] - 1, runs[r], -1):
                j = runs[r] + ((np.uint64(random[b, i]) * np.uint64(i + 1 - runs[r])) >> np.uint64(32))
                where[i], where[j] = where[j], where[i]
        for i in range(n_images):
            size = starts[i + 1] - starts[i]
            for k in range(size):
                out[b, starts[i] + k] = starts[where[i]] + k
            for k in range(size - 1, 0, -1):
                bits = random[b, n_images + starts[i] + k]
                one, two = starts[i] + k, starts[i] + ((np.uint64(bits) * np.uint64(k + 1)) >> np.uint64(32))
                out[b, one], out[b, two] = out[b, two], out[b, one]
    return out
