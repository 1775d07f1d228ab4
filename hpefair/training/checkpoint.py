"""Checkpoints: everything a training needs to go on as if nothing had happened."""

from pathlib import Path
from typing import Any

import torch

from hpefair.machine.replacement import replacing

NAME = "checkpoint.pt"


def save(folder: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint in place of the one before, whole or not at all."""
    # Into an open file: to a path, torch reports a full disk as an error of its own.
    with replacing(folder / NAME) as part, part.open("wb") as file:
        torch.save(state, file)


def load(folder: Path, device: torch.device) -> dict[str, Any] | None:
    """The last checkpoint, or None where there is none yet."""
    path = folder / NAME
    return dict(torch.load(path, weights_only=True, map_location=device)) if path.exists() else None
