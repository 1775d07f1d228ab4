"""Backbones: pixels to feature maps at strides 4, 8, 16 and 32."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from torch import Tensor, nn
from torch.nn import functional

from hpefair.networks.blocks import Bottleneck, Residual, conv_norm
from hpefair.networks.normalization import BatchNorm

STRIDES: Final = (4, 8, 16, 32)
SMALL_WIDTHS: Final = (24, 32, 64, 96, 128)  # after strides 2, 4, 8, 16, 32
RESNET_50: Final = ((64, 3), (128, 4), (256, 6), (512, 3))  # width and number of bottlenecks


class Backbone(nn.Module):
    """A stem, then one stage per stride.

    Attributes:
        channels: Channels of the maps, finest first.
    """

    def __init__(self, stem: nn.Module, stages: Iterable[nn.Module], channels: Iterable[int]) -> None:
        super().__init__()
        self.channels = tuple(channels)
        self.stem = stem
        self.stages = nn.ModuleList(stages)

    def forward(self, pixels: Tensor) -> list[Tensor]:
        """Normalized pixels (B, 3, H, W) to maps at strides 4, 8, 16, 32."""
        features, maps = self.stem(pixels), []
        for stage in self.stages:
            features = stage(features)
            maps.append(features)
        return maps


class SmallBackbone(Backbone):
    """One residual block per stride."""

    def __init__(self, widths: tuple[int, ...] = SMALL_WIDTHS) -> None:
        stem = conv_norm(3, widths[0], 3, 2)
        super().__init__(stem, [Residual(a, b, 2) for a, b in pairwise(widths)], widths[1:])


class ResNet50(Backbone):
    """ResNet-50 (He et al., CVPR 2016, table 1), untrained: its weights cannot be bundled."""

    def __init__(self) -> None:
        stem = nn.Sequential(conv_norm(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1))
        inputs, stages = 64, []
        for level, (width, depth) in enumerate(RESNET_50):
            blocks = [Bottleneck(inputs, width, 1 if level == 0 else 2)]
            inputs = width * Bottleneck.EXPANSION
            blocks += [Bottleneck(inputs, width) for _ in range(depth - 1)]
            stages.append(nn.Sequential(*blocks))
        super().__init__(stem, stages, [width * Bottleneck.EXPANSION for width, _ in RESNET_50])


class Pyramid(nn.Module):
    """Top-down pathway (Lin et al., CVPR 2017): every map also knows what the coarser ones know."""

    def __init__(self, channels: tuple[int, ...], width: int) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(nn.Conv2d(inputs, width, 1) for inputs in channels)

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """Maps, finest first, to as many maps of `width` channels."""
        merged = self.laterals[-1](maps[-1])
        out = [merged]
        for lateral, features in zip(reversed(self.laterals[:-1]), reversed(maps[:-1]), strict=True):
            merged = lateral(features) + functional.interpolate(merged, size=features.shape[2:], mode="nearest")
            out.append(merged)
        return out[::-1]


def deconvolutions(inputs: int, width: int = 256, count: int = 3) -> nn.Sequential:
    """Head of Simple Baselines (Xiao et al., ECCV 2018): deconvolutions that double a map `count` times."""
    layers: list[nn.Module] = []
    for number in range(count):
        layers += [nn.ConvTranspose2d(width if number else inputs, width, 4, 2, 1, bias=False)]
        layers += [BatchNorm(width), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)
