"""Small repair problems, and the outside truth of plans: all of them, tried one by one."""

import itertools

import numpy as np
import pandas as pd

from hpefair.core.balance.cells import cell_table, evidence
from hpefair.core.balance.problem import Limits, Maker, Problem

LIMITS = Limits(resample=3, max_repeats=3, max_synthetic_share=0.5)


def people(**columns):
    """People with these groups; whoever is known is surely known, nobody is repeated."""
    table = pd.DataFrame(columns)
    sure = {f"{name}_sure": table[name] != "unknown" for name in columns}
    return table.assign(**sure, exposure=1.0, synthetic=False, root_person=[f"p{k}" for k in range(len(table))])


def drawn(counts):
    """People of one attribute from numbers by group."""
    return [group for group, number in counts.items() for _ in range(number)]


def maker(cells, name="render", cost=1.0, most=np.inf, parents=np.inf, adds=None, share=1.0):
    """A backend that can make everybody for the same cost, unless told otherwise."""
    size = len(cells)
    attributes = [column for column in cells if column.endswith("_sure")]
    every = frozenset(column.removesuffix("_sure") for column in attributes) if adds is None else frozenset(adds)
    broad = (np.broadcast_to(np.asarray(value, float), (size,)) for value in (cost, most, parents))
    return Maker(name, *broad, every, share)


def problem(table, requirements, makers=(maker,), limits=LIMITS, references=None, audited=None):
    """A problem about people; even references by default."""
    names = [column for column in table if f"{column}_sure" in table]
    cells = cell_table(table, names)
    found = {name: evidence(cells, name, (audited or {}).get(name)) for name in names}
    known = {name: [g for g in dict.fromkeys(cells[name]) if g != "unknown"] for name in names}
    even = {name: dict.fromkeys(groups, 1 / len(groups)) for name, groups in known.items()}
    return Problem(cells, found, references or even, requirements, [make(cells) for make in makers], limits)


def holds(about, repeats, made):
    """Whether every requirement holds, counted from people one by one and not from inequalities.

    `made` is one row per maker. Values are taken as sure.
    """
    cells, whole = about.cells, about.exposure + repeats + made.sum(axis=0)
    new = sum((np.minimum(row, who.parents) for who, row in zip(about.makers, made, strict=True)), np.zeros(len(cells)))
    for requirement in about.requirements:
        name = requirement.attributes[0]
        known = (cells[name] != "unknown").to_numpy()
        groups = list(about.references[name])
        shown = np.array([whole[(cells[name] == group).to_numpy()].sum() for group in groups])
        wanted = np.array([about.references[name][group] for group in groups])
        if requirement.kind == "support":
            there = cells["n_distinct"].to_numpy() + new
            if any(there[(cells[name] == group).to_numpy()].sum() < requirement.minimum for group in groups):
                return False
        elif requirement.kind == "ratio":
            ratio = shown / max(whole[known].sum(), 1e-12) / wanted
            if (ratio < requirement.minimum - 1e-9).any() or (ratio > requirement.maximum + 1e-9).any():
                return False
        elif requirement.kind == "unknown":
            if whole[~known].sum() > requirement.maximum * whole.sum() + 1e-9:
                return False
        elif requirement.kind == "divergence":
            share = shown / max(whole[known].sum(), 1e-12)
            if np.abs(share - wanted).sum() / 2 > requirement.maximum + 1e-9:
                return False
    return True


def brute_force(about, limit):
    """Lowest cost of all plans that generate at most `limit` people of a cell; None where none holds.

    No maker makes more people of a cell than it can (`Maker.most`).
    """
    size, best = len(about.cells), None
    spans = [range(int(n) + 1) for n in about.repeatable]
    for who in about.makers:
        spans += [
            range(int(min(limit, most)) + 1 if able else 1) for able, most in zip(about.named, who.most, strict=True)
        ]
    for plan in itertools.product(*spans):
        repeats, made = np.array(plan[:size], float), np.array(plan[size:], float).reshape(len(about.makers), size)
        whole = (about.exposure + repeats + made.sum(axis=0)).sum()
        if made.sum() > about.limits.max_synthetic_share * whole + 1e-9 or not holds(about, repeats, made):
            continue
        cost = about.limits.resample * repeats.sum()
        cost += sum(float(who.cost @ row) for who, row in zip(about.makers, made, strict=True))
        best = cost if best is None else min(best, cost)
    return best
