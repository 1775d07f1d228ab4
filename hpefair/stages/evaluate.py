"""Accuracy of one model overall and by group, with intervals."""

from pathlib import Path

from hpefair import artifacts, params
from hpefair.adapters import dvc_stage, pose_arrays, tables
from hpefair.core.evaluation import Uncertainty, evaluate
from hpefair.core.fairness.groups import groups
from hpefair.core.pose.skeleton import skeleton


def build(out: Path, work: Path, item: str) -> None:
    """Write the ten COCO statistics, the table by group, gaps, and per-person scores."""
    settings = params.load().evaluate
    folder = artifacts.PREDICT / item
    about = tables.read(folder / "images.parquet")["image_id"]
    images = tables.read(artifacts.INGEST / "images.parquet")["image_id"]
    images = images[images.isin(about)].reset_index(drop=True)  # ascending COCO id, the reference's order
    people = tables.read(artifacts.INGEST / "people.parquet")
    people = people[people["image_id"].isin(images)].reset_index(drop=True)
    attributes = tables.read_folder(
        artifacts.ATTRIBUTE, "attributes.parquet", params.load().attribute.shards
    ).set_index("person_id")
    listed = groups(attributes.loc[people["person_id"]], settings.by, settings.cells)
    predictions = tables.read(folder / "predictions.parquet")
    index = pose_arrays.image_index(images)
    result = evaluate(
        pose_arrays.people(people, index),
        pose_arrays.detections(predictions, index),
        skeleton("coco_17").variances,
        len(images),
        listed,
        Uncertainty(
            settings.resamples, settings.ap_resamples, settings.confidence, settings.min_support, settings.seed
        ),
    )
    scores = result.people.assign(person_id=people["person_id"].to_numpy()[result.people["row"]])
    scores["image_id"] = images.to_numpy()[scores["image"]]
    tables.write(out / "people.parquet", scores[["person_id", "image_id", "ar", "oks"]])
    tables.write(out / "by_group.parquet", result.by_group)
    tables.write(out / "gaps.parquet", result.gaps)
    tables.write_json(out / "overall.json", {**result.overall, **tables.read_json(folder / "about.json")})
    print(f"evaluate {item}: AP {result.overall['AP']:.3f}, AR {result.overall['AR']:.3f} on {len(images)} images")


if __name__ == "__main__":
    dvc_stage.main("evaluate", build)
