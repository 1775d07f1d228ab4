"""Build the FiftyOne dataset of the workspace and open the App."""

import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from hpefair import artifacts, params
from hpefair.adapters import fiftyone_server, git_repository, tables
from hpefair.core.pose.skeletons import COCO_17
from hpefair.errors import NothingToDo
from hpefair.schema import MEASURED, PERCEIVED

DATABASE = Path("fiftyone.db")


@dataclass(frozen=True)
class Wanted:
    """What is to be looked at.

    Attributes:
        name: Dataset name; from the commit where empty.
        generated: Generated people only, before they are assembled.
        app: Address of an App that is open elsewhere.
    """

    name: str
    generated: bool
    app: str


def review(console: Console, wanted: Wanted, port: int | None) -> None:
    """Rebuild the dataset, save its views, and serve the App until Ctrl-C.

    Args:
        console: Where to print.
        wanted: What is to be looked at.
        port: Port of the App; None serves none.

    Raises:
        NothingToDo: If only generated people are wanted, and there is none.
    """
    commit = git_repository.commit()[:8] or "workspace"
    name = wanted.name or f"hpefair-{'generated-' if wanted.generated else ''}{commit}"
    people = _screened() if wanted.generated else None
    with fiftyone_server.database(DATABASE):
        if people is not None:
            from hpefair.adapters import fiftyone_generated

            dataset = fiftyone_generated.build(name, *people)
            said = f"{len(people[0])} accepted and {len(dataset) - len(people[0])} rejected pictures"
            link = f"{wanted.app}/datasets/{name}?view=accepted"
        else:
            dataset, views = build(name)
            said = f"{len(dataset)} images, views {', '.join(views)}"
            link = f"{wanted.app}/datasets/{name}"
        line = f"FiftyOne dataset {name}: {said}" + ("" if port else f": {link}")
        console.print(line, highlight=False, soft_wrap=True)
        if port is None:
            return
        with fiftyone_server.app(port, DATABASE) as address:
            console.print(f"App on {address}/datasets/{name} (Ctrl-C stops it)", highlight=False)
            _until_interrupted()


def serve(console: Console, folder: Path, listen: tuple[str, int], database_port: int) -> None:
    """Serve the App and its database until Ctrl-C.

    Args:
        console: Where to print.
        folder: Where the database lives.
        listen: Address and port of the App.
        database_port: Port of the database.
    """
    folder.mkdir(parents=True, exist_ok=True)
    address, port = listen
    with fiftyone_server.database(folder, database_port) as uri, fiftyone_server.app(port, folder, address) as address:
        console.print(f"FiftyOne on {address}, its database on {uri} (Ctrl-C stops both)", highlight=False)
        _until_interrupted()


def _screened() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Accepted and rejected people of the last batch."""
    accepted, rejected = (tables.read(artifacts.SCREEN / f"{name}.parquet") for name in ("accepted", "rejected"))
    if accepted["made"].sum() + rejected["made"].sum() == 0:
        raise NothingToDo("nobody was generated: there is nothing to review")
    return accepted, rejected


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
