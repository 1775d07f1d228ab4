"""Who is let in how often, what that does to the mix, and how many faults may remain."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from hpefair.core.balance.acceptance import acceptance_weights, defect_bound, rates_by_group, uneven


def made(seed, n=400, child=0.4, adult=0.9):
    """People of two ages and two builds; the screen is harder on children."""
    rng = np.random.default_rng(seed)
    age, build = rng.choice(["child", "adult"], n), rng.choice(["slim", "large"], n)
    accepted = rng.random(n) < np.where(age == "child", child, adult)
    return pd.DataFrame({"age_band": age, "build": build, "accepted": accepted})


def test_rates_are_those_counted_one_by_one():
    table = made(0)
    rates = rates_by_group(table, ["age_band", "age_band.build"], 0.95).set_index(["attribute", "group"])
    own = table[table["age_band"] == "child"]
    assert rates.loc[("age_band", "child"), "rate"] == pytest.approx(own["accepted"].mean())
    assert rates.loc[("age_band.build", "child.slim"), "made"] == (own["build"] == "slim").sum()
    interval = binomtest(int(own["accepted"].sum()), len(own)).proportion_ci(0.95, "wilson")
    assert rates.loc[("age_band", "child"), "low"] == pytest.approx(interval.low)
    assert rates.loc[("age_band", "child"), "high"] == pytest.approx(interval.high)


def test_an_uneven_screen_is_named():
    found = uneven(rates_by_group(made(0), ["age_band", "build"], 0.95), 0.9).set_index("attribute")
    assert list(found.index) == ["age_band"]
    assert found.loc["age_band", "lowest"] == "child"
    assert found.loc["age_band", "clear"]
    few = made(0).iloc[:12]
    assert uneven(rates_by_group(few, ["age_band"], 0.95), 0.9).empty  # too few to say


@given(st.integers(0, 2**32))
def test_weights_restore_the_mix(seed):
    """The accepted, weighted, have the shares of all who were made; the mean is 1."""
    table = made(seed)
    weight = acceptance_weights(table, ["age_band", "build"])
    kept = table["accepted"].to_numpy()
    assert (weight[~kept] == 0).all()
    assert weight[kept].mean() == pytest.approx(1)
    assert weight.max() <= 3 + 1e-6
    for name in ("age_band", "build"):
        wanted = table[name].value_counts(normalize=True)
        shown = pd.Series(weight).groupby(table[name]).sum() / weight.sum()
        pd.testing.assert_series_equal(shown.sort_index(), wanted.sort_index(), check_names=False, atol=1e-6)


def test_an_even_screen_needs_no_weights():
    table = made(1).assign(accepted=True)
    np.testing.assert_allclose(acceptance_weights(table, ["age_band", "build"]), 1.0)
    nobody = acceptance_weights(table.assign(accepted=False), ["age_band"])
    assert (nobody == 0).all()


def test_nobody_made_is_no_fault():
    """A plan that asks for nobody."""
    empty = made(0).iloc[:0]
    rates = rates_by_group(empty, ["age_band", "age_band.build"], 0.95)
    assert rates.empty
    assert uneven(rates, 0.9).empty
    assert len(acceptance_weights(empty, ["age_band"])) == 0


@given(st.integers(1, 200), st.floats(0, 1), st.sampled_from([0.9, 0.95, 0.99]))
def test_the_bound_on_defects_is_clopper_and_pearsons(reviewed, share, confidence):
    """Against scipy's exact one-sided interval."""
    bad = int(share * reviewed)
    expected = binomtest(bad, reviewed, alternative="less").proportion_ci(confidence, "exact").high
    assert defect_bound(reviewed, bad, confidence) == pytest.approx(expected, abs=1e-9)


def test_nobody_reviewed_bounds_nothing():
    assert defect_bound(0, 0, 0.95) == 1.0
