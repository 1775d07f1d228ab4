"""Corrected shares cover the truth where naive ones cannot."""

import numpy as np
import pytest

from hpefair.core.labels.reviewed_sample import Audited, audited
from hpefair.core.shares.prevalence import METHODS, confusion, group_means, shares
from hpefair.core.uncertainty.intervals import resample


def world(rng, prevalence, looked_at, images=1000, right=0.8, left_alone=0.9):
    """People of images with a clustered trait, a classifier of known error, and an audit of some of them."""
    image = np.repeat(np.arange(images), rng.integers(1, 4, images))
    chance = rng.beta(prevalence * 4, (1 - prevalence) * 4, images)[image]
    true = (rng.random(len(image)) < chance).astype(int)
    said = np.where(true == 1, rng.random(len(image)) < right, rng.random(len(image)) > left_alone).astype(int)
    seen = np.full(len(image), -1)
    rows = rng.choice(len(image), looked_at, replace=False)
    seen[rows] = true[rows]
    return audited(said, seen, image, 2)


@pytest.mark.parametrize(("prevalence", "looked_at"), [(0.05, 200), (0.05, 1000), (0.2, 500), (0.5, 200), (0.5, 1000)])
def test_corrected_shares_cover_where_naive_ones_do_not(prevalence, looked_at):
    """Prevalence .05 to .5, audits of 200 to 1,000 people clustered in images: about 95 % against nearly none."""
    rng = np.random.default_rng(looked_at)
    hits = np.zeros(3)
    for trial in range(60):
        found = shares(world(rng, prevalence, looked_at), ("no", "yes"), resample(np.arange(1000), 150, trial), 0.95)
        mine = found[found["group"] == "yes"]
        hits += (mine["low"] <= prevalence).to_numpy() & (prevalence <= mine["high"]).to_numpy()
    assert hits[0] <= 12
    assert (hits[1:] >= 52).all()


def test_adjusted_count_is_the_textbook_formula():
    """(naive - false positive rate) / (true positive rate - false positive rate), for two groups."""
    seen = world(np.random.default_rng(0), 0.3, 600)
    matrix = confusion(seen)
    naive = seen.says[:, 1].mean()
    expected = (naive - matrix[1, 0]) / (matrix[1, 1] - matrix[1, 0])
    found = shares(seen, ("no", "yes"), resample(np.arange(1000), 20, 0), 0.95).set_index(["method", "group"])
    assert found.loc[("adjusted_count", "yes"), "share"] == pytest.approx(expected, abs=1e-6)
    for method in METHODS:
        assert found.loc[method, "share"].sum() == pytest.approx(1, abs=0.02)


def test_a_perfect_classifier_needs_no_correction():
    """All three agree with the truth, an absent group has its row with 0, and rare errors stay possible."""
    rng = np.random.default_rng(1)
    true = rng.choice(3, 900, p=[0.7, 0.3, 0.0])
    seen = np.where(rng.random(900) < 0.3, true, -1)
    found = shares(
        audited(true, seen, np.arange(900), 3), ("a", "b", "c"), resample(np.arange(900), 20, 0), 0.95
    ).set_index(["method", "group"])
    for method in METHODS:
        assert found.loc[(method, "a"), "share"] == pytest.approx((true == 0).mean(), abs=0.01)
        assert found.loc[(method, "c"), "share"] == pytest.approx(0, abs=1e-9)
    assert found.loc[("naive", "c"), "high"] == 0
    # None of about 270 audited people was of the third group: about 1 % of all may be.
    assert found.loc[("prediction_powered", "c"), "high"] == pytest.approx(-np.log(0.025) / (seen >= 0).sum(), rel=1e-6)


def test_prediction_powered_intervals_are_narrower_than_the_audit_alone():
    """What the classifier says about everybody is worth something."""
    seen = world(np.random.default_rng(2), 0.3, 200, right=0.95, left_alone=0.97)
    found = shares(seen, ("no", "yes"), resample(np.arange(1000), 300, 0), 0.95).set_index(["method", "group"])
    row = found.loc[("prediction_powered", "yes")]
    rate = (seen.seen[seen.audit] == 1).mean()
    assert row["high"] - row["low"] < 0.8 * 2 * 1.96 * np.sqrt(rate * (1 - rate) / 200)


def test_equals_ppi_plus_plus_by_hand():
    """One indicator, no clusters: the published estimator, written out."""
    rng = np.random.default_rng(3)
    guess, truth = rng.random(500), (rng.random(500) < 0.4).astype(int)
    looked = np.arange(500) < 120
    says = np.stack([1 - guess, guess], axis=1)
    seen = Audited(says, np.where(looked, truth, -1), np.arange(500), np.ones(500), np.zeros(500, bool))
    found = shares(seen, ("no", "yes"), resample(np.arange(500), 5, 0), 0.95).set_index(["method", "group"])
    covariance = np.cov(guess[looked], truth[looked], bias=True)
    power = np.clip(covariance[0, 1] / (covariance[0, 0] * (1 + 120 / 500)), 0, 1)
    expected = power * guess.mean() + (truth[looked] - power * guess[looked]).mean()
    assert found.loc[("prediction_powered", "yes"), "share"] == pytest.approx(expected)


def test_generated_people_need_no_audit():
    """They are what they were made as: the correction is about the others, whose part of the set it takes."""
    rng = np.random.default_rng(4)
    real = world(rng, 0.2, 400, images=800)
    n = len(real.says)
    made = 2 * n
    everyone = Audited(
        np.concatenate([real.says, np.tile([0.0, 1.0], (made, 1))]),
        np.concatenate([real.seen, np.full(made, -1)]),
        np.concatenate([real.image, np.repeat(np.arange(800), 10)[:made]]),
        np.ones(n + made),
        np.arange(n + made) >= n,
    )
    counts = resample(np.arange(800), 50, 0)
    alone = shares(real, ("no", "yes"), counts, 0.95).set_index(["method", "group"])["share"]
    mixed = shares(everyone, ("no", "yes"), counts, 0.95).set_index(["method", "group"])["share"]
    for method in METHODS:
        assert mixed[(method, "yes")] == pytest.approx((alone[(method, "yes")] + 2) / 3, abs=1e-9)


