"""Build the FiftyOne dataset of the workspace and open the App."""

import os
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from hpefair import artifacts, workspace
from hpefair.core.pose.skeletons import COCO_17
from hpefair.data import tables
from hpefair.errors import NothingToDo
from hpefair.machine import git_repository
from hpefair.schema import ATTRIBUTES, PERCEIVED
from hpefair.settings import params
from hpefair.tools.fiftyone import everybody, numbers, server
from hpefair.tracking.tracker import connected

DATABASE = Path("fiftyone.db")
UNSURE = (*PERCEIVED, "contrast")  # told by somebody, or not to be measured in every picture
REVIEWER = "HPEFAIR_REVIEWER"  # whose name the forms in the App begin with


@dataclass(frozen=True)
class Wanted:
    """What is to be looked at.

    Attributes:
        name: Dataset name; from the data and the commit where empty.
        generated: Generated people only, before they are assembled.
        public: Leave out what people are perceived as.
        audit: Real people to label, in the order of the label review.
        uri: MLflow tracking URI, for gaps of earlier runs.
        app: Address of an App that is open elsewhere.
    """

    name: str = ""
    generated: bool = False
    public: bool = False
    audit: int = 200
    uri: str = "sqlite:///mlflow.db"
    app: str = "http://127.0.0.1:5151"


def review(console: Console, wanted: Wanted, port: int | None) -> None:
    """Rebuild the dataset, save its views, and serve the App until Ctrl-C; then write what was decided.

    Args:
        console: Where to print.
        wanted: What is to be looked at.
        port: Port of the App; None serves none.

    Raises:
        NothingToDo: If only generated people are wanted, and there is none.
        ToolError: If the database or the tracking store is not to be reached.
    """
    known = about(wanted.public)
    name = wanted.name or f"hpefair-{'generated-' if wanted.generated else ''}{known['data']}-{known['commit']}"
    people = _screened() if wanted.generated else None
    history = [] if wanted.generated else _history(wanted.uri)
    os.environ.setdefault(REVIEWER, git_repository.author())
    app = f"hpefair app{' --public' if wanted.public else ''}"
    served = os.environ.get("FIFTYONE_DATABASE_URI") and not wanted.public  # a shared database, by its App
    when = "" if served else f"; once `{app}` serves it"
    with server.database(DATABASE, public=wanted.public):
        if people is not None:
            from hpefair.tools.fiftyone import generated as fiftyone_generated

            dataset = fiftyone_generated.make(name, *people, known)
            said = f"{len(people[0])} accepted and {len(dataset) - len(people[0])} rejected pictures"
            link = f"{wanted.app}/datasets/{name}?view=accepted"
        else:
            dataset, views = make(name, wanted.public, history, wanted.audit)
            said = f"{len(dataset)} images, {len(views)} views"
            link = f"{wanted.app}/datasets/{name}"
        line = f"FiftyOne dataset {name}: {said}" + ("" if port else f"{when}: {link}")
        console.print(line, highlight=False, soft_wrap=True)
        if port is None:
            return
        with server.app(server.Served(port, media()), DATABASE) as (address, token):
            workspace = "" if wanted.generated else f"&workspace=fairness-{dataset.slug}"
            place = f"{address}/datasets/{name}?token={token}{workspace}"
            console.print(f"App on {place} (Ctrl-C stops it)", highlight=False, soft_wrap=True)
            _until_interrupted()
        console.print(_export(known["project"]), highlight=False)


def export(console: Console) -> None:
    """Write what was decided in FiftyOne, and is not written yet, to review/decisions.jsonl and review/labels.jsonl.

    Args:
        console: Where to print.
    """
    with server.database(DATABASE):
        console.print(_export(about(False)["project"]), highlight=False)


def _export(project: str) -> str:
    from hpefair.tools.fiftyone import decisions

    decided, told = decisions.export(project, artifacts.REVIEW_DECISIONS, artifacts.REVIEW_LABELS)
    if not decided and not told:
        others = decisions.elsewhere(project)
        about = f"; decisions about {', '.join(others)} are in this database as well" if others else ""
        return f"nothing new was decided{about}"
    return (
        f"{decided} decisions to {artifacts.REVIEW_DECISIONS}, {told} labels to {artifacts.REVIEW_LABELS}: "
        "commit both; `dvc repro` assembles and calibrates with them"
    )


