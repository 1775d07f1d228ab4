"""A tiny ONNX network, written byte by byte: one strided convolution without overlap."""

import numpy as np


def field(number, value):
    """A field of a protocol buffer: a whole number or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value):
    """Seven bits a byte, low ones first."""
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def tensor_type(name, shape):
    """A named float tensor."""
    sides = b"".join(field(1, field(1, side)) for side in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, sides)))


def convolution(weight, shape):
    """Bytes of a model: (1, in, h, w) of a shape, to (1, out, h / k, w / k), for weights (out, in, k, k)."""
    side, out = weight.shape[2], [1, weight.shape[0], shape[2] // weight.shape[2], shape[3] // weight.shape[3]]
    strides = field(1, "strides") + field(8, side) + field(8, side) + field(20, 7)
    node = field(1, "image") + field(1, "weight") + field(2, "maps") + field(4, "Conv") + field(5, strides)
    stored = b"".join(field(1, n) for n in weight.shape) + field(2, 1) + field(8, "weight")
    stored += field(9, weight.astype("<f4").tobytes())
    graph = field(1, node) + field(2, "g") + field(5, stored)
    graph += field(11, tensor_type("image", shape)) + field(12, tensor_type("maps", out))
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13))


def red_finder(cell=4, size=(48, 64)):
    """Seventeen heatmaps of how much more red than blue a cell is."""
    weight = np.zeros((17, 3, cell, cell))
    weight[:, 0], weight[:, 2] = 1 / cell**2, -1 / cell**2
    return convolution(weight, (1, 3, size[1], size[0]))
