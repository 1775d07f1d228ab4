"""Both rasterizers draw the same, and what a ray would hit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpefair.synthetic.picture.raster import Projected, first_hits, rasterize
from tests.oracles import nearest_triangle

HEIGHT, WIDTH = 24, 32


def triangles(seed: int, count: int) -> Projected:
    rng = np.random.default_rng(seed)
    n = max(count // 2, 3)
    x, y = rng.uniform(-8, WIDTH + 8, n), rng.uniform(-8, HEIGHT + 8, n)
    depth = rng.uniform(0.5, 5, n)
    inverse = np.where(rng.random(n) < 0.05, -np.inf, 1 / depth)
    return Projected(x, y, inverse, rng.integers(0, n, (count, 3)).astype(np.int32))


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 60))
def test_back_ends_agree_bit_for_bit(seed, count):
    scene = triangles(seed, count)
    numba, numpy = (rasterize(scene, HEIGHT, WIDTH, name) for name in ("numba", "numpy"))
    np.testing.assert_array_equal(numba.triangle, numpy.triangle)
    np.testing.assert_array_equal(numba.inverse_depth, numpy.inverse_depth)


@settings(max_examples=15)
@given(st.integers(0, 2**32))
def test_pixels_show_the_nearest_triangle(seed):
    scene = triangles(seed, 12)
    seen = rasterize(scene, HEIGHT, WIDTH)
    for row in range(0, HEIGHT, 3):
        for column in range(0, WIDTH, 3):
            depths = nearest_triangle(scene.x, scene.y, scene.inverse_depth, scene.faces, column + 0.5, row + 0.5)
            if seen.triangle[row, column] < 0:
                assert depths is None
            else:
                assert seen.inverse_depth[row, column] == pytest.approx(depths, rel=1e-6)


@settings(max_examples=15)
@given(st.integers(0, 2**32))
def test_hits_between_pixels(seed):
    scene = triangles(seed, 12)
    points = np.random.default_rng(seed).uniform(0, HEIGHT, (12, 2))
    found, inverse = first_hits(scene, points)
    for triangle, depth, (x, y) in zip(found, inverse, points, strict=True):
        expected = nearest_triangle(scene.x, scene.y, scene.inverse_depth, scene.faces, x, y)
        assert (triangle < 0) == (expected is None)
        if expected is not None:
            assert depth == pytest.approx(expected, rel=1e-9)


def test_nothing_to_draw():
    empty = Projected(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros((0, 3), np.int32))
    assert (rasterize(empty, 4, 4).triangle == -1).all()


def test_unknown_back_end_is_refused():
    with pytest.raises(ValueError, match="Expected a back end among numba, numpy"):
        rasterize(triangles(0, 3), 4, 4, "gpu")
