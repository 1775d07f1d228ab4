"""Models compared on the sealed split; nothing else in hpefair reads it."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from hpefair import artifacts, workspace
from hpefair.core.fairness.comparison import Comparison, Tolerance
from hpefair.core.fairness.paired_models import Rule, compare_models
from hpefair.core.pose.candidates import candidates
from hpefair.core.pose.person_scores import person_scores
from hpefair.core.pose.skeletons import skeleton
from hpefair.data import pose_arrays, tables
from hpefair.errors import InputError
from hpefair.prediction.split import predicted
from hpefair.settings.params import Params


def compare_sealed(settings: Params, champion: Path, weights: Mapping[str, Path]) -> tuple[dict[str, Comparison], int]:
    """Compare candidates with a champion, all of them with the same boxes, as the stage `compare` does on test images.

    Args:
        settings: Parameters; `compare` names the metric and the attributes, `predict` each model's boxes.
        champion: Weights of the champion.
        weights: Name to weights of the candidates.

    Returns:
        Name to comparison, and how many people it is about.

    Raises:
        InputError: If nobody lies in the sealed split.
    """
    images = _sealed_images()
    scores = {name: _scores(settings, folder, name, images) for name, folder in weights.items()}
    holders = {
        boxes: _scores(settings, champion, name, images)
        for name, boxes in {name: settings.predict.models[name].boxes for name in weights}.items()
    }
    drawing, wanted = settings.evaluate, settings.compare
    tolerance = Tolerance(wanted.tolerance, drawing.confidence, drawing.power, drawing.min_support)
    rule = Rule(wanted.metric, wanted.attributes, tolerance, drawing.resamples, drawing.seed)
    pairs = {name: (holders[settings.predict.models[name].boxes], own) for name, own in scores.items()}
    subjects = images.set_index("image_id")["subject_id"]
    return compare_models(pairs, workspace.attributes(), subjects, rule), len(next(iter(scores.values())))


def _sealed_images() -> pd.DataFrame:
    images = tables.read(artifacts.INGEST / "images.parquet")
    split = tables.read(artifacts.SPLIT / "images.parquet")
    sealed = images[images["image_id"].isin(split.loc[split["split"] == "sealed", "image_id"])]
    if sealed.empty:
        raise InputError("no image lies in the sealed split: see split.fractions in params.yaml")
    return sealed.reset_index(drop=True)


def _scores(settings: Params, folder: Path, name: str, images: pd.DataFrame) -> pd.DataFrame:
    """Every metric of every evaluable person, by person_id, with the image_id."""
    boxes = Path(settings.predict.models[name].boxes)
    predictions, _ = predicted(folder, boxes, images, settings.predict.engine)
    people, truth = pose_arrays.stored_people(artifacts.INGEST / "people.parquet", images["image_id"])
    detections = pose_arrays.detections(predictions, pose_arrays.image_index(images["image_id"]))
    joints = skeleton("coco_17")
    top_detections = candidates(truth, detections, joints.variances, len(images))
    table = person_scores(truth, detections, top_detections, joints).table
    table["image_id"] = images["image_id"].to_numpy()[table["image"]]
    return table.set_index(people["person_id"].to_numpy()[table["row"]])
