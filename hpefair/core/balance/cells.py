"""Cells of the planned attributes: who is in them, and how sure that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from hpefair.arrays import Array
from hpefair.schema import MEASURED, UNKNOWN, groups_of

Interval = tuple[float, float]


def cell_name(groups: Sequence[str]) -> str:
    """Name of a cell: its groups, in the order of the planned attributes, joined by dots."""
    return ".".join(groups)


def cell_table(people: pd.DataFrame, attributes: Sequence[str]) -> pd.DataFrame:
    """All cells of known groups, and those with unknown ones that hold somebody.

    Args:
        people: One row per training person: the attributes, `<attribute>_sure` (whether the value is nobody's guess),
            exposure, synthetic, root_person.
        attributes: The planned attributes.

    Returns:
        A column per attribute, cell (its name), exposure (showings per pass), n_people (real people, who may be
        repeated), n_distinct, and `<attribute>_sure`: the part of the exposure whose value is sure.
    """
    names = list(attributes)
    keys = pd.MultiIndex.from_tuples(list(product(*(groups_of(name)[:-1] for name in names))), names=names)
    sure = {f"{name}_sure": people[f"{name}_sure"] * people["exposure"] for name in names}
    rows = people[[*names, "exposure", "root_person"]].assign(n_people=(~people["synthetic"]).astype(int), **sure)
    how = {"exposure": "sum", "n_people": "sum", "root_person": "nunique", **dict.fromkeys(sure, "sum")}
    totals = rows.groupby(names, sort=False).agg(how)
    if len(names) == 1:
        totals.index = pd.MultiIndex.from_arrays([totals.index], names=names)
    open_ = sorted(key for key in totals.index if UNKNOWN in key)
    every = keys.append(pd.MultiIndex.from_tuples(open_, names=names)) if open_ else keys
    table = totals.reindex(every, fill_value=0).rename(columns={"root_person": "n_distinct"}).reset_index()
    for name in sure:
        table[name] = np.where(table["exposure"] > 0, table[name] / table["exposure"].clip(lower=1e-12), 1.0)
    table.insert(len(names), "cell", table[names].agg(cell_name, axis=1))
    return table.astype({"exposure": float, "n_people": int, "n_distinct": int})


@dataclass(frozen=True)
class Evidence:
    """What one exposure of a real person of each cell contributes to the groups of an attribute.

    Attributes:
        low: Exposure (C,) that surely belongs to each group.
        high: Exposure (C,) that possibly does.
        total: Exposure (C,) among which shares are counted.
    """

    low: Mapping[str, Array]
    high: Mapping[str, Array]
    total: Array


def evidence(cells: pd.DataFrame, attribute: str, audited: Mapping[str, Interval] | None = None) -> Evidence:
    """Evidence about an attribute, as the gates count it (`fairness.representation.identification_bounds`).

    Args:
        cells: From `cell_table`.
        attribute: A planned attribute.
        audited: Interval of every group's share in the real people where an audit supports one; it then replaces the
            bounds that assume the worst about everybody who is in doubt.
    """
    group, known = cells[attribute], (cells[attribute] != UNKNOWN).to_numpy(dtype=float)
    members = {name: (group == name).to_numpy(dtype=float) for name in groups_of(attribute)[:-1]}
    if attribute in MEASURED:
        return Evidence(members, members, known)
    if audited is None:
        sure = np.where(known > 0, cells[f"{attribute}_sure"].to_numpy(dtype=float), 0.0)
        low = {name: member * sure for name, member in members.items()}
        return Evidence(low, {name: low[name] + 1 - sure for name in members}, np.ones(len(cells)))
    shown = cells["exposure"].to_numpy(dtype=float)
    parts = {name: _scaled(member, shown, audited[name]) for name, member in members.items()}
    low, high = ({name: part[end] for name, part in parts.items()} for end in (0, 1))
    return Evidence(low, high, np.ones(len(cells)))


def _scaled(member: Array, shown: Array, share: Interval) -> tuple[Array, Array]:
    """Contributions (C,) of real exposures, such that all of them together have the audited share."""
    hits = float((member * shown).sum())
    spread, whole = (member, hits) if hits else (np.ones_like(member), float(shown.sum()))
    factor = float(shown.sum()) / whole if whole else 0.0
    return spread * share[0] * factor, spread * share[1] * factor
