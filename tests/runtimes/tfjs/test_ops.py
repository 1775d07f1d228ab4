"""Each operation means what TensorFlow means: known answers of TensorFlow.js 4.22 (cpu), brute force, numpy."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hpefair.errors import ToolError
from hpefair.runtimes.tfjs.ops import OPERATIONS
from hpefair.runtimes.tfjs.pictures import same_padding

SIZES = st.integers(1, 9)


def run(name, *inputs, **attributes):
    """One operation on arrays."""
    tensors = [torch.from_numpy(np.asarray(one)) for one in inputs]
    found = OPERATIONS[name](tensors, attributes)
    return tuple(one.numpy() for one in found) if isinstance(found, tuple) else found.numpy()


def placed(strides=1, dilations=1, padding="SAME"):
    """Attributes of a convolution."""
    return {"strides": [1, strides, strides, 1], "dilations": [1, dilations, dilations, 1], "padding": padding}


PICTURE = np.float32([(k * 7) % 11 for k in range(30)]).reshape(1, 5, 6, 1)
KERNEL = np.float32([1, 2, 3, -1, 0, 2, 1, 1, -2]).reshape(3, 3, 1, 1)


def test_convolution_as_tensorflow_js():
    """Strided: 6 columns get their one zero on the right. Dilated: two on each side."""
    strided = run("Conv2D", PICTURE, KERNEL, **placed(strides=2))
    assert strided.ravel().tolist() == [18, 10, -2, 25, 35, 9, 40, 28, 5]
    dilated = run("Conv2D", PICTURE, KERNEL, **placed(dilations=2))
    assert dilated.ravel().tolist()[:12] == [-7, 11, 25, -12, 9, 5, -9, 9, 12, -14, 7, 3]
    assert run("MaxPool", PICTURE, **placed(strides=2), ksize=[1, 3, 3, 1]).ravel().tolist() == [
        *(9, 10, 6, 10, 10, 9, 10, 9, 9)
    ]


def test_depthwise_convolution_as_tensorflow_js():
    """Two channels, each with two kernels."""
    picture = np.float32([(k * 5) % 9 for k in range(32)]).reshape(1, 4, 4, 2)
    kernel = np.float32([(k * 3) % 5 - 2 for k in range(16)]).reshape(2, 2, 2, 2)
    found = run("DepthwiseConv2dNative", picture, kernel, **placed())
    assert found.shape == (1, 4, 4, 4)
    assert found.ravel().tolist()[:16] == [3, 8, 1, 2, 2, 9, -1, 2, 1, 10, -3, 2, 8, 3, -14, 19]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, [1, 1.6, 2.2, 2.8, 3, 3, 3.6, 4.33333, 5.33333, 5.66667, 4, 4.6, 5.4, 6.6, 7]),
        ({"align_corners": True}, [1, 1.5, 2, 2.5, 3, 2.5, 3, 3.5, 4.25, 5, 4, 4.5, 5, 6, 7]),
        ({"half_pixel_centers": True}, [1, 1.4, 2, 2.6, 3, 2.5, 2.9, 3.5, 4.4, 5, 4, 4.4, 5, 6.2, 7]),
    ],
)
def test_resizing_as_tensorflow_js(attributes, expected):
    """In its three conventions."""
    picture = np.float32([1, 2, 3, 4, 5, 7]).reshape(1, 2, 3, 1)
    found = run("ResizeBilinear", picture, np.int32([3, 5]), **attributes)
    np.testing.assert_allclose(found.ravel(), expected, atol=1e-5)


@given(SIZES, SIZES, st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_same_padding_keeps_every_stride_th_place(height, width, kernel, stride, dilation):
    """Brute force over every output, inputs and channels, odd sizes included."""
    rng = np.random.default_rng(height * 10 + width)
    picture = rng.normal(size=(1, height, width, 2)).astype(np.float32)
    weight = rng.normal(size=(kernel, kernel, 2, 3)).astype(np.float32)
    found = run("Conv2D", picture, weight, **placed(stride, dilation))
    assert found.shape == (1, -(-height // stride), -(-width // stride), 3)
    (top, _), (left, _) = (same_padding(side, kernel, stride, dilation) for side in (height, width))
    for row, column in np.ndindex(found.shape[1:3]):
        total = np.zeros(3)
        for i, j in np.ndindex(kernel, kernel):
            y, x = row * stride - top + i * dilation, column * stride - left + j * dilation
            if 0 <= y < height and 0 <= x < width:
                total += picture[0, y, x] @ weight[i, j]
        np.testing.assert_allclose(found[0, row, column], total, atol=1e-4)


def test_fused_convolution_adds_and_cuts_off():
    """Bias first, then the activation; one that is not known is named."""
    bias = np.float32([-20])
    plain = run("Conv2D", PICTURE, KERNEL, **placed(padding="VALID"))
    fused = run("_FusedConv2D", PICTURE, KERNEL, bias, **placed(padding="VALID"), fused_ops=["BiasAdd", "Relu6"])
    np.testing.assert_array_equal(fused, np.clip(plain - 20, 0, 6))
    with pytest.raises(ToolError, match="Swish"):
        run("_FusedConv2D", PICTURE, KERNEL, bias, **placed(), fused_ops=["BiasAdd", "Swish"])


def test_layouts_that_are_not_known_are_refused():
    """Rather than computed wrongly."""
    for wrong in ({"padding": "EXPLICIT"}, {"data_format": "NCHW"}):
        with pytest.raises(ToolError, match="only"):
            run("Conv2D", PICTURE, KERNEL, **{**placed(), **wrong})


WHOLE = np.arange(60).reshape(3, 4, 5)


@pytest.mark.parametrize(
    ("begin", "end", "step", "masks", "expected"),
    [
        ([1, 0, 2], [3, 2, 5], [1, 1, 2], {}, WHOLE[1:3, 0:2, 2:5:2]),
        ([1, 9], [0, 0], [1, 1], {"end_mask": 1, "begin_mask": 2, "shrink_axis_mask": 0}, WHOLE[1:, :0]),
        ([2, 1], [3, 2], [1, 1], {"shrink_axis_mask": 3}, WHOLE[2, 1]),
        ([0, 0, 0], [0, 0, 0], [1, 1, 1], {"begin_mask": 5, "end_mask": 5, "new_axis_mask": 2}, WHOLE[:, None]),
        ([0, 1], [0, 3], [1, 1], {"ellipsis_mask": 1}, WHOLE[..., 1:3]),
        ([-1], [-1], [1], {"shrink_axis_mask": 1}, WHOLE[-1]),
    ],
)
def test_slices_as_numpy_cuts_them(begin, end, step, masks, expected):
    """Every kind of mask."""
    found = run("StridedSlice", WHOLE, np.int32(begin), np.int32(end), np.int32(step), **masks)
    np.testing.assert_array_equal(found, expected)


def test_gathering_sorting_and_choosing():
    """Against numpy; of equal values the first one comes first."""
    rows = np.int32([[0, 1], [2, 3]])
    np.testing.assert_array_equal(run("GatherNd", WHOLE, rows), [WHOLE[0, 1], WHOLE[2, 3]])
    values, places = run("TopKV2", np.float32([1, 5, 5, 2]), np.int32(3))
    assert (values.tolist(), places.tolist()) == ([5, 5, 2], [1, 2, 3])
    chosen = run("Select", np.array([True, False]), np.ones((2, 3)), np.zeros((2, 3)))
    assert chosen.tolist() == [[1, 1, 1], [0, 0, 0]]
    assert run("ArgMax", np.float32([[1, 3], [9, 2]]), np.int32(0), output_type="DT_INT32").tolist() == [1, 0]


def test_shapes():
    """Against numpy."""
    x = np.arange(6, dtype=np.float32).reshape(1, 2, 3)
    assert run("Shape", x).tolist() == [1, 2, 3]
    assert run("Size", x) == 6
    assert run("Squeeze", x, squeeze_dims=[0]).shape == (2, 3)
    assert run("ExpandDims", x, np.int32(-1)).shape == (1, 2, 3, 1)
    np.testing.assert_array_equal(run("Reshape", x, np.int32([3, -1])), x.reshape(3, 2))
    np.testing.assert_array_equal(run("Tile", x, np.int32([2, 1, 2])), np.tile(x, (2, 1, 2)))
    np.testing.assert_array_equal(run("Pack", x, x, axis=1), np.stack([x, x], 1))
    np.testing.assert_array_equal(run("ConcatV2", x, x, np.int32(2)), np.concatenate([x, x], 2))
    np.testing.assert_array_equal(
        run("Pad", x, np.int32([[0, 0], [1, 0], [2, 3]])), np.pad(x, [(0, 0), (1, 0), (2, 3)])
    )
    assert [one.shape for one in run("Split", np.int32(2), x, num_split=3)] == [(1, 2, 1)] * 3
    assert [one.shape for one in run("Unpack", x, axis=1)] == [(1, 3)] * 2
    assert run("Fill", np.int32([2, 2]), np.float32(3)).tolist() == [[3, 3], [3, 3]]
    assert run("Range", np.float32(0), np.float32(3), np.float32(1)).tolist() == [0, 1, 2]
    np.testing.assert_array_equal(run("Sum", x, np.int32([1, 2])), [15])
    np.testing.assert_array_equal(run("Max", x, np.int32([2]), keep_dims=True), [[[2], [5]]])


def test_numbers():
    """Whole numbers are divided downwards, conversions cut off."""
    assert run("FloorDiv", np.int32([7, -7]), np.int32([2, 2])).tolist() == [3, -4]
    assert run("Cast", np.float32([1.9, -1.9]), DstT="DT_INT32").tolist() == [1, -1]
    assert run("SquaredDifference", np.float32([3]), np.float32([5])).tolist() == [4]
    assert run("AddN", np.float32([1]), np.float32([2]), np.float32([4])).tolist() == [7]
    assert run("RealDiv", np.float32([3]), np.float32([2])).tolist() == [1.5]
    assert run("Reciprocal", np.float32([4])).tolist() == [0.25]
