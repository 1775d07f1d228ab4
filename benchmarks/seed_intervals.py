"""Intervals of differences between trained models over test images and over training seeds.

Images: clusters are resampled, the same for both models. Seeds: with two or three of them a bootstrap over seeds
understates their variance, so it is pooled over all comparisons and added to each resampled difference as Student's t.
Comparisons that share a baseline share its luck: their degrees of freedom are Satterthwaite's (1946), fewer than their
number. What a seed does to single people is counted among images and among seeds: in simulated comparisons without a
difference, 200 people and two seeds, .97 to 1.00 of the 95 % intervals held zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpefair.core.uncertainty.intervals import percentile_interval, resample

Array = NDArray[np.float64]

RESAMPLES = 4000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class SeedNoise:
    """Standard deviation of one seed's mean difference, and its degrees of freedom."""

    deviation: float
    freedom: float


def pooled_noise(families: Sequence[Array]) -> SeedNoise:
    """Seed noise of differences.

    Args:
        families: For each baseline the mean differences (comparisons, seeds) from it; at least two seeds.

    Returns:
        The pooled noise. With k comparisons and equal noise e of all models, their seed residuals have covariance
        e^2 (I + J), so that their sum of squares has (2k)^2 / ((k - 1) + (k + 1)^2) degrees of freedom a seed contrast.
    """
    squares, number, freedom = 0.0, 0, 0.0
    for family in families:
        k, seeds = family.shape
        squares += float(((family - family.mean(axis=1, keepdims=True)) ** 2).sum())
        number += k * (seeds - 1)
        freedom += (seeds - 1) * (2 * k) ** 2 / ((k - 1) + (k + 1) ** 2)
    return SeedNoise(float(np.sqrt(squares / number)), freedom)


def difference(ours: Array, base: Array, image: NDArray[np.int64], noise: SeedNoise) -> tuple[float, float, float]:
    """Mean difference of two models' scores (seeds, N) of the same people with its interval.

    Args:
        ours: Scores; NaN for people for whom the metric is not defined, in both models alike.
        base: Scores of the other model, the same seeds.
        image: Image of each person (N,), 0, 1, ….
        noise: Noise of one seed.

    Returns:
        Difference, lower and upper end.
    """
    person = (ours - base).mean(axis=0)
    defined = ~np.isnan(person)
    counts = resample(np.arange(int(image.max()) + 1), RESAMPLES, 0)[:, image[defined]].astype(float)
    draws = counts @ person[defined] / counts.sum(axis=1)
    luck = np.random.default_rng(1).standard_t(noise.freedom, RESAMPLES) * noise.deviation / np.sqrt(len(ours))
    images = np.array([len(np.unique(image[defined]))])
    low, high = percentile_interval((draws + luck)[:, None], CONFIDENCE, images)
    return float(person[defined].mean()), float(low[0]), float(high[0])
