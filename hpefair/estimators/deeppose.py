"""DeepPose (Toshev and Szegedy, CVPR 2014): joints by regression, then a cascade that looks again around each joint.

The first stage sees the whole crop. Every later stage cuts a window around each joint where the stage before put it, as
large as `spread` torso diameters, and regresses what is missing (eq. 5-8). It is trained on joints displaced at random,
with the mean and covariance of the errors that the stage before makes on people who are not trained on: on its own
training people they would be too small.
"""

from typing import Final, Literal, cast

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from hpefair.arrays import Array
from hpefair.core.pose.displacements import fit_displacements
from hpefair.core.pose.skeleton import Skeleton
from hpefair.estimators.protocol import Estimator, Losses, Poses, Sample, Stage, Staged, observed
from hpefair.networks.backbones import SmallBackbone
from hpefair.networks.blocks import Residual, conv_norm
from hpefair.settings.attributes import Section

HIDDEN: Final = 256
WINDOW: Final = 24  # pixels a side of a joint's window
LEAST_TORSO: Final = 0.15  # of the crop's height: a torso seen from above is short, its joints' windows must not be
GUESSED_TORSO: Final = 0.3  # of the crop's height, where its joints are not labelled
DEVIATION: Final = 0.15  # torsos; displacement of the joints before any error was seen


class Options(Section):
    """What can be chosen.

    Attributes:
        stages: Stages of the cascade; 1 is plain regression.
        first_share: Share of the training steps of the first stage; the others share the rest.
        spread: Side of a joint's window in torso diameters.
    """

    stages: int = Field(default=3, ge=1, le=6)
    first_share: float = Field(default=0.6, gt=0, le=1)
    spread: float = Field(default=1.0, gt=0, allow_inf_nan=False)


