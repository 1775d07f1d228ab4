"""MLflow runs: one per evaluated model, and one for the decision; logging twice changes nothing."""

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.entities import RunStatus
from mlflow.models import infer_signature
from numpy.typing import NDArray

from hpefair.errors import ToolError

KEY = "hpefair.key"
BATCH = 900  # MLflow takes at most 1,000 metrics a call
BY_GROUP = ("ar", "oks", "ap", "pck", "found")


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
class Run:
    """Everything one run holds.

    Attributes:
        name: Run name.
        key: Identity of its content; a finished run with this key is not logged again.
        params: Parameters.
        metrics: Metric key to value; NaN is left out.
        tags: Tags.
        tables: Artifact name to long table.
        files: Files to attach.
        model: A trained network, or None.
    """

    name: str
    key: str
    params: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    model: Network | None = None


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
        mlflow.set_tracking_uri(uri)
        mlflow.set_experiment(experiment)
        yield
    except mlflow.exceptions.MlflowException as error:
        raise ToolError(f"MLflow at {uri} refused: {str(error).splitlines()[0][:200]}") from error


def metrics_by_group(by_group: pd.DataFrame, gaps: pd.DataFrame, overall: Mapping[str, Any]) -> dict[str, float]:
    """Stable, queryable metric keys of an evaluation.

    Returns:
        `ar/all`, `ar/<attribute>/<group>`, the same below `ci_low/`, `ci_high/`, people below `n/`, gaps as
        `gap/ar/<attribute>`, `adjusted_gap/ar/<attribute>` and `worst/ar/<attribute>`, and the ten COCO numbers as
        `coco/AP` and so on. By group the metrics of `BY_GROUP`, the others overall; the logged table has them all.
    """
    out = {f"coco/{name}": float(value) for name, value in overall.items() if isinstance(value, float)}
    for row in by_group[by_group["metric"].isin(BY_GROUP) | (by_group["attribute"] == "all")].itertuples():
        place = "all" if row.attribute == "all" else f"{row.attribute}/{row.group}"
        out[f"{row.metric}/{place}"] = row.value
        out[f"ci_low/{row.metric}/{place}"] = row.low
        out[f"ci_high/{row.metric}/{place}"] = row.high
        if row.metric == BY_GROUP[0]:
            out[f"n/{place}"] = float(row.n_people)
    for row in gaps.itertuples():
        out[f"gap/{row.metric}/{row.attribute}"] = row.difference
        out[f"adjusted_gap/{row.metric}/{row.attribute}"] = row.adjusted_difference
        worst = by_group[
            (by_group["attribute"] == row.attribute)
            & (by_group["group"] == row.worst_group)
            & (by_group["metric"] == row.metric)
        ]
        if len(worst):
            out[f"worst/{row.metric}/{row.attribute}"] = float(worst["value"].iloc[0])
    return {key: value for key, value in out.items() if pd.notna(value)}


def find(key: str) -> Any:
    """The finished run of the current experiment with this key, or None."""
    finished = RunStatus.to_string(RunStatus.FINISHED)
    wanted = f"tags.`{KEY}` = '{key}' and attributes.status = '{finished}'"
    found = mlflow.search_runs(filter_string=wanted, max_results=1, output_format="list")
    return found[0] if found else None


def _log_run(run: Run) -> str:
    known = find(run.key)
    if known is not None:
        return f"{run.name}: logged before as run {known.info.run_id}"
    with mlflow.start_run(run_name=run.name, tags={KEY: run.key, **run.tags}) as active:
        mlflow.log_params({key: value for key, value in run.params.items() if value is not None})
        items = list(run.metrics.items())
        for start in range(0, len(items), BATCH):
            mlflow.log_metrics(dict(items[start : start + BATCH]))
        for name, table in run.tables.items():
            mlflow.log_table(table, f"tables/{name}.json")
        for path in run.files:
            mlflow.log_artifact(str(path))
        if run.model:
            _log_model(run.name, run.model)
    return f"{run.name}: {len(run.metrics)} metrics in run {active.info.run_id}"


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
    mlflow.log_artifacts(str(model.folder), "weights")
