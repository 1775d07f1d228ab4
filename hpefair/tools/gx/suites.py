"""The hand-written suites of expectations/, read and checked; what their expectations mean is not known here."""

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from hpefair.errors import SettingsError


class Rule(BaseModel):
    """One expectation of a suite."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expectation: str
    severity: Literal["critical", "warning", "info"] = "critical"
    kwargs: dict[str, Any] = {}


class Suite(BaseModel):
    """One YAML file of expectations/."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: Literal["images", "people", "rejects", "shares", "cells"]
    purpose: str
    expectations: tuple[Rule, ...]


def load_suite(path: Path) -> Suite:
    """Read a suite.

    Raises:
        SettingsError: If it is not YAML, or holds an unknown key.
    """
    try:
        return Suite.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        what = "unknown key" if first["type"] == "extra_forbidden" else first["msg"]
        raise SettingsError(f"{path}: {what}: {where}") from error
