"""People and prediction tables as the arrays that core computes on."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpefair.core.pose.candidates import Detections, People

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


def detections(table: pd.DataFrame, index: Mapping[str, int]) -> Detections:
    """Predicted people."""
    return Detections(
        image=table["image_id"].map(index).to_numpy(dtype=np.int64),
        keypoints=keypoints(table),
        score=table["score"].to_numpy(dtype=float),
        area=table["area"].to_numpy(dtype=float),
    )
