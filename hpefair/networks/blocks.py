"""Convolution blocks."""

from torch import Tensor, nn
from torch.nn import functional

from hpefair.networks.normalization import BatchNorm


def conv_norm(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, relu: bool = True) -> nn.Sequential:
    """Convolution without bias, batch normalization and, if wanted, ReLU; maps keep their size over the stride."""
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        BatchNorm(outputs),
    ]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if relu else nn.Sequential(*layers)


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Module:
    if stride == 1 and inputs == outputs:
        return nn.Identity()
    return conv_norm(inputs, outputs, 1, stride, relu=False)


class Residual(nn.Module):
    """Two 3x3 convolutions with a shortcut (He et al., CVPR 2016, fig. 5 left)."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(conv_norm(inputs, outputs, 3, stride), conv_norm(outputs, outputs, relu=False))
        self.shortcut = _shortcut(inputs, outputs, stride)

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, inputs, H, W) to (B, outputs, H / stride, W / stride)."""
        return functional.relu(self.body(features) + self.shortcut(features))


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions with a shortcut (He et al., CVPR 2016, fig. 5 right), the stride in the 3x3."""

    EXPANSION = 4

    def __init__(self, inputs: int, width: int, stride: int = 1) -> None:
        super().__init__()
        outputs = width * self.EXPANSION
        self.body = nn.Sequential(
            conv_norm(inputs, width, 1), conv_norm(width, width, 3, stride), conv_norm(width, outputs, 1, relu=False)
        )
        self.shortcut = _shortcut(inputs, outputs, stride)

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, inputs, H, W) to (B, 4 width, H / stride, W / stride)."""
        return functional.relu(self.body(features) + self.shortcut(features))
