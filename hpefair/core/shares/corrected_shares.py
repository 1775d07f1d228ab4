"""A share table after an audit: what the classifier's known errors leave of the shares, and of the doubt."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from hpefair.arrays import Index
from hpefair.core.labels.reviewed_sample import Audited
from hpefair.core.shares.groups import Group
from hpefair.core.shares.prevalence import shares
from hpefair.core.shares.representation import SHORT_BELOW, Counted, is_measured
from hpefair.core.uncertainty.intervals import Counts, clusters_touched

CORRECTED: Final = ("corrected", "corrected_low", "corrected_high", "n_audited")
METHOD: Final = "prediction_powered"
FEWEST: Final = 20  # audited images below which no interval is trustworthy


def correct(
    table: pd.DataFrame,
    listed: list[Group],
    people: Counted,
    seen: Mapping[str, Index],
    counts: Counts,
    confidence: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Replace bounds that assume the worst by intervals that an audit supports.

    Args:
        table: From `representation.share_table`.
        listed: The groups that it is about.
        people: Whom they are about.
        seen: By attribute, the place among its groups (unknown included) that an auditor saw (N,); -1: not audited.
        counts: Image multiplicities (B, n_images).
        confidence: Two-sided level.

    Returns:
        The table with corrected, corrected_low, corrected_high (share among people whose group an auditor can tell) and
        n_audited; for attributes with at least 20 audited images, n_low, n_high (with everybody who cannot be told),
        bounds, population interval, ratio and short follow from the audit, and basis says so. And the shares by every
        method: attribute, group, method, share, low, high.
    """
    out = table.assign(**dict.fromkeys(CORRECTED[:3], np.nan), n_audited=0)
    every = []
    for attribute in dict.fromkeys(group.attribute for group in listed):
        if attribute not in seen:
            continue
        own = [group for group in listed if group.attribute == attribute]
        names = [group.group for group in own]
        rows = (out["attribute"] == attribute).to_numpy()
        out.loc[rows, "n_audited"] = int((seen[attribute] >= 0).sum())
        audited = _audited(own, people, seen[attribute])
        if audited is None:
            continue
        aside = [group.group for group in own if not group.known]
        methods = shares(audited, names, counts, confidence, aside)
        every.append(methods.assign(attribute=attribute))
        best = methods[methods["method"] == METHOD].set_index("group")
        once = _once_each(audited, own, people)
        everybody = shares(once, names, counts, confidence)
        numbers = everybody[everybody["method"] == METHOD].set_index("group")
        # Who cannot be told may be anybody: they may all be of one group, or none.
        untold = min(float(numbers.loc[aside, "high"].sum()), 1.0)
        out.loc[rows] = _rewritten(out.loc[rows], best, numbers, untold, int(once.weight.sum()))
    columns = ["attribute", "group", "method", "share", "low", "high"]
    return out, pd.concat(every)[columns] if every else pd.DataFrame(columns=columns)


def _audited(own: list[Group], people: Counted, seen: Index) -> Audited | None:
    """The audit of one attribute, None where it is too small to be of use."""
    says = np.stack([group.certain for group in own], axis=1).astype(np.float64)
    images = clusters_touched((seen >= 0)[:, None], people.image)[0] if (seen >= 0).any() else 0
    if images < FEWEST:
        return None
    return Audited(says, seen, people.image, people.exposure, people.beyond_doubt(own[0].attribute))


def _once_each(audited: Audited, own: list[Group], people: Counted) -> Audited:
    """Everybody counted once, however often shown: for the number of people.

    Somebody who was made in another contrast counts once in each: what is measured differs between the pictures.
    """
    attribute = own[0].attribute.split(".")
    measured = [place for place, name in enumerate(attribute) if is_measured(name)]
    names = np.array([".".join(group.group.split(".")[place] for place in measured) for group in own])
    key = np.stack([people.identity, np.unique(names, return_inverse=True)[1][audited.says.argmax(axis=1)]], axis=1)
    weight = np.zeros(len(key))
    weight[np.unique(key, axis=0, return_index=True)[1]] = 1.0
    return Audited(audited.says, audited.seen, audited.image, weight, audited.exact)


def _rewritten(rows: pd.DataFrame, best: pd.DataFrame, numbers: pd.DataFrame, untold: float, n: int) -> pd.DataFrame:
    """Rows of one attribute with what the audit supports."""
    known = rows["group"].isin(best.index)
    own = best.reindex(rows["group"]).set_axis(rows.index)
    people = numbers.reindex(rows["group"]).set_axis(rows.index)
    short = known & (own["high"].to_numpy() < SHORT_BELOW * rows["reference"].astype(float))
    return rows.assign(
        corrected=own["share"],
        corrected_low=own["low"],
        corrected_high=own["high"],
        bound_low=own["low"].fillna(0.0).where(known, rows["bound_low"]),
        bound_high=own["high"].fillna(1.0).where(known, rows["bound_high"]),
        n_low=np.floor(people["low"] * n).astype(int),
        n_high=np.ceil((people["high"] + untold * known).clip(upper=1) * n).astype(int),
        population_low=own["low"].fillna(0.0).where(known, rows["population_low"]),
        population_high=own["high"].fillna(1.0).where(known, rows["population_high"]),
        ratio=(own["share"] / rows["reference"].astype(float)).where(known),
        short=short,
        basis="audit",
    )
