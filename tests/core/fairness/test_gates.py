"""Balance gates give all three verdicts."""

import numpy as np
import pandas as pd
import pytest

from hpefair.core.fairness import gates
from hpefair.core.fairness.groups import groups
from hpefair.core.fairness.representation import Counted, share_table


def rows(values, attribute, reference=None):
    """Share rows of an attribute."""
    listed = groups(pd.DataFrame({attribute: values}), [attribute])
    index = np.arange(len(values))
    counted = Counted(index, index, np.ones(len(values)))
    return share_table(listed, counted, {attribute: reference}, 0.95).to_dict(orient="records")


THIRDS = {"low": 1 / 3, "mid": 1 / 3, "high": 1 / 3}
HALVES = {"feminine": 0.5, "masculine": 0.5}


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        (["feminine"] * 20 + ["masculine"] * 20, "PASS"),
        (["feminine"] * 5 + ["masculine"] * 20, "FAIL"),
        (["feminine"] * 5 + ["masculine"] * 20 + ["unknown"] * 10, "INCONCLUSIVE"),
    ],
)
def test_support(values, verdict):
    """Unknown people may or may not fill the group."""
    assert gates.support(rows(values, "gender_presentation"), 10).verdict == verdict


def test_ratio_to_reference_needs_a_reference():
    """A gate without a reference stops instead of passing."""
    with pytest.raises(ValueError, match=r"audit\.reference"):
        gates.ratio_to_reference(rows(["low"], "contrast"), 0.8, 1.2)


@pytest.mark.parametrize(
    ("values", "attribute", "reference", "verdict"),
    [
        (["low", "mid", "high"] * 10, "contrast", THIRDS, "PASS"),
        (["low", "mid"] * 15, "contrast", THIRDS, "FAIL"),
        (["feminine", "masculine"] * 10 + ["unknown"] * 10, "gender_presentation", HALVES, "INCONCLUSIVE"),
    ],
)
def test_ratio_to_reference(values, attribute, reference, verdict):
    """An absent group fails; unknown people leave it open."""
    assert gates.ratio_to_reference(rows(values, attribute, reference), 0.8, 1.25).verdict == verdict


def test_unknown_share():
    """Counted over all people."""
    judged = gates.unknown_share(rows(["low"] * 7 + ["unknown"] * 3, "contrast"), 0.25)
    assert (judged.verdict, judged.observed) == ("FAIL", pytest.approx(0.3))
