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
