"""Paired gaps see what unpaired ones drown in."""

import numpy as np
import pandas as pd
import pytest

from hpefair.core.fairness.counterfactual import paired_gaps

COLUMNS = ["scene", "factor", "group", "before", "after"]


def pairs(rng, scenes, effect):
    """Two people a scene, each shown unchanged and with another skin tone; the scene matters far more than the tone."""
    scene = np.repeat(np.arange(scenes), 2)
    before = 0.6 + rng.normal(0, 0.25, scenes)[scene]
    after = before + effect + rng.normal(0, 0.02, scenes)[scene] + rng.normal(0, 0.02, 2 * scenes)
    return pd.DataFrame({"scene": scene, "factor": "skin_tone", "group": "monk_10", "before": before, "after": after})


def test_a_small_effect_is_found():
    """-.02 in forty scenes whose own spread is .25."""
    row = paired_gaps(pairs(np.random.default_rng(0), 40, -0.02), 0.02, 0.95, 500, 0).iloc[0]
    assert (row["n_pairs"], row["n_scenes"]) == (80, 40)
    assert row["difference"] == pytest.approx(-0.02, abs=0.01)
    assert row["difference_high"] < 0
    assert 0.3 < row["degraded"] < 0.7
    assert row["degraded_low"] < row["degraded"] < row["degraded_high"]


def test_no_effect_covers_zero():
    """In about 95 % of 150 sets of pairs, clustered by scene."""
    rng = np.random.default_rng(1)
    rows = [paired_gaps(pairs(rng, 30, 0.0), 0.02, 0.95, 200, seed).iloc[0] for seed in range(150)]
    hits = np.mean([row["difference_low"] <= 0 <= row["difference_high"] for row in rows])
    assert 0.9 <= hits <= 0.99


def test_every_factor_and_group_has_its_row():
    """Sorted, with its own pairs."""
    one = pairs(np.random.default_rng(2), 10, -0.1)
    two = one.assign(factor="build", group="large", after=one["before"])
    table = paired_gaps(pd.concat([one, two]), 0.02, 0.95, 50, 0)
    assert table[["factor", "group"]].values.tolist() == [["build", "large"], ["skin_tone", "monk_10"]]
    assert table["difference"].iloc[0] == 0
    assert table["degraded"].iloc[0] == 0


def test_a_loss_of_exactly_the_step_counts_and_no_change_never():
    """Recall comes in tenths, and .9 - 1.0 is not -.1 in floating point."""
    table = pd.DataFrame(
        {"scene": range(10), "factor": "a", "group": "b", "before": 1.0, "after": [0.9] * 8 + [1.0] * 2}
    )
    assert paired_gaps(table, 0.1, 0.95, 50, 0)["degraded"].iloc[0] == 0.8
    assert paired_gaps(table, 0.0, 0.95, 50, 0)["degraded"].iloc[0] == 0.8


def test_one_pair_proves_nothing():
    """No interval for its change, and a wide one for the share."""
    row = paired_gaps(pd.DataFrame([("s", "a", "b", 0.5, 0.6)], columns=COLUMNS), 0.02, 0.95, 50, 0).iloc[0]
    assert np.isnan(row["difference_low"])
    assert (row["degraded_low"], row["degraded_high"]) == (0.0, pytest.approx(0.79, abs=0.01))
