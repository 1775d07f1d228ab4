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
        above += spread > null_floor(values, member, np.arange(120), 200, 0.95, seed=trial)
    assert above <= 12


def test_null_floor_holds_where_people_of_an_image_are_alike():
    """Labels that go by image and values that do too: still about one case of twenty."""
    rng = np.random.default_rng(1)
    above = 0
    for trial in range(150):
        image = np.repeat(np.arange(60), rng.integers(1, 6, 60))
        values = rng.normal(0, 0.2, 60)[image] + rng.normal(0, 0.2, len(image))
        member = np.eye(3, dtype=bool)[rng.integers(0, 3, 60)[image]]
        spread = np.ptp([values[member[:, g]].mean() for g in range(3)])
        above += spread > null_floor(values, member, image, 200, 0.95, seed=trial)
    assert above <= 18


def test_unsupported_groups_are_named_not_hidden():
    """A group with too few people takes no part and is listed as left out."""
    people = pd.DataFrame({"contrast": ["low"] * 20 + ["mid"] * 20 + ["high"] * 2})
    values = np.r_[np.full(20, 0.5), np.full(20, 0.7), np.zeros(2)]
    row = gaps(values, np.arange(42), groups(people, ["contrast"]), resample_images(42, 50, 0), 0.95, 10).iloc[0]
    assert row["left_out"] == "high"
    assert row["worst_group"] == "low"
    assert round(row["difference"], 6) == 0.2
