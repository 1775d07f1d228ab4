"""Accuracy of one model overall, by group and by joint, with intervals and verdicts."""

from pathlib import Path

import pandas as pd

from hpefair import artifacts, workspace
from hpefair.attributes.doubt import corrected_means
from hpefair.core.evaluation import Setting, Uncertainty, evaluate
from hpefair.core.pose.error_types import ERRORS
from hpefair.core.pose.person_scores import METRICS
from hpefair.core.pose.skeletons import skeleton
from hpefair.core.pose.subgroup_precision import Rule
from hpefair.core.shares.groups import groups
from hpefair.core.uncertainty.clusters import image_clusters
from hpefair.data import pose_arrays, tables
from hpefair.schema import DECIDING
from hpefair.settings import params
from hpefair.settings.params import Evaluate
from hpefair.tools.dvc import stage


def write(out: Path, work: Path, item: str) -> None:
    """Write the ten COCO statistics, the tables by group and joint, gaps, and per-person scores."""
    settings = params.load().evaluate
    folder = artifacts.PREDICT / item
    about = tables.read(folder / "images.parquet")["image_id"]
    images = tables.read(artifacts.INGEST / "images.parquet")
    images = images[images["image_id"].isin(about)].reset_index(drop=True)  # ascending COCO id, the reference's order
    people, truth = pose_arrays.stored_people(artifacts.INGEST / "people.parquet", images["image_id"])
    attributes = workspace.attributes().loc[people["person_id"]].reset_index(drop=True)
    predictions = tables.read(folder / "predictions.parquet")
    index = pose_arrays.image_index(images["image_id"])
    setting = Setting(
        skeleton=skeleton("coco_17"),
        n_images=len(images),
        cluster=image_clusters(len(images), images.index.to_numpy(), images["subject_id"].tolist()),
        context=attributes[list(settings.adjust_for)],
        rule=Rule(settings.ap_rule),
    )
    result = evaluate(
        truth,
        pose_arrays.detections(predictions, index),
        groups(attributes, settings.by, settings.cells),
        setting,
        _uncertainty(settings),
    )
    scores = result.people.assign(person_id=people["person_id"].to_numpy()[result.people["row"]])
    scores["image_id"] = images["image_id"].to_numpy()[scores["image"]]
    errors = [f"joints_{name}" for name in ERRORS]
    tables.write(out / "people.parquet", scores[["person_id", "image_id", *METRICS, *errors]])
    own = attributes.iloc[result.people["row"].to_numpy()].reset_index(drop=True)
    scored = pd.concat([scores.reset_index(drop=True), own], axis=1)
    audit = tables.read(artifacts.CALIBRATE / "audited.parquet")
    corrected = corrected_means(scored, audit, settings.by, DECIDING, settings.confidence)
    tables.write(out / "corrected.parquet", corrected)
    tables.write(out / "by_group.parquet", result.by_group)
    tables.write(out / "by_keypoint.parquet", result.by_keypoint)
    tables.write(out / "gaps.parquet", result.gaps)
    tables.write_json(out / "overall.json", {**result.overall, **tables.read_json(folder / "about.json")})
    print(f"evaluate {item}: AP {result.overall['AP']:.3f}, AR {result.overall['AR']:.3f} on {len(images)} images")


def _uncertainty(settings: Evaluate) -> Uncertainty:
    return Uncertainty(
        settings.resamples, settings.confidence, settings.min_support, settings.seed, settings.tolerance, settings.power
    )


if __name__ == "__main__":
    stage.main("evaluate", write)
