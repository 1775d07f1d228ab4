"""Exposures add up."""

import pandas as pd
import pytest

from hpefair.core.balance.weights import exposures


def test_exposures_add_up_to_people_plus_extra_showings():
    """Nobody is shown less than once."""
    group = pd.Series(["low"] * 3 + ["high"] * 5 + ["unknown"])
    weights = exposures(group, {"low": 6})
    assert weights.sum() == pytest.approx(9 + 6)
    assert weights.min() == 1
