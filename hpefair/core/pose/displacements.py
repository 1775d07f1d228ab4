"""Normal distributions of joint errors, from which a cascade's training starts are drawn."""

from typing import Final

import numpy as np

from hpefair.arrays import Array

FEWEST: Final = 20  # observed errors of a joint, below which those of all joints speak for it
RIDGE: Final = 1e-4  # added to variances: a joint that is always found still has to be displaced


def fit_displacements(errors: Array) -> tuple[Array, Array]:
    """Mean and Cholesky factor of every joint's errors.

    Args:
        errors: Errors (N, K, 2); NaN for joints that nobody labelled.

    Returns:
        Means (K, 2) and factors L (K, 2, 2) with covariance L L^T, so that `mean + L z` of standard normal z has the
        errors' distribution.

    Raises:
        ValueError: If no joint at all was observed twice.
    """
    pooled = errors.reshape(-1, 2)
    pooled = pooled[np.isfinite(pooled).all(axis=1)]
    if len(pooled) < 2:
        raise ValueError(f"Expected at least two observed errors but got {len(pooled)}")
    means, factors = np.zeros((errors.shape[1], 2)), np.zeros((errors.shape[1], 2, 2))
    for joint in range(errors.shape[1]):
        own = errors[:, joint][np.isfinite(errors[:, joint]).all(axis=1)]
        observed = own if len(own) >= FEWEST else pooled
        means[joint] = observed.mean(axis=0)
        factors[joint] = np.linalg.cholesky(np.cov(observed.T) + RIDGE * np.eye(2))
    return means, factors
