"""How many more people a verdict needs."""

import numpy as np
from scipy.special import ndtri


def people_needed(standard_error: float, n_people: float, tolerance: float, confidence: float, power: float) -> float:
    """People a group needs so that a difference of zero is told from one of `tolerance`.

    Normal approximation with the design effect contained in the observed standard error:
    n' = n ((z_confidence + z_power) SE / tolerance)^2.

    Args:
        standard_error: Standard error of the group's mean difference at its present size.
        n_people: Present size.
        tolerance: Difference that must be excluded.
        confidence: Two-sided level of the interval.
        power: Wanted probability of a PASS when there is no difference.

    Returns:
        People needed, rounded up; NaN where the standard error is unknown or zero, infinite for a tolerance of 0.
    """
    if not np.isfinite(standard_error) or standard_error <= 0:
        return float("nan")
    if tolerance <= 0:
        return float("inf")
    z = ndtri(0.5 + confidence / 2) + ndtri(power)
    return float(np.ceil(n_people * (z * standard_error / tolerance) ** 2))
