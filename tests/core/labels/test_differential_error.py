"""Errors that go with size are found; errors that do not are not."""

import numpy as np
import pandas as pd
import pytest

from hpefair.core.labels.differential_error import differential_error


def audit(rng, n=400, extra=0.0):
    """Audited people two to an image, small ones misjudged more often by `extra`."""
    image = np.arange(n) // 2
    scale = pd.Series(rng.choice(["small", "medium", "large"], n))
    pose = pd.Series(rng.choice(["upright", "lying"], n))
    wrong = rng.random(n) < 0.15 + extra * (scale == "small").to_numpy()
    return wrong, {"scale": scale, "posture": pose}, image


def test_planted_difference_is_found():
    """Small people are misjudged twice as often, and the table says so, interval and all."""
    found = differential_error(*audit(np.random.default_rng(0), extra=0.2), 0.95)
    small = found[(found["by"] == "scale") & (found["group"] == "small")].iloc[0]
    assert small["low"] < 0.35 < small["high"]
    assert small["p_holm"] < 0.01
    assert found.loc[found["by"] == "posture", "p_holm"].iloc[0] > 0.05
    assert found.groupby("by")["n_audited"].sum().eq(400).all()


def test_null_worlds_raise_no_alarm():
    """At most one world in twenty, over both stratifications."""
    alarms = 0
    for trial in range(100):
        found = differential_error(*audit(np.random.default_rng(trial), n=200), 0.95, resamples=200)
        alarms += bool((found["p_holm"] < 0.05).any())
    assert alarms <= 10


def test_what_cannot_be_tested_has_no_p_value():
    """One stratum, or no error at all."""
    wrong, strata, image = audit(np.random.default_rng(1), n=60)
    found = differential_error(np.zeros(60, bool), strata, image, 0.95, resamples=50)
    assert found["p"].isna().all()
    assert found["error"].eq(0).all()
    alone = differential_error(wrong, {"scale": pd.Series(["small"] * 60)}, image, 0.95, resamples=50)
    assert alone["p"].isna().all()
    assert alone["error"].iloc[0] == pytest.approx(wrong.mean())
