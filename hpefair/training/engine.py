"""The training loop: Accelerate around a plain loop, seeded step by step, resumable to the bit.

Every random choice of step t follows from (seed, t), so a run that was interrupted and one that was not are the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from torch import Tensor, nn

from hpefair.core.pose.skeleton import Skeleton
from hpefair.estimators.protocol import Estimator
from hpefair.params import TrainEngine
from hpefair.training.crops import Augmentation, augmented_crop, normalize

OnStep = Callable[[int, float], None]


@dataclass(frozen=True)
class Recipe:
    """What to train with.

    Attributes:
        settings: The train.engine section of params.yaml.
        seed: Seed of initialization, sampling and augmentation.
        skeleton: Joints.
    """

    settings: TrainEngine
    seed: int
    skeleton: Skeleton


def fit(model: nn.Module, people: pd.DataFrame, recipe: Recipe, work: Path, on_step: OnStep) -> pd.DataFrame:
    """Train an estimator, or go on from the last checkpoint in `work`.

    Each step shows `batch` real people drawn by their exposure, and on top of them generated people in proportion to
    their number: variants differ in who is shown, never in how many real exposures or optimizer steps they get.

    Args:
        model: Estimator, see `estimators.protocol.Estimator`; trained in place.
        people: Rows path, bbox, keypoints, exposure, synthetic.
        recipe: What to train with.
        work: Folder for checkpoints.
        on_step: Called with the step and its mean loss.

    Returns:
        Curve: step, loss, learning_rate.
    """
    settings = recipe.settings
    accelerator = Accelerator()
    # Crops come as height, width, channels; convolutions in that order are a quarter faster on a CPU.
    model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.learning_rate, total_steps=settings.steps)
    first, curve = _restore(work / "checkpoint.pt", model, optimizer, schedule)
    prepared, optimizer = accelerator.prepare(model, optimizer)
    prepared.train()
    for step in range(first, settings.steps):
        crops, targets = _batch(cast(Estimator, model), people, recipe, step)
        outputs = prepared(normalize(crops.to(accelerator.device)))
        loss = cast(Estimator, model).losses(outputs, {k: v.to(accelerator.device) for k, v in targets.items()}).mean()
        optimizer.zero_grad()
        accelerator.backward(loss)
        optimizer.step()
        curve.append({"step": step, "loss": float(loss.detach()), "learning_rate": schedule.get_last_lr()[0]})
        schedule.step()
        on_step(step, curve[-1]["loss"])
        if (step + 1) % settings.checkpoint_every == 0 and accelerator.is_main_process:
            _save(work / "checkpoint.pt", model, optimizer, schedule, curve)
    return pd.DataFrame(curve)


def draw(people: pd.DataFrame, batch: int, seed: int, step: int) -> NDArray[np.int64]:
    """Rows shown in a step: `batch` real ones by exposure, then generated ones in proportion, by theirs.

    Where nobody is real, for study, `batch` generated ones are shown.

    Args:
        people: Rows exposure, synthetic.
        batch: Real people per step.
        seed: Seed.
        step: Step.

    Returns:
        Row positions.
    """
    rng = np.random.default_rng([seed, step])
    synthetic = people["synthetic"].to_numpy(dtype=bool)
    real, made = np.flatnonzero(~synthetic), np.flatnonzero(synthetic)
    exposure = people["exposure"].to_numpy(dtype=float)[real]
    # With replacement: drawing without it flattens unequal weights, so planned exposures would not be delivered.
    if not len(real):
        return rng.choice(made, size=batch, p=_shares(people, made))
    shown = rng.choice(real, size=batch, p=exposure / exposure.sum())
    extra = round(batch * len(made) / exposure.sum())
    return np.concatenate([shown, rng.choice(made, size=extra, p=_shares(people, made)) if extra else made[:0]])


def _shares(people: pd.DataFrame, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    exposure = people["exposure"].to_numpy(dtype=float)[rows]
    return np.asarray(exposure / exposure.sum(), dtype=float)


def _batch(model: Estimator, people: pd.DataFrame, recipe: Recipe, step: int) -> tuple[Tensor, dict[str, Tensor]]:
    settings = recipe.settings
    how = Augmentation(settings.rotation_degrees, settings.scale_jitter, settings.colour_jitter)
    pixels, targets = [], []
    for position, row in enumerate(draw(people, settings.batch, recipe.seed, step)):
        rng = np.random.default_rng([recipe.seed, step, position])
        crop = augmented_crop(people.iloc[row], model.size, recipe.skeleton, how, rng)
        pixels.append(crop.pixels)
        targets.append(model.encode(crop.keypoints))
    stacked = {name: torch.from_numpy(np.stack([target[name] for target in targets])) for name in targets[0]}
    return torch.from_numpy(np.stack(pixels)), stacked


def _restore(path: Path, model: nn.Module, optimizer: Any, schedule: Any) -> tuple[int, list[dict[str, float]]]:
    """First step to run and the curve so far."""
    if not path.exists():
        return 0, []
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    return len(state["curve"]), list(state["curve"])


def _save(path: Path, model: nn.Module, optimizer: Any, schedule: Any, curve: list[dict[str, float]]) -> None:
    part = path.with_suffix(".part")
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}
    torch.save({**state, "curve": curve}, part)
    part.replace(path)
