"""`hpefair audit-predictions`: the evaluation with no pipeline around it."""

import json
import re
import tempfile
from pathlib import Path

import numpy as np
import pytest

from hpefair.core.pose.precision import STATISTICS
from tests import oracles
from tests.command_line import hpefair


def audit(*arguments, expect=0):
    """Run the command in a folder that is no workspace."""
    return hpefair("audit-predictions", *arguments, cwd=Path(tempfile.gettempdir()), expect=expect)


@pytest.fixture(scope="module", params=["yolo11n", "movenet-lightning"])
def audited(request, annotated_people, tmp_path_factory):
    """A model's name, what its audit printed and wrote, and the files that it read."""
    annotations = annotated_people / "person_keypoints_pixels168.json"
    results = annotated_people / f"predictions/{request.param}.json"
    labels, out = annotated_people / "coco2014_caption_gender.csv", tmp_path_factory.mktemp("audited") / "o.json"
    done = audit("--annotations", annotations, "--results", results, "--labels", labels, "--json", out)
    return request.param, done.stdout, json.loads(out.read_text()), annotations, results


def test_models_give_pycocotools_numbers(audited):
    """Ten unrounded numbers, and the table by gender presentation; drawn people where no real ones are here."""
    _, shown, written, annotations, results = audited
    assert "feminine" in shown
    expected = oracles.coco_eval(json.loads(annotations.read_text()), json.loads(results.read_text())).stats
    assert [written["overall"][name] for name in STATISTICS] == list(expected)
    groups = {(row["attribute"], row["group"]) for row in written["by_group"]}
    assert {("gender_presentation", "feminine"), ("scale", "small"), ("all", "all")} <= groups


def test_real_models_have_their_known_precision(real_data, audited):
    """On the 168 complete COCO images."""
    model, shown, *_ = audited
    assert {"yolo11n": "AP 0.510", "movenet-lightning": "AP 0.375"}[model] in shown


def test_groups_are_chosen_and_wrong_ones_named(tiny_coco, tmp_path):
    """--by lists attributes; what cannot be had says why."""
    files = ["--annotations", tiny_coco / "person_keypoints.json", "--results", tiny_coco / "predictions/tinynet.json"]
    out = tmp_path / "o.json"
    audit(*files, "--labels", tiny_coco / "labels.csv", "--by", "age_band,crowding", "--json", out)
    assert {row["attribute"] for row in json.loads(out.read_text())["by_group"]} == {"all", "age_band", "crowding"}
    assert "attribute not found" in audit(*files, "--by", "shoe_size", expect=2).stderr
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
    assert (
        "check that the results file belongs to this dataset"
        in audit("--annotations", annotations, "--results", other, expect=2).stderr
    )
    other.write_text(annotations.read_text()[:300])
    assert "not complete JSON" in audit("--annotations", other, "--results", other, expect=2).stderr
    results = tiny_coco / "predictions/tinynet.json"
    done = audit("--annotations", annotations, "--results", results, "--json", tmp_path, expect=2)
    assert "name a file" in done.stderr
    assert "cannot be read" in audit("--annotations", tmp_path / "no", "--results", other, expect=2).stderr


@pytest.fixture
def planted(tmp_path):
    """Two hundred people, one an image; every second one, labelled large, predicted far worse."""
    rng = np.random.default_rng(0)
    annotations, results, labels = [], [], ["person_id,build"]
    for number in range(1, 201):
        points = np.concatenate([rng.uniform(20, 180, (17, 2)), np.full((17, 1), 2)], axis=1)
        annotations.append(
            {"id": number, "image_id": number, "category_id": 1, "iscrowd": 0, "area": 9000.0, "num_keypoints": 17}
            | {"bbox": [10.0, 10.0, 180.0, 180.0], "keypoints": points.ravel().tolist()}
        )
        worse = number % 2 == 0
        points[:, :2] += rng.normal(0, 14 if worse else 5, (17, 2))
        results.append({"image_id": number, "category_id": 1, "score": 0.9, "keypoints": points.ravel().tolist()})
        labels.append(f"{number},{'large' if worse else 'slim'}")
    images = [{"id": i, "file_name": f"{i}.jpg", "width": 200, "height": 200} for i in range(1, 201)]
    tree = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "person"}]}
    for name, content in (("a", json.dumps(tree)), ("r", json.dumps(results)), ("l", "\n".join(labels))):
        (tmp_path / name).with_suffix(".csv" if name == "l" else ".json").write_text(content)
    pairs = [
        "before_id,after_id,factor,group",
        *(f"{n},{n + 1},build,large" for n in range(1, 200, 2)),
        "1,9999,build,x",
    ]
    (tmp_path / "p.csv").write_text("\n".join(pairs))
    return ["--annotations", tmp_path / "a.json", "--results", tmp_path / "r.json", "--labels", tmp_path / "l.csv"]


