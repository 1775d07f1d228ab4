"""Convolutions, pooling and resizing as TensorFlow means them, by torch.

Pictures are (B, H, W, C), as in TensorFlow; seen as (B, C, H, W) they already lie in memory the way torch's channels-
last kernels want them. Source: TensorFlow's op definitions (tensorflow/core/ops) and, for padding, the documentation of
`tf.nn.convolution`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import torch
import torch.nn.functional as functional
from torch import Tensor

from hpefair.errors import ToolError

Attributes = Mapping[str, Any]
Operation = Callable[[list[Tensor], Attributes], Tensor | tuple[Tensor, ...]]

# In place: what a convolution gives belongs to nobody else yet.
ACTIVATIONS: Final[Mapping[str, Callable[[Tensor], Tensor]]] = {
    "Relu": torch.relu_,
    "Relu6": lambda x: x.clamp_(0, 6),
    "Sigmoid": torch.sigmoid_,
    "Elu": lambda x: functional.elu(x, inplace=True),
}


def same_padding(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """Zeros before and after, so that the output has ceil(size / stride) places; the odd one comes after."""
    total = max((-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
    return total // 2, total - total // 2


def _borders(x: Tensor, kernel: tuple[int, int], attributes: Attributes) -> tuple[int, int, int, int]:
    """Left, right, top and bottom of the border that a node asks for around a picture (B, C, H, W)."""
    if attributes.get("data_format", "NHWC") != "NHWC":
        raise ToolError(f"this graph keeps its pictures as {attributes['data_format']}; only NHWC is known")
    if attributes["padding"] == "VALID":
        return 0, 0, 0, 0
    if attributes["padding"] != "SAME":
        raise ToolError(f"this graph pads with {attributes['padding']}; only SAME and VALID are known")
    strides, dilations = _places(attributes)
    top, bottom = same_padding(x.shape[2], kernel[0], strides[0], dilations[0])
    left, right = same_padding(x.shape[3], kernel[1], strides[1], dilations[1])
    return left, right, top, bottom


def _places(attributes: Attributes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Strides and dilations, down and across."""
    _, *strides, _ = attributes["strides"]
    _, *dilations, _ = attributes.get("dilations") or [1, 1, 1, 1]
    return tuple(strides), tuple(dilations)


def _convolved(x: Tensor, weight: Tensor, bias: Tensor | None, groups: int, attributes: Attributes) -> Tensor:
    """Convolution of (B, H, W, C) with weights in torch's order."""
    seen = x.permute(0, 3, 1, 2)
    left, right, top, bottom = _borders(seen, (int(weight.shape[2]), int(weight.shape[3])), attributes)
    if (left, top) != (right, bottom):  # torch itself pads both sides alike, and without a copy
        seen, left, top = functional.pad(seen, (left, right, top, bottom)), 0, 0
    strides, dilations = _places(attributes)
    return functional.conv2d(seen, weight, bias, strides, (top, left), dilations, groups).permute(0, 2, 3, 1)


def conv(inputs: list[Tensor], attributes: Attributes) -> Tensor:
    """Convolution; weights (H, W, in, out)."""
    if inputs[1].shape[:2] == (1, 1) and not set(attributes["strides"]) - {
        1
    }:  # a product of matrices, and faster as one
        return functional.linear(inputs[0], inputs[1][0, 0].T, _bias(inputs, attributes))
    return _convolved(inputs[0], inputs[1].permute(3, 2, 0, 1), _bias(inputs, attributes), 1, attributes)


def depthwise(inputs: list[Tensor], attributes: Attributes) -> Tensor:
    """Convolution of each channel by itself; weights (H, W, in, multiplier)."""
    height, width, channels, multiplier = inputs[1].shape
    weight = inputs[1].reshape(height, width, 1, channels * multiplier).permute(3, 2, 0, 1)
    return _convolved(inputs[0], weight, _bias(inputs, attributes), int(channels), attributes)


def _bias(inputs: list[Tensor], attributes: Attributes) -> Tensor | None:
    return inputs[2] if "BiasAdd" in attributes.get("fused_ops", ()) else None


def fused(convolution: Callable[[list[Tensor], Attributes], Tensor]) -> Operation:
    """A convolution with bias and activation."""

    def run(inputs: list[Tensor], attributes: Attributes) -> Tensor:
        out = convolution(inputs, attributes)
        for name in attributes["fused_ops"]:
            if name == "BiasAdd":
                continue
            if name not in ACTIVATIONS:
                raise ToolError(f"this graph fuses {name} into a convolution, which is not known")
            out = ACTIVATIONS[name](out)
        return out

    return run


def max_pool(inputs: list[Tensor], attributes: Attributes) -> Tensor:
    """Largest value of each window."""
    _, height, width, _ = attributes["ksize"]
    seen = inputs[0].permute(0, 3, 1, 2)
    padded = functional.pad(seen, _borders(seen, (height, width), attributes), value=float("-inf"))
    return functional.max_pool2d(padded, (height, width), _places(attributes)[0]).permute(0, 2, 3, 1)


def resize_bilinear(inputs: list[Tensor], attributes: Attributes) -> Tensor:
    """Bilinear resizing in TensorFlow's three conventions of where pixels lie."""
    picture, (height, width) = inputs[0].permute(0, 3, 1, 2), (int(side) for side in inputs[1])
    aligned, centred = bool(attributes.get("align_corners")), bool(attributes.get("half_pixel_centers"))
    if (height, width) == tuple(picture.shape[2:]):
        return inputs[0]
    if aligned or centred:
        out = functional.interpolate(picture, (height, width), mode="bilinear", align_corners=aligned)
    else:
        out = _sampled(_sampled(picture, height, 2), width, 3)
    return out.permute(0, 2, 3, 1)


def _sampled(x: Tensor, size: int, axis: int) -> Tensor:
    """Linear samples at n * old / size along an axis: top-left corners meet, as in TensorFlow 1."""
    old = x.shape[axis]
    place = torch.arange(size) * (old / size)
    before = place.floor().long()
    after = (before + 1).clamp(max=old - 1)
    shape = [size if k == axis else 1 for k in range(x.dim())]
    share = (place - before).to(x.dtype).reshape(shape)
    return x.index_select(axis, before) * (1 - share) + x.index_select(axis, after) * share
