"""Evaluate: pycocotools' numbers, by group, with intervals."""

import json

import numpy as np
import pandas as pd
import pytest

from hpefair.data import tables
from tests import oracles
from tests.stages.subjects import with_subjects

pytestmark = pytest.mark.pipeline


def test_overall_equals_pycocotools_on_the_files_as_given(made_workspace, tiny_coco):
    """Ten numbers of the third-party model."""
    tree = json.loads((tiny_coco / "person_keypoints.json").read_text())
    results = json.loads((tiny_coco / "predictions/tinynet.json").read_text())
    overall = tables.read_json(made_workspace / "data/evaluate/tinynet/overall.json")
    expected = oracles.coco_eval(tree, results).stats
    names = ("AP", "AP50", "AP75", "APM", "APL", "AR", "AR50", "AR75", "ARM", "ARL")
    assert [overall[name] for name in names] == list(expected)


def test_every_group_has_a_row_and_an_interval(made_workspace):
    """Values lie inside their intervals; people of the groups add up to everybody."""
    table = tables.read(made_workspace / "data/evaluate/tinynet/by_group.parquet")
    ar = table[table["metric"] == "ar"]
    for attribute in ("gender_presentation", "contrast"):
        rows = ar[ar["attribute"] == attribute]
        assert rows["n_people"].sum() == ar.loc[ar["attribute"] == "all", "n_people"].iloc[0]
    seen = table[table["n_people"] > 0]
    assert (seen["low"] <= seen["value"] + 1e-9).all()
    assert (seen["value"] <= seen["high"] + 1e-9).all()


def test_pictures_of_one_subject_are_drawn_together(workspace_copy, monkeypatch):
    """Subjects that differ from picture to picture change nothing; one who is in half of them makes intervals wider."""
    from hpefair.stages import evaluate

    monkeypatch.chdir(workspace_copy)
    kept = tables.read(workspace_copy / "data/evaluate/tinynet/by_group.parquet")
    each, halves = with_subjects(workspace_copy, evaluate.write, "tinynet", "by_group")
    pd.testing.assert_frame_equal(each, kept)
    assert (halves["value"].dropna() == kept["value"].dropna()).all()
    everyone = (kept["attribute"] == "all") & (kept["metric"] == "oks")
    assert not np.isclose(halves.loc[everyone, "low"], kept.loc[everyone, "low"]).any()
