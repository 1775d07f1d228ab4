"""Candidates against a baseline: the order of tables does not matter, and what is not known is not compared."""

import numpy as np
import pandas as pd
import pytest

from hpefair.core.fairness.comparison import Tolerance
from hpefair.core.fairness.paired_models import Rule, compare_models, known_attributes

PEOPLE = [f"d/{n}" for n in range(60)]
RULE = Rule("oks", ["build", "age_band"], Tolerance(0.02, 0.95, 0.8, 5), 100, 1)


def scores(change: float) -> pd.DataFrame:
    """Two people to an image; those of odd number are served better by `change`."""
    values = np.linspace(0.3, 0.9, 60) + change * (np.arange(60) % 2)
    return pd.DataFrame({"image_id": [f"i/{n // 2}" for n in range(60)], "oks": values}, index=PEOPLE)


@pytest.fixture
def attributes() -> pd.DataFrame:
    """Build is known, age is not."""
    build = np.where(np.arange(60) % 2 == 1, "slim", "large")
    return pd.DataFrame({"build": build, "age_band": "unknown"}, index=PEOPLE)


SUBJECTS = pd.Series("", index=[f"i/{n}" for n in range(30)])


def test_changes_are_the_candidates_minus_the_baselines(attributes):
    found = compare_models({"a": (scores(0), scores(0.1))}, attributes, SUBJECTS, RULE)["a"]
    change = found.groups.set_index(["attribute", "group"])["change"]
    assert change["all", "all"] == pytest.approx(0.05)
    assert change["build", "slim"] == pytest.approx(0.1)
    assert change["build", "large"] == pytest.approx(0)
    assert "age_band" not in set(found.groups["attribute"])
    assert known_attributes(attributes, RULE.attributes) == ["build"]


def test_rows_are_paired_by_person_whatever_their_order(attributes):
    plain = compare_models({"a": (scores(0), scores(0.1))}, attributes, SUBJECTS, RULE)["a"]
    shuffled = (scores(0), scores(0.1).sample(frac=1, random_state=1))
    mixed = compare_models({"a": shuffled}, attributes.sample(frac=1, random_state=2), SUBJECTS, RULE)["a"]
    pd.testing.assert_frame_equal(plain.groups, mixed.groups)
    pd.testing.assert_frame_equal(plain.gaps, mixed.gaps)
