"""A moving average of a network's weights: steadier than the weights of the last step."""

from typing import Any

import torch
from torch import Tensor, nn


class Average:
    """Exponential moving average of parameters and buffers; of short trainings a shorter one."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        """Start at the model's weights.

        Args:
            model: The network.
            decay: Weight of the past; 0 follows the network.
        """
        self.decay, self.steps = decay, 0
        self.values = {name: value.detach().clone() for name, value in model.state_dict().items()}

    def follow(self, model: nn.Module) -> None:
        """Take one step towards the model's weights."""
        self.steps += 1
        # As in Polyak averaging at first: the past must not be the random start.
        decay = min(self.decay, (self.steps - 1) / (self.steps + 9))
        floats: tuple[list[Tensor], list[Tensor]] = ([], [])
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                floats[0].append(self.values[name])
                floats[1].append(value.detach())
            else:
                self.values[name].copy_(value)
        torch._foreach_lerp_(floats[0], floats[1], 1 - decay)

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"steps": self.steps, "values": self.values}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.steps = state["steps"]
        for name, value in state["values"].items():
            self.values[name].copy_(value)
