"""Predict: trained models on test people, results files on all images."""

import pytest
import yaml

from hpefair.data import tables
from tests.conftest import dvc

pytestmark = pytest.mark.pipeline


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


def test_a_detector_gives_boxes_to_others(workspace_copy):
    """A detector's own people, and a top-down model in its boxes: reported apart, on test images, with nobody's id."""
    path = workspace_copy / "params.yaml"
    tree = yaml.safe_load(path.read_text())
    # Nothing is asked of its score: it is hardly trained.
    tree["predict"]["engine"] |= {"score_threshold": 0.005}
    options = {"side": 96}
    tree["train"]["models"]["finder"] = {
        "estimator": "yolo_pose", "variant": "original", "seed": 1, "options": options,
    }  # fmt: skip
    tree["predict"]["models"] |= {
        "finder": {"from": "data/train/finder", "boxes": "data/ingest"},
        "balanced_found": {"from": "data/train/balanced", "boxes": "data/train/finder"},
    }
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    dvc(workspace_copy, "repro", "--quiet", "predict@finder", "predict@balanced_found")
    split = tables.read(workspace_copy / "data/split/images.parquet").set_index("image_id")["split"]
    for name, source in (("finder", "its own"), ("balanced_found", "detected by finder")):
        found = tables.read(workspace_copy / f"data/predict/{name}/predictions.parquet")
        assert len(found)
        assert set(found["box_source"]) == {source}
        assert set(split[found["image_id"]]) == {"test"}
        assert set(found["person_id"]) == {""}
        assert tables.read_json(workspace_copy / f"data/predict/{name}/about.json")["boxes"] == source
    tree["predict"]["models"]["balanced_found"]["boxes"] = "data/train/original"
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    done = dvc(workspace_copy, "repro", "--quiet", "predict@balanced_found", expect=255)
    assert "is not a detector" in done.stderr + done.stdout
