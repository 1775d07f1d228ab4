"""What every pose system is to the training engine, to prediction and to export; docs/adr/0015 walks eleven through it.

Coordinates are pixels of the network's input with pixel centres at integers, x to the right, y down. A *crop* shows one
person; an *image* shows several, in the order of its `Sample`.
"""

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import ValidationError
from torch import Tensor, nn

from hpefair.arrays import Array
from hpefair.core.pose.skeleton import Skeleton
from hpefair.errors import SettingsError

Option = str | int | float | bool


@dataclass(frozen=True)
class Sample:
    """Annotated people of one network input.

    Attributes:
        keypoints: Keypoints (P, K, 3); v = 0 marks unlabelled joints. Crops have P = 1.
        bbox: Boxes (P, 4), x, y, width, height.
        area: Areas (P,) in square pixels.
        ignored: Boxes (I, 4) of regions about which nothing is known, such as crowds.
    """

    keypoints: Array
    bbox: Array
    area: Array
    ignored: Array


class Losses(NamedTuple):
    """Unreduced losses, so that any reweighting works with any estimator.

    Attributes:
        person: Loss of each person (B, P); NaN for whom nothing can be said in this input, who then counts for nobody.
            What padding rows hold is not read.
        scene: Loss of each input (B,) that belongs to nobody, such as false alarms of a detector; None without one.
    """

    person: Tensor
    scene: Tensor | None = None


def observed(loss: Tensor, there: Tensor) -> Tensor:
    """Losses (B, P) where there is anything to learn from; NaN elsewhere, which must not pass for a perfect score."""
    return torch.where(there, loss, torch.full_like(loss, float("nan")))


class Poses(NamedTuple):
    """Decoded people, as many for every input: one per crop, one per cell that may hold somebody in an image.

    Attributes:
        keypoints: Joints (B, N, K, 2).
        confidence: Their confidences (B, N, K) in [0, 1].
        score: Score of each person (B, N) in [0, 1].
        bbox: Boxes as corners (B, N, 4).
    """

    keypoints: Tensor
    confidence: Tensor
    score: Tensor
    bbox: Tensor

    @classmethod
    def of_crops(cls, points: Tensor, confidence: Tensor) -> "Poses":
        """One person per crop: joints (B, K, 2) and confidences (B, K), scored by their mean, boxed by their extent."""
        box = torch.cat([points.amin(dim=1), points.amax(dim=1)], dim=1)
        return cls(points[:, None], confidence[:, None], confidence.mean(dim=1, keepdim=True), box[:, None])


class Estimator(nn.Module, ABC):
    """A pose system.

    Attributes:
        size: Width and height of the network's input in pixels.
        scope: Whether it is shown a crop per person or whole images.
    """

    size: tuple[int, int]
    scope: Literal["crop", "image"]

    @abstractmethod
    def encode(self, sample: Sample, rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
        """Targets of one input, made by the loader.

        Args:
            sample: Who is in it.
            rng: Randomness of this input and step; the only source that may be used.

        Returns:
            Arrays that `losses` understands once they are stacked into a batch. For images the first axis of each
            counts people (or regions) and is filled up with zeros to the longest of the batch.
        """

    @abstractmethod
    def forward(self, pixels: Tensor, targets: dict[str, Tensor] | None = None) -> dict[str, Tensor]:
        """Raw outputs for normalized RGB (B, 3, H, W); traceable without targets.

        With targets, which only training gives, a system may look where the truth is: a cascade starts from displaced
        joints, a zoom-in from the annotated parts.
        """

    @abstractmethod
    def losses(self, outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> Losses:
        """Loss of every person, and of what belongs to nobody."""

    @abstractmethod
    def unflip(self, outputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Outputs of mirrored inputs, mirrored back; those can be averaged with the outputs of the inputs."""

    @abstractmethod
    def decode(self, outputs: dict[str, Tensor]) -> Poses:
        """People; traceable."""


class Staged(ABC):
    """Of an estimator whose parts are trained one after the other."""

    @abstractmethod
    def stages(self) -> list["Stage"]:
        """The stages in order."""

    @abstractmethod
    def begin(self, stage: int, errors: Array | None) -> None:
        """Called before a stage is trained.

        Args:
            stage: Its position.
            errors: What `errors` said of people who are not trained on, after the stage before; None at the first.
        """

    @abstractmethod
    def errors(self, outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> Tensor:
        """Errors (B, ...) of what has been learnt so far, in the form that `begin` understands; NaN where unknown."""


class Stage(NamedTuple):
    """A stage: its share of the steps, and the module whose parameters it trains."""

    share: float
    module: nn.Module


class Adversarial(ABC):
    """Of an estimator that is trained against other networks, which are modules of its own."""

    @abstractmethod
    def adversaries(self) -> nn.Module:
        """The networks that learn from `adversary_losses`, and from nothing else."""

    @abstractmethod
    def adversary_losses(self, outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> Losses:
        """Their losses; outputs come detached."""


class Scheduled(ABC):
    """Of an estimator whose loss changes in the course of training."""

    @abstractmethod
    def advance(self, progress: float) -> None:
        """Called before every step with the share of steps done."""


class Resizable(ABC):
    """Of an estimator that takes inputs of more than one size."""

    @abstractmethod
    def resized(self, scale: float) -> Estimator:
        """The same weights for inputs of another size, rounded to what the network can take."""


def make(
    name: str, size: tuple[int, int], skeleton: Skeleton, options: Mapping[str, Option] | None = None
) -> Estimator:
    """Make an estimator by the name of its module.

    Args:
        name: Module under `hpefair.estimators`.
        size: Crop width and height; estimators of whole images take the side of their input from their options.
        skeleton: Joints to estimate.
        options: Its own options; docs/guides/estimators.md lists them.

    Returns:
        The untrained estimator.

    Raises:
        SettingsError: If there is no such estimator, or it does not understand an option or the size.
    """
    try:
        module: Any = importlib.import_module(f"hpefair.estimators.{name}")
        kind, maker = module.Options, module.make
    except (ModuleNotFoundError, AttributeError) as error:
        beside = (one.name for one in pkgutil.iter_modules([str(Path(__file__).parent)]))
        known = ", ".join(sorted({*beside} - {Path(__file__).stem}))
        raise SettingsError(f"the estimator {name!r} does not exist: expected one of {known}") from error
    try:
        return cast(Estimator, maker(size, skeleton, kind.model_validate(dict(options or {}))))
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}, got {e['input']!r}" for e in error.errors())
        raise SettingsError(f"options of the estimator {name}: {said}") from error
    except ValueError as error:
        raise SettingsError(f"estimator {name}: {error}") from error
