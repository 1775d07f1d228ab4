"""Candidates against a baseline, person by person: the one comparison of the test people and of the sealed ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpefair.core.fairness.comparison import Comparison, Paired, Tolerance, compare
from hpefair.core.fairness.disaggregation import with_overall
from hpefair.core.shares.groups import groups
from hpefair.core.uncertainty.clusters import image_clusters
from hpefair.core.uncertainty.intervals import resample
from hpefair.schema import UNKNOWN


@dataclass(frozen=True)
class Rule:
    """By what candidates are judged.

    Attributes:
        metric: Per-person metric.
        attributes: Attributes whose groups are compared.
        tolerance: What counts as harm, and how sure one wants to be.
        resamples: Bootstrap resamples of images, or of subjects where they are known.
        seed: Seed of the resamples, the same for every candidate.
    """

    metric: str
    attributes: Sequence[str]
    tolerance: Tolerance
    resamples: int
    seed: int


def known_attributes(attributes: pd.DataFrame, wanted: Sequence[str]) -> list[str]:
    """Those attributes of which something is known of somebody; about the others nothing can be compared."""
    return [name for name in wanted if (attributes[name] != UNKNOWN).any()]


def compare_models(
    scores: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]], attributes: pd.DataFrame, subjects: pd.Series, rule: Rule
) -> dict[str, Comparison]:
    """Compare each candidate with its baseline, on the same people and in the same resamples.

    Args:
        scores: Name of a candidate to two tables by person_id with image_id and the metric: of its baseline and of
            itself. All tables are of the same people; the first baseline gives their order.
        attributes: Attributes by person_id.
        subjects: subject_id by image_id: images of one subject are drawn together.
        rule: By what they are judged.

    Returns:
        Name to comparison.
    """
    first = next(iter(scores.values()))[0]
    order = first.index
    known = known_attributes(attributes.loc[order], rule.attributes)
    listed = with_overall(groups(attributes.loc[order], known), len(order))
    image, names = pd.factorize(first["image_id"])
    cluster = image_clusters(len(names), np.arange(len(names)), subjects.loc[names].tolist())
    counts = resample(cluster, rule.resamples, rule.seed)
    comparisons = {}
    for name, (baseline, candidate) in scores.items():
        one, other = (table.loc[order, rule.metric].to_numpy() for table in (baseline, candidate))
        paired = Paired(one, other, image.astype(np.int64))
        comparisons[name] = compare(paired, listed, cluster, counts, rule.tolerance)
    return comparisons
