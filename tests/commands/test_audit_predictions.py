"""`hpefair audit-predictions`: the evaluation with no pipeline around it."""

import json
import subprocess
import sys

import pytest

from tests import oracles


def audit(*arguments, expect=0):
    """Run the command in a folder that is no workspace."""
    command = [sys.executable, "-m", "hpefair", "audit-predictions", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == expect, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize(("model", "shown"), [("yolo11n", "AP 0.510"), ("movenet-lightning", "AP 0.375")])
def test_real_models_give_pycocotools_numbers(real_data, tmp_path, model, shown):
    """Ten unrounded numbers, and the table by gender presentation."""
    folder = real_data / "coco_kp"
    annotations, results = folder / "person_keypoints_pixels168.json", folder / f"predictions/{model}.json"
    out = tmp_path / "o.json"
    labels = folder / "coco2014_caption_gender.csv"
    done = audit("--annotations", annotations, "--results", results, "--labels", labels, "--json", out)
    assert shown in done.stdout
    assert "feminine" in done.stdout
    written = json.loads(out.read_text())
    expected = oracles.coco_eval(json.loads(annotations.read_text()), json.loads(results.read_text())).stats
    names = ("AP", "AP50", "AP75", "APM", "APL", "AR", "AR50", "AR75", "ARM", "ARL")
    assert [written["overall"][name] for name in names] == list(expected)
    groups = {(row["attribute"], row["group"]) for row in written["by_group"]}
    assert {("gender_presentation", "feminine"), ("scale", "small"), ("all", "all")} <= groups


def test_groups_are_chosen_and_wrong_ones_named(tiny_coco, tmp_path):
    """--by lists attributes; what cannot be had says why."""
    files = ["--annotations", tiny_coco / "person_keypoints.json", "--results", tiny_coco / "predictions/tinynet.json"]
    out = tmp_path / "o.json"
    audit(*files, "--labels", tiny_coco / "labels.csv", "--by", "age_band,crowding", "--json", out)
    assert {row["attribute"] for row in json.loads(out.read_text())["by_group"]} == {"all", "age_band", "crowding"}
    assert "no such attribute" in audit(*files, "--by", "shoe_size", expect=2).stderr
    assert "pass --labels" in audit(*files, "--by", "age_band", expect=2).stderr
    assert (
        "no person of the annotations has it"
        in audit(*files, "--labels", tiny_coco / "labels.csv", "--by", "build", expect=2).stderr
    )


def test_files_that_do_not_belong_together_stop(tiny_coco, tmp_path):
    """Results of other images, a truncated file, a file that is not there."""
    annotations = tiny_coco / "person_keypoints.json"
    rows = json.loads((tiny_coco / "predictions/tinynet.json").read_text())
    other = tmp_path / "other.json"
    other.write_text(json.dumps([{**row, "image_id": row["image_id"] + 1000} for row in rows]))
    assert "another dataset" in audit("--annotations", annotations, "--results", other, expect=2).stderr
    other.write_text(annotations.read_text()[:300])
    assert "not complete JSON" in audit("--annotations", other, "--results", other, expect=2).stderr
    results = tiny_coco / "predictions/tinynet.json"
    done = audit("--annotations", annotations, "--results", results, "--json", tmp_path, expect=2)
    assert "name a file" in done.stderr
    assert "cannot be read" in audit("--annotations", tmp_path / "no", "--results", other, expect=2).stderr
