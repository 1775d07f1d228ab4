"""Resamples keep true multiplicities; intervals cover what they say."""

import numpy as np
import pytest
from scipy.stats import norm, t

from hpefair.core.uncertainty.intervals import (
    clusters_touched,
    expansion,
    group_sums,
    joint_interval,
    percentile_interval,
    ratio,
    resample,
    resampled_sums,
    standard_error,
)
from tests.core.fairness.worlds import people_of_images


def means_of(*arguments):
    """Means of every resample."""
    return ratio(*resampled_sums(*arguments))


def mean_of(*arguments):
    """Means of the data."""
    return ratio(*group_sums(*arguments))


def test_every_resample_has_as_many_images_as_the_data():
    """Repeats are kept: about a third of the images are absent from each resample."""
    counts = resample(np.arange(500), 100, 0)
    assert (counts.sum(axis=1) == 500).all()
    assert 0.33 < (counts == 0).mean() < 0.40


def test_images_of_a_cluster_are_drawn_together():
    """Three subjects with four images each: every resample repeats all four alike."""
    counts = resample(np.repeat(np.arange(3), 4), 50, 1)
    blocks = counts.reshape(50, 3, 4)
    assert (blocks == blocks[:, :, :1]).all()
    assert (blocks[:, :, 0].sum(axis=1) == 3).all()


def test_interval_of_never_drawn_groups_is_nan():
    """It neither vanishes nor becomes zero."""
    draws = np.stack([np.full(50, np.nan), np.linspace(0, 1, 50)], axis=1)
    low, high = percentile_interval(draws, 0.9)
    assert np.isnan([low[0], high[0]]).all()
    np.testing.assert_allclose([low[1], high[1]], [0.05, 0.95])


def test_quantiles_are_numpys():
    """Resamples that missed the group left out, in any shape."""
    rng = np.random.default_rng(0)
    draws = rng.random((101, 3, 4))
    draws[rng.random(draws.shape) < 0.2] = np.nan
    low, high = percentile_interval(draws, 0.95)
    expected = np.nanquantile(draws, [0.025, 0.975], axis=0)
    np.testing.assert_allclose([low, high], expected)


def test_expansion_is_students():
    """t sqrt(n / (n - 1)) / z, by scipy; 1 in the limit."""
    for n in (3, 10, 1000):
        expected = t.ppf(0.975, n - 1) * np.sqrt(n / (n - 1)) / norm.ppf(0.975)
        assert expansion(np.array(n), 0.95) == pytest.approx(expected)
    assert expansion(np.array(10**7), 0.95) == pytest.approx(1, abs=1e-5)


def test_means_leave_out_people_of_whom_a_metric_is_not_defined():
    """Each metric has its own people, in the estimate and in every resample."""
    values = np.array([[1.0, np.nan], [0.0, 0.5], [np.nan, np.nan]])
    member = np.array([[1.0, 0.5], [1.0, 1.0], [1.0, 1.0]])
    np.testing.assert_allclose(mean_of(values, member), [[0.5, 0.5], [1 / 3, 0.5]])
    draws = means_of(values, member, np.arange(3), np.array([[1, 1, 1], [2, 0, 1]], np.uint8))
    np.testing.assert_allclose(draws[0], mean_of(values, member))
    np.testing.assert_allclose(draws[1], [[1.0, np.nan], [1.0, np.nan]])


def covered(n_images, trials, clusters_known=True):
    """How often intervals hold the true mean: expanded by image, plain by image, naive by person."""
    rng = np.random.default_rng(5)
    hits = np.zeros(3)
    for trial in range(trials):
        values, image = people_of_images(rng, 5 * n_images, largest=9)
        n = int(image.max()) + 1
        for k, (unit, expanded) in enumerate(((image, True), (image, False), (np.arange(len(image)), False))):
            counts = resample(np.arange(int(unit.max()) + 1), 300, trial)
            draws = means_of(values[:, None], np.ones((len(values), 1)), unit, counts)[:, 0, 0]
            low, high = percentile_interval(draws, 0.95, np.array(n) if expanded else None)
            hits[k] += low <= 0.7 <= high
    return hits / trials


def test_clustered_intervals_cover_where_naive_ones_do_not():
    """Forty images: 93 to 97 % against below 90 %."""
    clustered, _, naive = covered(40, 600)
    assert 0.93 <= clustered <= 0.97
    assert naive < 0.90


def test_expanded_intervals_cover_with_few_images_where_plain_ones_do_not():
    """Ten images."""
    expanded, plain, _ = covered(10, 600)
    assert expanded >= 0.925
    assert plain < expanded - 0.02


def test_joint_intervals_hold_for_all_groups_at_once():
    """Twelve groups of thirty: all intervals together miss in about one case of twenty, single ones far more often."""
    rng = np.random.default_rng(2)
    joint = single = 0
    for trial in range(200):
        values = rng.normal(0, 1, 360)
        member = np.repeat(np.eye(12), 30, axis=0)
        draws = means_of(values[:, None], member, np.arange(360), resample(np.arange(360), 300, trial))[:, :, 0]
        point, sizes = mean_of(values[:, None], member)[:, 0], np.full(12, 30)
        low, high = joint_interval(point, draws, 0.95, sizes)
        joint += bool(((low > 0) | (high < 0)).any())
        low, high = percentile_interval(draws, 0.95, sizes)
        single += bool(((low > 0) | (high < 0)).any())
    assert joint / 200 <= 0.08
    assert single / 200 > 0.3


def test_standard_error_is_the_deviation_of_the_draws():
    """NaN where fewer than two resamples drew the group."""
    draws = np.array([[1.0, np.nan], [3.0, 2.0]])
    error = standard_error(draws)
    assert error[0] == 1
    assert np.isnan(error[1])


def test_people_who_hardly_belong_are_no_sample():
    """A hundred and twenty people with a chance of .005 each are less than one person."""
    chance = np.stack([np.full(120, 0.005), np.full(120, 0.5), np.ones(120)], axis=1)
    assert clusters_touched(chance, np.repeat(np.arange(60), 2)).tolist() == [0, 60, 60]
