"""Real annotated people for benchmarks: Leeds Sports Pose Extended, and COCO people with masks; read, never copied.

The folder comes from `--data` or from the environment variable HPEFAIR_TEST_DATA and holds lspet/ (joints.mat,
subset_ids.json, images/) and coco_kp/ (person_keypoints_pixels168.json, images/).
"""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.io

from hpefair.attributes.measured.measurement import measure_image
from hpefair.core.splits import unit_hash
from hpefair.errors import InputError
from hpefair.schema import PERCEIVED, UNKNOWN
from hpefair.settings.params import Attribute

VARIABLE = "HPEFAIR_TEST_DATA"
# COCO joint: LSP joint. The face is not labelled; neck and head top have no counterpart.
COCO_FROM_LSP = {5: 9, 6: 8, 7: 10, 8: 7, 9: 11, 10: 6, 11: 3, 12: 2, 13: 4, 14: 1, 15: 5, 16: 0}
BOX_GROWN = 1.18  # joints end inside the body: wrists are not fingertips, shoulders not heads
AREA_OF_BOX = 0.53  # what a person's mask fills of its box on average; LSP has no masks
SPLIT_SALT = "addition"


def folder_of(given: Path | None) -> Path:
    """Folder of the data, from the command line or from the environment.

    Raises:
        InputError: If neither names a folder that is there.
    """
    named = given or Path(os.environ.get(VARIABLE) or "unnamed")
    if not (named / "coco_kp").is_dir():
        raise InputError(f"no real people in {named}: give --data or set {VARIABLE} to a folder that holds coco_kp/")
    return named


def lspet(data: Path) -> pd.DataFrame:
    """People of LSPET whose 14 joints are all labelled: image_id, path, keypoints (51,), bbox, area, in hash order.

    Hash order makes any leading part a random sample that does not depend on how many rows there are.
    """
    folder = data / "lspet"
    joints = scipy.io.loadmat(folder / "joints.mat")["joints"]
    rows = [_athlete(folder, joints[:, :, number - 1], number) for number in _numbers(folder)]
    return pd.DataFrame(rows).sort_values("hash", ignore_index=True)


def coco(data: Path, settings: Attribute) -> tuple[pd.DataFrame, pd.DataFrame]:
    """People and images of the COCO extract, with measured contrast, as the generate stage hands them to a backend."""
    folder = data / "coco_kp"
    tree = json.loads((folder / "person_keypoints_pixels168.json").read_text(encoding="utf-8"))
    licences = {one["id"]: one["name"] for one in tree["licenses"]}
    images = pd.DataFrame(tree["images"]).rename(columns={"id": "image_id"})
    images["path"] = [str(folder / "images" / name) for name in images["file_name"]]
    images["license"] = images["license"].map(licences)
    people = pd.DataFrame(tree["annotations"])
    people = people.assign(
        person_id=people["id"].astype(str),
        segmentation=people["segmentation"].map(json.dumps),
        iscrowd=people["iscrowd"].astype(bool),
        garments="",
        **dict.fromkeys(PERCEIVED, UNKNOWN),
    )
    people = people.merge(images[["image_id", "path", "width", "height", "license"]], on="image_id", validate="m:1")
    measured = pd.concat([measure_image(str(path), rows, settings) for path, rows in people.groupby("path")])
    return people.merge(measured, on="person_id", validate="1:1"), images


def _numbers(folder: Path) -> list[int]:
    numbers: list[int] = json.loads((folder / "subset_ids.json").read_text(encoding="utf-8"))
    return numbers


def _athlete(folder: Path, joints: np.ndarray, number: int) -> dict[str, object]:
    """One person; joints (14, 3) of x, y, labelled."""
    keypoints = np.zeros((17, 3))
    for to, source in COCO_FROM_LSP.items():
        keypoints[to] = (*joints[source, :2], 2)
    # The box is of all 14 joints: the head top belongs to the person, though it is not learned.
    low, high = joints[:, :2].min(axis=0), joints[:, :2].max(axis=0)
    middle, size = (low + high) / 2, (high - low) * BOX_GROWN
    return {
        "image_id": f"im{number:05d}",
        "hash": unit_hash(SPLIT_SALT, f"im{number:05d}"),
        "path": str(folder / "images" / f"im{number:05d}.jpg"),
        "keypoints": keypoints.ravel().tolist(),
        "bbox": [*(middle - size / 2), *size],
        "area": AREA_OF_BOX * float(size[0] * size[1]),
    }
