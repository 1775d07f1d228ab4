"""The repair plan is the cheapest one, and says what it cannot fill."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpefair.core.balance.quotas import RepairCosts, quotas

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


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 8), st.integers(1, 8), st.integers(1, 4), st.integers(1, 4))
def test_equals_brute_force(a, b, resample, generate):
    """Same cost as the exhaustive search, whenever a plan exists there."""
    costs = RepairCosts(resample, generate, 3, 0.4, 0.1)
    plan = quotas({"a": a, "b": b}, 0, EVEN, {"a": 1.0, "b": 1.0}, costs)
    expected = brute_force({"a": a, "b": b}, 0, EVEN, costs)
    if expected is not None:
        assert plan["unmet"].sum() == 0
        assert resample * plan["resample"].sum() + generate * plan["generate"].sum() == pytest.approx(expected)


def test_what_cannot_be_filled_is_said():
    """No generation allowed and nobody to repeat: unmet, not dropped."""
    plan = quotas({"a": 10}, 0, EVEN, {}, RepairCosts(1, 1, 4, 0.0, 0.05)).set_index("group")
    assert plan.loc["b", "unmet"] > 0
    assert plan["generate"].sum() == 0


def test_yield_raises_the_attempts():
    """Half of the attempts are expected to fail, so twice as many are made."""
    plan = quotas({"a": 20, "b": 2}, 0, EVEN, {"a": 1.0, "b": 0.5}, RepairCosts(9, 1, 2, 0.6, 0.02)).set_index("group")
    assert plan.loc["b", "generate"] > 0
    assert plan.loc["b", "attempts"] == 2 * plan.loc["b", "generate"]


def test_balanced_data_needs_nothing():
    """The smallest repair of balanced data is none."""
    plan = quotas({"a": 10, "b": 10}, 5, EVEN, {}, RepairCosts(1, 1, 4, 0.3, 0.05))
    assert plan[["resample", "generate", "unmet"]].to_numpy().sum() == 0
