"""What is said of a gate: an open expectation has not failed."""

from hpefair.commands.results.gaps import _expectations, decisions
from hpefair.tools.gx.words import misses


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


def test_without_gates_and_comparison_nothing_is_said(tmp_path, monkeypatch):
    """Rather than an empty table."""
    monkeypatch.chdir(tmp_path)
    assert decisions() is None


def test_a_missed_expectation_names_groups_and_values():
    """One number where it is known, otherwise from the least to the most it may be."""
    groups = [
        {"group": "low", "low": 0.97, "high": 0.97, "verdict": "PASS"},
        {"group": "mid", "low": 1.3666, "high": 1.3666, "verdict": "FAIL"},
        {"group": "high", "low": 0.2, "high": 0.48, "verdict": "FAIL"},
    ]
    assert misses({"result": {"details": {"rows": groups}}}) == ["mid: 1.37", "high: 0.2 to 0.48"]
    assert misses({"result": {}}) == []
    assert misses({"error": "no rows"}) == ["could not be evaluated: no rows"]
