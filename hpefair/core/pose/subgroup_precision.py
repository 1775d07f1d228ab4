"""Average precision of a subgroup, by two rules for those who are not in it."""

from enum import StrEnum
from typing import Final

import numpy as np

from hpefair.arrays import Array, Mask
from hpefair.core.pose.candidates import Candidates, People
from hpefair.core.pose.matching import Matches, match
from hpefair.core.pose.precision import Weights, mean_precision, precision_recall


class Rule(StrEnum):
    """What happens to people outside a group, and to unmatched detections, which belong to no group.

    SHARED: Everyone is matched as overall; unmatched detections weigh n_g / n. Free of the group's size, and takes
        membership probabilities.
    IGNORE: The others are ignored, as COCO ignores area ranges, and unmatched detections weigh 1. **It falls with the
        size of the group, even where labels are random**; here for comparison with publications that use it.
    """

    SHARED = "shared"
    IGNORE = "ignore"


WARNINGS: Final = {
    Rule.SHARED: "",
    Rule.IGNORE: "AP by group counts every false positive against every group, so it falls with the size of a group "
    "even where labels are random; do not read its differences as unfairness",
}


def subgroup_precision(
    people: People, found: Candidates, membership: Array | Mask, rule: Rule = Rule.SHARED
) -> tuple[Array, Array]:
    """Precision and recall of a subgroup.

    Args:
        people: Annotated people.
        found: Candidates.
        membership: Membership (N,), 0 or 1, or with `Rule.SHARED` the probability of it.
        rule: What happens to everyone else.

    Returns:
        As `precision_recall`.

    Raises:
        ValueError: If membership is neither 0 nor 1 and the rule is IGNORE, or it lies outside [0, 1].
    """
    member = checked_membership(membership, rule)
    if rule is Rule.IGNORE:
        return precision_recall(found, match(people, found, people.ignored | (member == 0)))
    return _shared_precision(people, found, match(people, found, people.ignored), member)


def average_precisions(people: People, found: Candidates, membership: Array | Mask, rule: Rule = Rule.SHARED) -> Array:
    """Average precision of many subgroups, matched once where the rule allows.

    Args:
        people: Annotated people.
        found: Candidates.
        membership: Membership (N, G).
        rule: What happens to everyone else.

    Returns:
        Average precision (G,); NaN for groups without anybody who counts.

    Raises:
        ValueError: As `subgroup_precision`.
    """
    member = checked_membership(membership, rule)
    if rule is Rule.IGNORE:
        return np.array([mean_precision(subgroup_precision(people, found, column, rule)[0]) for column in member.T])
    everyone = match(people, found, people.ignored)
    return np.array([mean_precision(_shared_precision(people, found, everyone, column)[0]) for column in member.T])


def _shared_precision(people: People, candidates: Candidates, everyone: Matches, member: Array) -> tuple[Array, Array]:
    counted = ~people.ignored
    share = float(member[counted].sum() / max(counted.sum(), 1))
    return precision_recall(candidates, everyone, Weights(person=member, unmatched=share))


def checked_membership(membership: Array | Mask, rule: Rule) -> Array:
    """Membership as numbers.

    Raises:
        ValueError: If it lies outside [0, 1], or is uncertain where the rule must match each group by itself.
    """
    member = np.asarray(membership, dtype=np.float64)
    if not ((member >= 0) & (member <= 1)).all():
        raise ValueError("Expected membership within [0, 1] but got numbers outside it")
    if rule is Rule.IGNORE and not np.isin(member, (0, 1)).all():
        raise ValueError("Expected membership of 0 or 1 for the rule ignore but got probabilities; use the rule shared")
    return member