class Regressor(nn.Module):
    """The whole crop to joints (B, K, 2) as shares of the crop about its middle."""

    def __init__(self, size: tuple[int, int], joints: int) -> None:
        super().__init__()
        self.backbone = SmallBackbone()
        cells = (size[0] // 32) * (size[1] // 32)
        self.squeeze = conv_norm(self.backbone.channels[-1], 64, 1)
        self.head = nn.Sequential(nn.Linear(64 * cells, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, joints * 2))

    def forward(self, pixels: Tensor) -> Tensor:
        """Normalized pixels (B, 3, H, W) to joints."""
        features = self.squeeze(self.backbone(pixels)[-1])
        return self.head(features.flatten(1)).unflatten(1, (-1, 2))


class Refiner(nn.Module):
    """Windows around joints to what each joint has to move, in shares of its window; one trunk, one head a joint."""

    def __init__(self, joints: int) -> None:
        super().__init__()
        self.trunk = nn.Sequential(conv_norm(3, 24, 3, 2), Residual(24, 32, 2), Residual(32, 64, 2))
        side = WINDOW // 8
        self.weight = nn.Parameter(torch.zeros(joints, 2, 64 * side * side))
        self.bias = nn.Parameter(torch.zeros(joints, 2))

    def forward(self, windows: Tensor) -> Tensor:
        """Windows (B, K, 3, S, S) to displacements (B, K, 2)."""
        batch, joints = windows.shape[:2]
        features = self.trunk(windows.flatten(0, 1)).flatten(1).unflatten(0, (batch, joints))
        return torch.einsum("bkf,kcf->bkc", features, self.weight) + self.bias


class DeepPose(Estimator, Staged):
    """The estimator; see `protocol.Estimator` and `protocol.Staged`."""

    scope: Literal["crop"] = "crop"
    active: Tensor
    mean: Tensor
    factor: Tensor

    def __init__(self, size: tuple[int, int], skeleton: Skeleton, options: Options) -> None:
        super().__init__()
        self.size, self.options = size, options
        self.torso = (skeleton.index("left_shoulder"), skeleton.index("right_hip"))
        self.initial = Regressor(size, skeleton.size)
        self.refiners = nn.ModuleList(Refiner(skeleton.size) for _ in range(options.stages - 1))
        self.register_buffer("flip_order", torch.from_numpy(skeleton.flip_order()), persistent=False)
        self.register_buffer("extent", torch.tensor([size[0], size[1]], dtype=torch.float32), persistent=False)
        # Displacements that each later stage is trained on: mean and Cholesky factor of the covariance, in torsos.
        self.register_buffer("mean", torch.zeros(options.stages - 1, skeleton.size, 2))
        factor = DEVIATION * torch.eye(2).expand(options.stages - 1, skeleton.size, 2, 2)
        self.register_buffer("factor", factor.clone())
        self.register_buffer("active", torch.tensor(options.stages - 1))
        self._refinements = options.stages - 1  # `active` as a number, which tracing needs
        self.register_load_state_dict_post_hook(_remember_active)

    def stages(self) -> list[Stage]:
        """The first stage, then every refinement."""
        if not len(self.refiners):
            return [Stage(1.0, self.initial)]
        rest = (1 - self.options.first_share) / len(self.refiners)
        return [Stage(self.options.first_share, self.initial), *(Stage(rest, refiner) for refiner in self.refiners)]

    def begin(self, stage: int, errors: Array | None) -> None:
        """Look no further than this stage; displace what it starts from like the errors (N, K, 2) in torsos."""
        self.active.fill_(stage)
        self._refinements = stage
        if stage and errors is not None:
            mean, factor = fit_displacements(errors)
            self.mean[stage - 1] = torch.from_numpy(mean)
            self.factor[stage - 1] = torch.from_numpy(factor)

    def encode(self, sample: Sample, rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
        """Keypoints (K, 3), and the standard normal numbers (K, 2) by which a refinement displaces them."""
        keypoints = sample.keypoints[0].astype(np.float32)
        return {"keypoints": keypoints, "noise": rng.standard_normal((len(keypoints), 2)).astype(np.float32)}

    def forward(self, pixels: Tensor, targets: dict[str, Tensor] | None = None) -> dict[str, Tensor]:
        """Joints (B, K, 2) after the last active stage; in training what the stage moves, from where, in which window.

        Training a refinement needs no earlier stage: it starts from the displaced truth.
        """
        if targets is not None and self.training and self._refinements:
            stage = self._refinements - 1
            start = self._displaced(targets, stage)
            side = self._window(start, targets["keypoints"])
            moved = self.refiners[stage](self._look(pixels, start, side))
            return {"start": start, "side": side, "moved": moved}
        pose = self.middle + self.initial(pixels) * self.extent
        for refiner in self.refiners[: self._refinements]:
            side = self._window(pose)
            pose = pose + refiner(self._look(pixels, pose, side)) * side[:, None, None]
        return {"pose": pose}

    def losses(self, outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> Losses:
        """Squared error of each person, averaged over labelled joints, in shares of the crop or of a window (eq. 4)."""
        truth = targets["keypoints"]
        if "pose" in outputs:
            error = (outputs["pose"] - truth[..., :2]) / self.extent
        else:
            error = outputs["moved"] - (truth[..., :2] - outputs["start"]) / outputs["side"][:, None, None]
        labelled = (truth[..., 2] > 0).to(error.dtype)
        joint = (error**2).sum(dim=2) * labelled
        number = labelled.sum(dim=1)
        return Losses(observed(joint.sum(dim=1) / number.clamp(min=1), number > 0)[:, None])

    def errors(self, outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> Tensor:
        """Found less true joints (B, K, 2) in torso diameters of the found pose; NaN for unlabelled joints."""
        truth, pose = targets["keypoints"], outputs["pose"]
        error = (pose - truth[..., :2]) / self._diameter(pose)[:, None, None]
        return torch.where(truth[..., 2:] > 0, error, torch.full_like(error, float("nan")))

    def unflip(self, outputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Mirror joints and swap left and right."""
        pose = outputs["pose"][:, self.flip_order]
        return {"pose": torch.stack([self.size[0] - 1 - pose[..., 0], pose[..., 1]], dim=2)}

    def decode(self, outputs: dict[str, Tensor]) -> Poses:
        """The joints; regression says nothing of its confidence, so that of every joint is 1."""
        return Poses.of_crops(outputs["pose"].float(), torch.ones_like(outputs["pose"][..., 0], dtype=torch.float32))

    @property
    def middle(self) -> Tensor:
        """Middle of the crop (2,)."""
        return (self.extent - 1) / 2

    def _displaced(self, targets: dict[str, Tensor], stage: int) -> Tensor:
        """True joints (B, K, 2), displaced like the errors of the stage before."""
        truth = targets["keypoints"]
        shift = self.mean[stage] + torch.einsum("kij,bkj->bki", self.factor[stage], targets["noise"])
        start = truth[..., :2] + shift * self._diameter(truth[..., :2], truth[..., 2])[:, None, None]
        return torch.where(truth[..., 2:] > 0, start, self.middle)

    def _window(self, pose: Tensor, truth: Tensor | None = None) -> Tensor:
        """Side (B,) of the windows around a pose's joints, in pixels."""
        return self.options.spread * self._diameter(pose, None if truth is None else truth[..., 2])

    def _diameter(self, pose: Tensor, labelled: Tensor | None = None) -> Tensor:
        """Torso diameters (B,): left shoulder to right hip."""
        one, other = self.torso
        height = float(self.size[1])
        length = ((pose[:, one] - pose[:, other]) ** 2).sum(dim=1).clamp(min=1e-6).sqrt()
        if labelled is not None:
            known = (labelled[:, one] > 0) & (labelled[:, other] > 0)
            length = torch.where(known, length, torch.full_like(length, GUESSED_TORSO * height))
        return length.clamp(min=LEAST_TORSO * height)

    def _look(self, pixels: Tensor, pose: Tensor, side: Tensor) -> Tensor:
        """Windows (B, K, 3, S, S) of crops around joints (B, K, 2); the colour of the mean image beyond the border."""
        batch, joints = pose.shape[:2]
        places = (torch.arange(WINDOW, device=pixels.device, dtype=pose.dtype) + 0.5) / WINDOW - 0.5
        rows, columns = torch.meshgrid(places, places, indexing="ij")
        offsets = torch.stack([columns, rows], dim=2) * side.view(-1, 1, 1, 1, 1)  # (B, 1, S, S, 2)
        grid = (pose.view(batch, joints, 1, 1, 2) + offsets + 0.5) / self.extent * 2 - 1
        cut = functional.grid_sample(
            pixels.float(), grid.view(batch, joints * WINDOW, WINDOW, 2).float(), align_corners=False
        )
        return cut.unflatten(2, (joints, WINDOW)).transpose(1, 2)


def _remember_active(model: nn.Module, keys: object) -> None:
    """Let a loaded cascade look as far as the one that was saved."""
    cast(DeepPose, model).begin(int(cast(DeepPose, model).active), None)


def make(size: tuple[int, int], skeleton: Skeleton, options: Options) -> DeepPose:
    """Build the estimator; width and height must be multiples of 32, and the skeleton have shoulders and hips.

    Raises:
        ValueError: If they are not, or it has not.
    """
    if size[0] % 32 or size[1] % 32:
        raise ValueError(f"Expected a crop size in multiples of 32 but got {size[0]} x {size[1]}")
    return DeepPose(size, skeleton, options)
