"""COCO keypoint results files of third-party models."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import simdjson
from numpy.typing import NDArray

from hpefair.adapters import coco_json
from hpefair.core.pose.matching import Detections
from hpefair.core.pose.skeleton import Skeleton
from hpefair.errors import InputError

Array = NDArray[np.float64]
Index = NDArray[np.int64]


CHUNK = 1024  # detections parsed at once: what fits in the cache


class Head(msgspec.Struct, gc=False):
    """A detection without its keypoints; other keys are skipped while reading."""

    image_id: int
    score: float


@dataclass(frozen=True)
class Results:
    """Detections of a results file.

    Attributes:
        coco_image_id: COCO image id (M,).
        keypoints: Keypoints (M, K, 3).
        score: Scores (M,).
    """

    coco_image_id: Index
    keypoints: Array
    score: Array

    def on(self, ids: Index) -> Detections:
        """Detections on the given images, numbered by their place in `ids` (ascending); the others are left out."""
        place = np.searchsorted(ids, self.coco_image_id)
        here = np.isin(self.coco_image_id, ids)
        if here.all():
            return Detections(place, self.keypoints, self.score)
        return Detections(place[here], self.keypoints[here], self.score[here])


def load(path: Path, skeleton: Skeleton, known_images: AbstractSet[int]) -> Results:
    """Read a results list and check that it belongs to a dataset.

    Args:
        path: Results file, a list of {image_id, category_id, keypoints, score}.
        skeleton: Skeleton the keypoints must have.
        known_images: COCO image ids of the dataset.

    Returns:
        The detections.

    Raises:
        InputError: If it is no results list, has the wrong keypoint count, bad numbers, or names other images.
    """
    found = _well_formed(path, skeleton) or _row_by_row(path, skeleton)
    strangers = sorted(set(np.unique(found.coco_image_id).tolist()) - known_images)
    if strangers:
        raise InputError(
            f"{path} has detections on {len(strangers)} images that the dataset does not have (first: {strangers[0]}); "
            "is it the results file of another dataset?"
        )
    return found


def _well_formed(path: Path, skeleton: Skeleton) -> Results | None:
    """The whole file without a Python object per number; None where anything is wrong: `_row_by_row` says what."""
    size, parser = 3 * skeleton.size, simdjson.Parser()
    try:
        data = path.read_bytes()
        heads = msgspec.json.decode(data, type=list[Head])
        entries = msgspec.json.decode(data, type=list[msgspec.Raw])
        numbers = np.empty((len(entries), size))
        for start in range(0, len(entries), CHUNK):
            rows: Any = parser.parse(b"[" + b",".join(entries[start : start + CHUNK]) + b"]")
            for number, row in enumerate(rows, start=start):
                keypoints = row["keypoints"]
                if len(keypoints) != size:
                    return None
                numbers[number] = np.frombuffer(keypoints.as_buffer(of_type="d"))
            del rows, row, keypoints  # the parser serves one document at a time
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, msgspec.DecodeError):
        return None
    if not heads:
        return None
    image, score = [head.image_id for head in heads], [head.score for head in heads]
    return Results(np.array(image, dtype=np.int64), numbers.reshape(-1, skeleton.size, 3), np.array(score, dtype=float))


def _row_by_row(path: Path, skeleton: Skeleton) -> Results:
    rows = coco_json.load(path)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{path} is not a COCO results file: it must be a list of detections")
    if not rows:
        raise InputError(f"{path} holds no detections")
    for number, row in enumerate(rows):
        reason = _fault(row, skeleton)
        if reason:
            raise InputError(f"{path}, detection {number}: {reason}")
    return Results(
        np.array([row["image_id"] for row in rows], dtype=np.int64),
        np.array([row["keypoints"] for row in rows], dtype=float).reshape(len(rows), skeleton.size, 3),
        np.array([row["score"] for row in rows], dtype=float),
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
