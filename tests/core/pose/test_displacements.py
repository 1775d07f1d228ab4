"""Displacements of a cascade's starts have the errors' distribution."""

import numpy as np
import pytest

from hpefair.core.pose.displacements import FEWEST, fit_displacements
from hpefair.core.pose.suppression import distinct_poses


def test_mean_and_covariance_are_those_of_the_errors():
    """By joint; a joint that was hardly seen takes those of all."""
    rng = np.random.default_rng(0)
    truth = np.array([[0.04, 0.01], [0.01, 0.02]])
    errors = np.stack([rng.multivariate_normal([0.1, -0.2], truth, 5000), rng.normal(0, 1, (5000, 2))], axis=1)
    errors[FEWEST - 1 :, 1] = np.nan
    mean, factor = fit_displacements(errors)
    np.testing.assert_allclose(mean[0], [0.1, -0.2], atol=0.01)
    np.testing.assert_allclose(factor[0] @ factor[0].T, truth, atol=0.003)
    assert abs(mean[1] - mean[0]).max() < 0.02
    with pytest.raises(ValueError, match="Expected at least two"):
        fit_displacements(np.full((4, 2, 2), np.nan))


def test_of_poses_that_show_the_same_person_the_best_stays():
    """The same pose twice, and somebody else alongside."""
    pose = np.random.default_rng(0).uniform(0, 100, (17, 2))
    poses = np.stack([pose, pose + 0.5, pose + 60])
    kept = distinct_poses(poses, np.array([0.5, 0.9, 0.1]), np.full(3, 5000.0), np.full(17, 0.02), 0.9)
    assert kept.tolist() == [1, 2]
