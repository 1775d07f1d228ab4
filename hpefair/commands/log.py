"""Write what the workspace knows to MLflow."""

import hashlib
from pathlib import Path
from typing import Any

import pandas as pd

from hpefair import artifacts, params
from hpefair.adapters import content, git_repository, tables
from hpefair.errors import MissingArtifactError


def log(uri: str, experiment: str) -> list[str]:
    """Log one run per evaluated model and one for the decision.

    Args:
        uri: MLflow tracking URI.
        experiment: Experiment name.

    Returns:
        One sentence per run.

    Raises:
        MissingArtifactError: If nothing was evaluated yet.
    """
    from hpefair.adapters import mlflow_tracking

    settings = params.load()
    names = [name for name in settings.predict.models if (artifacts.EVALUATE / name).exists()]
    if not names:
        raise MissingArtifactError("no model is evaluated yet: run `dvc repro` first")
    runs = [_model_run(name, settings) for name in names]
    if (artifacts.COMPARE / "verdicts.json").exists():
        runs.append(_decision_run(settings))
    return mlflow_tracking.log(uri, experiment, runs)


def _model_run(name: str, settings: params.Params) -> Any:
    from hpefair.adapters.mlflow_tracking import Run, metrics_by_group

    folder = artifacts.EVALUATE / name
    by_group, gaps = (tables.read(folder / f"{table}.parquet") for table in ("by_group", "gaps"))
    overall = tables.read_json(folder / "overall.json")
    trained = artifacts.TRAIN / name
    card = tables.read_json(trained / "model.json") if trained.exists() else {}
    how = {f"evaluate.{key}": value for key, value in settings.evaluate.model_dump().items()}
    files = (trained / "curve.parquet",) if trained.exists() else ()
    return Run(
        name=name,
        key=f"{name}:{content.digest(folder)}",
        params={**card, **how, "boxes": overall["boxes"], "images": overall["images"], "sigmas": "coco_17"},
        metrics=metrics_by_group(by_group, gaps, overall),
        tags=_origin(),
        tables={"by_group": by_group, "by_keypoint": tables.read(folder / "by_keypoint.parquet"), "gaps": gaps},
        files=files,
        model=_network(trained) if trained.exists() else None,
    )


def _network(folder: Path) -> Any:
    """The trained network as a module from pixels to keypoints, decoding included, with an example of both."""
    import torch

    from hpefair.adapters.mlflow_tracking import Network
    from hpefair.training import weights
    from hpefair.training.export import Keypoints

    model, _ = weights.load(folder)
    module = Keypoints(model).eval()
    example = torch.zeros(2, 3, module.size[1], module.size[0])
    with torch.no_grad():
        return Network(module, example.numpy(), module(example).numpy(), folder)


def _decision_run(settings: params.Params) -> Any:
    from hpefair.adapters.mlflow_tracking import Run

    verdicts = tables.read_json(artifacts.COMPARE / "verdicts.json")
    groups = tables.read(artifacts.COMPARE / "groups.parquet")
    gates = {
        f"gate.{variant}": tables.read_json(artifacts.GATE / variant / "decision.json")["verdict"]
        for variant in ("original", "balanced")
        if (artifacts.GATE / variant / "decision.json").exists()
    }
    report = artifacts.REPORT / "report.html"
    return Run(
        name="decision",
        key=f"decision:{content.digest(artifacts.COMPARE)}:{content.digest(artifacts.GATE)}",
        params={f"compare.{key}": value for key, value in settings.compare.model_dump().items()},
        metrics={
            f"change/{row.model}/{verdicts['metric']}/{row.attribute}/{row.group}": row.change
            for row in groups.itertuples()
            if pd.notna(row.change)
        },
        tags={**_origin(), **gates, **{f"verdict.{row['model']}": row["verdict"] for row in verdicts["candidates"]}},
        tables={"changes": groups},
        files=(report,) if report.exists() else (),
    )


def _origin() -> dict[str, str]:
    lock = Path("dvc.lock")
    lock_digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16] if lock.exists() else ""
    return {"git.commit": git_repository.commit(), "dvc.lock": lock_digest}
