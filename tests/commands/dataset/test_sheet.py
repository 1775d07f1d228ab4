"""`hpefair sheet` on datasets that are not as they should be: what can be drawn is drawn, the rest is counted."""

import json

import numpy as np
import pytest

from hpefair.commands.dataset.sheet import sheet
from hpefair.data import images
from hpefair.errors import InputError

GOOD = {"id": 1, "image_id": 1, "category_id": 1, "keypoints": [20, 20, 2] * 17, "num_keypoints": 17,
        "bbox": [5, 5, 40, 50], "area": 1500, "iscrowd": 0, "segmentation": []}  # fmt: skip
BROKEN = [
    {"bbox": None},
    {"bbox": "wide"},
    {"keypoints": [1, 2, 2] * 5},
    {"keypoints": [1] * 50},
    {"keypoints": [20, 20, 3] * 17},
    {"keypoints": [float("nan"), 2, 2] * 17},
    {"image_id": "one"},
    {"image_id": 99},
]


def folder(path, *annotations, image=None):
    (path / "images").mkdir()
    images.write_png(path / "images/a.png", np.full((64, 80, 3), 90, np.uint8))
    tree = {
        "images": [image or {"id": 1, "file_name": "a.png", "width": 80, "height": 64}],
        "annotations": list(annotations),
        "categories": [],
    }
    (path / "annotations.json").write_text(json.dumps(tree))
    return path


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_broken_people_are_left_out_and_counted(tmp_path, broken):
    said = sheet(folder(tmp_path, GOOD, {**GOOD, "id": 2, **broken}), tmp_path / "s.png", tile=64)
    assert said.endswith("s.png: 1 images, 1 records left out that `hpefair add` would quarantine")


@pytest.mark.parametrize("annotation", ["a string", {**GOOD, "bbox": None}], ids=str)
def test_nobody_to_draw_says_why(tmp_path, annotation):
    with pytest.raises(InputError, match="holds no person that can be drawn"):
        sheet(folder(tmp_path, annotation), tmp_path / "s.png")


def test_an_endless_box_is_drawn_to_the_edge(tmp_path):
    assert "1 images" in sheet(folder(tmp_path, {**GOOD, "bbox": [0, 0, 1e300, 5]}), tmp_path / "s.png", tile=64)


def test_odd_attributes_are_no_caption(tmp_path):
    assert "1 images" in sheet(folder(tmp_path, {**GOOD, "attributes": ["tall"]}), tmp_path / "s.jpg", tile=64)


@pytest.mark.parametrize("name", ["s.txt", "none/s.png", "annotations.json", "images"])
def test_places_that_cannot_be_written_are_refused(tmp_path, name):
    root = folder(tmp_path, GOOD)
    before = (root / "annotations.json").read_text()
    with pytest.raises(InputError, match="cannot be written"):
        sheet(root, tmp_path / name)
    assert (root / "annotations.json").read_text() == before
