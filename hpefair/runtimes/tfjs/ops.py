"""What the operations of TensorFlow graphs mean, as torch functions: name to function.

Every function takes its inputs, and the node's attributes as plain Python values. Source: TensorFlow's op definitions
(tensorflow/core/ops).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import torch
import torch.nn.functional as functional
from torch import Tensor

from hpefair.runtimes.tfjs.pictures import Attributes, Operation, conv, depthwise, fused, max_pool, resize_bilinear

TYPES: Final = {"DT_FLOAT": torch.float32, "DT_INT32": torch.int32, "DT_INT64": torch.int64, "DT_BOOL": torch.bool}
SLICING: Final = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")


def strided_slice(inputs: list[Tensor], attributes: Attributes) -> Tensor:
    """Slice by begin, end, stride; bits of the masks say which ends are open and which axes vanish or are new."""
    whole, begin, end, step = inputs[0], *(one.tolist() for one in inputs[1:4])
    index = tuple(_index(attributes, axis, *place) for axis, place in enumerate(zip(begin, end, step, strict=True)))
    return whole[index]


def _index(attributes: Attributes, axis: int, begin: int, end: int, step: int) -> Any:
    """What stands for one axis between the brackets of `tensor[…]`."""
    said = {name for name in SLICING if attributes.get(name, 0) >> axis & 1}
    if "ellipsis_mask" in said:
        return ...
    if "new_axis_mask" in said:
        return None
    if "shrink_axis_mask" in said:
        return begin
    return slice(None if "begin_mask" in said else begin, None if "end_mask" in said else end, step)


def pad(inputs: list[Tensor], attributes: Attributes) -> Tensor:
    """Zeros before and after every axis: amounts (axes, 2)."""
    amounts = [amount for pair in reversed(inputs[1].tolist()) for amount in pair]
    return functional.pad(inputs[0], amounts)


def gather_nd(inputs: list[Tensor], attributes: Attributes) -> Tensor:
    """Entries of a tensor at rows of indices (…, number of leading axes)."""
    return inputs[0][inputs[1].long().unbind(-1)]


def top_k(inputs: list[Tensor], attributes: Attributes) -> tuple[Tensor, Tensor]:
    """Largest values along the last axis, descending, and their places; the first of equal ones comes first."""
    values, places = torch.sort(inputs[0], dim=-1, descending=True, stable=True)
    number = int(inputs[1])
    return values[..., :number], places[..., :number].to(torch.int32)


def squeeze(inputs: list[Tensor], attributes: Attributes) -> Tensor:
    """Drop axes of length 1: those named, or all."""
    axes = attributes.get("squeeze_dims") or [k for k, size in enumerate(inputs[0].shape) if size == 1]
    return inputs[0].squeeze(tuple(axes))


def reduced(function: Callable[..., Tensor]) -> Operation:
    """A reduction over the axes in the second input."""

    def run(inputs: list[Tensor], attributes: Attributes) -> Tensor:
        axes = tuple(inputs[1].reshape(-1).tolist())
        return function(inputs[0], dim=axes, keepdim=bool(attributes.get("keep_dims")))

    return run


def plain(function: Callable[..., Tensor]) -> Operation:
    """A function of tensors alone."""
    return lambda inputs, attributes: function(*inputs)


def _cast(inputs: list[Tensor], attributes: Attributes) -> Tensor:
    return inputs[0].to(TYPES[attributes["DstT"]])


def _arg_max(inputs: list[Tensor], attributes: Attributes) -> Tensor:
    return inputs[0].argmax(int(inputs[1])).to(TYPES[attributes.get("output_type", "DT_INT64")])


def _select(condition: Tensor, yes: Tensor, no: Tensor) -> Tensor:
    """Choose; a vector of conditions chooses whole rows, as TensorFlow 1 has it."""
    return torch.where(condition.reshape(condition.shape + (1,) * (yes.dim() - condition.dim())), yes, no)


OPERATIONS: Final[Mapping[str, Operation]] = {
    "_FusedConv2D": fused(conv),
    "Conv2D": conv,
    "FusedDepthwiseConv2dNative": fused(depthwise),
    "DepthwiseConv2dNative": depthwise,
    "MaxPool": max_pool,
    "ResizeBilinear": resize_bilinear,
    "Pad": pad,
    "StridedSlice": strided_slice,
    "GatherNd": gather_nd,
    "TopKV2": top_k,
    "Squeeze": squeeze,
    "Cast": _cast,
    "ArgMax": _arg_max,
    "Sum": reduced(torch.sum),
    "Max": reduced(torch.amax),
    "Select": plain(_select),
    "SelectV2": plain(torch.where),
    "Identity": plain(lambda x: x),
    "Add": plain(torch.add),
    "AddV2": plain(torch.add),
    "AddN": plain(lambda *all_of_them: torch.stack(torch.broadcast_tensors(*all_of_them)).sum(0)),
    "BiasAdd": plain(torch.add),
    "Sub": plain(torch.sub),
    "Mul": plain(torch.mul),
    "RealDiv": plain(torch.true_divide),
    "FloorDiv": plain(torch.floor_divide),
    "Maximum": plain(torch.maximum),
    "Minimum": plain(torch.minimum),
    "SquaredDifference": plain(lambda one, other: (one - other) ** 2),
    "Abs": plain(torch.abs),
    "Exp": plain(torch.exp),
    "Sqrt": plain(torch.sqrt),
    "Reciprocal": plain(torch.reciprocal),
    "Sigmoid": plain(torch.sigmoid),
    "Relu": plain(functional.relu),
    "Relu6": plain(functional.relu6),
    "Equal": plain(torch.eq),
    "Less": plain(torch.lt),
    "Greater": plain(torch.gt),
    "GreaterEqual": plain(torch.ge),
    "LogicalAnd": plain(torch.logical_and),
    "Shape": plain(lambda x: torch.tensor(x.shape, dtype=torch.int32)),
    "Size": plain(lambda x: torch.tensor(x.numel(), dtype=torch.int32)),
    "Reshape": plain(lambda x, shape: x.reshape(shape.tolist())),
    "ExpandDims": plain(lambda x, axis: x.unsqueeze(int(axis))),
    "Tile": plain(lambda x, repeats: x.tile(repeats.tolist())),
    "Fill": plain(lambda shape, value: value.expand(shape.tolist())),
    "Range": plain(lambda start, end, step: torch.arange(start.item(), end.item(), step.item(), dtype=start.dtype)),
    "Pack": lambda inputs, attributes: torch.stack(inputs, attributes.get("axis", 0)),
    "Unpack": lambda inputs, attributes: inputs[0].unbind(attributes.get("axis", 0)),
    "ConcatV2": lambda inputs, attributes: torch.cat(inputs[:-1], int(inputs[-1])),
    "Split": lambda inputs, attributes: inputs[1].chunk(attributes["num_split"], int(inputs[0])),
}
