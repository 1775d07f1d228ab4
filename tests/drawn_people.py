"""Drawn people in the place of real ones: a folder with the same names, for whoever has not got the real data."""

import csv
import json
from pathlib import Path

import numpy as np

from tests.command_line import hpefair

IMAGES = 16
SEED = 7
GENDER = {"feminine": "woman", "masculine": "man"}
# Share of people found, and how far off their joints are in sizes of a person; named as the real models are.
MODELS = {"yolo11n": (0.75, 0.03), "movenet-lightning": (0.6, 0.06)}


def write(folder: Path) -> None:
    """Draw people; two models that find most of them; who is a woman or a man, by image, as captions say it.

    Args:
        folder: Where to; they lie in `coco_kp` below it.
    """
    folder.mkdir()
    hpefair("sample", "--out", "drawn", "--images", IMAGES, "--size", 192, "--seed", SEED, cwd=folder)
    root = (folder / "drawn").rename(folder / "coco_kp")
    tree = json.loads((root / "annotations.json").read_text())
    (root / "annotations.json").unlink()
    (root / "labels.csv").unlink()
    (root / "sample.json").unlink()
    (root / "person_keypoints_pixels168.json").write_text(json.dumps(tree))
    (root / "predictions").mkdir()
    for name, (found, spread) in MODELS.items():
        (root / f"predictions/{name}.json").write_text(json.dumps(predictions(tree["annotations"], found, spread)))
    with (root / "coco2014_caption_gender.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image_id", "gender"])
        seen = {one["image_id"]: GENDER.get(one["attributes"]["gender_presentation"]) for one in tree["annotations"]}
        rows.writerows((image, word) for image, word in seen.items() if word)


def predictions(people: list[dict], share: float, spread: float) -> list[dict]:
    """A share of the people, each joint off by a few hundredths of the person's size."""
    rng = np.random.default_rng(SEED)
    found = []
    for person in people:
        joints = np.array(person["keypoints"], dtype=float).reshape(-1, 3)
        joints[:, :2] += rng.normal(0, spread * np.sqrt(person["area"]), (len(joints), 2))
        joints[:, 2] = rng.uniform(0.3, 1, len(joints))
        if rng.random() < share:
            found.append(
                {"image_id": person["image_id"], "category_id": 1, "keypoints": joints.ravel().round(2).tolist()}
                | {"score": round(float(joints[:, 2].mean()), 4)}
            )
    return found
