"""The dataset on disk: valid COCO, exact, resumable, the same whoever draws it."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from pycocotools.coco import COCO

from hpefair.data.coco import masks
from hpefair.errors import InputError
from hpefair.synthetic.dataset import Request, make_dataset
from tests.conftest import environment
from tests.oracles import coco_eval

REQUEST = Request(number=10, seed=4, size=96)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("people") / "one"
    make_dataset(folder, REQUEST, workers=1)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_two_processes_draw_the_same_bytes(made, tmp_path):
    make_dataset(tmp_path / "two", REQUEST, workers=2)
    assert files(made) == files(tmp_path / "two")


def test_interrupted_run_is_finished(made, tmp_path):
    """Half of the pictures are there, the annotation file is not: the rest is drawn, nothing twice."""
    folder = tmp_path / "half"
    make_dataset(folder, REQUEST, workers=1)
    tree = json.loads((folder / "annotations.json").read_text())
    (folder / "annotations.json").unlink()
    (folder / "labels.csv").unlink()
    (folder / "parts").mkdir()
    for image in tree["images"][:6]:
        people = [a for a in tree["annotations"] if a["image_id"] == image["id"]]
        (folder / "parts" / f"{image['id']:06d}.json").write_text(json.dumps({"image": image, "people": people}))
    for image in tree["images"][6:]:
        (folder / "images" / image["file_name"]).unlink()
    kept = (folder / "images" / tree["images"][0]["file_name"]).stat().st_mtime_ns
    make_dataset(folder, REQUEST, workers=1)
    assert files(folder) == files(made)
    assert (folder / "images" / tree["images"][0]["file_name"]).stat().st_mtime_ns == kept
    assert make_dataset(folder, REQUEST, workers=1) == [f"{folder} is complete already"]


def test_pycocotools_reads_it(made):
    coco = COCO(str(made / "annotations.json"))
    assert len(coco.getImgIds()) == 10
    for annotation in coco.loadAnns(coco.getAnnIds()):
        mask = coco.annToMask(annotation).astype(bool)
        assert mask.sum() == annotation["area"]
        x, y, width, height = annotation["bbox"]
        rows, columns = np.nonzero(mask)
        assert x <= columns.min() <= columns.max() < x + width
        assert y <= rows.min() <= rows.max() < y + height
        assert annotation["num_keypoints"] == sum(v > 0 for v in annotation["keypoints"][2::3])
        assert len(annotation["keypoints"]) == 51


def test_truth_against_itself_is_perfect(made):
    tree = json.loads((made / "annotations.json").read_text())
    results = [
        {"image_id": a["image_id"], "category_id": 1, "keypoints": a["keypoints"], "score": 1.0}
        for a in tree["annotations"]
        if a["num_keypoints"]
    ]
    evaluated = coco_eval(tree, results)
    assert evaluated.stats[0] == pytest.approx(1.0)


def test_labels_say_what_the_attributes_say(made):
    tree = json.loads((made / "annotations.json").read_text())
    attributes = {a["id"]: a["attributes"] for a in tree["annotations"]}
    with (made / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(attributes)
    for row in rows:
        for name in ("gender_presentation", "age_band", "build", "skin_tone"):
            assert row[name] == attributes[int(row["person_id"])][name]


def test_nothing_of_this_machine_is_written(made, tmp_path_factory):
    text = (made / "annotations.json").read_text() + (made / "sample.json").read_text()
    assert str(tmp_path_factory.getbasetemp()) not in text


def test_depth_is_written_in_millimetres(tmp_path):
    """People are where the depth is, at the distance of their joints."""
    make_dataset(tmp_path / "deep", Request(number=2, seed=4, size=96, crowds=(1.0,), depth=True), workers=1)
    tree = json.loads((tmp_path / "deep/annotations.json").read_text())
    for annotation in tree["annotations"]:
        depth = cv2.imread(str(tmp_path / f"deep/depth/{annotation['image_id']:06d}.png"), cv2.IMREAD_UNCHANGED)
        assert depth.dtype == np.uint16
        mask = masks.decode(json.dumps(annotation["segmentation"]), 96, 96)
        assert (depth[mask] > 0).mean() > 0.9
        assert np.ptp(depth[mask & (depth > 0)]) < 2500  # nobody is deeper than two and a half metres


def test_other_settings_or_a_full_folder_are_refused(made, tmp_path):
    with pytest.raises(InputError, match="other settings"):
        make_dataset(made, Request(number=11, seed=4, size=96))
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        make_dataset(tmp_path, REQUEST)
    with pytest.raises(InputError, match="at least 1"):
        make_dataset(tmp_path / "none", Request(number=0, seed=0))
    assert not (tmp_path / "none").exists()


def test_a_picture_that_cannot_be_written_ends_in_a_plain_error(made, tmp_path):
    """The disk says no: the error names the file, and a later run finishes the set."""
    folder = tmp_path / "blocked"
    make_dataset(folder, REQUEST, workers=1)
    shutil.rmtree(folder / "images")
    (folder / "annotations.json").unlink()
    (folder / "images").write_text("in the way")
    with pytest.raises((OSError, InputError)):
        make_dataset(folder, REQUEST, workers=1)
    (folder / "images").unlink()
    make_dataset(folder, REQUEST, workers=1)
    assert files(folder) == files(made)


LOAD = """
import json, sys
import fiftyone as fo
dataset = fo.Dataset.from_dir(
    dataset_type=fo.types.COCODetectionDataset, data_path=sys.argv[1] + "/images",
    labels_path=sys.argv[1] + "/annotations.json", label_types=["segmentations", "keypoints"], use_polylines=False,
)
names = dataset.get_field_schema()
fields = [name for name in names if name.startswith(("segmentations", "keypoints", "detections"))]
found = {name: dataset.count(f"{name}.{'keypoints' if 'keypoints' in name else 'detections'}") for name in fields}
masks = [d.mask.sum() > 0 for s in dataset for d in s["segmentations"].detections]
print(json.dumps({"images": len(dataset), "found": found, "masks": int(sum(masks))}))
sys.modules["fiftyone.core.odm.database"]._disconnect()
"""


def test_fiftyone_reads_it(made, tmp_path):
    """Images, masks and keypoints through FiftyOne's own COCO importer."""
    from hpefair.tools.fiftyone import server

    with server.database(tmp_path / "db") as uri:
        env = environment() | {"FIFTYONE_DATABASE_URI": uri, "HOME": str(tmp_path)}
        command = [sys.executable, "-c", LOAD, str(made)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.strip().splitlines()[-1])
    people = json.loads((made / "annotations.json").read_text())["annotations"]
    assert found["images"] == 10
    assert found["masks"] == len(people)
    assert found["found"]["keypoints"] == sum(bool(a["num_keypoints"]) for a in people)
