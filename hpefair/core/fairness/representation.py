"""Who is in the data: shares, their uncertainty, and the distance to a reference population."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial.distance import jensenshannon
from scipy.special import ndtri

from hpefair.core.fairness.groups import Group
from hpefair.schema import MEASURED

Array = NDArray[np.float64]

COUNTS: Final = ("attribute", "group", "n_people", "n_distinct", "n_images", "share")
SHORT_BELOW: Final = 0.8  # the four-fifths rule: a smaller part of its reference share counts as short
SHARES: Final = ("share_known", "low", "high", "bound_low", "bound_high", "reference", "ratio", "deficit", "short")


def design_effect(member: NDArray[np.bool_], cluster: NDArray[np.int64]) -> float:
    """Variance inflation of a share because people come in images.

    Linearized ratio estimator over clusters against simple random sampling (Cochran, Sampling Techniques, 1977, ch. 9),
    at least 1. Where the share is 0 or 1 the data cannot tell, and the size-weighted mean cluster size, its largest
    plausible value, is used.

    Args:
        member: Membership (N,).
        cluster: Cluster index (N,).

    Returns:
        The design effect.
    """
    n = len(member)
    if n == 0:
        return 1.0
    _, index = np.unique(cluster, return_inverse=True)
    size = np.bincount(index).astype(float)
    hits = np.bincount(index, weights=member.astype(float))
    share = hits.sum() / n
    if share in (0.0, 1.0) or len(size) < 2:
        return float((size**2).sum() / n)
    clusters = len(size)
    variance = ((hits - share * size) ** 2).sum() * clusters / (clusters - 1) / n**2
    return float(max(variance / (share * (1 - share) / n), 1.0))


def share_interval(hits: float, n: int, effect: float, confidence: float) -> tuple[float, float]:
    """Wilson score interval of a share with n divided by a design effect (Wilson 1927; Kish 1965).

    Args:
        hits: Members.
        n: People.
        effect: Design effect, at least 1.
        confidence: Two-sided confidence level.

    Returns:
        Lower and upper end; (0, 1) where nobody was counted.

    >>> [round(end, 4) for end in share_interval(5, 10, 1.0, 0.95)]
    [0.2366, 0.7634]
    """
    if n == 0:
        return 0.0, 1.0
    effective = n / effect
    share, z = hits / n, float(ndtri(0.5 + confidence / 2))
    centre = (share + z**2 / (2 * effective)) / (1 + z**2 / effective)
    half = z / (1 + z**2 / effective) * np.sqrt(share * (1 - share) / effective + z**2 / (4 * effective**2))
    return float(max(centre - half, 0.0)), float(min(centre + half, 1.0))


@dataclass(frozen=True)
class Counted:
    """The people whose shares are counted, one entry per row.

    Attributes:
        image: Image index (N,), the cluster; the parent's image for a generated person.
        identity: Who the row shows (N,); a generated person and its parent share one.
        exposure: How often the row is shown per pass (N,), relative to 1; ones where nobody is repeated.
    """

    image: NDArray[np.int64]
    identity: NDArray[np.int64]
    exposure: Array


def share_table(
    listed: list[Group],
    people: Counted,
    references: Mapping[str, Mapping[str, float] | None],
    confidence: float,
) -> pd.DataFrame:
    """Share of every group, with its uncertainty, its reference and its deficit.

    Args:
        listed: Groups from `groups.groups`.
        people: Whom the groups are about.
        references: Reference shares per attribute, None where there is none.
        confidence: Level of the sampling interval.

    Returns:
        One row per group: n_people (rows), n_distinct people, n_images, and weighted by exposure share of all people,
        share_known among people whose value is known, low/high of share_known as an estimate for a population
        (image-clustered), bound_low/bound_high of the share in this finite dataset (see `identification_bounds`),
        reference, ratio to it, deficit in people, and short: whether even the upper ends of interval and bounds lie
        below four fifths of the reference.
    """
    known_of: dict[str, NDArray[np.bool_]] = {}
    for group in listed:
        known = known_of.get(group.attribute, np.zeros(len(people.image), bool))
        known_of[group.attribute] = known | (group.certain & group.known)
    rows = []
    for group in listed:
        reference = (references.get(group.attribute) or {}).get(group.group, np.nan)
        row = _count_row(group, people)
        if group.known:
            row |= _share_row(group, known_of[group.attribute], people, reference, confidence)
        rows.append(row)
    table = pd.DataFrame(rows, columns=[*COUNTS, *SHARES])
    return table.assign(short=table["short"].eq(True))


def _count_row(group: Group, people: Counted) -> dict[str, object]:
    total = people.exposure.sum()
    return {
        "attribute": group.attribute,
        "group": group.group,
        "n_people": int(group.certain.sum()),
        "n_distinct": len(np.unique(people.identity[group.certain])),
        "n_images": len(np.unique(people.image[group.certain])),
        "share": people.exposure[group.certain].sum() / total if total else np.nan,
    }


def _share_row(
    group: Group, known: NDArray[np.bool_], people: Counted, reference: float, confidence: float
) -> dict[str, object]:
    weight, n_known = people.exposure[known], int(known.sum())
    shown, shown_known = float(people.exposure[group.certain].sum()), float(weight.sum())
    share = shown / shown_known if n_known else np.nan
    # Unequal exposures carry less information than their number (Kish 1965); repeats show nobody new.
    kish = n_known * float((weight**2).sum()) / shown_known**2 if n_known else 1.0
    effect = design_effect(group.certain[known], people.image[known]) * kish
    low, high = share_interval(share * n_known if n_known else 0.0, n_known, effect, confidence)
    unknown = float(people.exposure.sum()) - shown_known
    bound_low, bound_high = identification_bounds(shown, shown_known, unknown, group.attribute)
    return {
        "share_known": share,
        "low": low,
        "high": high,
        "bound_low": bound_low,
        "bound_high": bound_high,
        "reference": reference,
        "ratio": share / reference if reference else np.nan,
        "deficit": np.nan if np.isnan(reference) else max(0, int(np.ceil(reference * shown_known - shown - 1e-9))),
        "short": bool(max(high, bound_high) < SHORT_BELOW * reference),
    }


def identification_bounds(hits: float, n_known: float, n_unknown: float, attribute: str) -> tuple[float, float]:
    """What the share in this finite dataset can be, given who is unknown (Manski 1989, worst-case bounds).

    An unknown perceived value (age, gender presentation, build, skin tone) may be any group, so the bounds assign all
    unknown people to it, or none. An unknown *measured* value means that the thing is not there to measure (no
    clothing in sight), so those people are outside the population and the share is exact.

    Args:
        hits: Members, or their exposure.
        n_known: People with a known value, or their exposure.
        n_unknown: People without, or their exposure.
        attribute: Attribute, or two joined by a dot.

    Returns:
        Smallest and largest possible share; (0, 1) where nobody is known and nobody can be excluded.
    """
    measured = all(name in MEASURED for name in attribute.split("."))
    if measured and n_known:
        return hits / n_known, hits / n_known
    if measured or n_known + n_unknown == 0:
        return 0.0, 1.0
    n = n_known + n_unknown
    return hits / n, (hits + n_unknown) / n


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
        return dict.fromkeys(("total_variation", "jensen_shannon", "entropy", "min_ratio"), np.nan)
    positive = p[p > 0]
    return {
        "total_variation": float(np.abs(p - q).sum() / 2),
        "jensen_shannon": float(jensenshannon(p, q, base=2)),
        "entropy": float(-(positive * np.log(positive)).sum() / np.log(len(names))) if len(names) > 1 else 1.0,
        "min_ratio": float((p[q > 0] / q[q > 0]).min()),
    }


def distance_table(table: pd.DataFrame) -> pd.DataFrame:
    """Distances to the reference for every attribute of a share table that has one.

    Args:
        table: From `share_table`.

    Returns:
        One row per attribute.
    """
    rows = []
    for attribute, part in table.dropna(subset=["reference"]).groupby("attribute", sort=False):
        shares = dict(zip(part["group"], part["share_known"], strict=True))
        reference = dict(zip(part["group"], part["reference"], strict=True))
        rows.append({"attribute": attribute, **distances(shares, reference)})
    return pd.DataFrame(rows, columns=["attribute", "total_variation", "jensen_shannon", "entropy", "min_ratio"])


def coverage(table: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Which known groups and cells hold at least `minimum` distinct people.

    Args:
        table: From `share_table`.
        minimum: People a group needs.

    Returns:
        One row per attribute: groups, covered, coverage, and the uncovered groups joined by commas.
    """
    rows = []
    for attribute, part in table.dropna(subset=["bound_low"]).groupby("attribute", sort=False):
        enough = part["n_distinct"] >= minimum
        rows.append(
            {
                "attribute": attribute,
                "groups": len(part),
                "covered": int(enough.sum()),
                "coverage": float(enough.mean()),
                "uncovered": ", ".join(part.loc[~enough, "group"]),
            }
        )
    return pd.DataFrame(rows)
