"""Resamples keep true multiplicities."""

import numpy as np

from hpefair.core.fairness.intervals import percentile_interval, resample_images


def test_every_resample_has_as_many_images_as_the_data():
    """Repeats are kept: about a third of the images are absent from each resample."""
    counts = resample_images(500, 100, 0)
    assert (counts.sum(axis=1) == 500).all()
    assert 0.33 < (counts == 0).mean() < 0.40


def test_interval_of_never_drawn_groups_is_nan():
    """It neither vanishes nor becomes zero."""
    draws = np.stack([np.full(50, np.nan), np.linspace(0, 1, 50)], axis=1)
    low, high = percentile_interval(draws, 0.9)
    assert np.isnan([low[0], high[0]]).all()
    np.testing.assert_allclose([low[1], high[1]], [0.05, 0.95])
