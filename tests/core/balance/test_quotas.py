"""The repair plan is the cheapest one, and says what it cannot fill."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpefair.core.balance.quotas import RepairCosts, repair_plan

EVEN = {"a": 0.5, "b": 0.5}


def brute_force(counts, n_unknown, reference, costs, limit=14):
    """Cheapest feasible plan by trying all."""
    n, share = np.array(list(counts.values())), np.array(list(reference.values()))
    best = None
    spans = [range(min((costs.max_repeats - 1) * k, limit) + 1) for k in n] + [range(limit + 1)] * len(n)
    for plan in itertools.product(*spans):
        x, y = np.array(plan[: len(n)]), np.array(plan[len(n) :])
        total = n + x + y
        off = np.abs(total - share * total.sum()) > costs.tolerance * total.sum() + 1e-9
        capped = y.sum() <= costs.max_synthetic_share * (total.sum() - x.sum() + n_unknown + x.sum()) + 1e-9
        if not off.any() and capped:
            cost = costs.resample * x.sum() + costs.generate * y.sum()
            best = cost if best is None else min(best, cost)
    return best


def people(counts, n_unknown=0):
    return pd.DataFrame({"trait": [g for g, n in counts.items() for _ in range(n)] + ["unknown"] * n_unknown})


def one_attribute(counts, n_unknown, reference, yields, costs):
    return repair_plan(people(counts, n_unknown), {"trait": reference}, yields, costs)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 8), st.integers(1, 8), st.integers(1, 4), st.integers(1, 4))
def test_equals_brute_force(a, b, resample, generate):
    """Same cost as the exhaustive search, whenever a plan exists there."""
    costs = RepairCosts(resample, generate, 3, 0.4, 0.1)
    plan = one_attribute({"a": a, "b": b}, 0, EVEN, {"a": 1.0, "b": 1.0}, costs)
    expected = brute_force({"a": a, "b": b}, 0, EVEN, costs)
    if expected is not None:
        assert plan.shares["unmet"].sum() == 0
        found = resample * plan.cells["resample"].sum() + generate * plan.cells["generate"].sum()
        assert found == pytest.approx(expected)


def test_what_cannot_be_filled_is_said():
    """No generation allowed and nobody to repeat: unmet, not dropped."""
    plan = one_attribute({"a": 10}, 0, EVEN, {}, RepairCosts(1, 1, 4, 0.0, 0.05))
    assert plan.shares.set_index("group").loc["b", "unmet"] > 0
    assert plan.cells["generate"].sum() == 0


def test_yield_raises_the_attempts():
    """Half of the attempts are expected to fail, so twice as many are made."""
    plan = one_attribute({"a": 20, "b": 2}, 0, EVEN, {"a": 1.0, "b": 0.5}, RepairCosts(9, 1, 2, 0.6, 0.02))
    row = plan.cells.set_index("cell").loc["b"]
    assert row["generate"] > 0
    assert row["attempts"] == 2 * row["generate"]


def test_balanced_data_needs_nothing():
    """The smallest repair of balanced data is none."""
    plan = one_attribute({"a": 10, "b": 10}, 5, EVEN, {}, RepairCosts(1, 1, 4, 0.3, 0.05))
    assert plan.cells[["resample", "generate"]].to_numpy().sum() == 0
    assert plan.shares["unmet"].sum() == 0


AGES = {"young": 0.5, "old": 0.5}
BUILDS = {"slim": 0.3, "average": 0.4, "large": 0.3}


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_every_attribute_is_met_and_the_limits_are_kept(seed):
    """Over two attributes with unknown values: shares, repeats and the cap on generated people hold."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "age": rng.choice(["young", "old", "unknown"], 120, p=[0.7, 0.2, 0.1]),
            "build": rng.choice(["slim", "average", "large", "unknown"], 120, p=[0.4, 0.4, 0.1, 0.1]),
        }
    )
    costs = RepairCosts(3, 1, 4, 0.5, 0.05)
    plan = repair_plan(table, {"age": AGES, "build": BUILDS}, {}, costs)
    cells, shares = plan.cells, plan.shares
    assert cells["n_people"].sum() == 120
    assert (cells["resample"] <= 3 * cells["n_people"]).all()
    generated = cells["generate"]
    assert generated.sum() <= 0.5 * (cells["n_people"] + cells["resample"] + generated).sum() + 1e-6
    assert (generated[(cells[["age", "build"]] == "unknown").any(axis=1)] == 0).all()
    assert shares["unmet"].sum() == 0
    for _, rows in shares.groupby("attribute"):
        assert ((rows["planned"] / rows["planned"].sum() - rows["reference"]).abs() <= 0.05 + 1e-6).all()


