"""Top-down estimation with annotated boxes, or with those that a detector finds."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpefair.arrays import Array
from hpefair.core.pose.skeletons import COCO_17
from hpefair.core.pose.suppression import distinct_poses
from hpefair.estimators.protocol import Estimator
from hpefair.machine import progress
from hpefair.prediction.prediction import TestTime, detect, predict, slices

COLUMNS = ("image_id", "person_id", "keypoints", "score")


def of_people(model: Estimator, people: pd.DataFrame, how: TestTime) -> tuple[Array, Array]:
    """Poses (N, K, 3) and scores (N,) of people with path and bbox, with a progress bar."""
    return predict(model, people, how, progress.track(slices(len(people), how.batch), "predicting people"))


def detected(
    detector: Estimator, refiner: Estimator | None, pictures: pd.DataFrame, how: TestTime, nms_oks: float
) -> pd.DataFrame:
    """Everybody whom a detector finds, with its own joints or with those of a top-down estimator in its boxes.

    A top-down pose is scored by its box's score times its mean confidence (Xiao et al., ECCV 2018); of poses that show
    the same person only the best stays.

    Args:
        detector: Trained estimator of pictures.
        refiner: Trained estimator of crops; None for the detector's own joints.
        pictures: Rows image_id, path.
        how: Test-time augmentation and suppression.
        nms_oks: OKS above which two poses show the same person.

    Returns:
        Rows image_id, person_id (empty: nobody knows who it is), keypoints, score.
    """
    batches = progress.track(slices(len(pictures), how.batch), "finding people")
    detections = detect(detector, pictures, how, batches)
    if detections.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    if refiner is not None:
        poses, confidence = of_people(refiner, detections, how)
        detections = detections.assign(
            keypoints=list(poses.reshape(len(detections), -1)), score=detections["score"] * confidence
        )
    kept = [rows.iloc[_distinct(rows, nms_oks)] for _, rows in detections.groupby("image_id", sort=False)]
    return pd.concat(kept, ignore_index=True).assign(person_id="")[list(COLUMNS)]


def _distinct(rows: pd.DataFrame, nms_oks: float) -> NDArray[np.int64]:
    poses = np.array(rows["keypoints"].to_list(), float).reshape(len(rows), -1, 3)
    area = np.array([box[2] * box[3] for box in rows["bbox"]], dtype=float)
    return distinct_poses(poses, rows["score"].to_numpy(float), area, COCO_17.variances, nms_oks)