def test_who_cannot_be_told_is_set_aside():
    """Shares among those that an auditor can tell, although the classifier calls some of the others by a name."""
    rng = np.random.default_rng(5)
    true = rng.choice(3, 4000, p=[0.3, 0.3, 0.4])  # 2: nobody can tell
    said = np.where((true == 2) & (rng.random(4000) < 0.5), 0, true)
    seen = np.where(rng.random(4000) < 0.25, true, -1)
    found = shares(
        audited(said, seen, np.arange(4000), 3),
        ("a", "b", "unknown"),
        resample(np.arange(4000), 200, 0),
        0.95,
        ["unknown"],
    ).set_index(["method", "group"])
    assert found.loc[("naive", "a"), "share"] > 0.6
    for method in METHODS[1:]:
        row = found.loc[(method, "a")]
        assert row["low"] < 0.5 < row["high"] < 0.56
        assert found.loc[method, "share"].sum() == pytest.approx(1)


@pytest.mark.parametrize(("shares_of", "looked_at"), [((0.01, 0.19, 0.8), 200), ((0.02, 0.08, 0.9), 300)])
def test_rare_groups_beside_many_who_cannot_be_told(shares_of, looked_at):
    """Errors too rare to be seen weigh more among the few who can be told: coverage holds."""
    hits = 0
    for trial in range(60):
        rng = np.random.default_rng(trial)
        true = rng.choice(3, 3000, p=shares_of)
        said = np.where(rng.random(3000) < 0.15, rng.choice(3, 3000), true)
        seen = np.where(np.isin(np.arange(3000), rng.choice(3000, looked_at, replace=False)), true, -1)
        found = shares(
            audited(said, seen, np.arange(3000), 3), ("a", "b", "unknown"), resample(np.arange(3000), 150, trial), 0.95,
            ["unknown"],
        )  # fmt: skip
        row = found.set_index(["method", "group"]).loc[("prediction_powered", "a")]
        hits += row["low"] <= shares_of[0] / (shares_of[0] + shares_of[1]) <= row["high"]
    assert hits >= 55


def test_values_that_say_nothing_leave_room_for_what_the_audit_missed():
    """Everybody's value is unknown, and all 25 who were audited were feminine: one in twenty may still not be."""
    for trial in range(20):
        true = np.where(np.random.default_rng(trial).random(400) < 0.95, 0, 1)
        seen = np.where(np.arange(400) < 25, true, -1)
        found = shares(
            audited(np.full(400, 2), seen, np.arange(400), 3), ("f", "m", "unknown"), resample(np.arange(400), 100, 0),
            0.95, ["unknown"],
        ).set_index(["method", "group"])  # fmt: skip
        row = found.loc[("prediction_powered", "f")]
        assert row["low"] <= 0.95 <= row["high"], trial


def test_counts_are_not_adjusted_by_a_classifier_that_tells_nothing():
    """Its matrix has no inverse: the interval says so, and the prediction-powered one falls back on the audit."""
    rng = np.random.default_rng(7)
    true = (rng.random(3000) < 0.3).astype(int)
    seen = np.where(rng.random(3000) < 0.1, true, -1)
    found = shares(
        audited(rng.integers(0, 2, 3000), seen, np.arange(3000), 2),
        ("no", "yes"),
        resample(np.arange(3000), 200, 0),
        0.95,
    ).set_index(["method", "group"])
    assert tuple(found.loc[("adjusted_count", "yes"), ["low", "high"]]) == (0, 1)
    row = found.loc[("prediction_powered", "yes")]
    assert row["low"] < 0.3 < row["high"] < 0.4


def test_group_means_survive_errors_that_go_with_the_score():
    """The classifier misses the group where the score is low, as small people are: naive means say it is fine."""
    rng = np.random.default_rng(6)
    hits = 0
    for trial in range(40):
        true = (rng.random(3000) < 0.3).astype(int)
        score = np.clip(rng.normal(0.7 - 0.15 * true, 0.15), 0, 1)
        missed = (true == 1) & (rng.random(3000) < np.clip(1.4 - 2 * score, 0, 1))
        said = np.where(missed, 0, true)
        seen = np.where(rng.random(3000) < 0.2, true, -1)
        found = group_means(
            audited(said, seen, np.arange(3000), 2), score, ("no", "yes"), resample(np.arange(3000), 150, trial), 0.95
        ).set_index(["method", "group"])
        truth = score[true == 1].mean()
        assert found.loc[("naive", "yes"), "mean"] > truth + 0.02
        row = found.loc[("prediction_powered", "yes")]
        hits += row["low"] <= truth <= row["high"]
    assert hits >= 36


def test_without_an_audit_there_is_no_correction():
    """Nor with columns of different length, nor with an audit of people who cannot be wrong."""
    with pytest.raises(ValueError, match="Expected at least one reviewed person"):
        audited(np.zeros(3, int), np.full(3, -1), np.arange(3), 2)
    with pytest.raises(ValueError, match="Expected 3 people"):
        audited(np.zeros(3, int), np.zeros(2, int), np.arange(3), 2)
    with pytest.raises(ValueError, match="known beyond doubt"):
        Audited(np.eye(2), np.zeros(2, int), np.arange(2), np.ones(2), np.ones(2, bool))
