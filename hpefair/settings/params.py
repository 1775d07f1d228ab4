"""params.yaml, read and checked: unknown keys are refused with their path."""

from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from hpefair import artifacts
from hpefair.errors import MissingArtifactError, SettingsError
from hpefair.settings.attributes import Attribute, Calibrate, Classifier, ContrastBins, ZeroShot
from hpefair.settings.pipeline import Audit, Evaluate, Params
from hpefair.settings.repair import BackendName, Generate, Plan, Screen
from hpefair.settings.training import PredictEngine, TrainEngine, TrainObjective

__all__ = [
    "Attribute",
    "Audit",
    "BackendName",
    "Calibrate",
    "Classifier",
    "ContrastBins",
    "Evaluate",
    "Generate",
    "Params",
    "Plan",
    "PredictEngine",
    "Screen",
    "TrainEngine",
    "TrainObjective",
    "ZeroShot",
    "load",
    "parse",
]


def load(path: Path = artifacts.PARAMS) -> Params:
    """Read and check params.yaml.

    Raises:
        MissingArtifactError: If the file does not exist.
        SettingsError: If it is not YAML, or holds an unknown key or a bad value.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MissingArtifactError(
            f"{path} not found: run hpefair from the root of its clone or of a workspace"
        ) from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    return parse(raw, str(path))


def parse(raw: Any, name: str = "params.yaml") -> Params:
    """Check an already loaded settings tree; `name` is what messages call it.

    Raises:
        SettingsError: Naming every unknown key and bad value with its path.
    """
    try:
        return Params.model_validate(raw)
    except ValidationError as error:
        problems = {_place(one): one for one in error.errors()}
        renamed = {f"{old.rpartition('.')[0]}.{new}" for old, new in RENAMED.items() if old in problems}
        said = [_explain(place, one) for place, one in problems.items() if place not in renamed]
        raise SettingsError(f"{name}: {'; '.join(said)}") from error


# Keys that have another name now.
RENAMED: Final = {
    "audit.coverage.minimum": "min_people",
    "generate.tries": "max_tries",
    "screen.even_from": "min_acceptance_ratio",
    "predict.engine.least_score": "score_threshold",
    "predict.engine.most_overlap": "nms_iou",
    "predict.engine.most_similar": "nms_oks",
    "predict.engine.most_people": "max_people",
}


def _place(error: Any) -> str:
    return ".".join(str(part) for part in error["loc"] if not str(part).startswith(("function", "dict[", "literal")))


def _explain(where: str, error: Any) -> str:
    if where in RENAMED:
        return f"{where} is called {RENAMED[where]} now: rename the key"
    if error["type"] == "extra_forbidden":
        return f"unknown key {where}; check its spelling in docs/pipeline.md"
    if error["type"] == "missing":
        return f"missing key {where}"
    if error["type"] == "value_error":
        return f"{where}: {error['msg'].removeprefix('Value error, ')}"
    return f"{where}: {error['msg']}, got {error['input']!r}"
