"""The smallest repair: how many real people to repeat and how many to generate, as an integer program."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from hpefair.schema import UNKNOWN

Array = NDArray[np.float64]
References = Mapping[str, Mapping[str, float]]

# An unmet share must cost more than any repair that could meet it.
UNMET_COST: Final = 1e4
# Over several attributes no cell may hold more than this many times the generated people that independent attributes
# would give it, and one more: the cheapest plan would otherwise make every added child also large and hard to see.
CONCENTRATION: Final = 2.0
SEVERAL_GAP: Final = 0.001  # relative distance to the optimum at which the search over several attributes may stop
EXACT_CELLS: Final = 150  # beyond, the program is solved without integrality and its numbers are rounded


@dataclass(frozen=True)
class RepairCosts:
    """What a repair may use, and what it costs.

    Attributes:
        resample: Cost of one more exposure of a real person.
        generate: Cost of one generated person, before its yield.
        max_repeats: Exposures of one real person per pass, the first included.
        max_synthetic_share: Largest share of generated people among all people of the variant.
        tolerance: Allowed distance of each share from its reference.
    """

    resample: float
    generate: float
    max_repeats: int
    max_synthetic_share: float
    tolerance: float


@dataclass(frozen=True)
class Repair:
    """A plan.

    Attributes:
        cells: One row per cell of the planned attributes: a column per attribute, cell (their groups joined by dots),
            n_people, resample (extra exposures), generate (people), attempts (generations to try).
        shares: One row per attribute and group: attribute, group, reference, n_people, planned (people and exposures
            after the repair), unmet (people, rounded up).
    """

    cells: pd.DataFrame
    shares: pd.DataFrame


def cell_name(groups: Sequence[str]) -> str:
    """Name of a cell: its groups, in the order of the planned attributes, joined by dots."""
    return ".".join(groups)


def repair_plan(
    people: pd.DataFrame, references: References, yields: Mapping[str, float], costs: RepairCosts
) -> Repair:
    """Cheapest exposures and generated people that bring every group near its reference share.

    Minimizes Σ resample x_c + generate y_c / yield_c over the cells c of all planned attributes, such that for each
    attribute every group's share of the people whose group is known lies within `tolerance` of its reference,
    x_c <= (max_repeats - 1) n_c, generated people stay below their cap, and, over several attributes, no cell holds
    more than twice the generated people that independent attributes would give it, plus one. What cannot be met is
    returned as `unmet`, never dropped, and is kept small for the group that lacks most relative to its reference.
    Programs of more than 150 cells are solved in real numbers and rounded, so that shares may be off by a person per
    cell.

    Args:
        people: Real people of the training split: a column of groups per planned attribute, `unknown` where not known.
        references: Wanted share per group, by planned attribute.
        yields: Expected acceptance by cell name, in (0, 1]; 1 where absent.
        costs: Costs and limits.

    Returns:
        The plan.

    Raises:
        ValueError: If the program has no solution.
    """
    strange = {name: set(people[name]) - {*references[name], UNKNOWN} for name in references}
    for name, values in strange.items():
        if values:
            raise ValueError(f"Expected a reference share for every group of {name} but got none for {sorted(values)}")
    cells = _cells(people, references)
    rate = np.array([yields.get(name, 1.0) for name in cells["cell"]])
    x, y, unmet = _solved(cells, references, rate, costs)
    generate = np.rint(y)
    planned = cells.assign(
        resample=np.rint(x).astype(int), generate=generate.astype(int), attempts=np.ceil(generate / rate).astype(int)
    )
    return Repair(planned, _shares(planned, references, unmet))


def _solved(cells: pd.DataFrame, references: References, rate: Array, costs: RepairCosts) -> tuple[Array, Array, Array]:
    """Exposures and generated people per cell (C,), and what stays unmet per target.

    The columns of the program are x, y, per target the people that remain missing and those that remain too many, and
    the largest relative shortfall.
    """
    n = cells["n_people"].to_numpy(dtype=float)
    known = cells[list(references)] != UNKNOWN
    rows, limits, wanted = _share_rows(cells, references, n, costs.tolerance)
    size, targets, total = len(cells), len(wanted), max(n.sum(), 1.0)
    cap = costs.max_synthetic_share
    capped = np.concatenate([np.full(size, -cap), np.full(size, 1 - cap), np.zeros(2 * targets + 1)])
    nothing = np.zeros((targets, targets))
    largest = np.hstack([np.zeros((targets, 2 * size)), np.eye(targets), nothing, -total * wanted[:, None]])
    blocks = [rows, capped[None], largest]
    upper = [limits, np.array([cap * n.sum()]), np.zeros(targets)]
    if len(references) > 1:
        spread = _spread_rows(cells, references, known.all(axis=1).to_numpy())
        blocks.append(np.hstack([np.zeros((len(spread), size)), spread, np.zeros((len(spread), 2 * targets + 1))]))
        upper.append(np.ones(len(spread)))
    repeats = (costs.max_repeats - 1) * n * known.any(axis=1)
    unlimited = np.where(known.all(axis=1), 10 * total, 0.0)
    whole = np.ones(2 * size) if size <= EXACT_CELLS else np.zeros(2 * size)
    solved = milp(
        c=np.concatenate(
            [
                np.full(size, costs.resample),
                costs.generate / rate,
                np.full(2 * targets, UNMET_COST),
                [UNMET_COST * total],
            ]
        ),
        constraints=LinearConstraint(csr_array(np.vstack(blocks)), ub=np.concatenate(upper)),
        bounds=Bounds(0, np.concatenate([repeats, unlimited, np.full(2 * targets + 1, np.inf)])),
        integrality=np.concatenate([whole, np.zeros(2 * targets + 1)]),
        options={"mip_rel_gap": SEVERAL_GAP if len(references) > 1 else 0.0},
    )
    if solved.x is None:
        raise ValueError(f"Expected a solvable repair plan but got: {solved.message}")
    x, y, missing, _ = np.split(np.round(solved.x[:-1], 9), [size, 2 * size, 2 * size + targets])
    return x, y, missing


def _cells(people: pd.DataFrame, references: References) -> pd.DataFrame:
    """All cells of known groups, and those with unknown ones that hold somebody."""
    names = list(references)
    found = people.groupby(names).size().to_dict() if len(people) else {}
    found = {key if isinstance(key, tuple) else (key,): count for key, count in found.items()}
    keys = [*product(*(references[name] for name in names)), *sorted(key for key in found if UNKNOWN in key)]
    table = pd.DataFrame(keys, columns=names)
    table["cell"] = [cell_name(key) for key in keys]
    table["n_people"] = [int(found.get(key, 0)) for key in keys]
    return table


def _share_rows(cells: pd.DataFrame, references: References, n: Array, tolerance: float) -> tuple[Array, Array, Array]:
    """Inequalities rows . (x, y, missing, too many, m) <= limits for every share, and the references (T,)."""
    targets = [(attribute, group) for attribute, groups in references.items() for group in groups]
    rows, limits = [], []
    for number, (attribute, group) in enumerate(targets):
        member = (cells[attribute] == group).to_numpy(dtype=float)
        known = (cells[attribute] != UNKNOWN).to_numpy(dtype=float)
        deviation, slack = member - references[attribute][group] * known, tolerance * known
        one, none = -np.eye(len(targets))[number], np.zeros(len(targets))
        for sided, open_ends in ((deviation - slack, (none, one)), (-deviation - slack, (one, none))):
            rows.append(np.concatenate([sided, sided, *open_ends, [0.0]]))
            limits.append(-sided @ n)
    wanted = np.array([references[attribute][group] for attribute, group in targets])
    return np.array(rows), np.array(limits), wanted


def _spread_rows(cells: pd.DataFrame, references: References, full: NDArray[np.bool_]) -> Array:
    """Inequalities rows . y <= 1: y_c is at most `CONCENTRATION` times its expected share of all generated, plus one.

    Expected shares are products over attributes of the mean of the reference and of the normalized deficit.
    """
    expected = np.where(full, 1.0, 0.0)
    for attribute, reference in references.items():
        share = pd.Series(dict(reference))
        counted = cells[cells[attribute] != UNKNOWN].groupby(attribute)["n_people"].sum().reindex(share.index).fillna(0)
        deficit = (share * counted.sum() - counted).clip(lower=0)
        need = deficit / deficit.sum() if deficit.sum() else share
        expected = expected * cells[attribute].map(0.5 * need + 0.5 * share).fillna(0).to_numpy(dtype=float)
    rows: Array = np.eye(len(cells)) - CONCENTRATION * expected[:, None] * np.ones(len(cells))
    return rows[full]


def _shares(cells: pd.DataFrame, references: References, unmet: Array) -> pd.DataFrame:
    total = cells["n_people"] + cells["resample"] + cells["generate"]
    targets = [(attribute, group) for attribute, groups in references.items() for group in groups]
    rows = []
    for (attribute, group), missing in zip(targets, unmet, strict=True):
        member = cells[attribute] == group
        rows.append(
            {
                "attribute": attribute,
                "group": group,
                "reference": references[attribute][group],
                "n_people": int(cells.loc[member, "n_people"].sum()),
                "planned": int(total[member].sum()),
                "unmet": int(np.ceil(missing)),
            }
        )
    return pd.DataFrame(rows, columns=["attribute", "group", "reference", "n_people", "planned", "unmet"])
