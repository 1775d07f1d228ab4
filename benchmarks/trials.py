"""Trials on built-in people: read a made set, score its people, train with every name and every seed."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from hpefair.core.pose.candidates import Detections, People, candidates
from hpefair.core.pose.person_scores import DECIDING, person_scores
from hpefair.core.pose.skeletons import COCO_17
from hpefair.machine import worker_pool

BINS = (10.0, 25.0)  # of contrast, CIEDE2000


def people(folder: Path) -> pd.DataFrame:
    """People of a set with path, box, keypoints and exact groups."""
    tree = json.loads((folder / "annotations.json").read_text())
    paths = {image["id"]: str(folder / "images" / image["file_name"]) for image in tree["images"]}
    rows = [
        {
            **{key: annotation[key] for key in ("image_id", "bbox", "keypoints", "area")},
            **annotation["attributes"],
            "path": paths[annotation["image_id"]],
            "exposure": 1.0,
            "synthetic": False,
        }
        for annotation in tree["annotations"]
        if annotation["num_keypoints"]
    ]
    table = pd.DataFrame(rows)
    delta = table["contrast_delta_e"].astype(float)
    table["contrast"] = np.select([delta < BINS[0], delta >= BINS[1], delta.notna()], ["low", "high", "mid"], "unknown")
    return table


def scores(test: pd.DataFrame, poses: np.ndarray, score: np.ndarray) -> np.ndarray:
    """AR and OKS (N, 2) of every test person, boxes given."""
    image = pd.factorize(test["image_id"])[0].astype(np.int64)
    keypoints = np.array(test["keypoints"].to_list(), float).reshape(len(test), -1, 3)
    area, boxes = test["area"].to_numpy(float), np.array(test["bbox"].to_list(), float)
    labelled = (keypoints[:, :, 2] > 0).sum(axis=1)
    truth = People(image, keypoints, area, boxes, np.zeros(len(test), bool), labelled)
    given = Detections(image, poses, score)
    found = candidates(truth, given, COCO_17.variances, int(image.max()) + 1)
    return person_scores(truth, given, found, COCO_17).table[list(DECIDING)].to_numpy()


def trained(
    training: Callable[[tuple[str, int]], tuple[str, int, np.ndarray]], names: Sequence[str], seeds: int, workers: int
) -> dict[str, np.ndarray]:
    """Scores (seeds, N, 2) of every name; `training` maps a name and a seed to them and to its scores (N, 2)."""
    jobs = [(name, seed) for seed in range(seeds) for name in names]
    made = sorted(worker_pool.run(training, jobs, workers, "training"), key=lambda one: one[1])
    return {name: np.stack([found for own, _, found in made if own == name]) for name in names}
