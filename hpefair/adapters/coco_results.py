"""COCO keypoint results files of third-party models."""

from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hpefair.adapters import coco_json
from hpefair.core.pose.skeleton import Skeleton
from hpefair.errors import InputError


def load(path: Path, skeleton: Skeleton, known_images: AbstractSet[int]) -> pd.DataFrame:
    """Read a results list and check that it belongs to a dataset.

    Args:
        path: Results file, a list of {image_id, category_id, keypoints, score}.
        skeleton: Skeleton the keypoints must have.
        known_images: COCO image ids of the dataset.

    Returns:
        One row per detection: coco_image_id, keypoints (flat, 3 K), score.

    Raises:
        InputError: If it is no results list, has the wrong keypoint count, bad numbers, or names other images.
    """
    rows = coco_json.load(path)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{path} is not a COCO results file: it must be a list of detections")
    if not rows:
        raise InputError(f"{path} holds no detections")
    for number, row in enumerate(rows):
        reason = _fault(row, skeleton)
        if reason:
            raise InputError(f"{path}, detection {number}: {reason}")
    strangers = sorted({row["image_id"] for row in rows} - known_images)
    if strangers:
        raise InputError(
            f"{path} has detections on {len(strangers)} images that the dataset does not have (first: {strangers[0]}); "
            "is it the results file of another dataset?"
        )
    return pd.DataFrame(
        {
            "coco_image_id": np.array([row["image_id"] for row in rows], dtype=np.int64),
            "keypoints": [[float(value) for value in row["keypoints"]] for row in rows],
            "score": np.array([row["score"] for row in rows], dtype=float),
        }
    )


def _fault(row: dict[str, Any], skeleton: Skeleton) -> str | None:
    values = row.get("keypoints")
    if not isinstance(values, list) or len(values) != 3 * skeleton.size:
        count = len(values) if isinstance(values, list) else 0
        return f"it has {count} keypoint numbers where {skeleton.name} needs {3 * skeleton.size}"
    numbers = [*values, row.get("score")]
    if not all(coco_json.is_finite(value) for value in numbers):
        return "keypoints and score must be finite numbers"
    if not isinstance(row.get("image_id"), int):
        return "image_id must be an integer"
    return None
