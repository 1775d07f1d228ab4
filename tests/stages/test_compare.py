"""Compare: a verdict with what is behind it."""

import numpy as np
import pandas as pd
import pytest

from hpefair.data import tables
from tests.stages.subjects import with_subjects

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


def test_pictures_of_one_subject_are_drawn_together(workspace_copy, monkeypatch):
    """Subjects that differ from picture to picture change nothing; two of them alone change every interval."""
    from hpefair.stages import compare

    monkeypatch.chdir(workspace_copy)
    kept = tables.read(workspace_copy / "data/compare/groups.parquet")
    each, halves = with_subjects(workspace_copy, compare.write, "", "groups")
    pd.testing.assert_frame_equal(each, kept)
    everyone = kept["attribute"] == "all"
    assert halves.loc[everyone, "change"].equals(kept.loc[everyone, "change"])
    assert not np.isclose(halves.loc[everyone, "low"], kept.loc[everyone, "low"]).any()
