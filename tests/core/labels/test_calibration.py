"""Probabilities are made to mean what they say, and thresholds keep their promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss as sklearn_log_loss

from hpefair.core.labels.calibration import (
    NOBODY,
    calibration_error,
    cross_fitted,
    log_loss,
    platt,
    reliability,
    temperature,
    threshold,
    unscaled,
    wilson_low,
)


def world(rng, n=4000, groups=3, overconfidence=3.0, lean=0.0, spread=1.2):
    """People whose true group follows probabilities, and a classifier that exaggerates them and leans to one group."""
    logits = rng.normal(0, spread, (n, groups))
    truth = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    logits = overconfidence * logits
    logits[:, 0] += lean
    return softmax(logits, axis=1), truth, softmax(logits / overconfidence, axis=1)


def test_temperature_is_found():
    """A classifier that triples its logits is brought back to a third; ranks stay."""
    probabilities, truth, honest = world(np.random.default_rng(0))
    scaling = temperature(probabilities, truth)
    assert scaling.slope == pytest.approx(1 / 3, rel=0.1)
    fixed = scaling(probabilities)
    assert np.abs(fixed - honest).max() < 0.06
    assert (fixed.argmax(axis=1) == probabilities.argmax(axis=1)).all()
    assert calibration_error(fixed, truth) < 0.03 < 0.1 < calibration_error(probabilities, truth)


def test_platt_is_logistic_regression_on_the_log_odds():
    """Two groups, against scikit-learn without a penalty."""
    probabilities, truth, _ = world(np.random.default_rng(1), groups=2, overconfidence=2.0, lean=1.5)
    odds = np.log(probabilities[:, 1] / probabilities[:, 0])[:, None]
    theirs = LogisticRegression(C=np.inf, tol=1e-10).fit(odds, truth).predict_proba(odds)
    ours = platt(probabilities, truth)(probabilities)
    assert np.abs(ours - theirs).max() < 2e-3
    assert log_loss(ours, truth) == pytest.approx(sklearn_log_loss(truth, theirs), abs=1e-5)
    assert log_loss(ours, truth) < log_loss(temperature(probabilities, truth)(probabilities), truth) - 0.01


def test_unscaled_changes_nothing():
    """Up to the floor under probabilities."""
    probabilities, _, _ = world(np.random.default_rng(2), n=50)
    assert unscaled(3)(probabilities) == pytest.approx(probabilities, abs=1e-5)


def test_reliability_equals_scikit_learn():
    """Equal-mass bins of the confidence in the named group."""
    probabilities, truth, _ = world(np.random.default_rng(3), n=1000, groups=2)
    right = probabilities.argmax(axis=1) == truth
    accuracy, confidence = calibration_curve(right, probabilities.max(axis=1), n_bins=10, strategy="quantile")
    assert reliability(probabilities, truth)[:, :2] == pytest.approx(
        np.stack([confidence, accuracy], axis=1), abs=0.011
    )


def test_cross_fitting_never_sees_its_own_cluster():
    """Labels that are pure noise: fitted on themselves they seem to tell something, across clusters they do not."""
    rng = np.random.default_rng(4)
    cluster = np.repeat(np.arange(40), 5)
    probabilities = softmax(rng.normal(0, 3, (200, 2)), axis=1)
    truth = np.repeat(rng.integers(0, 2, 40), 5)
    across = cross_fitted(probabilities, truth, cluster, "platt")
    assert log_loss(across, truth) >= np.log(2) - 0.02
    assert log_loss(platt(probabilities, truth)(probabilities), truth) < log_loss(across, truth)
    moved = truth.copy()
    moved[cluster == 0] = 1 - moved[cluster == 0]
    again = cross_fitted(probabilities, moved, cluster, "platt")
    assert (again[cluster == 0] == across[cluster == 0]).all()


@pytest.mark.parametrize("wanted", [0.7, 0.85])
def test_threshold_keeps_its_promise(wanted):
    """Accuracy among the named, on people who were not used: below what was promised in at most 5 % of worlds."""
    broken, named = 0, []
    for trial in range(200):
        rng = np.random.default_rng(trial)
        probabilities, truth, _ = world(rng, n=5300, overconfidence=1.0, spread=2.5)
        level = threshold(probabilities[:300], truth[:300], wanted, 0.95)
        rest, right = probabilities[300:].max(axis=1) >= level, probabilities[300:].argmax(axis=1) == truth[300:]
        named.append(rest.mean())
        broken += bool(rest.any() and right[rest].mean() < wanted)
    assert broken <= 10
    assert np.mean(named) > 0.2


def test_a_guesser_names_nobody():
    """Nor does a classifier of which nobody was labelled."""
    rng = np.random.default_rng(5)
    probabilities = softmax(rng.normal(0, 2, (300, 3)), axis=1)
    assert threshold(probabilities, rng.integers(0, 3, 300), 0.8, 0.95) == NOBODY
    assert threshold(np.zeros((0, 3)), np.zeros(0, int), 0.8, 0.95) == NOBODY
    assert np.isnan(calibration_error(np.zeros((0, 3)), np.zeros(0, int)))


@given(st.integers(1, 200), st.floats(0, 1), st.floats(0.6, 0.999))
def test_wilson_low_solves_its_equation(number, part, confidence):
    """|share - low| = z sqrt(low (1 - low) / n)."""
    from scipy.special import ndtri

    hits = round(part * number)
    low = wilson_low(hits, number, confidence)
    assert hits / number - low == pytest.approx(ndtri(confidence) * np.sqrt(max(low * (1 - low), 0) / number), abs=1e-9)
