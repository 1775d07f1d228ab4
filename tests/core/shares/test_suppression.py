"""Small groups are hidden, and cannot be had back by subtraction."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hpefair.core.shares.suppression import suppressed

COUNTS = st.lists(st.integers(0, 40), min_size=1, max_size=8)


@given(COUNTS, st.integers(1, 10))
def test_nothing_small_is_shown_or_can_be_had_back(counts, floor):
    """What is hidden in all is a crowd of two groups at least, unless there is nobody else to hide."""
    people = np.array(counts)
    hidden = suppressed(people, floor)
    assert hidden[(people > 0) & (people < floor)].all()
    assert not hidden[people == 0].any()
    if hidden.any() and not hidden[people > 0].all():
        assert people[hidden].sum() >= floor
        assert hidden.sum() >= 2


def test_the_smallest_other_group_goes_with_it():
    """One group of three alongside 9, 50 and 60: the nine are hidden as well. Without small groups, nobody is."""
    assert suppressed(np.array([60, 3, 9, 50]), 5).tolist() == [False, True, True, False]
    assert not suppressed(np.array([60, 5, 0, 50]), 5).any()
