"""How many more people a verdict needs."""

import numpy as np
from scipy.special import ndtri

from hpefair.arrays import Array, Index


def unseen_loss(clusters: Index | Array, confidence: float) -> Array:
    """Largest mean loss, in units of the largest single one, that may well have stayed unseen: ln(2 / alpha) / n.

    A group of which nobody happened to be missed looks perfect, and a bootstrap cannot know better. What one cluster in
    k suffers stays unseen in n clusters with probability (1 - 1 / k)^n (the rule of three, at the level of a two-sided
    interval's end).

    Args:
        clusters: Clusters n (...).
        confidence: Two-sided level.

    Returns:
        Losses (...); infinite without clusters.
    """
    n = np.asarray(clusters, dtype=np.float64)
    loss: Array = np.divide(-np.log((1 - confidence) / 2), n, out=np.full(n.shape, np.inf), where=n > 0)
    return loss


def people_needed(
    own_error: float, rest_error: float, n_people: float, tolerance: float, confidence: float, power: float
) -> float:
    """People a group needs so that a difference of zero is told from one of `tolerance`, everybody else staying.

    Normal approximation with the design effect contained in the observed standard errors:
    n' = n SE_own^2 / ((tolerance / (z_confidence + z_power))^2 - SE_rest^2).

    Args:
        own_error: Standard error that comes from the group, at its present size.
        rest_error: Standard error that comes from those it is compared with; 0 for none.
        n_people: Present size.
        tolerance: Difference that must be excluded.
        confidence: Two-sided level of the interval.
        power: Wanted probability of a PASS when there is no difference.

    Returns:
        People needed, rounded up; NaN where the group's error is unknown or zero; infinite where only more of the
        others, or a tolerance above 0, would do.
    """
    if not np.isfinite(own_error) or own_error <= 0:
        return float("nan")
    left = (tolerance / (ndtri(0.5 + confidence / 2) + ndtri(power))) ** 2 - rest_error**2
    return float(np.ceil(n_people * own_error**2 / left)) if left > 0 else float("inf")
