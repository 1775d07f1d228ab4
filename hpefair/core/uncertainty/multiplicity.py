"""p-values corrected for how many were looked at."""

from collections.abc import Callable

import numpy as np

from hpefair.arrays import Array


def holm(p: Array) -> Array:
    """Family-wise adjusted p-values by Holm's step-down rule (1979, Scandinavian Journal of Statistics 6:65).

    For the groups that were declared beforehand: the chance of even one false alarm stays below the level.

    Args:
        p: p-values (G,); NaN where nothing was tested.

    Returns:
        Adjusted p-values (G,).
    """
    return _adjusted(p, lambda ordered, n: np.maximum.accumulate(ordered * np.arange(n, 0, -1)))


def benjamini_hochberg(p: Array) -> Array:
    """Adjusted p-values for the false discovery rate (Benjamini and Hochberg 1995, JRSS B 57:289).

    For exploring many groups: of those that stand out, the expected share of false alarms stays below the level.

    Args:
        p: p-values (G,); NaN where nothing was tested.

    Returns:
        Adjusted p-values (G,).
    """
    return _adjusted(p, lambda ordered, n: np.minimum.accumulate((ordered * n / np.arange(1, n + 1))[::-1])[::-1])


def _adjusted(p: Array, rule: Callable[[Array, int], Array]) -> Array:
    out = np.full(len(p), np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    out[order] = np.minimum(rule(p[order], len(order)), 1.0) if len(order) else out[order]
    return out
