"""Who is in the data: shares, their uncertainty, and what is missing to a reference population."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from hpefair.arrays import Array, Mask
from hpefair.core.shares.groups import Group
from hpefair.schema import MEASURED

COUNTS: Final = (
    "attribute",
    "group",
    "n_people",
    "n_distinct",
    "n_low",
    "n_high",
    "n_images",
    "share",
    "share_images",
    "basis",
)
SHORT_BELOW: Final = 0.8  # the four-fifths rule: a smaller part of its reference share counts as short
SHARES: Final = (
    "share_known", "low", "high", "bound_low", "bound_high", "population_low", "population_high", "reference", "ratio",
    "deficit", "short",
)  # fmt: skip


def design_effect(member: Mask, cluster: NDArray[np.int64]) -> float:
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
        inferred: By attribute, whose value is a classifier's word (N,); what is not named was given or measured.
        exact: By attribute, whose value is known beyond doubt (N,), because the person was made so.
    """

    image: NDArray[np.int64]
    identity: NDArray[np.int64]
    exposure: Array
    inferred: Mapping[str, Mask] = field(default_factory=dict)
    exact: Mapping[str, Mask] = field(default_factory=dict)

    def doubtful(self, attribute: str) -> Mask:
        """Whose value of an attribute, or of either of two joined by a dot, is a classifier's word (N,)."""
        nobody = np.zeros(len(self.image), dtype=bool)
        return np.asarray(np.logical_or.reduce([self.inferred.get(name, nobody) for name in attribute.split(".")]))

    def beyond_doubt(self, attribute: str) -> Mask:
        """Whose value of an attribute, or of both of two joined by a dot, is known beyond doubt (N,).

        What is measured is never in doubt, but nobody is exact for being measured alone: they need no audit.
        """
        parts = [name for name in attribute.split(".") if name not in MEASURED]
        flags = [self.exact.get(name, np.zeros(len(self.image), dtype=bool)) for name in parts]
        return np.asarray(np.logical_and.reduce(flags)) if flags else np.zeros(len(self.image), dtype=bool)


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
        One row per group: n_people (rows), n_distinct people, n_low surely and n_high possibly in it, n_images and
        share_images that show one of them, and weighted by exposure share of all people, share_known among people
        whose value is known, low/high of share_known as an estimate for a population (image-clustered),
        bound_low/bound_high of the share in this finite dataset (see `identification_bounds`; what a classifier says
        may be anything until an audit tells how often it errs), population_low/population_high of the share in the
        population, who is in doubt being anything (sampling limits of the two bounds; Imbens and Manski 2004),
        reference, ratio to it, deficit in people, and short: whether even the upper ends of interval and bounds lie
        below four fifths of the reference. basis is `counted` where the share in the dataset is exact, else `bounds`.
    """
    known_of: dict[str, Mask] = {}
    for group in listed:
        before = known_of.get(group.attribute, np.zeros(len(people.image), bool))
        known_of[group.attribute] = before | (group.certain & group.known)
    rows = []
    for group in listed:
        reference = (references.get(group.attribute) or {}).get(group.group, np.nan)
        known = known_of[group.attribute]
        row = _count_row(group, known, people)
        if group.known:
            row |= _share_row(group, known, people, reference, confidence)
        rows.append(row)
    table = pd.DataFrame(rows, columns=[*COUNTS, *SHARES])
    return table.assign(short=table["short"].eq(True))


def _count_row(group: Group, known: Mask, people: Counted) -> dict[str, object]:
    total = people.exposure.sum()
    sure = group.certain & ~people.doubtful(group.attribute)
    open_ = np.zeros_like(known) if is_measured(group.attribute) else ~known | people.doubtful(group.attribute)
    return {
        "attribute": group.attribute,
        "group": group.group,
        "n_people": int(group.certain.sum()),
        "n_distinct": _distinct(people, group.certain),
        "n_low": _distinct(people, sure),
        "n_high": _distinct(people, sure | open_),
        "n_images": len(np.unique(people.image[group.certain])),
        "share": people.exposure[group.certain].sum() / total if total else np.nan,
        "share_images": len(np.unique(people.image[group.certain])) / max(len(np.unique(people.image)), 1),
        "basis": "bounds" if open_.any() else "counted",
    }


def _distinct(people: Counted, rows: Mask) -> int:
    return len(np.unique(people.identity[rows]))


def _share_row(group: Group, known: Mask, people: Counted, reference: float, confidence: float) -> dict[str, object]:
    weight, n_known = people.exposure[known], int(known.sum())
    shown, shown_known = float(people.exposure[group.certain].sum()), float(weight.sum())
    share = shown / shown_known if n_known else np.nan
    # Unequal exposures carry less information than their number (Kish 1965); repeats show nobody new.
    kish = n_known * float((weight**2).sum()) / shown_known**2 if n_known else 1.0
    effect = design_effect(group.certain[known], people.image[known]) * kish
    low, high = share_interval(share * n_known if n_known else 0.0, n_known, effect, confidence)
    sure = ~people.doubtful(group.attribute)
    surely_known = float(people.exposure[known & sure].sum())
    bound_low, bound_high = identification_bounds(
        float(people.exposure[group.certain & sure].sum()),
        surely_known,
        float(people.exposure.sum()) - surely_known,
        group.attribute,
    )
    population = _population_interval((bound_low, bound_high), group, known, people, confidence)
    return {
        "share_known": share,
        "low": low,
        "high": high,
        "bound_low": bound_low,
        "bound_high": bound_high,
        "population_low": low if is_measured(group.attribute) else population[0],
        "population_high": high if is_measured(group.attribute) else population[1],
        "reference": reference,
        "ratio": share / reference if reference else np.nan,
        "deficit": np.nan if np.isnan(reference) else max(0, int(np.ceil(reference * shown_known - shown - 1e-9))),
        "short": bool(max(high, bound_high) < SHORT_BELOW * reference),
    }


def _population_interval(
    bounds: tuple[float, float], group: Group, known: Mask, people: Counted, confidence: float
) -> tuple[float, float]:
    """Sampling limits of the two bounds: lower end of the lower one, upper end of the upper one."""
    n = len(people.image)
    if not n:
        return 0.0, 1.0
    kish = n * float((people.exposure**2).sum()) / float(people.exposure.sum()) ** 2
    sure = group.certain & ~people.doubtful(group.attribute)
    may_be = sure | ~known | people.doubtful(group.attribute)
    low = share_interval(bounds[0] * n, n, design_effect(sure, people.image) * kish, confidence)[0]
    high = share_interval(bounds[1] * n, n, design_effect(may_be, people.image) * kish, confidence)[1]
    return low, high


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
    measured = is_measured(attribute)
    if measured and n_known:
        return hits / n_known, hits / n_known
    if measured or n_known + n_unknown == 0:
        return 0.0, 1.0
    n = n_known + n_unknown
    return hits / n, (hits + n_unknown) / n


def is_measured(attribute: str) -> bool:
    """Whether an attribute, or both of two joined by a dot, is measured: never given, never a classifier's word."""
    return all(name in MEASURED for name in attribute.split("."))


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
