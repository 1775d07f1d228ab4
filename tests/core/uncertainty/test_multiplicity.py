"""Corrected p-values are those of others' implementations."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from hpefair.core.uncertainty.multiplicity import benjamini_hochberg, holm

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=30).map(np.array)


@given(P_VALUES)
def test_benjamini_hochberg_is_scipys(p):
    """`scipy.stats.false_discovery_control`."""
    np.testing.assert_allclose(benjamini_hochberg(p), false_discovery_control(p, method="bh"))


@given(P_VALUES, st.floats(0.01, 0.2))
def test_holm_rejects_as_the_step_down_rule_says(p, level):
    """Reject in order of p while p <= level / (how many are left)."""
    rejected = np.zeros(len(p), bool)
    for step, index in enumerate(np.argsort(p, kind="stable")):
        if p[index] * (len(p) - step) > level:
            break
        rejected[index] = True
    np.testing.assert_array_equal(holm(p) <= level, rejected)


def test_known_answer():
    """Holm 1979 by hand; untested groups stay untested."""
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, np.nan])), [0.03, 0.06, 0.06, np.nan])
    np.testing.assert_allclose(benjamini_hochberg(np.array([0.01, 0.04, 0.03, np.nan])), [0.03, 0.04, 0.04, np.nan])
    assert len(holm(np.array([]))) == 0
