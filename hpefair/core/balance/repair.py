"""The smallest repair: whom to repeat and whom to generate, with which backend, and what cannot be repaired."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from hpefair.arrays import Array
from hpefair.core.balance.formulation import Formulation, formulate
from hpefair.core.balance.problem import Problem

Short = dict[str, float]

EXACT_CELLS: Final = 150  # beyond, the program is solved in real numbers and rounded
MET: Final = 1e-4  # people; solvers are no more precise


@dataclass(frozen=True)
class Repair:
    """A plan.

    Attributes:
        cells: The cells with resample (extra exposures), generate (people), and `generate_<backend>` of each backend.
        requirements: One row per requirement: requirement (in words), severity, attribute, met_before, met, missing
            (people by which the nearest plan that can be had falls short) and about (the groups that it leaves short).
        cost: Cost of the plan.
    """

    cells: pd.DataFrame
    requirements: pd.DataFrame
    cost: float


def repair(problem: Problem) -> Repair:
    """Cheapest exposures and generated people with which every requirement holds.

    Minimizes Σ_c resample · x_c + Σ_bc cost_bc · y_bc, such that every requirement holds, x_c <= (max_repeats - 1) n_c,
    generated people stay below their share of all exposures, no backend makes more than its share of those whom
    another could make as well, and, over several attributes, no cell holds more than twice the generated people that
    independent attributes would give it, plus one. Where not all requirements can hold, the plan comes nearest:
    shortfalls are weighed by severity, their sum and the largest one are made as small as can be, and the cheapest of
    the plans that are as near is taken.

    Args:
        problem: The problem.

    Returns:
        The plan; of problems with more than 150 cells, a rounded one whose cost is near the lowest.
    """
    expected = _expected(problem) if len(problem.cells) > EXACT_CELLS else None
    before = _missing_now(problem)
    form = formulate(problem, elastic=False, expected=expected)
    solution = _solved(form)
    missing: list[Short] = [{} for _ in problem.requirements]
    if solution is None:
        loose = formulate(problem, elastic=True, expected=expected)
        best = _solved(loose)
        if best is None:
            raise ValueError("Expected the plan that changes nothing to be possible but got no plan at all")
        form = formulate(problem, elastic=True, nearest=loose.shortfall(best), expected=expected)
        solution = _solved(form)
        if solution is None:  # rounding of the solver
            form, solution = loose, best
        missing = _short(problem, form, solution)
    return _told(problem, form, solution, before, missing)


def _told(problem: Problem, form: Formulation, solution: Array, before: list[Short], missing: list[Short]) -> Repair:
    repeats = np.rint(solution[form.repeats.start : form.repeats.stop]).astype(int)
    cells, cost = problem.cells.assign(resample=repeats, generate=0), problem.limits.resample * float(repeats.sum())
    for maker, blocks in zip(problem.makers, form.made, strict=True):
        made = sum((np.rint(solution[b.start : b.stop]).astype(int) for b in blocks), np.zeros(len(cells), int))
        cells[f"generate_{maker.name}"] = made
        cells["generate"] += made
        cost += float(maker.cost[made > 0] @ made[made > 0])
    rows = [
        {
            "requirement": str(requirement),
            "severity": requirement.severity,
            "attribute": requirement.attributes[0],
            "met_before": not before[number],
            "met": not missing[number],
            "missing": float(sum(missing[number].values())),
            "about": ", ".join(missing[number]),
        }
        for number, requirement in enumerate(problem.requirements)
    ]
    columns = ["requirement", "severity", "attribute", "met_before", "met", "missing", "about"]
    return Repair(cells, pd.DataFrame(rows, columns=columns), cost)


def _solved(form: Formulation) -> Array | None:
    exact = len(form.repeats) <= EXACT_CELLS
    return form.program.solve() if exact else form.program.solve_nearly()


def _expected(problem: Problem) -> float:
    """Generated people that bring the attribute which lacks most to its reference, as far as their cap allows."""
    shown, cap = float(problem.exposure.sum()), problem.limits.max_synthetic_share
    most = max((float((problem.shown(name) / problem.reference(name)).max()) for name in problem.evidence), default=0.0)
    return min(max(most - shown, 0.0), cap / (1 - cap) * (shown + float(problem.repeatable.sum())))


def _missing_now(problem: Problem) -> list[Short]:
    """What each requirement lacks when nothing is done; without margin, as the gates judge."""
    still = replace(problem, makers=(), limits=replace(problem.limits, max_repeats=1, margin=0.0))
    form = formulate(still, elastic=True, expected=0.0)
    solution = form.program.relax()
    if solution is None:
        return [{"all groups": np.inf} for _ in problem.requirements]
    return _short(problem, form, solution)


def _short(problem: Problem, form: Formulation, solution: Array) -> list[Short]:
    """People whom each requirement lacks, by group; empty where it holds."""
    lacking: list[Short] = [{} for _ in problem.requirements]
    for number, missing in form.missing.items():
        for block, about in missing:
            if solution[block.start] > MET:
                lacking[number][about] = lacking[number].get(about, 0.0) + float(solution[block.start])
    return lacking
