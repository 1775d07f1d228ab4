"""Fairer, and nobody harmed."""

import numpy as np
import pandas as pd
import pytest

from hpefair.core.fairness.comparison import Paired, Tolerance, compare
from hpefair.core.fairness.disaggregation import with_overall
from hpefair.core.shares.groups import Group, groups
from hpefair.core.uncertainty.intervals import resample

TOLERANCE = Tolerance(loss=0.02, confidence=0.95, power=0.8, min_support=10)
GROUP = np.repeat(["low", "mid", "high"], 200)
LISTED = with_overall(groups(pd.DataFrame({"contrast": GROUP}), ["contrast"]), 600)
CLUSTERS = np.arange(600)
COUNTS = resample(CLUSTERS, 300, 0)


def verdict(low, mid, high, noise=0.05, seed=0):
    """Compare a baseline (.4, .6, .7 by group) with a candidate that changes each group by so much."""
    rng = np.random.default_rng(seed)
    baseline = np.select([GROUP == "low", GROUP == "mid"], [0.4, 0.6], 0.7) + rng.normal(0, 0.1, 600)
    change = np.select([GROUP == "low", GROUP == "mid"], [low, mid], high) + rng.normal(0, noise, 600)
    paired = Paired(baseline, baseline + change, np.arange(600))
    return compare(paired, LISTED, CLUSTERS, COUNTS, TOLERANCE)


def test_helping_the_worst_group_passes():
    """The gap shrinks and nobody loses."""
    found = verdict(0.1, 0.0, 0.0)
    assert (found.verdict, found.harm, found.fairer) == ("PASS", "PASS", "PASS")


def test_levelling_down_is_refused():
    """All fall and the gap shrinks: not fairer, and a FAIL."""
    found = verdict(-0.05, -0.1, -0.2)
    assert found.gaps["candidate"].iloc[0] < found.gaps["baseline"].iloc[0] - 0.1
    assert found.fairer != "PASS"
    assert found.verdict == "FAIL"


def test_harming_one_group_fails_though_the_mean_rises():
    """A gain elsewhere does not buy a loss."""
    assert verdict(-0.1, 0.1, 0.1).verdict == "FAIL"


def test_no_change_is_inconclusive_about_fairness_but_harmless():
    """Nothing changed: nobody harmed, nothing fairer."""
    found = verdict(0, 0, 0)
    assert found.harm == "PASS"
    assert found.verdict == "INCONCLUSIVE"


def test_small_groups_leave_it_open_and_say_how_many_are_needed():
    """Noise as large as the tolerance allows no verdict."""
    found = verdict(0.0, 0.0, 0.0, noise=1.0)
    assert found.verdict == "INCONCLUSIVE"
    assert found.groups.loc[found.groups["group"] == "low", "people_needed"].iloc[0] > 200


@pytest.mark.parametrize("seed", range(3))
def test_a_null_change_never_fails(seed):
    """Joint intervals keep a FAIL rare when nothing changed."""
    assert verdict(0, 0, 0, noise=0.3, seed=seed).harm != "FAIL"


def test_many_people_of_one_image_prove_nothing():
    """Twelve people in one image are one draw, whatever their mean change."""
    listed = with_overall(groups(pd.DataFrame({"contrast": ["low"] * 12 + ["mid"] * 60}), ["contrast"]), 72)
    image = np.r_[np.zeros(12, int), np.arange(1, 61)]
    baseline = np.full(72, 0.5)
    candidate = baseline - np.r_[np.full(12, 0.2), np.zeros(60)]
    clusters = np.arange(61)
    found = compare(Paired(baseline, candidate, image), listed, clusters, resample(clusters, 100, 0), TOLERANCE)
    low = found.groups.set_index("group").loc["low"]
    assert low["verdict"] == "INCONCLUSIVE"
    assert low[["low", "high", "joint_low", "joint_high"]].isna().all()  # not an interval without width
    assert found.verdict != "FAIL"


def test_a_gap_that_closes_because_the_best_group_falls_is_not_fairer():
    """Even where the fall stays within the tolerance."""
    assert verdict(-0.001, 0.0, -0.012, noise=0.001).verdict == "INCONCLUSIVE"


@pytest.mark.parametrize(("before", "after"), [(0.3, 0.1), (0.1, 0.3)])
def test_less_noise_is_not_fairness_and_more_noise_no_harm_to_it(before, after):
    """Five equal groups of fifty: the spread of their means follows the noise; the verdict hardly ever."""
    rng = np.random.default_rng(0)
    label = np.repeat(list("abcde"), 50)
    listed = with_overall([Group("a", name, label == name) for name in "abcde"], 250)
    clusters = np.arange(250)
    moved = 0
    for trial in range(60):
        paired = Paired(0.7 + rng.normal(0, before, 250), 0.7 + rng.normal(0, after, 250), clusters)
        found = compare(paired, listed, clusters, resample(clusters, 200, trial), TOLERANCE)
        moved += found.fairer != "INCONCLUSIVE"
    assert moved <= 3


def test_a_gap_that_opens_fails():
    """Nobody below the tolerated loss, and yet the low group falls behind."""
    found = verdict(-0.015, 0.0, 0.05, noise=0.01)
    assert found.fairer == "FAIL"
    assert found.gaps.iloc[0]["group"] == "low"
    assert found.groups["n_people"].dtype == "int64"


def test_lifting_the_worst_group_past_another_is_no_harm_to_fairness():
    """Low rises from .4 to .65 and overtakes mid, who keeps what it had."""
    assert verdict(0.25, 0.0, 0.0).fairer == "PASS"


def test_a_best_group_that_falls_within_the_tolerance_passes_nobody():
    """The worst gains nothing: in at most one of twenty worlds is that called fairer."""
    assert sum(verdict(0.0, 0.0, -0.015, noise=0.02, seed=seed).fairer == "PASS" for seed in range(20)) <= 1


def test_rare_losses_do_not_pass_by_luck():
    """One in twenty wholly lost, forty people: a true change of -.045 passes a tolerance of .02 hardly ever."""
    rng = np.random.default_rng(3)
    member = np.arange(300) < 40
    listed = with_overall([Group("a", "x", member), Group("a", "y", ~member)], 300)
    clusters, passed = np.arange(300), 0
    for trial in range(60):
        lost = rng.random(300) < 0.05
        baseline = np.full(300, 0.9) + rng.normal(0, 0.01, 300)
        candidate = np.where(lost, 0.0, baseline + rng.normal(0, 0.01, 300))
        found = compare(
            Paired(baseline, candidate, clusters), listed, clusters, resample(clusters, 200, trial), TOLERANCE
        )
        passed += found.groups.set_index("group").loc["x", "verdict"] == "PASS"
    assert passed <= 3
