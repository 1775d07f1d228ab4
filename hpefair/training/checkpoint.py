"""Checkpoints: everything a training needs to go on as if nothing had happened."""

import os
from pathlib import Path
from typing import Any

import torch

NAME = "checkpoint.pt"


def save(folder: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint in place of the one before, whole or not at all."""
    part = folder / f"{NAME}.part"
    with part.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / NAME)


def load(folder: Path, device: torch.device) -> dict[str, Any] | None:
    """The last checkpoint, or None where there is none yet."""
    path = folder / NAME
    return dict(torch.load(path, weights_only=True, map_location=device)) if path.exists() else None
