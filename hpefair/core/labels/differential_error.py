"""Does a classifier of attributes err more for some people than for others?"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpefair.arrays import Index, Mask
from hpefair.core.uncertainty.intervals import (
    clusters_touched,
    group_sums,
    percentile_interval,
    ratio,
    resample,
    resampled_sums,
)
from hpefair.core.uncertainty.multiplicity import holm
from hpefair.core.uncertainty.permutation import relabelled_sums

COLUMNS = ("by", "group", "n_audited", "error", "low", "high", "p", "p_holm")


def differential_error(
    wrong: Mask, strata: Mapping[str, pd.Series], image: Index, confidence: float, resamples: int = 1000
) -> pd.DataFrame:
    """Error rate of the audited people in every stratum, and whether it can be the same in all of them.

    Where errors go with size or visibility, which the pose model's errors go with as well, correcting a group's mean by
    one error rate is wrong; `prevalence.group_means` is not affected (fairness.md calls for the test).

    Args:
        wrong: Whether the classifier erred about each audited person (N,).
        strata: Values of each person (N,) by name of the stratification: scale, visibility, the true group.
        image: Image index (N,), the cluster.
        confidence: Of the intervals.
        resamples: Bootstrap resamples and random relabellings.

    Returns:
        One row per stratum: by, group, n_audited, error, low, high; p of the stratification (largest difference of a
        stratum with ten people or more from all, against relabellings of whole images), the same in all its rows, and
        p_holm, corrected for the number of stratifications.
    """
    counts = resample(np.arange(int(image.max()) + 1 if len(image) else 0), resamples, 0)
    parts = []
    for name, values in strata.items():
        groups = [str(group) for group in dict.fromkeys(values)]
        member = np.stack([(values == group).to_numpy() for group in groups], axis=1)
        errors = wrong.astype(np.float64)[:, None]
        total, size = group_sums(errors, member)
        drawn = ratio(*resampled_sums(errors, member, image, counts))[:, :, 0]
        low, high = percentile_interval(drawn, confidence, clusters_touched(member, image))
        rows = {"by": name, "group": groups, "n_audited": size[:, 0].astype(int), "error": ratio(total, size)[:, 0]}
        parts.append(pd.DataFrame({**rows, "low": low, "high": high, "p": _p_value(errors, member, image, resamples)}))
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    of_name = table.drop_duplicates("by").set_index("by")["p"].astype(float)
    corrected = pd.Series(holm(of_name.to_numpy()), index=of_name.index)
    return table.assign(p_holm=table["by"].map(corrected).astype(float))[list(COLUMNS)]


def _p_value(errors: NDArray[np.float64], member: Mask, image: Index, draws: int) -> float:
    """Chance of so large a standardized difference if errors had nothing to do with the strata; NaN for one stratum."""
    enough = member.sum(axis=0) >= 10
    rate = errors.mean()
    if enough.sum() < 2 or rate in (0.0, 1.0):
        return float("nan")
    flags = member[:, enough]
    size = flags.sum(axis=0)
    spread = np.sqrt(rate * (1 - rate) / size)

    def largest(total: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((np.abs(total / size - rate) / spread).max(axis=-1))

    seen = largest(flags.T.astype(np.float64) @ errors[:, 0])
    chance = largest(relabelled_sums(errors, flags, image, draws)[:, :, 0])
    return float((1 + (chance >= seen - 1e-9).sum()) / (1 + draws))
