"""Write what the workspace knows to MLflow."""

import os
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd

from hpefair import artifacts
from hpefair.data import content, tables
from hpefair.errors import MissingArtifactError
from hpefair.machine import git_repository
from hpefair.settings import params
from hpefair.tools.dvc import lock
from hpefair.tracking.definitions import definitions
from hpefair.tracking.keys import evaluation_key, metrics_by_group
from hpefair.tracking.run import Data, Network, Run
from hpefair.tracking.tracker import connected

RUN_VARIABLE: Final = "HPEFAIR_DAG_RUN"  # set by hpefair.orchestration: `<dag>/<run>`


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
    settings = params.load()
    names = [name for name in settings.predict.models if (artifacts.EVALUATE / name).exists()]
    if not names:
        raise MissingArtifactError("no evaluated model yet: run `dvc repro`")
    verdicts = _verdicts()
    runs = [_model_run(name, settings, verdicts.get(name, {})) for name in names]
    if (artifacts.COMPARE / "verdicts.json").exists():
        runs.append(_decision_run(settings))
    with connected(uri, experiment) as tracker:
        return [tracker.log(run) for run in runs]


def _model_run(name: str, settings: params.Params, verdict: dict[str, str]) -> Run:
    folder = artifacts.EVALUATE / name
    by_group, gaps = (tables.read(folder / f"{table}.parquet") for table in ("by_group", "gaps"))
    overall = tables.read_json(folder / "overall.json")
    trained = artifacts.TRAIN / name
    card = tables.read_json(trained / "model.json") if trained.exists() else {}
    return Run(
        name=name,
        key=evaluation_key(name, folder),
        params={**card, **definitions(settings, bool(card)), "boxes": overall["boxes"], "images": overall["images"]},
        metrics=metrics_by_group(by_group, gaps, overall),
        tags=_origin(),
        decided=verdict,
        data=_data(card),
        tables={"by_group": by_group, "by_keypoint": tables.read(folder / "by_keypoint.parquet"), "gaps": gaps},
        files=(trained / "curve.parquet",) if trained.exists() else (),
        model=partial(_network, trained) if trained.exists() else None,
    )


def _verdicts() -> dict[str, dict[str, str]]:
    """What the comparison says of each candidate, as tags; nothing of evaluations that have changed since."""
    path = artifacts.COMPARE / "verdicts.json"
    if not path.exists():
        return {}
    words, said = ("verdict", "no_harm", "fairer"), tables.read_json(path)
    now = {name: content.digest(artifacts.EVALUATE / name) for name in said["evaluations"]}
    if now != said["evaluations"]:
        return {}
    return {row["model"]: {word: row[word] for word in words} for row in said["candidates"]}


def _data(card: dict[str, Any]) -> tuple[Data, ...]:
    """The people that a model was measured on, and those that it was trained on."""
    people = ", ".join(sorted(tables.read(artifacts.INGEST / "images.parquet")["dataset"].unique()))
    datasets = [Data(artifacts.INGEST, people, lock.of(artifacts.INGEST), "evaluation")]
    datasets.append(Data(artifacts.CALIBRATE, f"attributes of {people}", lock.of(artifacts.CALIBRATE), "evaluation"))
    if card:
        name = f"{people} ({card['variant']})"
        datasets.append(Data(artifacts.ASSEMBLE, name, lock.of(artifacts.ASSEMBLE), "training"))
    return tuple(datasets)


def _network(folder: Path) -> Network:
    """The trained network as a module from pixels to keypoints, decoding included, with an example of both."""
    import torch

    from hpefair.prediction import weights
    from hpefair.prediction.export import Keypoints

    model, _ = weights.load(folder)
    module = Keypoints(model).eval()
    example = torch.zeros(2, 3, module.size[1], module.size[0])
    with torch.no_grad():
        return Network(module, example.numpy(), module(example).numpy(), folder)


def _decision_run(settings: params.Params) -> Run:
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
    """Where the numbers come from: commit, lock, and the scheduler's run where there is one."""
    tags = {"git.commit": git_repository.commit(), "dvc.lock": lock.short()}
    run = os.environ.get(RUN_VARIABLE, "")
    return tags | ({"dag.run": run} if run else {})
