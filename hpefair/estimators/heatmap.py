"""Heatmap: a small residual feature pyramid that predicts one probability map per joint.

Unbiased Gaussian targets and DARK decoding (Zhang et al., CVPR 2020). The loss is the cross-entropy between the map's
spatial softmax and the normalized target: on small budgets the usual squared error collapses to empty maps, which this
cannot, because every map sums to one.
"""

from itertools import pairwise
from typing import Final

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from torch import Tensor, nn

from hpefair.core.pose.codecs import dark_decode, gaussian_targets
from hpefair.core.pose.skeleton import Skeleton

Array = NDArray[np.float64]

STRIDE: Final = 4
SIGMA: Final = 1.25  # heatmap cells
WIDTHS: Final = (24, 32, 64, 96, 128)  # after strides 2, 4, 8, 16, 32
NECK: Final = 48


class Residual(nn.Module):
    """Two 3x3 convolutions with a shortcut (He et al., CVPR 2016)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, inputs, H, W) to (B, outputs, H / stride, W / stride)."""
        return functional.relu(self.body(features) + self.shortcut(features))


class Heatmap(nn.Module):
    """The estimator; see `protocol.Estimator`."""

    def __init__(self, size: tuple[int, int], skeleton: Skeleton) -> None:
        super().__init__()
        self.size = size
        self.map_size = (size[0] // STRIDE, size[1] // STRIDE)
        self.register_buffer("flip_order", torch.from_numpy(skeleton.flip_order()), persistent=False)
        self.stem = nn.Sequential(
            nn.Conv2d(3, WIDTHS[0], 3, 2, 1, bias=False), nn.BatchNorm2d(WIDTHS[0]), nn.ReLU(inplace=True)
        )
        self.stages = nn.ModuleList(Residual(a, b, 2) for a, b in pairwise(WIDTHS))
        self.laterals = nn.ModuleList(nn.Conv2d(width, NECK, 1) for width in WIDTHS[1:])
        self.smooth = nn.Sequential(
            nn.Conv2d(NECK, NECK, 3, 1, 1, bias=False), nn.BatchNorm2d(NECK), nn.ReLU(inplace=True)
        )
        self.head = nn.Conv2d(NECK, skeleton.size, 1)

    def forward(self, crops: Tensor) -> dict[str, Tensor]:
        """Logits (B, K, H / 4, W / 4)."""
        features, pyramid = self.stem(crops), []
        for stage in self.stages:
            features = stage(features)
            pyramid.append(features)
        merged = self.laterals[-1](pyramid[-1])
        for lateral, features in zip(reversed(self.laterals[:-1]), reversed(pyramid[:-1]), strict=True):
            merged = lateral(features) + functional.interpolate(merged, size=features.shape[2:], mode="nearest")
        return {"logits": self.head(self.smooth(merged))}

    def encode(self, keypoints: Array) -> dict[str, NDArray[np.float32]]:
        """Normalized Gaussian maps, and a weight of 1 for each labelled joint inside the crop."""
        maps = gaussian_targets(keypoints[:, :2], self.map_size, STRIDE, SIGMA)
        mass = maps.sum(axis=(1, 2), keepdims=True)
        width, height = self.size
        x, y = keypoints[:, 0], keypoints[:, 1]
        inside = (keypoints[:, 2] > 0) & (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
        weight = (inside & (mass[:, 0, 0] > 1e-6)).astype(np.float32)
        return {"maps": maps / np.maximum(mass, 1e-6), "weight": weight}

    def losses(self, outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> Tensor:
        """Cross-entropy (B,), averaged over a person's labelled joints."""
        log = functional.log_softmax(outputs["logits"].flatten(2), dim=2)
        entropy = -(targets["maps"].flatten(2) * log).sum(dim=2)  # (B, K)
        weight = targets["weight"]
        return (entropy * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1)

    def unflip(self, outputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Mirror the maps and swap left and right; no shift is needed in the pixel-centre convention."""
        return {"logits": outputs["logits"].flip(3)[:, self.flip_order]}

    def decode(self, outputs: dict[str, Tensor]) -> tuple[Array, Array]:
        """DARK decoding of the probability maps."""
        logits = outputs["logits"]
        maps = functional.softmax(logits.flatten(2), dim=2).view_as(logits)
        return dark_decode(maps.float().cpu().numpy(), STRIDE, SIGMA)


def build(size: tuple[int, int], skeleton: Skeleton) -> Heatmap:
    """Build the estimator; width and height must be multiples of 32.

    Raises:
        ValueError: If they are not.
    """
    if size[0] % 32 or size[1] % 32:
        raise ValueError(f"Expected a crop size in multiples of 32 but got {size[0]} x {size[1]}")
    return Heatmap(size, skeleton)
