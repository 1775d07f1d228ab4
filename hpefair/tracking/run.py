"""What one run holds, whatever keeps it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


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
