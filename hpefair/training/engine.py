"""The training loop: Accelerate around a plain loop, seeded step by step, resumable, on one process or many.

Every random choice of step t follows from (seed, t) and the place in the batch. So a run that was interrupted ends like
one that was not, to the bit, and a batch that several processes share gives the gradient that one process gets, to
rounding: normalization and objectives see everybody's statistics, not their own process's.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import InitProcessGroupKwargs, broadcast_object_list

from hpefair.core.fairness.objectives import Choice, objective
from hpefair.core.pose.skeleton import Skeleton
from hpefair.errors import SettingsError
from hpefair.estimators.protocol import Estimator, Scheduled, Stage, Staged
from hpefair.schema import DECIDING
from hpefair.settings.training import TrainEngine
from hpefair.training import checkpoint
from hpefair.training.augmentation import Augmentation
from hpefair.training.averaging import Average
from hpefair.training.batches import Batches, ahead
from hpefair.training.curves import Curves
from hpefair.training.learner import Learner
from hpefair.training.observation import observed_errors
from hpefair.training.training_set import TrainingSet
from hpefair.training.validation import Validation
from hpefair.training.views import open_view

Tracker = Callable[[int, Mapping[str, float]], None]

EVERYBODY: Final = Choice("erm")
PATIENT: Final = InitProcessGroupKwargs(timeout=timedelta(hours=12))  # one process reads pictures, and validates
LOADERS: Final = "HPEFAIR_LOADERS"  # threads that make batches, per process: a property of the machine


@dataclass(frozen=True)
class Recipe:
    """What to train with.

    Attributes:
        settings: The train.engine section of params.yaml.
        seed: Seed of sampling and augmentation; that of initialization is the caller's.
        skeleton: Joints.
        objective: Whose loss counts how much.
    """

    settings: TrainEngine
    seed: int
    skeleton: Skeleton
    objective: Choice = EVERYBODY

    @property
    def augmentation(self) -> Augmentation:
        """How much pictures are changed."""
        how = self.settings
        return Augmentation(how.rotation_degrees, how.scale_jitter, how.colour_jitter, how.half_body)


def ignore(step: int, values: Mapping[str, float]) -> None:
    """A tracker that keeps nothing."""


def fit(model: Estimator, data: TrainingSet, recipe: Recipe, work: Path, track: Tracker = ignore) -> Curves:
    """Train an estimator, or go on from the last checkpoint in `work`.

    Each step shows `batch` real people (or pictures) drawn by their exposure, and on top of them generated ones in
    proportion to their number: variants differ in who is shown, never in how many real exposures or optimizer steps
    they get.

    Args:
        model: Estimator, see `estimators.protocol.Estimator`; trained in place, and left on the CPU with the weights
            that were kept.
        data: Who to learn from.
        recipe: What to train with.
        work: Folder for checkpoints and pixels.
        track: Called after every step with the number of steps done, the loss, and what was validated.

    Returns:
        What happened.
    """
    run = _Run(model, data, recipe, work)
    for number, stage in enumerate(run.stages):
        if run.step >= run.bounds[number + 1]:
            continue
        learner = run.begin(number, stage)
        for batch in ahead(run.batches.make, range(run.step, run.bounds[number + 1]), _loaders()):
            run.prepare_step()
            rate = learner.learning_rate
            loss, losses, rows = learner.step(batch, run.objective, run.membership.values)
            run.curves.note(run.step, loss, rate)
            run.curves.note_groups(run.step, losses, run.membership.rows(rows))
            run.average.follow(model)
            run.step += 1
            track(run.step, {"loss": loss, **run.look_back()})
            if run.step % recipe.settings.checkpoint_every == 0 or run.step == run.bounds[number + 1]:
                run.save(learner)
    return run.finish()


class _Run:
    """The state of one training: what a checkpoint holds, and what follows from it."""

    def __init__(self, model: Estimator, data: TrainingSet, recipe: Recipe, work: Path) -> None:
        # Without the word, Accelerate lets processes on CPUs train side by side, each by itself.
        self.accelerator = Accelerator(cpu=not torch.cuda.is_available(), kwargs_handlers=[PATIENT])
        self.model, self.recipe, self.work = model, recipe, work
        data = data.balanced() if recipe.objective.name == "balanced_sampling" else data
        self.membership = data.membership
        self.objective = objective(recipe.objective, data.membership.values.sum(axis=0))
        # Crops come as height, width, channels; convolutions in that order are a quarter faster on a CPU.
        model.to(self.accelerator.device, memory_format=torch.channels_last)
        self.average = Average(model, recipe.settings.average)
        self.validation = Validation(data, recipe.settings, recipe.skeleton)
        self.stages = model.stages() if isinstance(model, Staged) else [Stage(1.0, model)]
        ends = np.cumsum([stage.share for stage in self.stages]) / sum(stage.share for stage in self.stages)
        self.bounds = [0, *(round(recipe.settings.steps * end) for end in ends)]
        self.step, self.curves, self._saved = 0, Curves(), checkpoint.load(work, self.accelerator.device)
        if self._saved:
            self._restore(self._saved)
        with self.accelerator.main_process_first():
            self.view, self.held = open_view(model, data, recipe.skeleton, work)
        rank = (self.accelerator.process_index, self.accelerator.num_processes)
        self.batches = self._batches_of(self.view, rank)

    def begin(self, number: int, stage: Stage) -> Learner:
        """Open a stage, or open it again where a checkpoint left it."""
        first, last = self.bounds[number], self.bounds[number + 1]
        resumed = self._saved is not None and first < self.step
        if not resumed:
            self.model.load_state_dict(self.average.values)
            if isinstance(self.model, Staged):
                errors = observed_errors(self.model, self._batches_of(self.held, (0, 1))) if number else None
                self.model.begin(number, errors)
        learner = Learner(self.model, stage, last - first, self.recipe.settings, self.accelerator)
        if resumed and self._saved:
            learner.restore(self._saved["learner"])
        return learner

    def prepare_step(self) -> None:
        """Randomness within networks, and losses that change, follow from the step alone."""
        torch.manual_seed(self.recipe.seed * 1_000_003 + self.step)
        if isinstance(self.model, Scheduled):
            self.model.advance(self.step / self.recipe.settings.steps)

    def look_back(self) -> dict[str, float]:
        """Validate the averaged weights when it is due; what was found, for the tracker."""
        due = self.step % self.recipe.settings.validate_every == 0 or self.step == self.recipe.settings.steps
        if not due or not self.validation.possible or not self.accelerator.is_main_process:
            return {}
        rows = self.validation.check(self.model, self.average, self.step)
        self.curves.validation += rows
        return {f"validation/{metric}/{row['group']}": row[metric] for row in rows for metric in DECIDING}

    def save(self, learner: Learner) -> None:
        """Write a checkpoint."""
        if self.accelerator.is_main_process:
            state = {
                "step": self.step,
                "model": self.model.state_dict(),
                "average": self.average.state(),
                "validation": self.validation.state(),
                "objective": self.objective.state.tolist(),
                "curves": self.curves.state(),
                "learner": learner.state(),
            }
            checkpoint.save(self.work, state)
        self.accelerator.wait_for_everyone()

    def finish(self) -> Curves:
        """Leave the weights that were kept in the model, in all processes the same."""
        kept = [self.validation.best or self.average.values]
        if self.accelerator.num_processes > 1:
            broadcast_object_list(kept)
        self.model.load_state_dict(kept[0])
        self.model.to("cpu").eval()
        for parameter in self.model.parameters():
            parameter.requires_grad_(True)
        return self.curves

    def _restore(self, saved: dict[str, Any]) -> None:
        self.step, self.curves = saved["step"], Curves(**saved["curves"])
        self.model.load_state_dict(saved["model"])
        self.average.restore(saved["average"])
        self.validation.restore(saved["validation"])
        self.objective.state = np.array(saved["objective"], dtype=float)

    def _batches_of(self, view: Any, rank: tuple[int, int]) -> Batches:
        recipe = self.recipe
        return Batches(view, self.model, recipe.augmentation, recipe.settings.batch, recipe.seed, rank)


def _loaders() -> int:
    """Threads that make batches: one besides the training where there is a second core, unless told otherwise."""
    wanted = os.environ.get(LOADERS) or str(int((os.cpu_count() or 1) > 1))
    if not wanted.isdigit():
        raise SettingsError(f"{LOADERS} is {wanted!r}: expected a number of threads")
    return int(wanted)