def test_added_people_are_spread_over_cells():
    """Short of the old and of the large: the added old are not all large, though that would be cheapest."""
    table = pd.DataFrame({"age": ["young"] * 90 + ["old"] * 10, "build": (["slim", "average"] * 45 + ["large"] * 10)})
    plan = repair_plan(table, {"age": AGES, "build": BUILDS}, {}, RepairCosts(3, 1, 4, 0.5, 0.05))
    old = plan.cells[plan.cells["age"] == "old"]
    assert old["generate"].sum() > 20
    assert old.loc[old["build"] == "large", "generate"].sum() < 0.9 * old["generate"].sum()


def test_equal_groups_are_treated_alike_when_the_cap_binds():
    """Two absent groups share what may be generated; the solver's taste does not decide."""
    thirds = dict.fromkeys(["low", "mid", "high"], 1 / 3)
    plan = one_attribute({"high": 50}, 0, thirds, {}, RepairCosts(3, 1, 4, 0.35, 0.05))
    generated = plan.cells.set_index("cell")["generate"]
    assert abs(generated["low"] - generated["mid"]) <= 1
    assert generated["low"] >= 12
    assert (plan.shares.set_index("group").loc[["low", "mid"], "unmet"] > 0).all()


def test_small_plans_are_not_switched_off_by_the_spread():
    """A cap of nine people among many cells: they are generated all the same."""
    rng = np.random.default_rng(0)
    ages = ["child", "teen", "adult", "middle", "older"]
    table = pd.DataFrame(
        {
            "age": rng.choice(ages, 300, p=[0.01, 0.01, 0.9, 0.07, 0.01]),
            "build": rng.choice(["slim", "average", "large"], 300, p=[0.1, 0.8, 0.1]),
        }
    )
    references = {"age": dict.fromkeys(ages, 0.2), "build": dict.fromkeys(["slim", "average", "large"], 1 / 3)}
    plan = repair_plan(table, references, {}, RepairCosts(3, 1, 1, 0.03, 0.02))
    assert plan.cells["generate"].sum() >= 8  # within the relative gap of the search


def test_many_cells_are_solved_and_nearly_met():
    """Five attributes, 900 cells: solved in real numbers, shares within a hundredth of their tolerance."""
    rng = np.random.default_rng(0)
    groups = {"a": 5, "b": 3, "c": 3, "d": 2, "e": 10}
    table = pd.DataFrame({name: rng.integers(0, n, 1000).astype(str) for name, n in groups.items()})
    table.loc[table.sample(frac=0.3, random_state=1).index, "a"] = "0"
    references = {name: {str(k): 1 / n for k in range(n)} for name, n in groups.items()}
    plan = repair_plan(table, references, {}, RepairCosts(3, 1, 4, 0.35, 0.02))
    for _, rows in plan.shares.groupby("attribute"):
        assert ((rows["planned"] / rows["planned"].sum() - rows["reference"]).abs() <= 0.03).all()


def test_a_group_without_a_reference_is_refused():
    with pytest.raises(ValueError, match="Expected a reference share for every group of trait"):
        one_attribute({"a": 3, "c": 2}, 0, EVEN, {}, RepairCosts(1, 1, 2, 0.3, 0.05))


def test_nobody_to_plan_for():
    """An empty training split, and one of unknown people only: nothing is planned, nothing breaks."""
    for counts, unknown in (({}, 0), ({}, 7)):
        plan = one_attribute(counts, unknown, EVEN, {}, RepairCosts(1, 1, 2, 0.3, 0.05))
        assert plan.cells[["resample", "generate"]].to_numpy().sum() == 0
