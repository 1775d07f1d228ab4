"""What a balance expectation demands of the numbers of people, as linear inequalities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from hpefair.arrays import Array
from hpefair.core.balance.cells import Evidence
from hpefair.schema import UNKNOWN, groups_of

Kind = Literal["support", "ratio", "unknown", "divergence", "cells"]
References = Mapping[str, Mapping[str, float]]

# A critical expectation is given up last.
WEIGHTS: Final = {"critical": 100.0, "warning": 10.0, "info": 1.0}


@dataclass(frozen=True)
class Requirement:
    """A balance expectation about the training people.

    Attributes:
        kind: support (every group holds `minimum` distinct people), ratio (every group's share is `minimum` to
            `maximum` times its reference), unknown (at most the share `maximum` has no known value), divergence (total
            variation to the reference is at most `maximum`), cells (the share `minimum` of the cells hold `people`).
        attributes: The attribute, or those whose cells are meant.
        minimum: Lower bound.
        maximum: Upper bound.
        people: People that a cell needs.
        severity: critical, warning or info.
    """

    kind: Kind
    attributes: tuple[str, ...]
    minimum: float = 0.0
    maximum: float = float("inf")
    people: int = 0
    severity: str = "critical"

    def __str__(self) -> str:
        name = " and ".join(self.attributes).replace("_", " ")
        return {
            "support": f"every group of {name} holds at least {self.minimum:g} people",
            "ratio": f"every share of {name} is {self.minimum:g} to {self.maximum:g} times its reference",
            "unknown": f"at most {self.maximum:.0%} of the people have no known {name}",
            "divergence": f"the distance of {name} to its reference is at most {self.maximum:g}",
            "cells": f"{self.minimum:.0%} of the cells of {name} hold at least {self.people} people",
        }[self.kind]


@dataclass(frozen=True)
class Bound:
    """One inequality: what real exposures and generated people contribute is at least `least`.

    Attributes:
        requirement: Number of the requirement it belongs to.
        about: Group, or what it is about.
        real: Contribution (C,) of one exposure of a real person; what is there already counts as well.
        made: Contribution (C,) of one generated person.
        least: Right-hand side.
        scale: People per unit in which a shortfall is weighed.
        distinct: Whether only distinct people count: repeats then contribute nothing.
        lacking: Whether a group has too few when this does not hold; groups that lack people are treated alike.
    """

    requirement: int
    about: str
    real: Array
    made: Array
    least: float
    scale: float
    distinct: bool = False
    lacking: bool = False


def bounds(
    number: int,
    requirement: Requirement,
    cells: pd.DataFrame,
    evidence: Mapping[str, Evidence],
    references: References,
    margin: float,
) -> list[Bound]:
    """Inequalities of a requirement of kind support, ratio or unknown.

    Args:
        number: Number of the requirement.
        requirement: The requirement.
        cells: From `cells.cell_table`.
        evidence: By attribute.
        references: Reference share by attribute and group.
        margin: Distance, as a share, that planned shares keep from the bounds.
    """
    attribute = requirement.attributes[0]
    about, everybody = evidence[attribute], np.ones(len(cells))
    if requirement.kind == "support":
        # Distinct people: the sure part of those who are there.
        each = cells["n_distinct"].to_numpy(dtype=float) / cells["exposure"].clip(lower=1e-12).to_numpy()
        member = {group: (cells[attribute] == group).to_numpy(dtype=float) for group in about.low}
        return [
            Bound(number, group, about.low[group] * each, member[group], requirement.minimum, 1.0, True, True)
            for group in about.low
        ]
    if requirement.kind == "unknown":
        known = (cells[attribute] != UNKNOWN).to_numpy(dtype=float)
        room = known - (1 - requirement.maximum) * everybody
        return [Bound(number, UNKNOWN, room, np.full(len(cells), requirement.maximum), 0.0, 1.0)]
    inequalities = []
    for group, reference in references[attribute].items():
        if reference == 0:
            continue  # the reference has nobody of this group: nothing can be a multiple of that
        made = (cells[attribute] == group).to_numpy(dtype=float)
        lowest, highest = requirement.minimum * reference + margin, requirement.maximum * reference - margin
        if lowest > highest:
            lowest = highest = (requirement.minimum + requirement.maximum) * reference / 2
        scale = 1 / max(reference, 1e-9)
        if requirement.minimum > 0:
            low = about.low[group] - lowest * about.total
            inequalities.append(Bound(number, group, low, made - lowest, 0.0, scale, lacking=True))
        if highest < 1:
            high = highest * about.total - about.high[group]
            inequalities.append(Bound(number, group, high, highest - made, 0.0, scale))
    return inequalities


def divergence_bounds(
    number: int, requirement: Requirement, cells: pd.DataFrame, about: Evidence, reference: Mapping[str, float]
) -> tuple[list[Bound], Bound]:
    """Inequalities of a bound on the total variation, which need one auxiliary number t per group.

    t_g >= the deviation of the group's people from its share in either direction, whatever those in doubt are; half
    the sum of the t_g is at most `maximum` times the people. Conservative where people are in doubt.

    Returns:
        Two bounds per group, to which its t_g is added, and the final one, from which half of every t_g is taken.
    """
    attribute, each = requirement.attributes[0], []
    for group, share in reference.items():
        made = (cells[attribute] == group).to_numpy(dtype=float)
        each.append(Bound(number, group, share * about.total - about.high[group], share - made, 0.0, 1.0))
        each.append(Bound(number, group, about.low[group] - share * about.total, made - share, 0.0, 1.0))
    total = Bound(
        number, "all groups", requirement.maximum * about.total, np.full(len(cells), requirement.maximum), 0, 1
    )
    return each, total


def covered_cells(requirement: Requirement, cells: pd.DataFrame) -> list[tuple[str, Array]]:
    """Name and membership (C,) of every cell that a requirement of kind cells is about."""
    names = list(requirement.attributes)
    key = cells[names].agg(".".join, axis=1)
    known = [
        group for group in dict.fromkeys(key) if all(part in groups_of(a)[:-1] for a, part in _parts(names, group))
    ]
    return [(group, (key == group).to_numpy(dtype=float)) for group in known]


def _parts(names: Sequence[str], key: str) -> list[tuple[str, str]]:
    return list(zip(names, key.split("."), strict=True))
