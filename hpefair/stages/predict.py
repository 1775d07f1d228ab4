"""Predictions of a trained model on the test images, or of a results file on all images."""

from pathlib import Path

import numpy as np
import pandas as pd

from hpefair import artifacts, params
from hpefair.adapters import coco_json, coco_results, dvc_stage, progress, tables
from hpefair.core.pose.skeletons import skeleton
from hpefair.errors import InputError
from hpefair.schema import PREDICTIONS


def build(out: Path, work: Path, item: str) -> None:
    """Write predictions, the images they are about, and where boxes came from."""
    settings = params.load().predict
    source = Path(settings.models[item].from_)
    images = tables.read(artifacts.INGEST / "images.parquet")
    if source.is_relative_to(artifacts.TRAIN):
        found, evaluated, about = _trained(source, images, settings.engine)
    else:
        found, evaluated, about = _third_party(source, images)
    tables.write(out / "predictions.parquet", found[list(PREDICTIONS)])
    tables.write(out / "images.parquet", evaluated[["image_id"]])
    tables.write_json(out / "about.json", {"model": item, "from": source.as_posix(), **about})
    print(f"predict {item}: {len(found)} predictions on {len(evaluated)} images")


def _trained(
    source: Path, images: pd.DataFrame, settings: params.PredictEngine
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, str]]:
    import torch

    from hpefair.training import weights
    from hpefair.training.prediction import predict

    torch.set_num_threads(1)
    model, _ = weights.load(source)
    split = tables.read(artifacts.SPLIT / "images.parquet")
    test = images[images["image_id"].isin(split.loc[split["split"] == "test", "image_id"])]
    people = tables.read(artifacts.INGEST / "people.parquet")
    people = people[~people["iscrowd"] & (people["num_keypoints"] > 0)]
    people = people.merge(test[["image_id", "path"]], on="image_id", validate="m:1")
    if people.empty:
        raise InputError("no evaluable person lies in the test split: see split.fractions in params.yaml")
    batches = [slice(start, start + settings.batch) for start in range(0, len(people), settings.batch)]
    poses, score = predict(model, people, settings.flip_test, progress.track(batches, "predict"))
    found = people[["image_id", "person_id"]].assign(
        keypoints=list(poses.reshape(len(people), -1)), score=score, area=np.nan, box_source="ground truth"
    )
    return found, test, {"boxes": "ground truth", "images": "test split"}


def _third_party(source: Path, images: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, str]]:
    dataset = source.parts[2]
    mine = images[images["dataset"] == dataset]
    # The file was checked when it was added; images quarantined since then drop out here.
    tree = coco_json.load_dataset(artifacts.RAW / dataset / "annotations.json")
    found = coco_results.load(source, skeleton("coco_17"), coco_json.declared_ids(tree), coco_json.person_ids(tree))
    table = pd.DataFrame(
        {
            "coco_image_id": found.coco_image_id,
            "keypoints": list(found.keypoints.reshape(len(found.score), -1)),
            "score": found.score,
            "area": found.area,
        }
    )
    table = table.merge(mine[["coco_image_id", "image_id"]], on="coco_image_id", validate="m:1")
    return (
        table.assign(person_id="", box_source="results file"),
        mine,
        {"boxes": "as in its results file", "images": "all images"},
    )


if __name__ == "__main__":
    dvc_stage.main("predict", build)
