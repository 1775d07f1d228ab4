"""A metric overall and by group."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hpefair.core.fairness.draws import Draws
from hpefair.core.shares.groups import Group
from hpefair.core.shares.representation import share_interval
from hpefair.core.uncertainty.intervals import percentile_interval

EVERYONE = "all"


def with_overall(listed: Sequence[Group], n_people: int) -> list[Group]:
    """The group of everyone, followed by the listed groups."""
    return [Group(EVERYONE, EVERYONE, np.ones(n_people, dtype=bool)), *listed]


def disaggregate(draws: Draws, confidence: float, bounded: Sequence[str]) -> pd.DataFrame:
    """Mean of per-person metrics by group, with clustered bootstrap intervals.

    Args:
        draws: Sums by group and resample.
        confidence: Two-sided level.
        bounded: Metrics that lie in [0, 1].

    Returns:
        Long table attribute, group, metric, n_people (weighted by membership), n_missing (people of whom the metric is
        not defined), n_images, n_clusters, value, low, high; NaN for empty groups.
    """
    low, high = percentile_interval(draws.means, confidence, draws.clusters[:, None])
    everyone = draws.member.sum(axis=0)
    images = [len(np.unique(draws.image[column > 0])) for column in draws.member.T]
    rows = [
        {
            "attribute": group.attribute,
            "group": group.group,
            "metric": metric,
            "n_people": draws.size[g, m],
            "n_missing": everyone[g] - draws.size[g, m],
            "n_images": images[g],
            "n_clusters": int(draws.clusters[g]),
            "value": draws.mean[g, m],
            "low": low[g, m],
            "high": high[g, m],
        }
        for g, group in enumerate(draws.listed)
        for m, metric in enumerate(draws.metrics)
    ]
    table = pd.DataFrame(rows)
    return widen_degenerate(table, confidence, table["metric"].isin(bounded))


def widen_degenerate(table: pd.DataFrame, confidence: float, bounded: pd.Series | None = None) -> pd.DataFrame:
    """Replace intervals of zero width, which a bootstrap gives when all people of a group score alike.

    Six people with recall 0 do not prove a recall of 0. For a mean of values in [0, 1] no variance exceeds that of a
    0/1 variable, so Wilson's interval with the number of clusters as sample size holds.

    Args:
        table: Rows n_clusters, value, low, high.
        confidence: Two-sided level.
        bounded: Rows whose metric lies in [0, 1]; all by default. The others become NaN: nothing is known of them.

    Returns:
        The table with those intervals replaced.
    """
    flat = np.isclose(table["low"], table["high"], rtol=0, atol=1e-9) & (table["n_clusters"] > 0)
    for index in table.index[flat]:
        clusters, value = int(table.loc[index, "n_clusters"]), float(table.loc[index, "value"])
        within = bounded is None or bool(bounded.loc[index])
        ends = share_interval(value * clusters, clusters, 1.0, confidence) if within else (np.nan, np.nan)
        table.loc[index, ["low", "high"]] = ends
    return table
