"""One stage of a training: its optimizer, its schedule, and what one step does."""

from collections.abc import Iterable
from typing import Any, cast

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from torch import Tensor, nn

from hpefair.arrays import Array
from hpefair.core.fairness.objectives import Objective
from hpefair.errors import InputError
from hpefair.estimators.protocol import Adversarial, Estimator, Losses, Stage
from hpefair.prediction.inputs import normalize
from hpefair.settings.training import TrainEngine
from hpefair.training import precision
from hpefair.training.batches import Batch


class Learner:
    """Trains one stage of a model, and the networks it is trained against, if any."""

    def __init__(self, model: Estimator, stage: Stage, steps: int, settings: TrainEngine, on: Accelerator) -> None:
        self.model, self.settings, self._on = model, settings, on
        precision.check(settings.precision, on.device.type == "cuda")
        self._half = settings.precision == "bf16"
        self._rivals = model.adversaries() if isinstance(model, Adversarial) else None
        rivals = list(self._rivals.parameters()) if self._rivals is not None else []
        for parameter in model.parameters():
            parameter.requires_grad_(False)
        for parameter in stage.module.parameters():
            parameter.requires_grad_(not any(parameter is rival for rival in rivals))
        self._learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self._optimizers = [_optimizer(part, steps, settings) for part in (self._learning, rivals) if part]
        # Only now: processes exchange gradients of what learns in this stage, and of nothing else.
        self._shared = cast(nn.Module, on.prepare_model(model))
        self._shared.train()

    @property
    def learning_rate(self) -> float:
        """Of the coming step."""
        return float(self._optimizers[0][1].get_last_lr()[0])

    def step(self, batch: Batch, objective: Objective, membership: Array) -> tuple[float, Array, NDArray[np.int64]]:
        """Learn from a batch.

        Args:
            batch: This process's part.
            objective: Whose loss counts how much.
            membership: Groups (N, G) of everybody in the training set.

        Returns:
            The objective's value, and losses and rows of all processes' people.
        """
        on = self._on.device
        targets = {name: value.to(on, non_blocking=True) for name, value in batch.targets.items()}
        with torch.autocast(on.type, torch.bfloat16, enabled=self._half):
            outputs = self._shared(normalize(batch.pixels.to(on, non_blocking=True)), targets)
        outputs = {name: value.float() for name, value in outputs.items()}
        if not all(bool(torch.isfinite(value).all()) for value in outputs.values()):
            raise InputError("training diverged: the model output contains NaN or infinity; lower learning_rate")
        terms = self.model.losses(outputs, targets)
        losses, rows, own = self._everybody(terms, batch)
        weights = objective.weights(losses, membership[rows]) if len(losses) else losses
        loss = _weighed(terms, weights[own], batch)
        optimizer, schedule = self._optimizers[0]
        optimizer.zero_grad(set_to_none=True)
        # Gradients are averaged over processes, while the weights add up over all of them.
        (loss * self._on.num_processes).backward()
        nn.utils.clip_grad_norm_(self._learning, self.settings.clip_norm)
        optimizer.step()
        schedule.step()
        if self._rivals is not None:
            self._fight({name: value.detach() for name, value in outputs.items()}, targets, batch.inputs)
        value = (
            float(self._on.reduce(loss.detach().clone(), "sum")) if self._on.num_processes > 1 else float(loss.detach())
        )
        return value, losses, rows

    def state(self) -> list[dict[str, Any]]:
        """What a checkpoint keeps."""
        return [part.state_dict() for pair in self._optimizers for part in pair]

    def restore(self, state: Iterable[dict[str, Any]]) -> None:
        """Go on from a checkpoint."""
        for part, saved in zip((part for pair in self._optimizers for part in pair), state, strict=True):
            part.load_state_dict(saved)

    def _everybody(self, terms: Losses, batch: Batch) -> tuple[Array, NDArray[np.int64], NDArray[np.int64]]:
        """Losses and rows of all processes' people in the order of the step, and which of them are this one's."""
        inputs, own = _observed(terms, batch)
        losses = terms.person.detach()[inputs, own].double()
        order = batch.positions[inputs] * _MOST_PEOPLE + own
        told = torch.stack([losses, *(torch.from_numpy(a).to(losses) for a in (batch.rows[inputs, own], order))])
        if self._on.num_processes > 1:
            padded = cast(Tensor, self._on.pad_across_processes(told.T, dim=0, pad_index=-1))
            told = cast(Tensor, self._on.gather(padded)).T
            told = told[:, told[2] >= 0]
        values = told.cpu().numpy()
        values = values[:, np.argsort(values[2], kind="stable")]
        mine = np.searchsorted(values[2], order)
        return values[0], values[1].astype(np.int64), mine

    def _fight(self, outputs: dict[str, Tensor], targets: dict[str, Tensor], inputs: int) -> None:
        """One step of the networks that the model is trained against."""
        rivals = list(cast(nn.Module, self._rivals).parameters())
        for parameter in rivals:
            parameter.requires_grad_(True)
        terms = cast(Adversarial, self.model).adversary_losses(outputs, targets)
        optimizer, schedule = self._optimizers[1]
        optimizer.zero_grad(set_to_none=True)
        (terms.person.nansum() / inputs * self._on.num_processes).backward()
        for parameter in rivals:
            if parameter.grad is not None:
                parameter.grad = cast(Tensor, self._on.reduce(parameter.grad, "mean"))
            parameter.requires_grad_(False)
        optimizer.step()
        schedule.step()


_MOST_PEOPLE = 1 << 20  # in one picture


def _observed(terms: Losses, batch: Batch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Inputs and places of the people of whom the losses say something."""
    said = torch.isfinite(terms.person.detach()).cpu().numpy()
    inputs, own = np.nonzero((batch.rows >= 0) & said[:, : batch.rows.shape[1]])
    return inputs, own


def _weighed(terms: Losses, weights: Array, batch: Batch) -> Tensor:
    """This process's part of the objective."""
    inputs, own = _observed(terms, batch)
    loss = (terms.person[inputs, own] * torch.from_numpy(weights).to(terms.person)).sum()
    if terms.scene is not None:
        loss = loss + terms.scene.sum() / batch.inputs
    # A picture without people must still give every parameter a gradient, or processes wait for each other.
    return loss + 0 * terms.person.nan_to_num().sum()


def _optimizer(learning: list[nn.Parameter], steps: int, settings: TrainEngine) -> tuple[Any, Any]:
    """AdamW under a one-cycle schedule (Smith and Topin 2018)."""
    # Shifts and scales are not decayed: there is nothing to simplify in them.
    groups = [
        {"params": [p for p in learning if p.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [p for p in learning if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate)
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.learning_rate, total_steps=max(steps, 2))
