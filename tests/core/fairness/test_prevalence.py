"""Corrected shares cover the truth where naive ones cannot."""

import numpy as np
import pytest

from hpefair.core.fairness.intervals import resample
from hpefair.core.fairness.prevalence import METHODS, Audited, confusion, shares


def world(rng, prevalence, audited, images=1000, right=0.8, left_alone=0.9):
    """People of images with a clustered trait, a classifier of known error, and an audit of some of them."""
    image = np.repeat(np.arange(images), rng.integers(1, 4, images))
    chance = rng.beta(prevalence * 4, (1 - prevalence) * 4, images)[image]
    true = (rng.random(len(image)) < chance).astype(int)
    said = np.where(true == 1, rng.random(len(image)) < right, rng.random(len(image)) > left_alone).astype(int)
    seen = np.full(len(image), -1)
    rows = rng.choice(len(image), audited, replace=False)
    seen[rows] = true[rows]
    return Audited(said, seen, image)


@pytest.mark.parametrize(("prevalence", "audited"), [(0.05, 200), (0.05, 1000), (0.2, 500), (0.5, 200), (0.5, 1000)])
def test_corrected_shares_cover_where_naive_ones_do_not(prevalence, audited):
    """Prevalence .05 to .5, audits of 200 to 1,000 people clustered in images: about 95 % against nearly none."""
    rng = np.random.default_rng(audited)
    hits = np.zeros(3)
    for trial in range(60):
        found = shares(world(rng, prevalence, audited), ("no", "yes"), resample(np.arange(1000), 150, trial), 0.95)
        mine = found[found["group"] == "yes"]
        hits += (mine["low"] <= prevalence).to_numpy() & (prevalence <= mine["high"]).to_numpy()
    assert hits[0] <= 12
    assert (hits[1:] >= 52).all()


def test_adjusted_count_is_the_textbook_formula():
    """(naive - false positive rate) / (true positive rate - false positive rate), for two groups."""
    audited = world(np.random.default_rng(0), 0.3, 600)
    matrix = confusion(audited, 2)
    naive = (audited.predicted == 1).mean()
    expected = (naive - matrix[1, 0]) / (matrix[1, 1] - matrix[1, 0])
    found = shares(audited, ("no", "yes"), resample(np.arange(1000), 20, 0), 0.95).set_index(["method", "group"])
    assert found.loc[("adjusted_count", "yes"), "share"] == pytest.approx(expected, abs=1e-6)
    for method in METHODS:
        assert found.loc[method, "share"].sum() == pytest.approx(1, abs=0.02)


def test_a_perfect_classifier_needs_no_correction():
    """All three agree with the truth, and an absent group has its row with 0."""
    rng = np.random.default_rng(1)
    true = rng.choice(3, 900, p=[0.7, 0.3, 0.0])
    seen = np.where(rng.random(900) < 0.3, true, -1)
    audited = Audited(true, seen, np.arange(900))
    found = shares(audited, ("a", "b", "c"), resample(np.arange(900), 20, 0), 0.95).set_index(["method", "group"])
    for method in METHODS:
        assert found.loc[(method, "a"), "share"] == pytest.approx((true == 0).mean(), abs=0.01)
        assert found.loc[(method, "c"), "share"] == pytest.approx(0, abs=1e-9)


def test_prediction_powered_intervals_are_narrower_than_the_audit_alone():
    """What the classifier says about everybody is worth something."""
    audited = world(np.random.default_rng(2), 0.3, 200, right=0.95, left_alone=0.97)
    found = shares(audited, ("no", "yes"), resample(np.arange(1000), 300, 0), 0.95).set_index(["method", "group"])
    row = found.loc[("prediction_powered", "yes")]
    rate = (audited.seen[audited.seen >= 0] == 1).mean()
    assert row["high"] - row["low"] < 0.8 * 2 * 1.96 * np.sqrt(rate * (1 - rate) / 200)


def test_without_an_audit_there_is_no_correction():
    """Nor with columns of different length."""
    with pytest.raises(ValueError, match="Expected an audited sample"):
        Audited(np.zeros(3, int), np.full(3, -1), np.arange(3))
    with pytest.raises(ValueError, match="Expected 3 people"):
        Audited(np.zeros(3, int), np.zeros(2, int), np.arange(3))
