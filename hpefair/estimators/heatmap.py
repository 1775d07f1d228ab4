"""Heatmap: one map per joint, from a small residual pyramid or from a ResNet-50 with deconvolutions.

Targets, losses and decoders of several papers, to choose from. The default is unbiased Gaussian targets and DARK
decoding (Zhang et al., CVPR 2020) under the cross-entropy between a map's spatial softmax and its normalized target: on
small budgets the usual squared error collapses to empty maps, which this cannot, because every map sums to one.
"""

from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from hpefair.core.pose.codecs import biased_targets, gaussian_targets
from hpefair.core.pose.skeleton import Skeleton
from hpefair.estimators.protocol import Estimator, Losses, Poses, Sample, observed
from hpefair.networks.backbones import Pyramid, ResNet50, SmallBackbone, deconvolutions
from hpefair.networks.blocks import conv_norm
from hpefair.networks.peaks import Decoding, decode
from hpefair.settings.attributes import Section

STRIDE: Final = 4
NECK: Final = 48
LEAST_MASS: Final = 1e-6  # of a target within the map, below which the joint lies outside


class Options(Section):
    """What can be chosen.

    Attributes:
        net: `small`, .5 million parameters, or `resnet50`, Simple Baselines' 34 million.
        encoding: Targets centred on the exact joint, or, biased, on the nearest cell.
        decoding: See `networks.peaks.decode`.
        loss: `cross_entropy`, or `mse` on maps whose peak is 1.
        sigma: Standard deviation of targets in cells of 4 pixels.
    """

    net: Literal["small", "resnet50"] = "small"
    encoding: Literal["unbiased", "biased"] = "unbiased"
    decoding: Decoding = "dark"
    loss: Literal["cross_entropy", "mse"] = "cross_entropy"
    sigma: float = Field(default=1.25, gt=0, allow_inf_nan=False)


class SmallNet(nn.Module):
    """Pixels to a map of stride 4 through a feature pyramid."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = SmallBackbone()
        self.pyramid = Pyramid(self.backbone.channels, NECK)
        self.smooth = conv_norm(NECK, NECK)
        self.width = NECK

    def forward(self, pixels: Tensor) -> Tensor:
        """Normalized pixels (B, 3, H, W) to features (B, width, H / 4, W / 4)."""
        features: Tensor = self.smooth(self.pyramid(self.backbone(pixels))[0])
        return features


class ResNetWithDeconvolutions(nn.Module):
    """Simple Baselines (Xiao et al., ECCV 2018)."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = ResNet50()
        self.deconvolutions = deconvolutions(self.backbone.channels[-1])
        self.width = 256

    def forward(self, pixels: Tensor) -> Tensor:
        """Normalized pixels (B, 3, H, W) to features (B, width, H / 4, W / 4)."""
        features: Tensor = self.deconvolutions(self.backbone(pixels)[-1])
        return features


class Heatmap(Estimator):
    """The estimator; see `protocol.Estimator`."""

    scope: Literal["crop"] = "crop"

    def __init__(self, size: tuple[int, int], skeleton: Skeleton, options: Options) -> None:
        super().__init__()
        self.size, self.options = size, options
        self.map_size = (size[0] // STRIDE, size[1] // STRIDE)
        self.register_buffer("flip_order", torch.from_numpy(skeleton.flip_order()), persistent=False)
        self.net = SmallNet() if options.net == "small" else ResNetWithDeconvolutions()
        self.head = nn.Conv2d(self.net.width, skeleton.size, 1)

    def encode(self, sample: Sample, rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
        """Maps, normalized for the cross-entropy, and a weight of 1 for each labelled joint inside the crop."""
        keypoints = sample.keypoints[0]
        targets = gaussian_targets if self.options.encoding == "unbiased" else biased_targets
        maps = targets(keypoints[:, :2], self.map_size, STRIDE, self.options.sigma)
        mass = maps.sum(axis=(1, 2), keepdims=True)
        width, height = self.size
        x, y = keypoints[:, 0], keypoints[:, 1]
        inside = (keypoints[:, 2] > 0) & (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
        weight = (inside & (mass[:, 0, 0] > LEAST_MASS)).astype(np.float32)
        if self.options.loss == "cross_entropy":
            maps /= np.maximum(mass, LEAST_MASS)
        return {"maps": maps, "weight": weight}

    def forward(self, pixels: Tensor, targets: dict[str, Tensor] | None = None) -> dict[str, Tensor]:
        """Maps (B, K, H / 4, W / 4): logits, or for the squared error heights."""
        return {"maps": self.head(self.net(pixels))}

    def losses(self, outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> Losses:
        """Loss of each person, averaged over labelled joints."""
        predicted, wanted, weight = outputs["maps"].flatten(2), targets["maps"].flatten(2), targets["weight"]
        if self.options.loss == "cross_entropy":
            joint = -(wanted * functional.log_softmax(predicted, dim=2)).sum(dim=2)
        else:
            joint = ((predicted - wanted) ** 2).sum(dim=2)
        number = weight.sum(dim=1)
        return Losses(observed((joint * weight).sum(dim=1) / number.clamp(min=1), number > 0)[:, None])

    def unflip(self, outputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Mirror the maps and swap left and right; no shift is needed in the pixel-centre convention."""
        return {"maps": outputs["maps"].flip(3)[:, self.flip_order]}

    def decode(self, outputs: dict[str, Tensor]) -> Poses:
        """Peaks of the maps; a person's score is the mean confidence."""
        maps = outputs["maps"].float()
        if self.options.loss == "cross_entropy":
            maps = functional.softmax(maps.flatten(2), dim=2).view_as(maps)
        points, confidence = decode(maps.clamp(0, 1), STRIDE, self.options.sigma, self.options.decoding)
        return Poses.of_crops(points, confidence)


def make(size: tuple[int, int], skeleton: Skeleton, options: Options) -> Heatmap:
    """Build the estimator; width and height must be multiples of 16, for the ResNet of 32.

    Raises:
        ValueError: If they are not.
    """
    multiple = 16 if options.net == "small" else 32
    if size[0] % multiple or size[1] % multiple:
        raise ValueError(f"Expected a crop size in multiples of {multiple} but got {size[0]} x {size[1]}")
    return Heatmap(size, skeleton, options)
