"""Gaps between pictures of the same scene in which one factor of the person was changed: nothing left to adjust for."""

import numpy as np
import pandas as pd

from hpefair.arrays import Array, Index
from hpefair.core.fairness.draws import draw
from hpefair.core.shares.groups import Group
from hpefair.core.shares.representation import share_interval
from hpefair.core.uncertainty.intervals import percentile_interval, resample


def paired_gaps(
    pairs: pd.DataFrame, degraded_from: float, confidence: float, resamples: int, seed: int
) -> pd.DataFrame:
    """Change of a metric when one factor changes.

    Args:
        pairs: One row per pair of people: `scene`, `factor`, `group` (what the factor was changed to), `before` and
            `after` (the metric in the unchanged and in the changed picture).
        degraded_from: Loss from which a pose counts as degraded.
        confidence: Two-sided level.
        resamples: Resamples of scenes.
        seed: Seed.

    Returns:
        One row per factor and group: n_pairs, n_scenes, difference (mean of after - before) with its interval, and
        `degraded`, the share of pairs that lose at least `degraded_from`, with its interval (the percentage of degraded
        poses, PDP, of STAGE, arXiv 2408.16536). One scene alone has no interval for the difference; where all pairs
        agree, the share has Wilson's.
    """
    scene: Index = pd.factorize(pairs["scene"])[0].astype(np.int64)
    change = (pairs["after"] - pairs["before"]).to_numpy(dtype=float)
    # An accuracy of steps loses a step by less than a step in floating point.
    degraded = (change < 0) & (change <= -degraded_from + 1e-9)
    scores = pd.DataFrame({"image": scene, "difference": change, "degraded": degraded * 1.0})
    kinds = pairs[["factor", "group"]].drop_duplicates().sort_values(["factor", "group"])
    listed = [
        Group(row.factor, row.group, ((pairs["factor"] == row.factor) & (pairs["group"] == row.group)).to_numpy())
        for row in kinds.itertuples()
    ]
    clusters = np.arange(int(scene.max()) + 1 if len(scene) else 0)
    draws = draw(scores, ("difference", "degraded"), listed, clusters, resample(clusters, resamples, seed))
    low, high = percentile_interval(draws.means, confidence, draws.clusters[:, None])
    for g, n in enumerate(draws.clusters):
        if n < 2:
            low[g, 0] = high[g, 0] = np.nan
        if high[g, 1] - low[g, 1] < 1e-9:
            low[g, 1], high[g, 1] = share_interval(draws.mean[g, 1] * n, int(n), 1.0, confidence)
    rows = [
        {
            "factor": group.attribute,
            "group": group.group,
            "n_pairs": int(draws.size[g, 0]),
            "n_scenes": int(draws.clusters[g]),
            **_numbers("difference", draws.mean[g, 0], low[g, 0], high[g, 0]),
            **_numbers("degraded", draws.mean[g, 1], low[g, 1], high[g, 1]),
        }
        for g, group in enumerate(listed)
    ]
    return pd.DataFrame(rows)


def _numbers(name: str, value: Array, low: Array, high: Array) -> dict[str, float]:
    return {name: float(value), f"{name}_low": float(low), f"{name}_high": float(high)}
