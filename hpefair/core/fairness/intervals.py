"""Bootstrap intervals clustered by image, so that small groups are not over-read."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def resample_images(n_images: int, resamples: int, seed: int) -> NDArray[np.int64]:
    """Multiplicity of every image in every bootstrap resample.

    Images are drawn with replacement and kept with their true multiplicity: dropping repeats would make intervals
    about a quarter too narrow.

    Args:
        n_images: Images.
        resamples: Resamples B.
        seed: Seed.

    Returns:
        Counts (B, n_images), each row adding up to n_images.
    """
    rng = np.random.default_rng(seed)
    return rng.multinomial(n_images, np.full(n_images, 1 / n_images), size=resamples)


def resampled_means(
    values: Array, member: NDArray[np.bool_], image: NDArray[np.int64], counts: NDArray[np.int64]
) -> Array:
    """Mean of each metric in each group in each resample.

    Args:
        values: Per-person metrics (N, M).
        member: Group membership (N, G).
        image: Image index of each person (N,).
        counts: Image multiplicities (B, n_images).

    Returns:
        Means (B, G, M); NaN where a resample drew nobody of the group.
    """
    n_images = counts.shape[1]
    sums = np.zeros((n_images, member.shape[1], values.shape[1]))
    sizes = np.zeros((n_images, member.shape[1]))
    np.add.at(sums, image, member[:, :, None] * values[:, None, :])
    np.add.at(sizes, image, member.astype(float))
    total = np.einsum("bi,igm->bgm", counts.astype(float), sums, optimize=True)
    people = counts.astype(float) @ sizes
    means: Array = np.divide(total, people[:, :, None], out=np.full_like(total, np.nan), where=people[:, :, None] > 0)
    return means


def percentile_interval(draws: Array, confidence: float) -> tuple[Array, Array]:
    """Percentile interval along the first axis, ignoring resamples in which a group was not drawn.

    Args:
        draws: Resampled statistics (B, ...).
        confidence: Two-sided level.

    Returns:
        Lower and upper ends (...); NaN where a group was never drawn.
    """
    tail = (1 - confidence) / 2
    never = np.isnan(draws).all(axis=0)
    ends = np.nanquantile(np.where(never, 0.0, draws), [tail, 1 - tail], axis=0)
    return np.where(never, np.nan, ends[0]), np.where(never, np.nan, ends[1])
