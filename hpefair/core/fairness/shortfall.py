"""Is a group served worse than the rest, by more than one tolerates?"""

import numpy as np
import pandas as pd

from hpefair.arrays import Array
from hpefair.core.fairness.disparity import Evidence, Nulls, exceedance
from hpefair.core.fairness.draws import Draws
from hpefair.core.fairness.verdict import Verdict
from hpefair.core.uncertainty.intervals import joint_interval, percentile_interval, standard_error
from hpefair.core.uncertainty.multiplicity import benjamini_hochberg, holm
from hpefair.core.uncertainty.power import people_needed, unseen_loss

SIZES = ("n", "clusters", "rest_clusters")


def shortfalls(draws: Draws, nulls: Nulls, evidence: Evidence, tolerance: float, power: float) -> pd.DataFrame:
    """Mean of the other known groups of the attribute less the group's own, with a verdict per group.

    Every group must be within the tolerance, so each PASS may use its own interval (intersection-union test); a FAIL is
    claimed for the worst of many groups, so it needs the interval that holds for all of them at once. Both leave room
    for losses too rare to have been seen: a PASS in the group, a FAIL in the rest.

    Args:
        draws: Sums by group and resample.
        nulls: From `disparity.null_means`; its metrics are judged.
        evidence: How sure one wants to be.
        tolerance: Shortfall that one tolerates.
        power: Wanted probability of a PASS where there is none, for the sizes still needed.

    Returns:
        One row per known group and metric: shortfall, shortfall_low, shortfall_high, joint_low, joint_high, p_value
        (two-sided, from relabellings), p_holm, p_bh (over groups), verdict, people_needed. Groups without support are
        INCONCLUSIVE.
    """
    tables = [_table(draws, metric, evidence, tolerance, power, nulls) for metric in nulls.metrics]
    return pd.concat(tables, ignore_index=True)


def _table(draws: Draws, metric: str, evidence: Evidence, tolerance: float, power: float, nulls: Nulls) -> pd.DataFrame:
    m = draws.metrics.index(metric)
    rows: list[dict[str, object]] = []
    points, drawn, judged, errors = [], [], [], []
    for g, group in enumerate(draws.listed):
        part = draws.taking_part(group.attribute, evidence.min_support)
        if not group.known:
            continue
        rows.append({"attribute": group.attribute, "group": group.group, "metric": metric})
        rest, rests = draws.rest(g, part)
        if g in part and len(part) > 1:
            judged.append(len(rows) - 1)
            points.append(rest[m] - draws.mean[g, m])
            drawn.append(rests[:, m] - draws.means[:, g, m])
            null = nulls.means[group.attribute][:, :, nulls.metrics.index(metric)]
            size = draws.size[part, m]
            own = part.index(g)
            others = (null @ size - null[:, own] * size[own]) / (size.sum() - size[own])
            rows[-1]["p_value"] = exceedance(abs(points[-1]), np.abs(others - null[:, own]))
            rows[-1] |= {"n": draws.size[g, m], "clusters": draws.clusters[g]}
            rows[-1]["rest_clusters"] = draws.rest_clusters(g, part)
            errors.append([float(standard_error(drawn_means)) for drawn_means in (draws.means[:, g, m], rests[:, m])])
    columns = ["shortfall", "shortfall_low", "shortfall_high", "joint_low", "joint_high", "people_needed"]
    table = pd.DataFrame(rows, columns=["attribute", "group", "metric", "p_value", *SIZES])
    table = table.reindex(columns=[*table.columns, *columns]).assign(verdict=Verdict.INCONCLUSIVE.value)
    if judged:
        table.loc[judged, columns[:-1]] = _intervals(
            np.array(points), np.stack(drawn, axis=1), table.loc[judged], evidence
        )
        table.loc[judged, "people_needed"] = [
            max(
                people_needed(own, rest, row.n, tolerance, evidence.confidence, power),
                float(np.ceil(row.n * unseen_loss(row.clusters, evidence.confidence) / max(tolerance, 1e-9))),
            )
            for (own, rest), row in zip(errors, table.loc[judged].itertuples(), strict=True)
        ]
        table.loc[judged, "verdict"] = _verdicts(table.loc[judged], tolerance, evidence.confidence)
    p = table["p_value"].to_numpy(dtype=float)
    return table.assign(p_holm=holm(p), p_bh=benjamini_hochberg(p)).drop(columns=list(SIZES))


def _intervals(points: Array, drawn: Array, table: pd.DataFrame, evidence: Evidence) -> Array:
    clusters = table[["clusters", "rest_clusters"]].min(axis=1).to_numpy(dtype=np.int64)
    low, high = percentile_interval(drawn, evidence.confidence, clusters)
    joint_low, joint_high = joint_interval(points, drawn, evidence.confidence, clusters)
    return np.stack([points, low, high, joint_low, joint_high], axis=1)


def _verdicts(table: pd.DataFrame, tolerance: float, confidence: float) -> Array:
    own, rest = (unseen_loss(table[name].astype(float), confidence) for name in ("clusters", "rest_clusters"))
    flat = np.isclose(table["shortfall_low"], table["shortfall_high"], rtol=0, atol=1e-12)
    verdicts: Array = np.select(
        [
            flat,
            (table["joint_low"] > tolerance) & (table["shortfall"] - rest > tolerance),
            (table["shortfall_high"] < tolerance) & (table["shortfall"] + own < tolerance),
        ],
        [Verdict.INCONCLUSIVE.value, Verdict.FAIL.value, Verdict.PASS.value],
        default=Verdict.INCONCLUSIVE.value,
    )
    return verdicts
