"""Shares, their intervals, their references."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.spatial.distance import jensenshannon
from scipy.stats import binomtest

from hpefair.core.shares.distances import distances, variation_bounds
from hpefair.core.shares.groups import groups
from hpefair.core.shares.representation import (
    Counted,
    coverage,
    design_effect,
    identification_bounds,
    share_interval,
    share_table,
)


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (3, 17), (50, 50), (120, 400)])
def test_wilson_equals_scipy(hits, n):
    """Without clustering the interval is scipy's."""
    expected = binomtest(hits, n).proportion_ci(0.95, method="wilson")
    np.testing.assert_allclose(share_interval(hits, n, 1.0, 0.95), (expected.low, expected.high), atol=1e-12)


def clustered_sample(rng, n_images=80, share=0.3):
    """People in images of five; everybody in an image tends to be alike."""
    image_share = rng.beta(share * 2, (1 - share) * 2, n_images)
    member = rng.random((n_images, 5)) < image_share[:, None]
    return member.ravel(), np.repeat(np.arange(n_images), 5)


def test_clustered_interval_covers_where_the_naive_one_does_not():
    """300 samples of people who come in groups: 95 % means 95 %, the naive interval means far less."""
    rng = np.random.default_rng(0)
    naive = adjusted = 0
    for _ in range(300):
        member, image = clustered_sample(rng)
        for effect, counted in ((1.0, "naive"), (design_effect(member, image), "adjusted")):
            low, high = share_interval(int(member.sum()), len(member), effect, 0.95)
            covers = low <= 0.3 <= high
            naive += covers * (counted == "naive")
            adjusted += covers * (counted == "adjusted")
    assert naive / 300 < 0.85
    assert 0.92 <= adjusted / 300 <= 0.98


def table(values, attribute, reference, image=None, identity=None, exposure=None):
    """Share table of one attribute, by group."""
    people = pd.DataFrame({attribute: values})
    n = len(values)
    image = np.arange(n) if image is None else np.array(image)
    identity = np.arange(n) if identity is None else np.array(identity)
    counted = Counted(image, identity, np.ones(n) if exposure is None else np.array(exposure, float))
    return share_table(groups(people, [attribute]), counted, {attribute: reference}, 0.95).set_index("group")


def test_absent_group_is_a_row_with_a_deficit():
    """A group the reference asks for and nobody belongs to never vanishes."""
    rows = table(["low"] * 8 + ["mid"] * 2, "contrast", {"low": 0.4, "mid": 0.3, "high": 0.3})
    assert rows.loc["high", "n_people"] == 0
    assert rows.loc["high", "deficit"] == 3
    assert rows.loc["low", "ratio"] == pytest.approx(2.0)
    assert np.isnan(rows.loc["unknown", "share_known"])


def test_unknown_perceived_people_may_be_anyone_but_unmeasurable_ones_are_outside():
    """Worst-case bounds for gender presentation; an exact share for contrast."""
    given = table(["feminine"] * 2 + ["unknown"] * 8, "gender_presentation", None)
    assert tuple(given.loc["feminine", ["bound_low", "bound_high"]]) == (0.2, 1.0)
    measured = table(["low"] * 2 + ["mid"] * 2 + ["unknown"] * 6, "contrast", None)
    assert tuple(measured.loc["low", ["bound_low", "bound_high"]]) == (0.5, 0.5)
    assert identification_bounds(0, 0, 0, "age_band") == (0.0, 1.0)


def test_support_counts_distinct_people():
    """Generated copies of one person are one person."""
    rows = table(["high"] * 4, "contrast", None, identity=[7, 7, 7, 8])
    assert rows.loc["high", "n_people"] == 4
    assert rows.loc["high", "n_distinct"] == 2


def test_distances_equal_scipy_over_the_union_of_groups():
    """A group absent from the data or from the reference counts."""
    found = distances({"a": 0.5, "b": 0.5}, {"b": 0.25, "c": 0.75})
    p, q = [0.5, 0.5, 0.0], [0.0, 0.25, 0.75]
    assert found["jensen_shannon"] == pytest.approx(jensenshannon(p, q, base=2))
    assert found["total_variation"] == pytest.approx(0.75)
    assert found["min_ratio"] == 0


def test_coverage_names_the_uncovered():
    """Cells below the minimum are listed by name."""
    rows = coverage(table(["low"] * 12 + ["mid"] * 3, "contrast", None).reset_index(), 10).iloc[0]
    assert (rows["covered"], rows["groups"], rows["uncovered"]) == (1, 3, "mid, high")


def test_repeats_count_in_shares_but_not_in_support():
    """Two people shown three times each weigh as much as six; their interval does not get narrower for it."""
    once = table(["low"] * 6 + ["mid"] * 6, "contrast", None)
    repeated = table(["low"] * 6 + ["mid"] * 2, "contrast", None, exposure=[1] * 6 + [3] * 2)
    assert repeated.loc["mid", "share_known"] == once.loc["mid", "share_known"] == 0.5
    assert repeated.loc["mid", "bound_low"] == 0.5
    assert repeated.loc["mid", "n_distinct"] == 2
    assert repeated.loc["mid", "high"] - repeated.loc["mid", "low"] > once.loc["mid", "high"] - once.loc["mid", "low"]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 1)), min_size=2, max_size=4))
def test_variation_bounds_equal_a_linear_program(ends):
    """Smallest by linprog, largest by one program for every set of groups, over shares that add up to 1."""
    low, high = np.array([min(a, b) for a, b, _ in ends]), np.array([max(a, b) for a, b, _ in ends])
    assume(low.sum() <= 1 <= high.sum())
    reference = np.array([q for _, _, q in ends])
    reference /= reference.sum()
    n = len(low)
    found = variation_bounds(low, high, reference)
    # p in the box, d >= |p - q|
    upper = np.block([[np.eye(n), -np.eye(n)], [-np.eye(n), -np.eye(n)]])
    limits = [*zip(low, high, strict=True), *[(0, None)] * n]
    equal = ([np.r_[np.ones(n), np.zeros(n)]], [1])
    smallest = linprog(np.r_[np.zeros(n), np.full(n, 0.5)], upper, np.r_[reference, -reference], *equal, limits)
    assert found[0] == pytest.approx(smallest.fun, abs=1e-7)
    largest = max(
        -linprog(-np.array(signs, float), None, None, [np.ones(n)], [1], limits[:n]).fun - reference @ np.array(signs)
        for signs in product((0, 1), repeat=n)
    )
    assert found[1] == pytest.approx(largest, abs=1e-7)
