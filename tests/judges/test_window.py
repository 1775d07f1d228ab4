"""Windows: there and back again."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hpefair.judges.window import Window, around, whole

PLACES = st.floats(-500, 500)


@given(PLACES, PLACES, st.floats(0.05, 20), st.floats(-4, 4), st.integers(1, 300), st.integers(1, 300))
def test_the_middle_and_lengths(x, y, scale, angle, width, height):
    """The window's centre is the centre of what is shown; lengths grow by the scale."""
    window = Window(x, y, scale, (width, height), angle)
    middle, corner = window.back(np.array([[width / 2, height / 2], [0, 0]]))
    np.testing.assert_allclose(middle, [x, y], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(corner - middle), scale * np.hypot(width, height) / 2, rtol=1e-6)


@given(st.floats(0, 90), st.floats(0, 90), st.floats(1, 80), st.floats(1, 80), st.sampled_from([(64, 64), (48, 64)]))
def test_a_box_is_inside_with_room(x, y, width, height, size):
    """It touches two borders where there is no room around it."""
    for room in (1.0, 1.25):
        window = around(np.array([x, y, width, height]), room, size)
        low, high = window.back(np.array([[0, 0], size]))
        np.testing.assert_allclose((low + high) / 2, [x + width / 2, y + height / 2])
        np.testing.assert_allclose(np.max([width, height] / (high - low)), 1 / room)


def test_the_cut_shows_what_is_there():
    """At scale 1 pixel by pixel, black outside; a dot comes back to its own centre."""
    pixels = np.zeros((40, 30, 3), np.uint8)
    pixels[7, 11] = 255
    cut = Window(10.0, 20.0, 1.0, (16, 32)).cut(pixels)
    np.testing.assert_array_equal(cut, pixels[4:36, 2:18])
    assert Window(0.0, 0.0, 1.0, (10, 10)).cut(pixels + 9)[:5].max() == 0
    window = Window(13.0, 9.0, 0.25, (64, 64), 0.5)
    shown = window.cut(pixels)[..., 0].astype(float)
    rows, columns = np.indices(shown.shape) + 0.5
    centre = np.array([[(shown * columns).sum(), (shown * rows).sum()]]) / shown.sum()
    np.testing.assert_allclose(window.back(centre), [[11.5, 7.5]], atol=0.02)


def test_a_whole_picture_is_in_its_window():
    """The longer side fills it."""
    window = whole(np.zeros((100, 200, 3), np.uint8), (256, 256))
    np.testing.assert_allclose(window.back(np.array([[0, 0], [256, 256]])), [[0, -50], [200, 150]])
