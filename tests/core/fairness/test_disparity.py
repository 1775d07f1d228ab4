"""Gaps are read against chance."""

import numpy as np
import pandas as pd
import pytest

from hpefair.core.fairness.disparity import Evidence, exceedance, gaps, null_means
from hpefair.core.fairness.draws import draw
from hpefair.core.shares.groups import Group, groups
from hpefair.core.uncertainty.clusters import image_clusters
from hpefair.core.uncertainty.intervals import resample
from hpefair.core.uncertainty.permutation import relabelled_sums
from tests.core.fairness.worlds import cells, drawn

EVIDENCE = Evidence(confidence=0.95, min_support=10, relabellings=200, seed=0)


def spread(values, image, listed, evidence=EVIDENCE, seed=0):
    """The gap row of one metric of one attribute."""
    draws = drawn(values, image, listed, 100, seed)
    return gaps(draws, null_means(draws, ["oks"], evidence), evidence).iloc[0]


def test_a_relabelling_keeps_every_value_and_every_group_size():
    """Sums over groups that hold everybody add up to the sum of all values."""
    rng = np.random.default_rng(0)
    image = np.repeat(np.arange(30), rng.integers(1, 5, 30))
    values = rng.random((len(image), 2))
    member = np.eye(3)[rng.integers(0, 3, len(image))]
    sums = relabelled_sums(values, member, image, 100)
    np.testing.assert_allclose(sums.sum(axis=1), np.tile(values.sum(axis=0), (100, 1)))
    assert len(np.unique(sums[:, 0, 0].round(9))) > 90
    np.testing.assert_array_equal(sums, relabelled_sums(values, member, image, 100))


def test_relabelled_means_are_the_means_of_a_permutation():
    """One person an image: mean and variance of the group mean are those of sampling without replacement."""
    values = np.random.default_rng(1).random(50)
    member = (np.arange(50) < 10)[:, None]
    means = relabelled_sums(values[:, None], member, np.arange(50), 20_000)[:, 0, 0] / 10
    expected = values.var(ddof=1) / 10 * (1 - 10 / 50)
    assert means.mean() == pytest.approx(values.mean(), abs=0.003)
    assert means.var() == pytest.approx(expected, rel=0.05)


def test_images_of_equal_size_change_places_as_wholes():
    """Values that go by image stay together: with two people an image, both of a group come from one image."""
    image = np.repeat(np.arange(20), 2)
    values = np.repeat(np.arange(20.0), 2)
    member = np.isin(image, [0, 1])[:, None]
    sums = relabelled_sums(values[:, None], member, image, 200)[:, 0, 0]
    assert (sums % 2 == 0).all()


def test_null_floor_is_rarely_passed_when_nothing_is_wrong():
    """Random labels exceed the floor in about one case of twenty; the p-value says the same."""
    rng = np.random.default_rng(0)
    above, small = 0, 0
    for trial in range(150):
        values, image, listed = cells(rng, 30, number=4)
        row = spread(values, image, listed, Evidence(0.95, 5, 200, trial), trial)
        above += row["excess"] > 0
        small += row["p_value"] <= 0.05
    assert 1 <= above <= 17
    assert 1 <= small <= 17


def test_null_floor_holds_where_people_of_an_image_are_alike():
    """Labels that go by image and values that do too: still about one case of twenty."""
    rng = np.random.default_rng(1)
    above = 0
    for trial in range(150):
        image = np.repeat(np.arange(60), rng.integers(1, 6, 60))
        values = rng.normal(0, 0.2, 60)[image] + rng.normal(0, 0.2, len(image))
        label = rng.integers(0, 3, 60)[image]
        listed = [Group("a", str(g), label == g) for g in range(3)]
        above += spread(values, image, listed, Evidence(0.95, 5, 200, trial), trial)["excess"] > 0
    assert above <= 18


def test_a_planted_gap_stands_out():
    """Named, beyond chance, with small p-values."""
    values, image, listed = cells(np.random.default_rng(3), 100, gap=0.25, number=5)
    row = spread(values, image, listed)
    assert row["worst_group"] == "c00"
    assert row["excess"] > 0.05
    assert row["p_value"] == row["worst_p_value"] == 1 / 201
    assert row["worst_low"] < values[listed[0].member].mean() < row["worst_high"] < row["worst_value"] + 0.15


def test_the_worst_of_many_equal_groups_is_covered_although_it_was_picked():
    """Its joint interval holds the common mean in nearly all cases."""
    rng = np.random.default_rng(4)
    hits = sum(
        row["worst_low"] <= 0.7 <= row["worst_high"]
        for row in (spread(*cells(rng, 40, number=8), EVIDENCE, trial) for trial in range(60))
    )
    assert hits >= 54


