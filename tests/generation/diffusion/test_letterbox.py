"""Windows in squares and back."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hpefair.generation.diffusion.letterbox import Letterbox

SIDES = st.integers(8, 150)


@given(SIDES, SIDES, st.sampled_from([32, 64, 96]))
def test_there_and_back_keeps_the_shape_and_the_colours(height, width, size):
    """A smooth ramp comes back within the reach of resampling."""
    box = Letterbox(height, width, size)
    ramp = np.linspace(0, 200, height)[:, None, None] + np.linspace(0, 50, width)[None, :, None] + np.zeros(3)
    pixels = ramp.astype(np.uint8)
    square = box.square(pixels)
    assert square.shape == (size, size, 3)
    back = box.window(square)
    assert back.shape == pixels.shape
    step = 200 / height + 50 / width
    assert np.abs(back.astype(int) - pixels.astype(int)).mean() <= 2 + step * max(1.0, max(height, width) / size)


@given(SIDES, SIDES, st.data())
def test_points_and_masks_move_alike(height, width, data):
    """The mask of one pixel covers the place to which its centre moves."""
    y, x = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    box, mask = Letterbox(height, width, 64), np.zeros((height, width), bool)
    mask[y, x] = True
    moved = box.points(np.array([[x, y, 2.0]]))[0]
    column, row = np.clip(np.rint(moved[:2]).astype(int), 0, 63)
    assert box.square_mask(mask)[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2].any()
    assert moved[2] == 2
