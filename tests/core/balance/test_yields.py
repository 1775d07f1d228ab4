"""Yields are learned from history."""

from hpefair.core.balance.yields import expected_yields


def test_history_moves_the_prior_by_its_size():
    """A large batch decides, a small one hardly."""
    many = expected_yields([{"group": "low", "made": 2000, "accepted": 200}], ["low"], 0.9)
    few = expected_yields([{"group": "low", "made": 1, "accepted": 0}], ["low"], 0.9)
    assert many["low"] < 0.12
    assert few["low"] > 0.8
