"""Does a screen let in everybody alike? Rates by group, what they do to the mix, and how many faults slip through."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import betaincinv

from hpefair.arrays import Array
from hpefair.core.shares.representation import share_interval
from hpefair.schema import UNKNOWN

FEWEST: Final = 10  # made people below which a rate is no ground for a warning
ROUNDS: Final = 50
LARGEST_WEIGHT: Final = 3.0  # beyond, a few people would stand for very many


def rates_by_group(made: pd.DataFrame, attributes: Sequence[str], confidence: float) -> pd.DataFrame:
    """Acceptance rate of every group of every attribute.

    Args:
        made: One row per generated person: the attributes, and accepted.
        attributes: Attributes, and combinations of them joined by dots.
        confidence: Level of the intervals (Wilson).

    Returns:
        attribute, group, made, accepted, rate, low, high; groups that nobody was made of have no row.
    """
    rows = []
    for attribute in attributes:
        names = attribute.split(".")
        group = made[names[0]].astype(str)
        for other in names[1:]:
            group = group + "." + made[other].astype(str)
        for name, part in made.groupby(group, sort=True):
            total, good = len(part), int(part["accepted"].sum())
            low, high = share_interval(good, total, 1.0, confidence)
            rows.append((attribute, str(name), total, good, good / total, low, high))
    return pd.DataFrame(rows, columns=["attribute", "group", "made", "accepted", "rate", "low", "high"])


def uneven(rates: pd.DataFrame, least: float) -> pd.DataFrame:
    """Attributes whose lowest rate is less than `least` times the highest one.

    Args:
        rates: From `rates_by_group`.
        least: Smallest acceptable ratio.

    Returns:
        attribute, lowest, highest (groups), ratio, and clear: whether the two intervals do not overlap. Groups of fewer
        than ten made people, and unknown ones, are left out.
    """
    rows = []
    known = rates["group"].map(lambda name: UNKNOWN not in name.split(".")).astype(bool)
    for attribute, part in rates[(rates["made"] >= FEWEST) & known].groupby("attribute"):
        low, high = part.loc[part["rate"].idxmin()], part.loc[part["rate"].idxmax()]
        ratio = low["rate"] / high["rate"] if high["rate"] > 0 else np.nan
        if ratio < least:
            rows.append((attribute, low["group"], high["group"], float(ratio), bool(low["high"] < high["low"])))
    return pd.DataFrame(rows, columns=["attribute", "lowest", "highest", "ratio", "clear"])


def acceptance_weights(made: pd.DataFrame, attributes: Sequence[str]) -> Array:
    """Inverse-probability weights: the accepted people, weighted, have the groups of all who were made.

    Acceptance is modelled as a product of one factor per group of each attribute, found by raking (iterative
    proportional fitting; Deming and Stephan 1940). Groups of whom nobody was accepted cannot be weighted back.

    Args:
        made: One row per generated person: the attributes, and accepted.
        attributes: Attributes.

    Returns:
        Weights (N,): mean 1 among the accepted, at most 3; 0 for those who were not let in.
    """
    accepted = made["accepted"].to_numpy(dtype=bool)
    weight: Array = accepted.astype(float)
    if not accepted.any():
        return weight
    for _ in range(ROUNDS):
        for attribute in attributes:
            code, names = pd.factorize(made[attribute])
            wanted = np.bincount(code, minlength=len(names)) / len(made)
            shown = np.bincount(code, weight, minlength=len(names))
            wanted = np.where(shown > 0, wanted, 0.0)
            factor = wanted / wanted.sum() * weight.sum() / np.where(shown > 0, shown, 1.0)
            weight = weight * factor[code]
        weight = np.minimum(weight / weight[accepted].mean(), LARGEST_WEIGHT) * accepted
    return np.asarray(weight / weight[accepted].mean(), dtype=float)


def defect_bound(reviewed: int, defects: int, confidence: float) -> float:
    """Upper confidence bound on the share of defects, from a random sample (Clopper and Pearson 1934, one-sided).

    >>> round(defect_bound(60, 0, 0.95), 4)
    0.0487
    """
    if reviewed == 0 or defects >= reviewed:
        return 1.0
    return float(betaincinv(defects + 1, reviewed - defects, confidence))
