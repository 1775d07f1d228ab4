"""Build the FiftyOne dataset of the workspace and open the App."""

import signal
import threading
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from hpefair import artifacts, params
from hpefair.adapters import fiftyone_server, git_repository, tables
from hpefair.core.pose.skeletons import COCO_17
from hpefair.schema import MEASURED, PERCEIVED

DATABASE = Path("fiftyone.db")


def review(console: Console, name: str, launch: bool, port: int) -> None:
    """Rebuild the dataset, save its views, and serve the App until Ctrl-C.

    Args:
        console: Where to print.
        name: Dataset name; `hpefair-<commit>` where empty.
        launch: Serve the App.
        port: Port of the App.
    """
    name = name or f"hpefair-{git_repository.commit()[:8] or 'workspace'}"
    with fiftyone_server.database(DATABASE):
        dataset, views = build(name)
        console.print(f"FiftyOne dataset {name}: {len(dataset)} images, views {', '.join(views)}", highlight=False)
        if not launch:
            return
        with fiftyone_server.app(port, DATABASE) as address:
            console.print(f"App on {address}/datasets/{name} (Ctrl-C stops it)", highlight=False)
            _until_interrupted()


def build(name: str) -> tuple[Any, list[str]]:
    """Build the dataset and its saved views from DVC's files; needs a running database.

    Args:
        name: Dataset name.

    Returns:
        The dataset and the names of its views.
    """
    from hpefair.adapters import fiftyone_views

    models = [model for model in params.load().predict.models if (artifacts.EVALUATE / model).exists()]
    predictions = {model: tables.read(artifacts.PREDICT / model / "predictions.parquet") for model in models}
    dataset = fiftyone_views.build(name, _images(), _people(models), predictions, COCO_17)
    return dataset, fiftyone_views.save_views(dataset, _worst_groups(models))


def _images() -> pd.DataFrame:
    real = tables.read(artifacts.INGEST / "images.parquet")
    split = tables.read(artifacts.SPLIT / "images.parquet")
    real = real.merge(split, on="image_id", validate="1:1").assign(synthetic=False)
    everything = tables.read(artifacts.ASSEMBLE / "images.parquet")
    made = everything[everything["image_id"].str.startswith("generated/")].assign(split="train", synthetic=True)
    return pd.concat([real, made], ignore_index=True)


def _people(models: list[str]) -> pd.DataFrame:
    """Everyone, real and generated, with attributes, provenance and the similarity of each model's prediction."""
    truth = tables.read(artifacts.INGEST / "people.parquet")
    made = tables.read(artifacts.SCREEN / "accepted.parquet")
    made = made.assign(person_id="generated/" + made["item_id"], image_id="generated/" + made["item_id"])
    shapes = pd.concat([truth, made])[["person_id", "keypoints", "bbox"]]
    people = tables.read(artifacts.ASSEMBLE / "people.parquet").merge(shapes, on="person_id", validate="1:1")
    people["parent_person"] = people["root_person"].where(people["synthetic"], "")
    columns = ["person_id", "image_id", "keypoints", "bbox", "split", "parent_person", "contrast_delta_e"]
    people = people[[*columns, *PERCEIVED, *MEASURED]]
    for model in models:
        scores = tables.read(artifacts.EVALUATE / model / "people.parquet").set_index("person_id")["oks"]
        people[f"oks_{model}"] = people["person_id"].map(scores).astype(float)
    return people


def _worst_groups(models: list[str]) -> list[tuple[str, str, str]]:
    worst = []
    for model in models:
        gaps = tables.read(artifacts.EVALUATE / model / "gaps.parquet")
        gaps = gaps[(gaps["metric"] == "oks") & (gaps["worst_group"] != "")]
        worst += [(model, row.attribute, row.worst_group) for row in gaps.itertuples()]
    return worst


def _until_interrupted() -> None:
    """Wait for Ctrl-C or a polite kill, so that the servers below are ended too."""
    stop = threading.Event()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wanted, lambda *_: stop.set())
    stop.wait()
