"""Trained weights on disk: safetensors alongside a small description of what they are."""

from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_model, save_model
from torch import nn

from hpefair.core.pose.skeletons import skeleton
from hpefair.data import tables
from hpefair.errors import InputError
from hpefair.estimators.protocol import Estimator, make

WEIGHTS = "weights.safetensors"
CARD = "model.json"


def save(folder: Path, model: nn.Module, card: dict[str, Any]) -> None:
    """Write weights and card; the card needs `estimator`, `input_width`, `input_height` and `skeleton`."""
    save_model(model, str(folder / WEIGHTS))
    tables.write_json(folder / CARD, card)
    (folder / WEIGHTS).chmod((folder / CARD).stat().st_mode)  # safetensors lets nobody else read them


def load(folder: Path) -> tuple[Estimator, dict[str, Any]]:
    """Build the estimator a folder describes and load its weights.

    Raises:
        InputError: If it describes no model, or the weights do not fit the estimator.
    """
    card = tables.read_json(folder / CARD)
    missing = {"estimator", "input_width", "input_height", "skeleton"} - set(card if isinstance(card, dict) else ())
    if missing:
        raise InputError(f"{folder / CARD} describes no model of hpefair: it has no {', '.join(sorted(missing))}")
    size = (card["input_width"], card["input_height"])
    model = make(card["estimator"], size, skeleton(card["skeleton"]), card.get("options"))
    try:
        load_model(model, str(folder / WEIGHTS))
    except (RuntimeError, OSError, SafetensorError) as error:
        raise InputError(
            f"{folder / WEIGHTS} does not fit the estimator {card['estimator']}: train it again"
        ) from error
    return model, card
