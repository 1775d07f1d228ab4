"""Groups and intersections."""

import pandas as pd
import pytest

from hpefair.core.fairness.groups import groups


def test_cells_are_intersections_and_nothing_vanishes():
    """Every pair of groups is listed, unknown and empty ones included."""
    people = pd.DataFrame({"contrast": ["low", "high"], "gender_presentation": ["feminine", "unknown"]})
    listed = groups(people, [], [("gender_presentation", "contrast")])
    assert len(listed) == 3 * 4
    by_name = {group.group: group for group in listed}
    assert by_name["feminine.low"].member.tolist() == [True, False]
    assert not by_name["unknown.high"].known


def test_values_outside_the_vocabulary_are_refused():
    """With the words that exist."""
    with pytest.raises(ValueError, match=r"low, mid, high.*'weird'"):
        groups(pd.DataFrame({"contrast": ["weird"]}), ["contrast"])