def test_unsupported_groups_are_named_not_hidden():
    """A group with too few people takes no part and is listed as left out."""
    people = pd.DataFrame({"contrast": ["low"] * 20 + ["mid"] * 20 + ["high"] * 2})
    values = np.r_[np.full(20, 0.5), np.full(20, 0.7), np.zeros(2)]
    row = spread(values, np.arange(42), groups(people, ["contrast"]))
    assert row["left_out"] == "high"
    assert row["worst_group"] == "low"
    assert round(row["difference"], 6) == 0.2
    assert row["groups"] == 2


def test_one_group_has_no_gap():
    """NaN, not zero."""
    people = pd.DataFrame({"contrast": ["low"] * 30})
    row = spread(np.random.default_rng(0).random(30), np.arange(30), groups(people, ["contrast"]))
    assert np.isnan(row["difference"])
    assert row["worst_group"] == ""


def test_exceedance_never_is_zero():
    """A finite number of relabellings proves no p-value of 0."""
    assert exceedance(5.0, np.arange(4.0)) == 0.2
    assert exceedance(-1.0, np.arange(4.0)) == 1.0


@pytest.mark.parametrize(("number", "gap"), [(2, 0.1), (8, 0.1), (8, 0.0)])
def test_the_interval_holds_the_largest_true_difference(number, gap):
    """Also among many small groups, where the spread of estimates is mostly noise: in at least 93 % of 150 worlds."""
    rng = np.random.default_rng(number)
    hits = 0
    for trial in range(150):
        row = spread(*cells(rng, 40, gap, number), Evidence(0.95, 5, 20, 0), trial)
        hits += row["low"] <= gap <= row["high"]
    assert hits >= 140


def test_subjects_are_not_torn_apart_by_the_null():
    """Sixty subjects with ten pictures each, who differ from each other but not by group: p <= .05 in few worlds."""
    rng = np.random.default_rng(5)
    subject = np.repeat(np.arange(60), 10)
    clusters, image = image_clusters(600, np.arange(600), subject.astype(str).tolist()), np.arange(600)
    small = 0
    for trial in range(100):
        values = 0.7 + rng.normal(0, 0.15, 60)[subject] + rng.normal(0, 0.15, 600)
        label = rng.integers(0, 3, 60)[subject]
        listed = [Group("a", str(g), label == g) for g in range(3)]
        scores = pd.DataFrame({"image": image, "oks": values})
        draws = draw(scores, ("oks",), listed, clusters, resample(clusters, 200, trial))
        row = gaps(draws, null_means(draws, ["oks"], EVIDENCE), EVIDENCE).iloc[0]
        small += row["p_value"] <= 0.05
    assert small <= 10


def test_a_group_that_nobody_found_still_has_an_interval():
    """Twenty-four people with nothing right: [0, something], not missing."""
    people = pd.DataFrame({"contrast": ["low"] * 24 + ["mid"] * 40})
    values = np.r_[np.zeros(24), np.random.default_rng(0).uniform(0.5, 1, 40)]
    row = spread(values, np.arange(64), groups(people, ["contrast"]))
    assert row["worst_low"] == pytest.approx(0, abs=1e-9)
    assert 0.05 < row["worst_high"] < 0.3


def test_a_few_tied_images_leave_the_null_as_it_is():
    """Three hundred people and ten, the same chance of being missed, two images of one subject: few small p-values."""
    rng = np.random.default_rng(9)
    image = np.arange(310)
    clusters = image_clusters(310, image[:2], ["s", "s"])
    listed = [Group("a", "big", image < 300), Group("a", "small", image >= 300)]
    small = 0
    for trial in range(100):
        scores = pd.DataFrame({"image": image, "oks": (rng.random(310) < 0.85) * 1.0})
        draws = draw(scores, ("oks",), listed, clusters, resample(clusters, 100, trial))
        small += gaps(draws, null_means(draws, ["oks"], EVIDENCE), EVIDENCE).iloc[0]["p_value"] <= 0.05
    assert small <= 10


def test_groups_that_are_all_alike_inside_are_not_forgotten():
    """All of one group found, none of another: the interval holds the difference of 1 between them."""
    values = np.r_[np.zeros(30), np.ones(30), np.tile([0.0, 1.0], 15)]
    listed = [Group("a", name, np.repeat(list("abc"), 30) == name) for name in "abc"]
    row = spread(values, np.arange(90), listed)
    assert row["difference"] == 1
    assert 0.5 < row["low"] < row["high"] == 1
    alike = spread(np.zeros(90), np.arange(90), listed)
    assert alike["worst_group"] == ""
    assert (alike["difference"], alike["low"]) == (0, 0)
