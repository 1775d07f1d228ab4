"""A trained estimator as a plain network, for tools that know tensors only."""

from typing import cast

from torch import Tensor, nn


class Maps(nn.Module):
    """An estimator that returns its first raw output instead of a dictionary."""

    def __init__(self, estimator: nn.Module) -> None:
        super().__init__()
        self.estimator = estimator

    def forward(self, crops: Tensor) -> Tensor:
        """Raw output, such as logits (B, K, H / 4, W / 4), for normalized crops (B, 3, H, W)."""
        outputs = self.estimator(crops)
        return cast(Tensor, next(iter(outputs.values())))
