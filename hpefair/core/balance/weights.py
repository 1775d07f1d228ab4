"""Sampling weight of each training person."""

from collections.abc import Mapping

import pandas as pd


def exposures(group: pd.Series, resample: Mapping[str, int]) -> pd.Series:
    """Relative exposure of each real person when its group gets extra exposures.

    Args:
        group: Group of each person.
        resample: Extra exposures per group.

    Returns:
        (n_g + x_g) / n_g per person; 1 for groups without extra exposures.

    >>> exposures(pd.Series(["low", "high", "high"]), {"low": 2}).tolist()
    [3.0, 1.0, 1.0]
    """
    if group.empty:
        return group.astype(float)
    size = group.map(group.value_counts())
    extra = group.map(lambda name: resample.get(name, 0))
    weights: pd.Series = (size + extra) / size
    return weights.astype(float)


def even_weights(weight: pd.Series, group: pd.Series) -> pd.Series:
    """Weights scaled to a mean of 1 in every group, so that a group's total stays its number.

    >>> even_weights(pd.Series([1.0, 3.0, 5.0]), pd.Series(["a", "a", "b"])).tolist()
    [0.5, 1.5, 1.0]
    """
    mean = weight.groupby(group).transform("mean")
    return (weight / mean.where(mean > 0, 1.0)).astype(float)
