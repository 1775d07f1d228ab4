"""Which weights are kept: those under which the worst-served group of the validation people is served best."""

from typing import Any, cast

import numpy as np
import pandas as pd
from torch import Tensor

from hpefair.arrays import Array
from hpefair.core.pose.candidates import Detections, People, candidates
from hpefair.core.pose.person_scores import person_scores
from hpefair.core.pose.skeleton import Skeleton
from hpefair.data import pose_arrays
from hpefair.estimators.protocol import Estimator
from hpefair.prediction.prediction import TestTime, detect, predict
from hpefair.schema import DECIDING, UNKNOWN
from hpefair.settings.training import TrainEngine
from hpefair.training.averaging import Average
from hpefair.training.training_set import TrainingSet

ALL = "all"


class Validation:
    """Checks weights now and then, and remembers the best."""

    def __init__(self, data: TrainingSet, settings: TrainEngine, skeleton: Skeleton) -> None:
        self._settings, self._skeleton = settings, skeleton
        self._people = data.validation
        self._who = data.validation_membership
        self.best: dict[str, Tensor] = {}
        self._best_value = -np.inf

    @property
    def possible(self) -> bool:
        """Whether there is anybody to validate on."""
        return self._people is not None and len(self._people) > 0 and self._settings.keep != "last"

    def check(self, model: Estimator, average: Average, step: int) -> list[dict[str, Any]]:
        """Score the averaged weights by group, and keep them if they are the best so far; ties go to the later."""
        own = {name: value.clone() for name, value in model.state_dict().items()}
        training = model.training
        model.load_state_dict(average.values)
        scores, members = self._scores(model)
        model.load_state_dict(own)
        model.train(training)
        rows = by_group(scores, members, self._who.names)
        value = self._value(rows)
        kept = value >= self._best_value
        if kept:
            self._best_value = value
            self.best = {name: tensor.clone() for name, tensor in average.values.items()}
        return [{"step": step, **row, "kept": kept} for row in rows]

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"best": self.best, "value": self._best_value}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.best, self._best_value = state["best"], state["value"]

    def _value(self, rows: list[dict[str, Any]]) -> float:
        named = [row for row in rows if row["group"] != ALL and not row["group"].endswith(UNKNOWN)]
        large = [row["ar"] for row in named if row["n"] >= self._settings.min_support]
        if self._settings.keep == "worst_group" and large:
            return float(min(large))
        return float(next(row["ar"] for row in rows if row["group"] == ALL))

    def _scores(self, model: Estimator) -> tuple[pd.DataFrame, Array]:
        """AR and OKS of everybody who counts, and their membership."""
        people = cast(pd.DataFrame, self._people).reset_index(drop=True)
        truth, index = annotated(people)
        once = TestTime(flip=False)
        if model.scope == "crop":
            rows = np.flatnonzero(~truth.ignored)
            poses, score = predict(model, people.iloc[rows], once)
            detections = Detections(truth.image[rows], poses, score)
        else:
            pictures = people.drop_duplicates("image_id").reset_index(drop=True)
            detections = pose_arrays.detections(detect(model, pictures, once).assign(area=np.nan), index)
        scores = person_scores(
            truth, detections, candidates(truth, detections, self._skeleton.variances, len(index)), self._skeleton
        ).table
        return scores, self._who.values[scores["row"]]


def annotated(people: pd.DataFrame) -> tuple[People, dict[str, int]]:
    """Annotated people of a table with image_id, keypoints, area, bbox and iscrowd, and the index of their pictures."""
    index = pose_arrays.image_index(sorted(people["image_id"].unique()))
    joints = pose_arrays.keypoints(people)
    return pose_arrays.people(people.assign(num_keypoints=(joints[:, :, 2] > 0).sum(axis=1)), index), index


def by_group(scores: pd.DataFrame, members: Array, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """People, mean AR and mean OKS of everybody and of every group, by expected membership."""
    weights = {ALL: np.ones(len(scores)), **dict(zip(names, members.T, strict=True))}
    rows = []
    for group, weight in weights.items():
        n = float(weight.sum())
        means = {m: float((scores[m].to_numpy() @ weight) / n) if n else float("nan") for m in DECIDING}
        rows.append({"group": group, "n": n, **means})
    return rows
