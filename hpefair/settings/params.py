"""params.yaml, read and checked: unknown keys are refused with their path."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from hpefair import artifacts
from hpefair.errors import MissingArtifactError, SettingsError
from hpefair.settings.attributes import Attribute, Calibrate, Classifier, ContrastBins, ZeroShot
from hpefair.settings.pipeline import Audit, Evaluate, Params
from hpefair.settings.refusals import refusal
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
        raise SettingsError(f"{name}: {refusal(error.errors())}") from error
