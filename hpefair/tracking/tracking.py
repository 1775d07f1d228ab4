"""MLflow runs: one per evaluated model, and one for the decision; logging twice changes nothing."""

import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import requests
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.entities import RunStatus
from mlflow.models import infer_signature
from numpy.typing import NDArray

from hpefair.errors import ToolError
from hpefair.tracking import place

KEY = "hpefair.key"
WEIGHTS = "weights"  # folder of a run's artifacts
BATCH = 900  # MLflow takes at most 1,000 metrics a call


@dataclass(frozen=True)
class Network:
    """A trained network to log.

    Attributes:
        module: A `torch.nn.Module` from one tensor to one tensor.
        example: Example input (B, 3, H, W) with B > 1, so that the batch size stays free.
        output: What the module gives for it.
        folder: Folder with the weights and their description.
    """

    module: Any
    example: NDArray[np.float32]
    output: NDArray[np.float32]
    folder: Path


@dataclass(frozen=True)
class Data:
    """A dataset that a run's numbers are about, or that a model was trained on.

    Attributes:
        folder: Where it lies in the workspace.
        name: What it is called.
        digest: Under which DVC keeps it.
        context: `training` or `evaluation`.
    """

    folder: Path
    name: str
    digest: str
    context: str


@dataclass(frozen=True)
class Run:
    """Everything one run holds.

    Attributes:
        name: Run name.
        key: Identity of its content; a finished run with this key is not logged again.
        params: Parameters.
        metrics: Metric key to value; NaN is left out.
        tags: Tags.
        decided: Tags of what is decided about the model, which may change while its numbers stay: kept up to date.
        data: Datasets.
        tables: Artifact name to long table.
        files: Files to attach.
        model: What gives the trained network, called only where the run is new: it takes torch, and seconds.
    """

    name: str
    key: str
    params: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    decided: Mapping[str, str] = field(default_factory=dict)
    data: tuple[Data, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    model: Callable[[], Network] | None = None


def log(uri: str, experiment: str, runs: list[Run]) -> list[str]:
    """Write runs to a tracking server or database.

    Args:
        uri: Tracking URI.
        experiment: Experiment name, made if absent.
        runs: Runs to write.

    Returns:
        One sentence per run.

    Raises:
        ToolError: If the tracking store cannot be reached.
    """
    with connected(uri, experiment):
        return [_log_run(run) for run in runs]


@contextmanager
def connected(uri: str, experiment: str) -> Iterator[None]:
    """Talk to a tracking server or database about one experiment, made if absent.

    Raises:
        ToolError: If it cannot be reached, or refuses.
    """
    for noisy in ("mlflow", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # Seven tries with growing pauses, MLflow's own choice, are four silent minutes.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    try:
        place.open_experiment(uri, experiment)
        yield
    except mlflow.exceptions.MlflowException as error:
        if _unanswered(error):
            raise ToolError(
                f"nobody answers as MLflow at {uri}: start the server or give another address, then run this again"
            ) from error
        raise ToolError(f"MLflow at {uri} refused: {str(error).splitlines()[0][:200]}") from error


def _unanswered(error: BaseException | None) -> bool:
    """Whether an error comes from a server that was not reached; MLflow says so only in words."""
    while error and not isinstance(error, requests.ConnectionError):
        error = error.__cause__ or error.__context__
    return error is not None and not isinstance(error, requests.exceptions.SSLError | requests.exceptions.ProxyError)


def find(key: str) -> Any:
    """The finished run of the current experiment with this key, or None."""
    finished = RunStatus.to_string(RunStatus.FINISHED)
    wanted = f"tags.`{KEY}` = '{key}' and attributes.status = '{finished}'"
    found = mlflow.search_runs(filter_string=wanted, max_results=1, output_format="list")
    return found[0] if found else None


def _log_run(run: Run) -> str:
    known = find(run.key)
    if known is not None and run.model and not holds_weights(known.info.run_id):
        # What was kept where a workspace was removed with it: without its artifacts a run is no evidence of a model.
        mlflow.MlflowClient().set_tag(known.info.run_id, KEY, f"{run.key}:artifacts lost")
        known = None
    if known is not None:
        changed = {key: value for key, value in run.decided.items() if known.data.tags.get(key) != value}
        for key, value in changed.items():
            mlflow.MlflowClient().set_tag(known.info.run_id, key, value)
        return f"{run.name}: logged before as run {known.info.run_id}"
    with mlflow.start_run(run_name=run.name, tags={KEY: run.key, **run.tags, **run.decided}) as active:
        mlflow.log_params({key: value for key, value in run.params.items() if value is not None})
        items = list(run.metrics.items())
        for start in range(0, len(items), BATCH):
            mlflow.log_metrics(dict(items[start : start + BATCH]))
        for data in run.data:
            source = CodeDatasetSource(tags={"dvc.path": data.folder.as_posix(), **run.tags})
            mlflow.log_input(MetaDataset(source, name=data.name, digest=data.digest), context=data.context)
        for name, table in run.tables.items():
            mlflow.log_table(table, f"tables/{name}.json")
        for path in run.files:
            mlflow.log_artifact(str(path))
        if run.model:
            _log_model(run.name, run.model())
    return f"{run.name}: {len(run.metrics)} metrics in run {active.info.run_id}"


def holds_weights(run_id: str) -> bool:
    """Whether a run's weights are where it keeps its artifacts; call while connected."""
    return bool(mlflow.MlflowClient().list_artifacts(run_id, WEIGHTS))


def _log_model(name: str, model: Network) -> None:
    # Naming the requirement keeps MLflow from importing everything to infer it, and from pinning a local build.
    release = str(sys.modules["torch"].__version__).split("+")[0]
    mlflow.pytorch.log_model(
        model.module,
        name=f"pose_{name}",
        signature=infer_signature(model.example, model.output),
        input_example=model.example,
        pip_requirements=[f"torch=={release}"],
    )
    mlflow.log_artifacts(str(model.folder), WEIGHTS)


def gap_history(uri: str, experiment: str) -> list[dict[str, Any]]:
    """Gaps of every logged evaluation, oldest first.

    Args:
        uri: Tracking URI.
        experiment: Experiment name.

    Returns:
        Rows run, when (ISO 8601), commit, metric, attribute, gap.

    Raises:
        ToolError: If the tracking store cannot be reached.
    """
    with connected(uri, experiment):
        finished = f"attributes.status = '{RunStatus.to_string(RunStatus.FINISHED)}'"
        runs = mlflow.search_runs(filter_string=finished, order_by=["attributes.start_time ASC"], output_format="list")
    return [
        {"run": run.info.run_name, "when": _moment(run), "commit": run.data.tags.get("git.commit", "")[:8]}
        | {"metric": key.split("/")[1], "attribute": key.split("/")[2], "gap": value}
        for run in runs
        for key, value in run.data.metrics.items()
        if key.startswith("gap/")
    ]


def _moment(run: Any) -> str:
    return datetime.fromtimestamp(run.info.start_time / 1000, UTC).isoformat(timespec="seconds")
