"""Predictions of a trained model on the test images, or of a results file on all images."""

from pathlib import Path

import pandas as pd

from hpefair import artifacts
from hpefair.core.pose.skeletons import skeleton
from hpefair.data import tables
from hpefair.data.coco import records, results
from hpefair.schema import PREDICTIONS
from hpefair.settings import params
from hpefair.settings.training import PredictedModel, PredictEngine
from hpefair.tools.dvc import stage

Found = tuple[pd.DataFrame, pd.DataFrame, dict[str, str]]  # predictions, the images they are about, and what they are


def write(out: Path, work: Path, item: str) -> None:
    """Write predictions, the images they are about, and where boxes came from."""
    settings = params.load().predict
    source = Path(settings.models[item].from_)
    images = tables.read(artifacts.INGEST / "images.parquet")
    if source.is_relative_to(artifacts.TRAIN):
        predictions, evaluated, about = _trained(settings.models[item], images, settings.engine)
    else:
        predictions, evaluated, about = _third_party(source, images)
    tables.write(out / "predictions.parquet", predictions[list(PREDICTIONS)])
    tables.write(out / "images.parquet", evaluated[["image_id"]])
    tables.write_json(out / "about.json", {"model": item, "from": source.as_posix(), **about})
    print(f"predict {item}: {len(predictions)} predictions on {len(evaluated)} images")


def _trained(wanted: PredictedModel, images: pd.DataFrame, how: PredictEngine) -> Found:
    from hpefair.prediction.split import predicted

    split = tables.read(artifacts.SPLIT / "images.parquet")
    test = images[images["image_id"].isin(split.loc[split["split"] == "test", "image_id"])]
    predictions, source = predicted(Path(wanted.from_), Path(wanted.boxes), test, how)
    return predictions, test, {"boxes": source, "images": "test split"}


def _third_party(source: Path, images: pd.DataFrame) -> Found:
    dataset = source.parts[2]
    mine = images[images["dataset"] == dataset]
    # The file was checked when it was added; images quarantined since then drop out here.
    tree = records.load_dataset(artifacts.RAW / dataset / "annotations.json")
    detections = results.load(source, skeleton("coco_17"), records.declared_ids(tree), records.person_ids(tree))
    table = pd.DataFrame(
        {
            "coco_image_id": detections.coco_image_id,
            "keypoints": list(detections.keypoints.reshape(len(detections.score), -1)),
            "score": detections.score,
            "area": detections.area,
        }
    )
    table = table.merge(mine[["coco_image_id", "image_id"]], on="coco_image_id", validate="m:1")
    return (
        table.assign(person_id="", box_source="results file"),
        mine,
        {"boxes": "as in its results file", "images": "all images"},
    )


if __name__ == "__main__":
    stage.main("predict", write)
