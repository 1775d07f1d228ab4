"""What every estimator is to the training engine and to prediction."""

import importlib
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from hpefair.core.pose.skeleton import Skeleton
from hpefair.errors import SettingsError

Array = NDArray[np.float64]


class Estimator(Protocol):
    """A top-down estimator: one crop in, one pose out. A `torch.nn.Module` with these methods.

    Attributes:
        size: Crop width and height in pixels.
    """

    size: tuple[int, int]

    def encode(self, keypoints: Array) -> dict[str, NDArray[np.float32]]:
        """Targets of one crop, made by the loader.

        Args:
            keypoints: Keypoints (K, 3) in crop pixels.

        Returns:
            Arrays that `losses` understands once they are stacked into a batch.
        """
        ...

    def __call__(self, crops: Tensor) -> dict[str, Tensor]:
        """Raw outputs for crops (B, 3, H, W), normalized RGB."""
        ...

    def losses(self, outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> Tensor:
        """Loss of each person (B,), unreduced, so that any reweighting works with any estimator."""
        ...

    def unflip(self, outputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Outputs of mirrored crops, mirrored back."""
        ...

    def decode(self, outputs: dict[str, Tensor]) -> tuple[Array, Array]:
        """Keypoints (B, K, 2) in crop pixels and their confidences (B, K)."""
        ...


def build(name: str, size: tuple[int, int], skeleton: Skeleton) -> nn.Module:
    """Build an estimator by the name of its module.

    Args:
        name: Module under `hpefair.estimators`.
        size: Crop width and height.
        skeleton: Joints to estimate.

    Returns:
        The untrained estimator.

    Raises:
        SettingsError: If there is no such estimator.
    """
    try:
        module: Any = importlib.import_module(f"hpefair.estimators.{name}")
        builder = module.build
    except (ModuleNotFoundError, AttributeError) as error:
        raise SettingsError(f"params.yaml: train.models names the estimator {name!r}, which does not exist") from error
    return cast(nn.Module, builder(size, skeleton))
