"""Groups and intersections."""

import numpy as np
import pandas as pd
import pytest

from hpefair.core.shares.groups import expected_groups, groups


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


def test_probabilities_become_groups_with_the_rest_unknown():
    """What a classifier leaves open is `unknown`; cells take the product; groups without a column are empty."""
    build = pd.DataFrame({"slim": [0.7, 0.0], "large": [0.1, 1.0]})
    contrast = pd.DataFrame({"low": [0.5, 1.0], "mid": [0.5, 0.0], "high": [0.0, 0.0]})
    listed = expected_groups({"build": build, "contrast": contrast}, [("build", "contrast")])
    by_name = {group.group: group.member for group in listed}
    np.testing.assert_allclose(by_name["slim"], [0.7, 0.0])
    np.testing.assert_allclose(by_name["average"], [0, 0])
    np.testing.assert_allclose(by_name["slim.low"], [0.35, 0.0])
    unknown = next(group for group in listed if group.attribute == "build" and not group.known)
    np.testing.assert_allclose(unknown.member, [0.2, 0.0])
    cells = [group.member for group in listed if "." in group.attribute]
    np.testing.assert_allclose(np.sum(cells, axis=0), 1)
    with pytest.raises(ValueError, match="got probabilities"):
        _ = unknown.certain


@pytest.mark.parametrize(
    ("table", "message"),
    [({"huge": [1.0]}, "'huge'"), ({"slim": [0.8], "large": [0.8]}, "at most 1"), ({"slim": [-0.1]}, "at most 1")],
)
def test_numbers_that_are_no_probabilities_are_refused(table, message):
    """Unknown groups, sums above one, negative ones."""
    with pytest.raises(ValueError, match=message):
        expected_groups({"build": pd.DataFrame(table)})
