"""Predict: trained models on test people, results files on all images."""

import pytest

from hpefair.adapters import tables

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("pipeline")]


def test_trained_models_see_test_images_only(made_workspace):
    """One pose per evaluable test person."""
    split = tables.read(made_workspace / "data/split/people.parquet").set_index("person_id")["split"]
    found = tables.read(made_workspace / "data/predict/balanced/predictions.parquet")
    assert set(found["person_id"]) == set(split.index[split == "test"])
    assert set(found["box_source"]) == {"ground truth"}


def test_results_files_are_taken_as_they_are(made_workspace, tiny_coco):
    """Numbers unchanged, on all images."""
    import json

    rows = json.loads((tiny_coco / "predictions/tinynet.json").read_text())
    found = tables.read(made_workspace / "data/predict/tinynet/predictions.parquet")
    assert found["score"].tolist() == [row["score"] for row in rows]
    assert list(found.loc[0, "keypoints"]) == rows[0]["keypoints"]
    about = tables.read_json(made_workspace / "data/predict/tinynet/about.json")
    assert about["images"] == "all images"
