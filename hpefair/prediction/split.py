"""What a trained model predicts for the images of one split, with annotated boxes or with a detector's."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from hpefair import artifacts, workspace
from hpefair.data import tables
from hpefair.errors import InputError, SettingsError
from hpefair.machine import memory
from hpefair.prediction import weights
from hpefair.prediction.prediction import TestTime
from hpefair.prediction.top_down import detected, of_people
from hpefair.settings.training import PredictEngine


def predicted(folder: Path, boxes: Path, images: pd.DataFrame, how: PredictEngine) -> tuple[pd.DataFrame, str]:
    """Predict for images of the workspace.

    Args:
        folder: Weights of the model.
        boxes: Where boxes come from: the ingested annotations, or the weights of a detector.
        images: Rows of images.parquet.
        how: Test-time augmentation and suppression.

    Returns:
        Rows of the predictions table, and where the boxes came from.

    Raises:
        InputError: If nobody in the images can be evaluated.
        SettingsError: If the boxes are to come from a model that is no detector.
    """
    torch.set_num_threads(1)
    memory.keep_freed()
    model, _ = weights.load(folder)
    test_time = _test_time(how)
    print(f"predict: test-time augmentation costs {test_time.cost(model.scope):.3g} passes")
    if model.scope == "crop" and boxes == artifacts.INGEST:
        people = _evaluable(images)
        poses, score = of_people(model, people, test_time)
        predictions = people[["image_id", "person_id"]].assign(
            keypoints=list(poses.reshape(len(people), -1)), score=score
        )
        source = "ground truth"
    else:
        detector = model if model.scope == "image" else weights.load(boxes)[0]
        if detector.scope != "image":
            raise SettingsError(
                f"predict.models: {boxes} is not a detector: name a model whose estimator sees whole pictures"
            )
        refiner = model if model.scope == "crop" else None
        predictions = detected(detector, refiner, images, test_time, how.nms_oks)
        source = f"detected by {boxes.name}" if refiner is not None else "its own"
    return predictions.assign(area=np.nan, box_source=source), source


def _test_time(how: PredictEngine) -> TestTime:
    return TestTime(how.flip_test, how.scales, how.batch, how.score_threshold, how.nms_iou, how.max_people)


def _evaluable(images: pd.DataFrame) -> pd.DataFrame:
    people = tables.read(artifacts.INGEST / "people.parquet")
    people = people[workspace.evaluable(people)]
    people = people.merge(images[["image_id", "path"]], on="image_id", validate="m:1")
    if people.empty:
        raise InputError(
            "no evaluable person in the split that is predicted: raise its part of split.fractions in params.yaml"
        )
    return people
