"""COCO keypoint results files of third-party models."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import simdjson
from numpy.typing import NDArray

from hpefair.arrays import Array, Index
from hpefair.data.coco import records
from hpefair.core.pose.candidates import Detections
from hpefair.core.pose.skeleton import Skeleton
from hpefair.errors import InputError



CHUNK = 1024  # detections parsed at once: what fits in the cache


class Head(msgspec.Struct, gc=False):
    """A detection without its keypoints; other keys are skipped while reading."""

    image_id: int
    score: float
    category_id: int | str | float | None = None
    bbox: list[float] | None = None


@dataclass(frozen=True)
class Results:
    """Detections of a results file.

    Attributes:
        coco_image_id: COCO image id (M,).
        keypoints: Keypoints (M, K, 3).
        score: Scores (M,).
        area: Area of each box (M,), NaN where the file has no boxes and the keypoints' extent stands for them. As
            pycocotools' loadRes decides it: by whether the first entry has a box.
        category: Category ids as given (M,), None where an entry has none.
        left_out: Detections of other categories that the file held alongside these.
    """

    coco_image_id: Index
    keypoints: Array
    score: Array
    area: Array
    category: NDArray[np.object_]
    left_out: int = 0

    def of(self, categories: AbstractSet[int]) -> "Results":
        """Detections of the given categories and of none; all where no category is given."""
        keep = np.array([not categories or one is None or one in categories for one in self.category], dtype=bool)
        return self if keep.all() else replace(self._some(keep), left_out=int((~keep).sum()))

    def _some(self, keep: NDArray[np.bool_]) -> "Results":
        columns = ("coco_image_id", "keypoints", "score", "area", "category")
        return replace(self, **{name: getattr(self, name)[keep] for name in columns})

    def on(self, ids: Index) -> Detections:
        """Detections on the given images, numbered by their place in `ids` (ascending); the others are left out."""
        here = np.isin(self.coco_image_id, ids)
        mine = self if here.all() else self._some(here)
        return Detections(np.searchsorted(ids, mine.coco_image_id), mine.keypoints, mine.score, mine.area)


def load(
    path: Path, skeleton: Skeleton, known_images: AbstractSet[int], persons: AbstractSet[int] = frozenset()
) -> Results:
    """Read a results list and check that it belongs to a dataset.

    Args:
        path: Results file, a list of {image_id, category_id, keypoints, score}.
        skeleton: Skeleton the keypoints must have.
        known_images: COCO image ids of the dataset.
        persons: Its category ids of people; detections of other categories are left out, as pycocotools does.

    Returns:
        The detections of people.

    Raises:
        InputError: If it is no results list, has the wrong keypoint count, bad numbers, nobody, or names other images.
    """
    detections = (_well_formed(path, skeleton) or _row_by_row(path, skeleton)).of(persons)
    if not len(detections.score):
        raise InputError(f"{path} holds no detection of a person, only of other categories")
    strangers = sorted(set(np.unique(detections.coco_image_id).tolist()) - known_images)
    if strangers:
        raise InputError(
            f"{path} has detections on {len(strangers)} images that the dataset does not have (first: {strangers[0]}); "
            "check that the results file belongs to this dataset"
        )
    return detections


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
        return _results(
            [head.image_id for head in heads],
            numbers.reshape(-1, skeleton.size, 3),
            [head.score for head in heads],
            [head.bbox for head in heads],
            [head.category_id for head in heads],
        )
    except (OSError, KeyError, IndexError, OverflowError, TypeError, ValueError, RuntimeError, msgspec.DecodeError):
        return None


def _results(
    image: list[int], keypoints: Array, score: list[float], boxes: list[list[float] | None], category: list[Any]
) -> Results:
    """Columns as arrays.

    Raises:
        TypeError, ValueError: If the first entry has a box and another has none, or one of not four numbers.
    """
    area = np.full(len(image), np.nan)
    if boxes[0]:
        sides = np.array(boxes, dtype=float)
        area = sides.reshape(len(image), 4)[:, 2:].prod(axis=1)
    kinds = np.empty(len(category), dtype=object)
    kinds[:] = category
    return Results(np.array(image, dtype=np.int64), keypoints, np.array(score, dtype=float), area, kinds)


def _row_by_row(path: Path, skeleton: Skeleton) -> Results:
    rows = records.load(path)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{path} is not a COCO results file: it must be a list of detections")
    if not rows:
        raise InputError(f"{path} holds no detections")
    boxed = bool(rows[0].get("bbox"))
    for number, row in enumerate(rows):
        reason = _fault(row, skeleton, boxed)
        if reason:
            raise InputError(f"{path}, detection {number}: {reason}")
    return _results(
        [row["image_id"] for row in rows],
        np.array([row["keypoints"] for row in rows], dtype=float).reshape(len(rows), skeleton.size, 3),
        [row["score"] for row in rows],
        [row.get("bbox") for row in rows],
        [row.get("category_id") for row in rows],
    )


def _fault(row: dict[str, Any], skeleton: Skeleton, boxed: bool) -> str | None:
    values = row.get("keypoints")
    if not isinstance(values, list) or len(values) != 3 * skeleton.size:
        count = len(values) if isinstance(values, list) else 0
        return f"it has {count} keypoint numbers where {skeleton.name} needs {3 * skeleton.size}"
    numbers = [*values, row.get("score")]
    if not all(records.is_finite(value) for value in numbers):
        return "keypoints and score must be finite numbers"
    if not records.is_id(row.get("image_id")):
        return "image_id must be an integer of at most 64 bits"
    box = row.get("bbox")
    if boxed and not (isinstance(box, list) and len(box) == 4 and records.all_finite(box)):
        return "the first detection has a bbox, so each needs one, of four finite numbers"
    if not isinstance(row.get("category_id"), (int, str, float, type(None))):
        return "category_id must be a number"
    return None
