"""Compare: a verdict with what is behind it."""

import pytest

from hpefair.data import tables

pytestmark = pytest.mark.pipeline


def test_a_verdict_per_candidate_with_groups_and_gaps(made_workspace):
    """On the same people for both models, and never more than the evidence allows."""
    folder = made_workspace / "data/compare"
    verdicts = tables.read_json(folder / "verdicts.json")
    groups = tables.read(folder / "groups.parquet")
    assert [row["model"] for row in verdicts["candidates"]] == ["balanced"]
    everyone = groups[groups["attribute"] == "all"].iloc[0]
    scores = {
        name: tables.read(made_workspace / f"data/evaluate/{name}/people.parquet")["oks"].mean()
        for name in ("original", "balanced")
    }
    assert everyone["change"] == pytest.approx(scores["balanced"] - scores["original"])
    assert "3 seeds" in verdicts["claim"]
