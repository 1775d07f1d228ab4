"""How far the shares are from a reference population, over the union of their groups."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import rel_entr

from hpefair.arrays import Array

DISTANCES: Final = (
    "total_variation", "jensen_shannon", "entropy", "min_ratio", "variation_low", "variation_high",
)  # fmt: skip


def distances(shares: Mapping[str, float], reference: Mapping[str, float]) -> dict[str, float]:
    """Distance of a distribution to a reference, over the union of their categories.

    Args:
        shares: Share per group; may lack groups.
        reference: Reference share per group; may lack groups.

    Returns:
        total_variation in [0, 1], jensen_shannon (square root of the divergence, base 2) in [0, 1], entropy normalized
        by the number of groups, and min_ratio, the smallest share relative to its reference.

    >>> round(distances({"a": 1.0}, {"a": 0.5, "b": 0.5})["total_variation"], 3)
    0.5
    """
    names = sorted(set(shares) | set(reference))
    p = np.array([shares.get(name, 0.0) for name in names])
    q = np.array([reference.get(name, 0.0) for name in names])
    if not np.isfinite(p).all() or p.sum() == 0:
        return dict.fromkeys(DISTANCES[:4], np.nan)
    positive = p[p > 0]
    return {
        "total_variation": float(np.abs(p - q).sum() / 2),
        "jensen_shannon": _jensen_shannon(p / p.sum(), q / q.sum()),
        "entropy": float(-(positive * np.log(positive)).sum() / np.log(len(names))) if len(names) > 1 else 1.0,
        "min_ratio": float((p[q > 0] / q[q > 0]).min()),
    }


def _jensen_shannon(p: Array, q: Array) -> float:
    middle = (p + q) / 2
    divergence = (rel_entr(p, middle).sum() + rel_entr(q, middle).sum()) / 2
    return float(np.sqrt(max(divergence, 0.0) / np.log(2)))


def variation_bounds(low: Array, high: Array, reference: Array) -> tuple[float, float]:
    """Smallest and largest total variation to a reference of any shares that add up to 1 and lie within bounds.

    Args:
        low: Lower bounds (G,).
        high: Upper bounds (G,).
        reference: Reference shares (G,).

    Returns:
        The two ends; (0, 1) where a bound is missing.
    """
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        return 0.0, 1.0
    # Total variation is the largest p(S) - q(S) over sets S of groups; the bounds say how large each p(S) can be.
    subsets = (np.arange(2 ** len(low))[:, None] >> np.arange(len(low))) & 1
    largest = np.minimum(subsets @ high, 1 - (1 - subsets) @ low) - subsets @ reference
    nearest = max(float(np.maximum(low - reference, 0).sum()), float(np.maximum(reference - high, 0).sum()))
    return min(nearest, 1.0), float(np.clip(largest.max(), nearest, 1.0))


def distance_table(table: pd.DataFrame) -> pd.DataFrame:
    """Distances to the reference for every attribute of a share table that has one.

    Args:
        table: From `share_table`, corrected or not.

    Returns:
        One row per attribute: the `distances`, by corrected shares where an audit allows them, and
        variation_low/variation_high, between which the total variation of this dataset lies.
    """
    rows = []
    for attribute, part in table.dropna(subset=["reference"]).groupby("attribute", sort=False):
        best = part["corrected"].fillna(part["share_known"]) if "corrected" in part else part["share_known"]
        shares = dict(zip(part["group"], best, strict=True))
        reference = dict(zip(part["group"], part["reference"], strict=True))
        ends = variation_bounds(
            *(part[name].to_numpy(dtype=float) for name in ("bound_low", "bound_high", "reference"))
        )
        bounds = dict(zip(("variation_low", "variation_high"), ends, strict=True))
        rows.append({"attribute": attribute, **distances(shares, reference), **bounds})
    return pd.DataFrame(rows, columns=["attribute", *DISTANCES])
