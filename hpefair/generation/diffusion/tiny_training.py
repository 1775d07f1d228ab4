"""Training of the pose pipeline: clean pictures by mean squared error, averaged weights, resumable; steps seeded."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from hpefair.generation.diffusion.pose_pipeline import TRAINED_STEPS, PoseDiffusionPipeline, fold
from hpefair.generation.diffusion.tiny_data import Crops
from hpefair.machine.replacement import replacing

OnStep = Callable[[int, float, float], None]

WEIGHT_DECAY, BETAS, LARGEST_GRADIENT = 0.01, (0.9, 0.99), 1.0
WARM_UP, LAST_RATE = 0.05, 0.02  # share of the training, share of the rate
AVERAGE: Final = 0.995
SEED_STRIDE: Final = 1_000_003


@dataclass(frozen=True)
class Recipe:
    """How long to train, and from which seed.

    Attributes:
        steps: Optimizer steps; with `minutes`, no more than these.
        minutes: Minutes of training; 0 leaves the end to the steps, and only then is the result the same every time.
        batch: People per step.
        rate: Largest learning rate.
        seed: Seed of order, noise and time steps.
        checkpoint_every: Steps that a kill can cost at most.
    """

    steps: int = 4000
    minutes: float = 0.0
    batch: int = 16
    rate: float = 1.5e-3
    seed: int = 0
    checkpoint_every: int = 100

    @property
    def average(self) -> float:
        """Decay of the running mean of the weights; a short training must not be averaged with its beginning."""
        return min(AVERAGE, max(1 - 5 / self.steps, 0.0))

    def done(self, step: int, seconds: float) -> float:
        """Share of the training that is over."""
        return max(step / self.steps, seconds / (60 * self.minutes) if self.minutes else 0.0)

    def rate_at(self, done: float) -> float:
        """Learning rate: a short rise, then half a cosine."""
        rise = min(1.0, (done + 1e-3) / WARM_UP)
        return self.rate * rise * (LAST_RATE + (1 - LAST_RATE) * (1 + math.cos(math.pi * min(done, 1.0))) / 2)


@dataclass(frozen=True)
class _State:
    """Everything that a training changes."""

    network: Any
    mean: Any
    optimizer: Any

    @classmethod
    def fresh(cls, network: Any, recipe: Recipe) -> "_State":
        averaging = torch.optim.swa_utils.get_ema_multi_avg_fn(recipe.average)
        mean = torch.optim.swa_utils.AveragedModel(network, multi_avg_fn=averaging)
        rates = {"lr": recipe.rate, "betas": BETAS, "weight_decay": WEIGHT_DECAY}
        return cls(network, mean, torch.optim.AdamW(network.parameters(), **rates))

    def restore(self, path: Path) -> tuple[int, float]:
        """Steps and seconds so far."""
        if not path.exists():
            return 0, 0.0
        state = torch.load(path, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.mean.load_state_dict(state["mean"])
        self.optimizer.load_state_dict(state["optimizer"])
        return int(state["step"]), float(state["seconds"])

    def save(self, path: Path, step: int, seconds: float) -> None:
        parts = {"network": self.network, "mean": self.mean, "optimizer": self.optimizer}
        states = {name: one.state_dict() for name, one in parts.items()}
        with replacing(path) as part:
            torch.save({**states, "step": step, "seconds": seconds}, part)


def fit(pipeline: PoseDiffusionPipeline, crops: Crops, recipe: Recipe, checkpoint: Path, on_step: OnStep) -> int:
    """Train a pipeline's network in place, or go on from a checkpoint; the running mean of its weights stays.

    Args:
        pipeline: The pipeline.
        crops: People to learn from.
        recipe: How long to train.
        checkpoint: File of the checkpoint.
        on_step: Called with the step, its loss and the share of the training that is over.

    Returns:
        Steps trained in all.
    """
    on_gpu = pipeline.device.type == "cuda"
    accelerator = Accelerator(mixed_precision="bf16" if on_gpu else "no", cpu=not on_gpu)
    state = _State.fresh(pipeline.unet.train().to(memory_format=torch.channels_last), recipe)
    step, before = state.restore(checkpoint)
    prepared, optimizer = accelerator.prepare(state.network, state.optimizer)
    started = time.monotonic() - before
    while (done := recipe.done(step, time.monotonic() - started)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate_at(done)
        generator = torch.Generator("cpu").manual_seed(recipe.seed * SEED_STRIDE + step)
        loss = picture_loss(prepared, pipeline.scheduler, draw(crops, recipe, step), generator, accelerator.device)
        optimizer.zero_grad(set_to_none=True)
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(prepared.parameters(), LARGEST_GRADIENT)
        optimizer.step()
        state.mean.update_parameters(state.network)
        step += 1
        on_step(step, float(loss.detach()), done)
        if step % recipe.checkpoint_every == 0:
            state.save(checkpoint, step, time.monotonic() - started)
    state.network.load_state_dict(state.mean.module.state_dict())
    state.network.eval()
    return step


def draw(crops: Crops, recipe: Recipe, step: int) -> tuple[Tensor, Tensor]:
    """Folded pictures and conditions of a step's people, half of them mirrored."""
    rng = np.random.default_rng([recipe.seed, step])
    which = rng.integers(len(crops), size=recipe.batch)
    flip = rng.random(recipe.batch) < 0.5
    pixels = np.where(flip[:, None, None, None], crops.pixels[which, :, ::-1], crops.pixels[which])
    shown = np.where(flip[:, None, None, None], crops.mirrored[which], crops.conditions[which])
    return folded(pixels), folded(shown)


def picture_loss(
    network: Any, scheduler: Any, batch: tuple[Tensor, Tensor], generator: torch.Generator, device: Any
) -> Tensor:
    """Mean squared error of the predicted pictures at random times.

    The network names the clean picture: noise fills all dimensions of a folded pixel, pictures hardly any, and a small
    network that must repeat the noise learns nothing else (Li and He 2025, 2511.13720).

    Args:
        network: The network.
        scheduler: The pipeline's scheduler.
        batch: Folded pictures and conditions.
        generator: Randomness of noise and times, on the CPU.
        device: Where the network is.
    """
    pictures, shown = (part.to(device) for part in batch)
    noise = torch.randn(pictures.shape, generator=generator).to(device)
    times = torch.randint(TRAINED_STEPS, (len(pictures),), generator=generator).to(device)
    noisy = scheduler.add_noise(pictures, noise, times)
    said = network(torch.cat([noisy, shown], dim=1), times).sample
    return functional.mse_loss(said.float(), pictures)


def folded(pixels: NDArray[np.uint8]) -> Tensor:
    """Pixels (B, H, W, C) as folded values from -1 to 1."""
    values = torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return fold(values).contiguous(memory_format=torch.channels_last)
