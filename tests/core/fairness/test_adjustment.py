"""Adjusted gaps separate what differs with the group from what the group suffers."""

import numpy as np
import pandas as pd
import pytest

from hpefair.core.fairness.adjustment import adjusted_difference
from hpefair.core.shares.groups import Group


def world(rng, gap, n=1200, images=400):
    """Group x is often small, small people score worse; x itself is served worse by `gap`."""
    image = rng.integers(0, images, n)
    is_x = rng.random(n) < 0.4
    small = rng.random(n) < np.where(is_x, 0.8, 0.2)
    crowded = rng.random(n) < 0.3
    values = 0.8 - 0.2 * small - 0.1 * crowded - gap * is_x + rng.normal(0, 0.1, images)[image] + rng.normal(0, 0.1, n)
    context = pd.DataFrame({"scale": np.where(small, "small", "large"), "crowding": np.where(crowded, "yes", "no")})
    return values, [Group("a", "y", ~is_x), Group("a", "x", is_x)], context, image


def test_a_confounder_alone_leaves_no_gap_and_a_real_one_stays():
    """Raw difference .12 + gap; adjusted: gap."""
    rng = np.random.default_rng(0)
    for gap in (0.0, 0.1):
        values, listed, context, image = world(rng, gap, 6000, 2000)
        raw = values[listed[0].member].mean() - values[listed[1].member].mean()
        found = adjusted_difference(values, listed, (0, 1), context, image, (0.95, 2))
        assert raw == pytest.approx(gap + 0.12, abs=0.02)
        assert found["adjusted_difference"] == pytest.approx(gap, abs=0.015)


def test_it_is_the_coefficient_of_least_squares():
    """numpy's lstsq on the same columns."""
    values, listed, context, image = world(np.random.default_rng(1), 0.05)
    x, small, crowded = listed[1].member, context["scale"] == "small", context["crowding"] == "yes"
    design = np.stack([~x, x, small, crowded], axis=1).astype(float)
    beta = np.linalg.lstsq(design, values, rcond=None)[0]
    found = adjusted_difference(values, listed, (0, 1), context, image, (0.95, 2))
    assert found["adjusted_difference"] == pytest.approx(beta[0] - beta[1])


def test_interval_covers():
    """Clustered by image, in 93 to 97 % of 400 worlds."""
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(400):
        values, listed, context, image = world(rng, 0.05, 300, 100)
        found = adjusted_difference(values, listed, (0, 1), context, image, (0.95, 2))
        hits += found["adjusted_low"] <= 0.05 <= found["adjusted_high"]
    assert 0.92 <= hits / 400 <= 0.98


def test_groups_that_context_tells_apart_completely_have_no_adjusted_gap():
    """No two people are alike but for the group: NaN, not a number out of thin air."""
    is_x = np.arange(40) < 20
    context = pd.DataFrame({"scale": np.where(is_x, "small", "large")})
    listed = [Group("a", "y", ~is_x), Group("a", "x", is_x)]
    found = adjusted_difference(np.random.default_rng(0).random(40), listed, (0, 1), context, np.arange(40), (0.95, 2))
    assert np.isnan(list(found.values())).all()


def test_without_context_it_is_the_raw_difference():
    """Nothing to hold fixed."""
    values, listed, context, image = world(np.random.default_rng(3), 0.05)
    found = adjusted_difference(values, listed, (0, 1), context[[]], image, (0.95, 2))
    raw = values[listed[0].member].mean() - values[listed[1].member].mean()
    assert found["adjusted_difference"] == pytest.approx(raw)


def test_uncertain_membership_without_context_gives_the_difference_of_weighted_means():
    """The same estimand as the raw gap."""
    rng = np.random.default_rng(4)
    values, chance = rng.random(300), rng.random(300)
    listed = [Group("a", "x", chance), Group("a", "y", 1 - chance)]
    nothing = pd.DataFrame(index=range(300))
    found = adjusted_difference(values, listed, (0, 1), nothing, np.arange(300), (0.95, 2))
    raw = np.average(values, weights=chance) - np.average(values, weights=1 - chance)
    assert found["adjusted_difference"] == pytest.approx(raw)


def test_interval_covers_for_a_small_group():
    """Ten people alongside eight hundred: in 93 to 97 % of 600 worlds."""
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(600):
        values, member = rng.normal(0, 1, 810), np.arange(810) < 10
        listed = [Group("a", "y", ~member), Group("a", "x", member)]
        context = pd.DataFrame({"scale": rng.choice(["s", "m"], 810)})
        found = adjusted_difference(values, listed, (0, 1), context, np.arange(810), (0.95, 2))
        hits += found["adjusted_low"] <= 0 <= found["adjusted_high"]
    assert 0.93 <= hits / 600 <= 0.97


@pytest.mark.parametrize("like", [1, 3, 20])
def test_few_people_of_like_context_carry_no_confident_number(like):
    """A hundred each, of whom only so many share the other group's context: nothing below ten, and cover above."""
    rng = np.random.default_rng(like)
    member = np.arange(200) < 100
    context = pd.DataFrame({"scale": np.where(member & (np.arange(200) >= like), "small", "large")})
    listed = [Group("a", "y", ~member), Group("a", "x", member)]
    found = [
        adjusted_difference(rng.normal(0, 1, 200), listed, (0, 1), context, np.arange(200), (0.95, 10))
        for _ in range(200)
    ]
    if like < 10:
        assert all(np.isnan(one["adjusted_difference"]) for one in found)
    else:
        assert sum(one["adjusted_low"] <= 0 <= one["adjusted_high"] for one in found) >= 184
