"""What is said of a gate: an open expectation has not failed."""

from hpefair.commands.gaps import _expectations


def test_failed_and_open_expectations_are_told_apart():
    """Each with what it is about; a gate that passes whole says no more than that."""
    rows = [
        {"verdict": "PASS", "kwargs": {"attribute": "build"}},
        {"verdict": "FAIL", "kwargs": {"attribute": "age_band"}},
        {"verdict": "INCONCLUSIVE", "kwargs": {"column": "contrast"}},
    ]
    assert _expectations(rows) == "1 of 3 expectations pass; fails on age_band; open on contrast"
    assert _expectations(rows[:1]) == "1 of 1 expectations pass"
