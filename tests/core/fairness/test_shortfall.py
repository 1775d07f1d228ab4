"""Verdicts per group: few false alarms, and power both ways."""

import numpy as np
import pandas as pd
import pytest

from hpefair.core.fairness.disparity import Evidence, null_means
from hpefair.core.fairness.shortfall import shortfalls
from hpefair.core.shares.groups import Group, groups
from tests.core.fairness.worlds import cells, drawn


def judged(values, image, listed, tolerance, seed=0, relabellings=20):
    """Table of shortfalls of one metric."""
    draws = drawn(values, image, listed, 300, seed)
    evidence = Evidence(0.95, 10, relabellings, seed)
    return shortfalls(draws, null_means(draws, ["oks"], evidence), evidence, tolerance, 0.8)


def test_no_false_alarm_over_24_cells_where_the_plain_gap_always_rings():
    """50 people a cell, nothing wrong: a FAIL in at most 5 % of 100 worlds, even with no tolerance at all."""
    rng = np.random.default_rng(0)
    alarms = plain = 0
    for trial in range(100):
        values, image, listed = cells(rng, 50)
        alarms += (judged(values, image, listed, 0.0, trial)["verdict"] == "FAIL").any()
        plain += np.ptp([values[group.member].mean() for group in listed]) > 0.05
    assert alarms <= 5
    assert plain > 95


def test_a_planted_gap_fails():
    """A shortfall of .2 against a tolerance of .05, 120 people a cell: found in at least 80 % of 40 worlds, alone."""
    rng = np.random.default_rng(1)
    found = 0
    for trial in range(40):
        table = judged(*cells(rng, 120, gap=0.2), 0.05, trial)
        found += table["verdict"].iloc[0] == "FAIL"
        assert (table["verdict"].iloc[1:] != "FAIL").all()
    assert found >= 32


def test_no_gap_passes_with_enough_people():
    """700 people a cell: all 24 cells PASS in at least 80 % of 30 worlds."""
    rng = np.random.default_rng(2)
    passed = sum((judged(*cells(rng, 700), 0.05, trial)["verdict"] == "PASS").all() for trial in range(30))
    assert passed >= 24


def test_shortfall_is_rest_less_group():
    """By hand, with everybody weighted alike; p-values corrected over groups."""
    rng = np.random.default_rng(3)
    values, image, listed = cells(rng, 60, gap=0.3, number=3)
    table = judged(values, image, listed, 0.05, relabellings=400)
    for row, group in zip(table.itertuples(), listed, strict=True):
        assert row.shortfall == pytest.approx(values[~group.member].mean() - values[group.member].mean())
    assert (table["p_value"] <= table["p_holm"]).all()
    assert (table["p_bh"] <= table["p_holm"]).all()
    assert table["p_value"].iloc[0] == pytest.approx(1 / 401)


def test_small_and_absent_groups_are_listed_and_inconclusive():
    """Neither dropped nor passed."""
    people = pd.DataFrame({"contrast": ["low"] * 40 + ["mid"] * 4})
    table = judged(np.random.default_rng(0).random(44), np.arange(44), groups(people, ["contrast"]), 0.05)
    assert table["group"].tolist() == ["low", "mid", "high"]
    assert (table["verdict"] == "INCONCLUSIVE").all()


def test_identical_people_prove_nothing():
    """A bootstrap of equal values has no width; that is no evidence."""
    listed = [Group("a", "x", np.arange(60) < 30), Group("a", "y", np.arange(60) >= 30)]
    assert (judged(np.full(60, 0.5), np.arange(60), listed, 0.05)["verdict"] == "INCONCLUSIVE").all()


def test_uncertain_membership_counts_by_its_probability():
    """Labels known only with probability .9 shrink a gap of .3 to about .3 (.9 - .1)."""
    rng = np.random.default_rng(5)
    label = np.repeat([0, 1], 2000)
    values = 0.7 - 0.3 * (label == 0) + rng.normal(0, 0.1, 4000)
    seen = np.where(rng.random(4000) < 0.9, label, 1 - label)
    chance = np.where(seen == 0, 0.9, 0.1)
    listed = [Group("a", "x", chance), Group("a", "y", 1 - chance)]
    row = judged(values, np.arange(4000), listed, 0.05).iloc[0]
    assert row["shortfall"] == pytest.approx(0.3 * 0.64, abs=0.02)
    assert row["verdict"] == "FAIL"


@pytest.mark.parametrize(("size", "often"), [(10, 0.11), (30, 0.11), (30, 0.07), (60, 0.07)])
def test_a_group_that_is_missed_now_and_then_does_not_pass_by_luck(size, often):
    """Scores near .95, or 0 for one person in nine or fourteen: such shortfalls pass a tolerance of .05 rarely."""
    rng = np.random.default_rng(size)
    passed = 0
    for trial in range(100):
        missed = np.r_[rng.random(size) < often, np.zeros(400, bool)]
        values = np.where(missed, 0.0, rng.uniform(0.9, 1.0, size + 400))
        member = np.arange(size + 400) < size
        listed = [Group("a", "x", member), Group("a", "y", ~member)]
        passed += judged(values, np.arange(size + 400), listed, 0.05, trial)["verdict"].iloc[0] == "PASS"
    assert passed <= 5


def test_a_large_group_beside_a_small_one_needs_nobody_more():
    """More of the large group would not help: the small one carries the error, and says how many it needs."""
    rng = np.random.default_rng(6)
    label = np.arange(3000) < 60
    listed = [Group("a", "small", label), Group("a", "big", ~label)]
    table = judged(0.7 + rng.normal(0, 0.28, 3000), np.arange(3000), listed, 0.05).set_index("group")
    assert 150 < table.loc["small", "people_needed"] < 500
    assert table.loc["big", "people_needed"] == np.inf


def test_a_small_rest_that_looks_perfect_fails_nobody():
    """Three hundred people and twelve, one of ten missed in both: the twelve often look perfect by luck."""
    rng = np.random.default_rng(7)
    failed = 0
    for trial in range(100):
        values = (rng.random(312) < 0.9) * 1.0
        listed = [Group("a", "big", np.arange(312) < 300), Group("a", "small", np.arange(312) >= 300)]
        failed += (judged(values, np.arange(312), listed, 0.05, trial)["verdict"] == "FAIL").any()
    assert failed <= 5


def test_people_needed_counts_the_room_for_unseen_losses():
    """Sixty people who are all alike need 74 images for a PASS at .05, whatever their interval says."""
    rng = np.random.default_rng(8)
    values = rng.normal(0.95, 0.02, 2060)
    listed = [Group("a", "big", np.arange(2060) < 2000), Group("a", "small", np.arange(2060) >= 2000)]
    row = judged(values, np.arange(2060), listed, 0.05).set_index("group").loc["small"]
    assert row["verdict"] == "INCONCLUSIVE"
    assert row["people_needed"] == pytest.approx(np.log(40) / 0.05, abs=1)
