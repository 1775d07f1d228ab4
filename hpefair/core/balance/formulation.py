"""The integer program of a repair."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.sparse import csr_array, diags_array, eye_array

from hpefair.arrays import Array
from hpefair.core.balance.problem import Maker, Problem
from hpefair.core.balance.program import Block, Program
from hpefair.core.balance.requirements import WEIGHTS, Bound, bounds, covered_cells, divergence_bounds

# Over several attributes no cell may hold more than this many times the generated people that independent attributes
# would give it, and one more: the cheapest plan would otherwise make every added child also large and hard to see.
CONCENTRATION: Final = 2.0
MANY: Final = 10  # generated people of one cell, in parts of everybody: a bound that no sensible plan reaches


@dataclass
class Formulation:
    """A program and where its unknowns are.

    Attributes:
        program: The program.
        repeats: Extra exposures (C,).
        made: By maker, generated people (C,): first distinct ones, then, where parents are few, further ones of theirs.
        missing: By requirement, by how many people each of its inequalities falls short, and which group it is about.
        weights: Weight of each of these shortfalls.
        lacking: Those of them that are about groups with too few people.
        largest: The largest weighed shortfall of those.
    """

    program: Program
    repeats: Block
    made: list[tuple[Block, ...]]
    missing: dict[int, list[tuple[Block, str]]] = field(default_factory=dict)
    weights: dict[Block, float] = field(default_factory=dict)
    lacking: list[Block] = field(default_factory=list)
    largest: Block | None = None

    @property
    def everybody(self) -> list[Block]:
        """All blocks of generated people."""
        return [block for blocks in self.made for block in blocks]

    def shortfall(self, found: Array) -> float:
        """Weighed shortfall of a solution: the sum, and the largest one as often as there are inequalities."""
        total = sum(weight * found[block.start] for block, weight in self.weights.items())
        return float(total + len(self.weights) * found[self.largest.start]) if self.largest else 0.0


def formulate(
    problem: Problem, elastic: bool, nearest: float | None = None, expected: float | None = None
) -> Formulation:
    """The program of a repair.

    Args:
        problem: The problem.
        elastic: Whether requirements may fall short, at the price of their weight; nothing else then costs.
        nearest: With `elastic`: shortfalls are free, but limited to this weighed sum, and people cost again.
        expected: Generated people that the spread over cells is reckoned from, for each backend by itself; None: from
            as many as the plan itself generates, of all backends together, which large programs cannot afford.
    """
    priced = not elastic or nearest is not None
    program, size = Program(), len(problem.cells)
    repeats = program.columns(size, problem.limits.resample * priced, problem.repeatable, whole=True)
    most = np.full(size, np.inf) if expected is None else np.floor(CONCENTRATION * problem.expected() * expected + 1)
    makers = [_made(program, problem, maker, priced, most) for maker in problem.makers]
    out = Formulation(program, repeats, makers)
    _limit(problem, out)
    if expected is None and problem.makers and len(problem.evidence) > 1:
        _spread(problem, out)
    for number, requirement in enumerate(problem.requirements):
        weight = WEIGHTS[requirement.severity]
        if requirement.kind == "divergence":
            _divergence(problem, out, number, weight, elastic)
        elif requirement.kind == "cells":
            _cells(problem, out, number, weight, elastic, choose=expected is None)
        else:
            inequalities = bounds(
                number, requirement, problem.cells, problem.evidence, problem.references, problem.limits.margin
            )
            for bound in inequalities:
                _add(problem, out, bound, weight, elastic)
    if elastic:
        _weigh(out, nearest)
    return out


def _made(program: Program, problem: Problem, maker: Maker, priced: bool, cap: Array) -> tuple[Block, ...]:
    """People a maker makes: as many as there are parents are distinct, further ones are not."""
    size, cost = len(problem.cells), np.where(maker.most > 0, maker.cost, 0.0) * priced
    most = np.where(problem.named, np.minimum(np.minimum(maker.most, cap), MANY * max(problem.exposure.sum(), 100)), 0)
    first = program.columns(size, cost, np.minimum(maker.parents, most), whole=True)
    if (maker.parents >= most).all():
        return (first,)
    return first, program.columns(size, cost, most - np.minimum(maker.parents, most), whole=True)


def _add(problem: Problem, out: Formulation, bound: Bound, weight: float, elastic: bool) -> None:
    """One inequality; with `elastic`, it may fall short."""
    parts, least = _parts(problem, out, bound)
    if elastic:
        missing = _fall_short(out, parts, bound.requirement, bound.about, weight * bound.scale)
        if bound.lacking:
            out.lacking.append(missing)
    out.program.rows(parts, least)


def _fall_short(out: Formulation, parts: dict[Block, object], number: int, about: str, weight: float) -> Block:
    """One more unknown of an inequality: what is missing of it, at this weight."""
    missing = out.program.columns(1)
    parts[missing] = np.ones((1, 1))
    out.missing.setdefault(number, []).append((missing, about))
    out.weights[missing] = weight
    return missing


def _parts(problem: Problem, out: Formulation, bound: Bound) -> tuple[dict[Block, object], float]:
    """Coefficients of the unknowns in an inequality, and its right-hand side."""
    least = bound.least - float(bound.real @ problem.exposure)
    parts: dict[Block, object] = {}
    if not bound.distinct:
        parts[out.repeats] = bound.real[None]
    attribute = problem.requirements[bound.requirement].attributes[0]
    for maker, made in zip(problem.makers, out.made, strict=True):
        if not bound.distinct:
            parts |= dict.fromkeys(made, bound.made[None])
        elif attribute in maker.adds:
            parts[made[0]] = bound.made[None]
    return parts, least


def _divergence(problem: Problem, out: Formulation, number: int, weight: float, elastic: bool) -> None:
    requirement = problem.requirements[number]
    attribute = requirement.attributes[0]
    reference = problem.references[attribute]
    each, total = divergence_bounds(number, requirement, problem.cells, problem.evidence[attribute], reference)
    deviation = out.program.columns(len(reference))
    for place, bound in enumerate(each):
        parts, least = _parts(problem, out, bound)
        own = np.zeros((1, len(reference)))
        own[0, place // 2] = 1.0
        out.program.rows({**parts, deviation: own}, least)
    parts, least = _parts(problem, out, total)
    parts[deviation] = np.full((1, len(reference)), -0.5)
    if elastic:
        _fall_short(out, parts, number, "all groups", weight)
    out.program.rows(parts, least)


def _cells(problem: Problem, out: Formulation, number: int, weight: float, elastic: bool, choose: bool) -> None:
    """Enough cells need their people each: the cheapest ones, or, unless there is a choice, those that lack least."""
    requirement = problem.requirements[number]
    members = covered_cells(requirement, problem.cells)
    member = csr_array(np.stack([who for _, who in members]))
    there = member @ problem.cells["n_distinct"].to_numpy(dtype=float)
    wanted = int(np.ceil(requirement.minimum * len(members) - 1e-9))
    nearest = np.argsort(-np.minimum(there, requirement.people), kind="stable")[:wanted]
    may_count = np.ones(len(members)) if choose else np.isin(np.arange(len(members)), nearest).astype(float)
    covered = out.program.columns(len(members), 0.0, may_count, whole=choose)
    parts: dict[Block, object] = {covered: diags_array(np.full(len(members), -float(requirement.people)))}
    for maker, made in zip(problem.makers, out.made, strict=True):
        if set(requirement.attributes) & maker.adds:
            parts[made[0]] = member
    out.program.rows(parts, -there)
    enough: dict[Block, object] = {covered: np.ones((1, len(members)))}
    if elastic:
        _fall_short(out, enough, number, "cells", weight * requirement.people)
    out.program.rows(enough, wanted)


def _limit(problem: Problem, out: Formulation) -> None:
    """Caps on generated people: among all exposures, and of one backend."""
    size, cap = len(problem.cells), problem.limits.max_synthetic_share
    if not problem.makers:
        return
    share: dict[Block, object] = dict.fromkeys(out.everybody, np.full((1, size), cap - 1))
    out.program.rows({out.repeats: np.full((1, size), cap), **share}, -cap * problem.exposure.sum())
    able = np.stack([(maker.most > 0) & problem.named for maker in problem.makers])
    several = able.sum(axis=0) > 1
    for number, maker in enumerate(problem.makers):
        if maker.share < 1 and (able[number] & several).any():
            both = several * able[number]
            parts = dict.fromkeys(out.everybody, maker.share * both[None])
            parts |= dict.fromkeys(out.made[number], (maker.share - 1) * both[None])
            out.program.rows(parts, -1.0)  # one person more: a plan of one needs some backend


def _spread(problem: Problem, out: Formulation) -> None:
    """No cell holds more than `CONCENTRATION` times its expected part of all generated people, and one more."""
    size = len(problem.cells)
    everybody = out.program.columns(1)
    one = np.ones((1, size))
    out.program.rows({everybody: np.ones((1, 1)), **dict.fromkeys(out.everybody, -one)}, 0.0)
    out.program.rows({everybody: -np.ones((1, 1)), **dict.fromkeys(out.everybody, one)}, 0.0)
    most = CONCENTRATION * problem.expected()[problem.named]
    rows = eye_array(size, format="csr")[np.flatnonzero(problem.named)]
    out.program.rows({everybody: most[:, None], **dict.fromkeys(out.everybody, -rows)}, -np.ones(len(most)))


def _weigh(out: Formulation, nearest: float | None) -> None:
    """Price, or limit, the sum of weighed shortfalls and the largest of them."""
    count = len(out.weights)
    out.largest = out.program.columns(1, 0.0 if nearest is not None else float(count))
    for block in out.lacking:
        out.program.rows({out.largest: np.ones((1, 1)), block: np.full((1, 1), -out.weights[block])}, 0.0)
    for block, weight in out.weights.items():
        if nearest is None:
            out.program.price(block, weight)
    if nearest is not None:
        parts = {block: np.full((1, 1), -weight) for block, weight in out.weights.items()}
        parts[out.largest] = np.full((1, 1), -float(count))
        out.program.rows(parts, -nearest * (1 + 1e-6) - 1e-6)