def test_a_badly_served_group_gets_its_verdict(planted, tmp_path):
    """FAIL with the shortfall in the terminal, null floor, and joints and error types in the file."""
    done = audit(*planted, "--json", tmp_path / "o.json")
    assert "FAIL build large" in done.stdout
    assert "below the rest" in done.stdout
    assert "chance alone reaches" in done.stdout
    assert "in like circumstances" in done.stdout
    written = json.loads((tmp_path / "o.json").read_text())
    rows = [row for row in written["by_group"] if row["metric"] == "ar" and row["attribute"] == "build"]
    verdicts = {row["group"]: row["verdict"] for row in rows}
    assert (verdicts["large"], verdicts["slim"]) == ("FAIL", "PASS")
    assert len({row["joint"] for row in written["by_keypoint"]}) == 18
    assert "1 of 2 groups" in done.stdout
    assert "2 of 2 groups" in audit(*planted, "--tolerance", "0.9").stdout


def test_pairs_are_compared_and_unusable_ones_quarantined(planted, tmp_path):
    """A hundred pairs of one factor; the one whose person is not there is named."""
    done = audit(*planted, "--pairs", tmp_path / "p.csv", "--json", tmp_path / "o.json")
    assert "Counterfactual pairs" in done.stdout
    written = json.loads((tmp_path / "o.json").read_text())
    row = next(row for row in written["pairs"] if row["metric"] == "ar")
    assert (row["n_pairs"], row["group"]) == (100, "large")
    assert row["difference_high"] < 0
    assert [row["source_id"] for row in written["rejects"]] == ["1-9999"]


def test_the_other_rule_comes_with_its_warning(planted):
    """By name only, and it says what it does."""
    warned = audit(*planted, "--ap-rule", "ignore").stdout
    assert "do not read its differences as unfairness" in " ".join(warned.split())
    assert "unfairness" not in audit(*planted).stdout
    assert "there are shared, ignore" in audit(*planted, "--ap-rule", "plain", expect=2).stderr
    assert "give a share" in audit(*planted, "--tolerance", "7", expect=2).stderr


def test_files_with_boxes_and_other_categories_give_pycocotools_numbers(planted, tmp_path):
    """Boxes decide areas, and so APM and APL; detections of cats do not count, and are named."""
    tree = json.loads((tmp_path / "a.json").read_text())
    results = json.loads((tmp_path / "r.json").read_text())
    results = [row | {"bbox": [0.0, 0.0, 60.0, 60.0 + 60 * (k % 2)]} for k, row in enumerate(results)]
    results += [row | {"category_id": 2, "score": 0.95} for row in results[:50]]
    (tmp_path / "r.json").write_text(json.dumps(results))
    audit(*planted, "--json", tmp_path / "o.json")
    written = json.loads((tmp_path / "o.json").read_text())
    tree["categories"].append({"id": 2, "name": "cat"})
    (tmp_path / "a.json").write_text(json.dumps(tree))
    expected = oracles.coco_eval({**tree, "categories": tree["categories"][:1]}, results).stats
    assert [written["overall"][name] for name in STATISTICS] == list(expected)
    assert written["rejects"][0]["record"] == "detection"
    audit(*planted)


def test_intersections_and_lists_of_attributes(planted, tmp_path):
    """--by may be given twice, with blanks; a dot joins two."""
    audit(*planted, "--by", "build.scale, posture", "--by", "scale", "--json", tmp_path / "o.json")
    rows = json.loads((tmp_path / "o.json").read_text())["by_group"]
    assert {row["attribute"] for row in rows} == {"all", "build.scale", "posture", "scale"}
    assert "slim.large" in {row["group"] for row in rows}
    assert "two different attributes" in audit(*planted, "--by", "scale.scale", expect=2).stderr


def test_markup_in_files_is_text(planted, tmp_path):
    """Brackets in labels and file names are printed as they are, and crash nothing."""
    (tmp_path / "l.csv").write_text("person_id,build\n" + "\n".join(f"{n},[/x]" for n in range(1, 201)))
    (tmp_path / "x[yolo]v2.json").write_text((tmp_path / "r.json").read_text())
    planted[3] = tmp_path / "x[yolo]v2.json"
    text = audit(*planted, "--by", "scale", "--json", tmp_path / "o.json").stdout
    assert "x[yolo]v2.json" in text
    assert "'[/x]'" in text
    assert "AR [interval]" in text


def test_detections_of_cats_alone_stop(planted, tmp_path):
    """They are not a model that finds nobody."""
    rows = json.loads((tmp_path / "r.json").read_text())
    (tmp_path / "r.json").write_text(json.dumps([row | {"category_id": 5} for row in rows]))
    assert "only of other categories" in audit(*planted, expect=2).stderr
    assert "measured in pixels" in audit(*planted, "--by", "contrast", expect=2).stderr


def test_labels_of_nobody_stop_and_others_are_counted(tiny_coco, tmp_path):
    """A label file of another dataset must not go unnoticed."""
    files = ["--annotations", tiny_coco / "person_keypoints.json", "--results", tiny_coco / "predictions/tinynet.json"]
    others = tmp_path / "others.csv"
    others.write_text("person_id,gender\n990001,woman\n990002,man\n")
    assert "no id in the label file matches an annotation id" in audit(*files, "--labels", others, expect=2).stderr
    said = audit(*files, "--labels", tiny_coco / "labels.csv").stdout
    labelled, people = map(int, re.search(r"(\d+) of (\d+) people have a label", said).groups())
    assert 0 < labelled <= people
