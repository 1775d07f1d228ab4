"""What is said of a gate: an open expectation has not failed."""

from hpefair.commands.gaps import _expectations


def test_failed_and_open_expectations_are_told_apart():
    """Each with what it is about; a gate that passes whole says no more than that."""
    rows = [
        {"verdict": "PASS", "kwargs": {"attribute": "build"}, "decides": True, "suite": "balance"},
        {"verdict": "FAIL", "kwargs": {"attribute": "age_band"}, "decides": True, "suite": "balance"},
        {"verdict": "FAIL", "kwargs": {"attribute": "build"}, "decides": False, "suite": "balance"},
        {"verdict": "INCONCLUSIVE", "kwargs": {"column": "contrast"}, "decides": False, "suite": "balance"},
        {"verdict": "INCONCLUSIVE", "kwargs": {"minimum": 0.8}, "decides": False, "suite": "coverage"},
    ]
    assert _expectations(rows) == (
        "1 of 5 expectations pass; fails on age_band; warns of build; open on contrast, coverage"
    )
    assert _expectations(rows[:1]) == "1 of 1 expectations pass"