def serve(console: Console, folder: Path, served: server.Served, database_port: int, public: bool = False) -> None:
    """Serve the App and its database until Ctrl-C.

    Args:
        console: Where to print.
        folder: Where the database lives.
        served: Where the App listens, under which names, and whose pictures it shows.
        database_port: Port of the database.
        public: Whether to show public datasets only.

    Raises:
        InputError: If the folder holds something else than a database.
    """
    server.claim(folder)
    with (
        server.database(folder, database_port, public) as uri,
        server.app(served, folder) as (address, token),
    ):
        own = folder / server.ADDRESS_FILE
        where = f"its address is in {own}" if own.exists() else f"its database at {uri.rpartition('@')[2]}"
        console.print(f"FiftyOne on {address}/?token={token} (Ctrl-C stops it)", highlight=False, soft_wrap=True)
        console.print(f"its database: {where}; FIFTYONE_DATABASE_URI names it to others", highlight=False)
        _until_interrupted()
    console.print("`hpefair review --export`, in the workspace, writes what was decided", highlight=False)


def media() -> list[Path]:
    """Folders of this workspace whose pictures the App shows: data/, and where its raw data really lie."""
    if not artifacts.DATA.exists():
        return []
    raw = [path.resolve() for path in artifacts.RAW.iterdir() if path.is_dir()] if artifacts.RAW.exists() else []
    return [artifacts.DATA, *raw]


def _screened() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Accepted and rejected people of the last batch."""
    accepted, rejected = (tables.read(artifacts.SCREEN / f"{name}.parquet") for name in ("accepted", "rejected"))
    if accepted["made"].sum() + rejected["made"].sum() == 0:
        raise NothingToDo("no generated people to review")
    return accepted, rejected


def make(
    name: str, public: bool = False, history: Sequence[dict[str, Any]] = (), audit: int = Wanted.audit
) -> tuple[Any, list[str]]:
    """Build the dataset and its saved views from DVC's files; needs a running database.

    Args:
        name: Dataset name.
        public: Leave out what people are perceived as.
        history: Gaps of earlier runs, from `Tracker.gaps`.
        audit: Real people to label.

    Returns:
        The dataset and the names of its views.
    """
    from hpefair.tools.fiftyone import dataset as fiftyone_dataset
    from hpefair.tools.fiftyone import views as fiftyone_views

    settings = params.load()
    models = [model for model in settings.predict.models if (artifacts.EVALUATE / model).exists()]
    predictions = {model: tables.read(artifacts.PREDICT / model / "predictions.parquet") for model in models}
    people = everybody.people(models, public)
    dataset = fiftyone_dataset.make(name, everybody.images(), people, predictions, COCO_17)
    rows = numbers.by_group(models, settings.report.min_cell if public else 1)
    dataset.info = {
        **about(public), "models": models, "rows": rows, "history": list(history),
        "attributes": sorted({row["attribute"] for row in rows}),
    }  # fmt: skip
    dataset.save()
    groups = [(word, group) for word in settings.compare.attributes for group in ATTRIBUTES[word]]
    worst = numbers.worst_groups(models)
    worse = workspace.served_worse(models, settings.compare.metric, 1)
    groups += [pair for pair in dict.fromkeys((row["attribute"], row["group"]) for row in worse) if pair not in groups]
    unknown = [word for word in settings.audit.attributes if word in UNSURE]
    looked = fiftyone_views.Looked(models, groups, worst, unknown, audit, public)
    fiftyone_views.save_layout(dataset)
    return dataset, fiftyone_views.save(dataset, looked)


def about(public: bool) -> dict[str, Any]:
    """Which data a dataset shows: what its decisions are kept under, and the commit."""
    names = "-".join(sorted(tables.read(artifacts.INGEST / "images.parquet")["dataset"].unique()))
    commit = git_repository.commit()[:8] or "workspace"
    return {"project": f"{names}-{git_repository.root()[:8]}", "data": names, "commit": commit, "public": public}


def _history(uri: str) -> list[dict[str, Any]]:
    """Gaps of earlier runs; none where nothing was logged into the workspace's own database."""
    if uri.startswith("sqlite:///") and not Path(uri.removeprefix("sqlite:///")).exists():
        return []
    with connected(uri, "hpefair") as tracker:
        return tracker.gaps()


def _until_interrupted() -> None:
    """Wait for Ctrl-C, a polite kill or the terminal's end, so that the servers below are ended too."""
    stop = threading.Event()
    for wanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(wanted, lambda *_: stop.set())
    stop.wait()
