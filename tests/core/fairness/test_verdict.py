"""PASS and FAIL need evidence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from hpefair.core.fairness.verdict import Verdict, combine, within
from hpefair.core.uncertainty.power import people_needed


@given(st.floats(-1, 1), st.floats(0, 1), st.floats(-1, 1))
def test_within_is_pass_fail_or_open(low, width, minimum):
    """PASS iff the whole interval is above, FAIL iff all of it is below."""
    found = within(low, low + width, minimum=minimum)
    assert (found is Verdict.PASS) == (low >= minimum)
    assert (found is Verdict.FAIL) == (low + width < minimum)


def test_nan_is_inconclusive():
    """An unknown number proves nothing."""
    assert within(float("nan"), 1.0, minimum=0.5) is Verdict.INCONCLUSIVE


def test_combine():
    """One FAIL fails, one open leaves open, nothing at all is open."""
    assert combine([Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE]) is Verdict.FAIL
    assert combine([Verdict.PASS, Verdict.INCONCLUSIVE]) is Verdict.INCONCLUSIVE
    assert combine([Verdict.PASS]) is Verdict.PASS
    assert combine([]) is Verdict.INCONCLUSIVE


def test_people_needed_gives_the_asked_power():
    """Simulated: with that many people a change of zero passes in about 80 % of the cases."""
    sd, tolerance = 0.25, 0.05
    needed = people_needed(sd / np.sqrt(100), 0.0, 100, tolerance, 0.95, 0.8)
    error = sd / np.sqrt(needed)
    changes = np.random.default_rng(0).normal(0, error, 20_000)
    passed = changes - norm.ppf(0.975) * error > -tolerance
    assert passed.mean() == pytest.approx(0.8, abs=0.02)
    assert np.isnan(people_needed(0.0, 0.1, 10, tolerance, 0.95, 0.8))
    assert people_needed(0.1, 0.0, 10, 0.0, 0.95, 0.8) == np.inf
    assert people_needed(0.1, 0.05, 10, tolerance, 0.95, 0.8) == np.inf
