"""Yields are learned from history, and attempts follow from what they promise."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import betabinom

from hpefair.core.balance.yields import Belief, beliefs


def record(backend, cell, attempts, accepted, **more):
    return {"backend": backend, "cell": cell, "attempts": attempts, "accepted": accepted, **more}


def test_history_moves_the_belief_by_its_size():
    """A large batch decides, a small one hardly; a cell without history follows its backend."""
    before = {"render": (0.9, 1.0), "recompose": (0.5, 1.0)}
    many = beliefs([record("render", "low", 2000, 200)], ["low", "high"], before)
    few = beliefs([record("render", "low", 1, 0)], ["low", "high"], before)
    assert many["render", "low"].rate < 0.12
    assert many["render", "high"].rate < 0.2
    assert few["render", "low"].rate > 0.8
    assert many["recompose", "low"].rate == beliefs([], ["low"], before)["recompose", "low"].rate


def test_seconds_are_learned_where_they_were_measured():
    """A batch restored from a cache took no time and says nothing about it."""
    before = {"render": (0.9, 1.0)}
    timed = beliefs([record("render", "low", 2000, 1800, seconds=200.0)], ["low"], before)
    untimed = beliefs([record("render", "low", 2000, 1800)], ["low"], before)
    assert timed["render", "low"].seconds < 0.12
    assert untimed["render", "low"].seconds == 1.0


@given(st.integers(0, 60), st.floats(0.05, 1), st.integers(1, 500), st.sampled_from([0.5, 0.9, 0.99]))
def test_attempts_are_the_fewest_that_suffice(wanted, rate, known, assurance):
    """Against the beta-binomial distribution, one attempt at a time."""
    belief = Belief(20 * rate + known * rate, 20 * (1 - rate) + known * (1 - rate) + 1e-9, 1.0)
    found = belief.attempts(wanted, assurance)
    if not wanted:
        assert found == 0
        return
    numbers = np.arange(wanted, 50 * wanted + 1)
    enough = betabinom.sf(wanted - 1, numbers, belief.accepted, belief.rejected) >= assurance
    assert found == (numbers[enough.argmax()] if enough.any() else 50 * wanted)
