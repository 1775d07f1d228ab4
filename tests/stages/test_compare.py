"""Compare: a verdict with what is behind it."""

import numpy as np
import pandas as pd
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


def test_pictures_of_one_subject_are_drawn_together(workspace_copy, monkeypatch):
    """Subjects that differ from picture to picture change nothing; two of them alone change every interval."""
    from hpefair.stages import compare

    monkeypatch.chdir(workspace_copy)
    kept = tables.read(workspace_copy / "data/compare/groups.parquet")
    path = workspace_copy / "data/ingest/images.parquet"
    images = tables.read(path)
    found = {}
    halves = np.where(np.arange(len(images)) % 2, "ada", "ben")
    for name, subjects in (("each", images["image_id"].astype(str)), ("halves", halves)):
        path.unlink()
        tables.write(path, images.assign(subject_id=subjects))
        out = workspace_copy / name
        compare.write(out, out, "")
        found[name] = tables.read(out / "groups.parquet")
    pd.testing.assert_frame_equal(found["each"], kept)
    everyone = kept["attribute"] == "all"
    assert found["halves"].loc[everyone, "change"].equals(kept.loc[everyone, "change"])
    assert not np.isclose(found["halves"].loc[everyone, "low"], kept.loc[everyone, "low"]).any()
