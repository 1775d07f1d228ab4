"""Three-valued verdicts: PASS and FAIL need evidence; everything else is INCONCLUSIVE and says how much is missing."""

from collections.abc import Iterable
from enum import StrEnum

import numpy as np
import pandas as pd


class Verdict(StrEnum):
    """What the evidence allows to say."""

    PASS = "PASS"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


def within(low: float, high: float, minimum: float = -np.inf, maximum: float = np.inf) -> Verdict:
    """Verdict of an interval against limits.

    Args:
        low: Lower end of what the quantity can be.
        high: Upper end.
        minimum: Smallest acceptable value.
        maximum: Largest acceptable value.

    Returns:
        PASS if the whole interval is acceptable, FAIL if none of it is, INCONCLUSIVE otherwise (NaN included).

    >>> within(0.2, 0.4, minimum=0.3).value
    'INCONCLUSIVE'
    """
    if np.isnan(low) or np.isnan(high):
        return Verdict.INCONCLUSIVE
    if high < minimum or low > maximum:
        return Verdict.FAIL
    if low >= minimum and high <= maximum:
        return Verdict.PASS
    return Verdict.INCONCLUSIVE


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """One FAIL fails, else one INCONCLUSIVE leaves it open; nothing at all is INCONCLUSIVE."""
    outcomes = set(verdicts)
    if Verdict.FAIL in outcomes:
        return Verdict.FAIL
    if Verdict.INCONCLUSIVE in outcomes or not outcomes:
        return Verdict.INCONCLUSIVE
    return Verdict.PASS


def no_harm(changes: pd.DataFrame, tolerance: float, min_support: int) -> pd.Series:
    """Verdict per group: was it harmed beyond the tolerance?

    Every group must pass, so each PASS may use its own interval (intersection-union test); a FAIL is claimed for the
    worst of many groups, so it needs the joint one.

    Args:
        changes: Rows change, low, high, joint_high, n_clusters, and unseen: the mean loss that may have stayed unseen.
        tolerance: Loss that counts as harm.
        min_support: Clusters a group needs for anything but INCONCLUSIVE; many people of one image are one draw.

    Returns:
        One verdict per row, as text. An interval of zero width, which a bootstrap gives when all changes are alike, is
        no evidence either.
    """
    flat = np.isclose(changes["low"], changes["high"], rtol=0, atol=1e-12)
    verdicts = np.select(
        [
            (changes["n_clusters"] < min_support) | changes["change"].isna() | flat,
            changes["joint_high"] < -tolerance,
            (changes["low"] > -tolerance) & (changes["change"] - changes["unseen"] > -tolerance),
        ],
        [Verdict.INCONCLUSIVE.value, Verdict.FAIL.value, Verdict.PASS.value],
        default=Verdict.INCONCLUSIVE.value,
    )
    return pd.Series(verdicts, index=changes.index)
