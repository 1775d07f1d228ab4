"""Three-valued verdicts: PASS and FAIL need evidence; everything else is INCONCLUSIVE and says how much is missing."""

from collections.abc import Iterable
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from hpefair.core.fairness.groups import Group
from hpefair.core.fairness.intervals import percentile_interval, resampled_means

Array = NDArray[np.float64]


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
    found = set(verdicts)
    if Verdict.FAIL in found:
        return Verdict.FAIL
    if Verdict.INCONCLUSIVE in found or not found:
        return Verdict.INCONCLUSIVE
    return Verdict.PASS


def people_needed(standard_error: float, n_people: int, tolerance: float, confidence: float, power: float) -> float:
    """People a group needs so that a change of zero is told from one of `-tolerance`.

    Normal approximation with the design effect contained in the observed standard error:
    n' = n ((z_confidence + z_power) SE / tolerance)^2.

    Args:
        standard_error: Standard error of the group's mean change at its present size.
        n_people: Present size.
        tolerance: Loss that must be excluded.
        confidence: Two-sided level of the interval.
        power: Wanted probability of a PASS when nothing changed.

    Returns:
        People needed, rounded up; NaN where the standard error is unknown or zero.
    """
    if not np.isfinite(standard_error) or standard_error <= 0:
        return float("nan")
    z = ndtri(0.5 + confidence / 2) + ndtri(power)
    return float(np.ceil(n_people * (z * standard_error / tolerance) ** 2))


def paired_changes(
    change: Array,
    image: NDArray[np.int64],
    listed: list[Group],
    counts: NDArray[np.int64],
    confidence: float,
) -> pd.DataFrame:
    """Mean change of a per-person metric by group, candidate minus baseline on the same people.

    Args:
        change: Per-person difference (N,).
        image: Image index (N,).
        listed: Groups.
        counts: Image multiplicities (B, n_images).
        confidence: Level of the interval low/high; joint_low/joint_high hold for all groups at once (Bonferroni).

    Returns:
        One row per group: n_people, n_images, change, low, high, joint_low, joint_high, standard_error.
    """
    member = np.stack([group.member for group in listed], axis=1)
    draws = resampled_means(change[:, None], member, image, counts)[:, :, 0]
    low, high = percentile_interval(draws, confidence)
    tested = max(sum(bool(group.member.any()) and group.known for group in listed), 1)
    joint_low, joint_high = percentile_interval(draws, 1 - (1 - confidence) / tested)
    counted = (~np.isnan(draws)).sum(axis=0)
    spread = np.where(counted > 1, np.nanstd(np.where(counted > 1, draws, 0.0), axis=0), np.nan)
    return pd.DataFrame(
        {
            "attribute": [group.attribute for group in listed],
            "group": [group.group for group in listed],
            "n_people": [int(group.member.sum()) for group in listed],
            "n_images": [len(np.unique(image[group.member])) for group in listed],
            "change": [float(change[g.member].mean()) if g.member.any() else np.nan for g in listed],
            "low": low,
            "high": high,
            "joint_low": joint_low,
            "joint_high": joint_high,
            "standard_error": spread,
        }
    )


def no_harm(changes: pd.DataFrame, tolerance: float, min_support: int) -> pd.Series:
    """Verdict per group: was it harmed beyond the tolerance?

    Every group must pass, so each PASS may use its own interval (intersection-union test); a FAIL is claimed for the
    worst of many groups, so it needs the joint one.

    Args:
        changes: From `paired_changes`.
        tolerance: Loss that counts as harm.
        min_support: Images a group needs for anything but INCONCLUSIVE; many people of one image are one draw.

    Returns:
        One verdict per row, as text. An interval of zero width, which a bootstrap gives when all changes are alike, is
        no evidence either.
    """
    flat = np.isclose(changes["low"], changes["high"], rtol=0, atol=1e-12)
    verdicts = np.select(
        [
            (changes["n_images"] < min_support) | changes["change"].isna() | flat,
            changes["joint_high"] < -tolerance,
            changes["low"] > -tolerance,
        ],
        [Verdict.INCONCLUSIVE.value, Verdict.FAIL.value, Verdict.PASS.value],
        default=Verdict.INCONCLUSIVE.value,
    )
    return pd.Series(verdicts, index=changes.index)
