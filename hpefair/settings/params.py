"""params.yaml, read and checked: unknown keys are refused with their path."""

from pathlib import Path
from typing import Any

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
        raise SettingsError(f"{name}: " + "; ".join(_explain(e) for e in error.errors())) from error


def _explain(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"] if not str(part).startswith(("function", "dict[", "literal")))
    if error["type"] == "extra_forbidden":
        return f"unknown key {where}; check its spelling in docs/pipeline.md"
    if error["type"] == "missing":
        return f"missing key {where}"
    if error["type"] == "value_error":
        return f"{where}: {error['msg'].removeprefix('Value error, ')}"
    return f"{where}: {error['msg']}, got {error['input']!r}"
