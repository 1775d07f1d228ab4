"""Gaps are read against chance."""

import numpy as np
import pandas as pd

from hpefair.core.fairness.disparity import gaps, null_floor
from hpefair.core.fairness.groups import groups
from hpefair.core.fairness.intervals import resample_images


def test_null_floor_is_rarely_passed_when_nothing_is_wrong():
    """Random labels exceed the floor in about one case of twenty."""
    rng = np.random.default_rng(0)
    above = 0
    for trial in range(100):
        values = rng.random(120)
        member = np.eye(4, dtype=bool)[rng.permutation(np.repeat(np.arange(4), 30))]
        spread = np.ptp([values[member[:, g]].mean() for g in range(4)])
        above += spread > null_floor(values, member, 200, 0.95, seed=trial)
    assert above <= 12


def test_unsupported_groups_are_named_not_hidden():
    """A group with too few people takes no part and is listed as left out."""
    people = pd.DataFrame({"contrast": ["low"] * 20 + ["mid"] * 20 + ["high"] * 2})
    values = np.r_[np.full(20, 0.5), np.full(20, 0.7), np.zeros(2)]
    row = gaps(values, np.arange(42), groups(people, ["contrast"]), resample_images(42, 50, 0), 0.95, 10).iloc[0]
    assert row["left_out"] == "high"
    assert row["worst_group"] == "low"
    assert round(row["difference"], 6) == 0.2
