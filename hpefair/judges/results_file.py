"""A judge of one's own that ran elsewhere: COCO keypoint results, `image_id` being the generated item's id."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from hpefair.arrays import Array
from hpefair.core.pose.geometry import box_overlap
from hpefair.data.coco import records
from hpefair.errors import InputError
from hpefair.judges.protocol import Sighting

NUMBERS = 51


class ResultsFile:
    """Sightings read from a file; it is asked by item, not by picture."""

    def __init__(self, path: Path) -> None:
        """Read results.

        Args:
            path: List of {"image_id": item id, "keypoints": [x, y, score, …], "score": …}; pixels, first centre at 0.5.

        Raises:
            InputError: If it is no such list.
        """
        rows = records.load(path)
        if not isinstance(rows, list) or not rows:
            raise InputError(f"{path} is not a COCO results file: it must be a list of detections")
        self.name, self.model_id = path.stem, f"results {path.name}"
        self._found: dict[str, list[Array]] = defaultdict(list)
        for number, row in enumerate(rows):
            self._found[_item(path, number, row)].append(np.array(row["keypoints"], float).reshape(-1, 3))

    def of(self, item_id: str, bbox: Array) -> Sighting | None:
        """What the file says about the person in a box (4,) of an item's picture; None where it has nobody there."""
        candidates = self._found.get(item_id)
        if not candidates:
            return None
        fits = box_overlap(np.stack([_extent(one) for one in candidates]), bbox[None])[:, 0]
        if not fits.max() > 0:
            return None
        chosen = candidates[int(fits.argmax())].copy()
        chosen[:, 2] = chosen[:, 2].clip(0, 1)
        return Sighting(chosen)


def _item(path: Path, number: int, row: Any) -> str:
    """Item a row is about; the row is checked as well."""
    keypoints = row.get("keypoints") if isinstance(row, dict) else None
    if not isinstance(keypoints, list) or len(keypoints) != NUMBERS or not records.all_finite(keypoints):
        raise InputError(f"{path}, detection {number}: it needs `keypoints`, {NUMBERS} finite numbers")
    if not isinstance(row.get("image_id"), (str, int)):
        raise InputError(f"{path}, detection {number}: `image_id` must be the id of a generated item")
    return str(row["image_id"])


def _extent(keypoints: Array) -> Array:
    """Box (4,) around joints."""
    low, high = keypoints[:, :2].min(axis=0), keypoints[:, :2].max(axis=0)
    return np.concatenate([low, high - low])
