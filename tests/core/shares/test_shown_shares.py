"""Who is hidden on a public page: small groups, and nothing that gives them back by subtraction."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpefair.core.shares.shown_shares import small_groups
from hpefair.schema import UNKNOWN

FLOOR = 5


def rows(known, unknown):
    """Share rows of one attribute."""
    groups = [f"g{n}" for n in range(len(known))] + [UNKNOWN]
    return pd.DataFrame({"attribute": "a", "scope": "all", "group": groups, "n_people": [*known, unknown]})


@pytest.mark.parametrize(
    ("known", "unknown", "hidden"),
    [
        ((3, 140), 6, {"g0", "g1"}),  # shares tell that 143 are known, so unknown alone would not hide the three
        ((3, 9, 60), 80, {"g0", "g1"}),
        ((3, 0, 0), 50, {"g0", UNKNOWN}),
        ((40, 50), 3, set()),
        ((2, 3, 90), 0, {"g0", "g1"}),
    ],
)
def test_known_answers(known, unknown, hidden):
    """By hand."""
    table = rows(known, unknown)
    assert set(table.loc[small_groups(table, FLOOR), "group"]) == hidden


@given(st.lists(st.integers(0, 40), min_size=1, max_size=6), st.integers(0, 40))
def test_no_small_group_is_shown_or_follows(known, unknown):
    """What follows from the total of the known is about at least FLOOR people of two groups, or nothing is told."""
    table = rows(known, unknown)
    hidden = small_groups(table, FLOOR).to_numpy()
    people = table["n_people"].to_numpy()
    assert hidden[(people > 0) & (people < FLOOR) & (table["group"] != UNKNOWN).to_numpy()].all()
    of_known = hidden[:-1]
    if of_known.any() and people[:-1][of_known].sum() < FLOOR:
        assert hidden[-1] or unknown == 0
    elif of_known.any():
        assert np.sum(of_known) >= 2
