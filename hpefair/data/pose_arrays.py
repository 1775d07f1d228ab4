"""People and prediction tables as the arrays that core computes on."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from hpefair.data import tables
from hpefair.core.pose.candidates import Detections, People
from hpefair.schema import PEOPLE

JOINTS = 17


def image_index(images: Iterable[str]) -> dict[str, int]:
    """Position of every image id; pass them in ascending order."""
    return {name: position for position, name in enumerate(images)}


def keypoints(table: pd.DataFrame) -> NDArray[np.float64]:
    """Keypoints (N, 17, 3) of a table."""
    if table.empty:
        return np.zeros((0, JOINTS, 3))
    return np.stack([np.asarray(row, dtype=float) for row in table["keypoints"]]).reshape(len(table), -1, 3)


def people(table: pd.DataFrame, index: Mapping[str, int]) -> People:
    """Annotated people."""
    boxes = [np.asarray(row, dtype=float) for row in table["bbox"]]
    return People(
        image=table["image_id"].map(index).to_numpy(dtype=np.int64),
        keypoints=keypoints(table),
        area=table["area"].to_numpy(dtype=float),
        bbox=np.stack(boxes) if boxes else np.zeros((0, 4)),
        crowd=table["iscrowd"].to_numpy(dtype=bool),
        num_keypoints=table["num_keypoints"].to_numpy(dtype=np.int64),
    )


def stored_people(path: Path, images: pd.Series) -> tuple[pd.DataFrame, People]:
    """People of some images from a people table on disk, their numbers never becoming Python objects.

    Args:
        path: people.parquet.
        images: Image ids, in ascending order of the COCO ids.

    Returns:
        Rows without keypoints, box and segmentation, and the arrays that core computes on.

    Raises:
        MissingArtifactError: If the table is not there.
    """
    stored = tables.read_arrow(path, [name for name in PEOPLE if name not in ("segmentation", "garments")])
    table = stored.drop_columns(["keypoints", "bbox"]).to_pandas()
    image = pd.Index(images).get_indexer(table["image_id"])
    here: Any = image >= 0
    if here.all():
        here = slice(None)  # nothing is copied
    joints, boxes = (_numbers(stored[name]).reshape(len(table), -1) for name in ("keypoints", "bbox"))
    return table[here].reset_index(drop=True), People(
        image=image[here].astype(np.int64, copy=False),
        keypoints=joints[here].reshape(-1, joints.shape[1] // 3, 3),
        area=table["area"].to_numpy(dtype=float)[here],
        bbox=boxes[here],
        crowd=table["iscrowd"].to_numpy(dtype=bool)[here],
        num_keypoints=table["num_keypoints"].to_numpy(dtype=np.int64)[here],
    )


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """All numbers of a column of lists in a row."""
    parts = [np.asarray(chunk.flatten(), dtype=np.float64) for chunk in column.chunks]
    return np.concatenate(parts) if parts else np.zeros(0)


def detections(table: pd.DataFrame, index: Mapping[str, int]) -> Detections:
    """Predicted people."""
    return Detections(
        image=table["image_id"].map(index).to_numpy(dtype=np.int64),
        keypoints=keypoints(table),
        score=table["score"].to_numpy(dtype=float),
        area=table["area"].to_numpy(dtype=float),
    )
