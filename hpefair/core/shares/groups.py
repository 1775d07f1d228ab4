"""Person groups and their intersections."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpefair.arrays import Array, Mask
from hpefair.schema import UNKNOWN, groups_of


@dataclass(frozen=True)
class Group:
    """One group of people.

    Attributes:
        attribute: Attribute name, or two joined by a dot for a cell.
        group: Group name, or two joined by a dot.
        member: Membership of each person (N,): 0 or 1, or the probability of it.
    """

    attribute: str
    group: str
    member: Mask | Array

    @property
    def certain(self) -> Mask:
        """Membership (N,) as flags.

        Raises:
            ValueError: If it is given as probabilities.
        """
        member = np.asarray(self.member)
        if member.dtype != np.bool_:
            raise ValueError(f"Expected certain membership of {self.attribute} {self.group} but got probabilities")
        return member.astype(np.bool_)

    @property
    def known(self) -> bool:
        """Whether no part of the group is `unknown`."""
        return UNKNOWN not in self.group.split(".")


def groups(attributes: pd.DataFrame, names: Iterable[str], cells: Iterable[Sequence[str]] = ()) -> list[Group]:
    """All groups of the named attributes and two-way cells, empty ones included.

    Args:
        attributes: One row per person, one column per attribute.
        names: Attributes to list, in order.
        cells: Pairs of attributes whose intersections are listed after them.

    Returns:
        Groups in display order; an empty group is listed, because an absent group is a finding.

    Raises:
        ValueError: If a column holds a value outside the vocabulary.

    >>> [g.group for g in groups(pd.DataFrame({"contrast": ["low", "low"]}), ["contrast"])]
    ['low', 'mid', 'high', 'unknown']
    """
    out = []
    for name in names:
        out += [Group(name, group, _column_is(attributes, name, group)) for group in groups_of(name)]
    for first, second in cells:
        out += [
            Group(
                f"{first}.{second}",
                f"{one}.{two}",
                _column_is(attributes, first, one) & _column_is(attributes, second, two),
            )
            for one in groups_of(first)
            for two in groups_of(second)
        ]
    return out


def expected_groups(probabilities: Mapping[str, pd.DataFrame], cells: Iterable[Sequence[str]] = ()) -> list[Group]:
    """Groups with the probability that each person belongs to them, for attributes that a classifier gave.

    Args:
        probabilities: Per attribute one row per person and one column per group, each row adding up to at most 1; what
            is missing is the probability of `unknown`.
        cells: Pairs of attributes; their intersections take the product, as if the two were independent given the
            picture.

    Returns:
        Groups in display order, as `groups` lists them.

    Raises:
        ValueError: If a column is no group of the attribute, or a row holds no probabilities.
    """
    tables = {}
    for name, table in probabilities.items():
        strange = sorted(set(table.columns) - set(groups_of(name)))
        if strange:
            raise ValueError(f"Expected groups of {name} among {', '.join(groups_of(name))} but got {strange[0]!r}")
        full = table.reindex(columns=list(groups_of(name)), fill_value=0.0).astype(float)
        if not full.ge(0).all(axis=None) or (full.sum(axis=1) > 1 + 1e-6).any():
            raise ValueError(f"Expected probabilities of {name} that add up to at most 1 but got others")
        full[UNKNOWN] += (1 - full.sum(axis=1)).clip(lower=0)
        tables[name] = full
    out = [Group(name, group, table[group].to_numpy()) for name, table in tables.items() for group in table]
    for first, second in cells:
        out += [
            Group(f"{first}.{second}", f"{one}.{two}", tables[first][one].to_numpy() * tables[second][two].to_numpy())
            for one in groups_of(first)
            for two in groups_of(second)
        ]
    return out


def _column_is(attributes: pd.DataFrame, name: str, group: str) -> Mask:
    """Whether each person has a value (N,).

    Raises:
        ValueError: If the column holds a value outside the vocabulary.
    """
    values = attributes[name].astype(object)
    strange = sorted(set(values.unique()) - set(groups_of(name)), key=str)
    if strange:
        raise ValueError(f"Expected values of {name} among {', '.join(groups_of(name))} but got {strange[0]!r}")
    return np.asarray(values == group, dtype=bool)
