"""Heatmaps and back without quantization error."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hpefair.core.pose.codecs import dark_decode, gaussian_targets


@given(st.floats(14, 80), st.floats(14, 110))
def test_round_trip_is_exact_inside(x, y):
    """An unbiased Gaussian decodes to the point it was made from, within a hundredth of a pixel."""
    maps = gaussian_targets(np.array([[x, y]]), (24, 32), 4, 1.25)
    found, score = dark_decode(maps[None], 4, 1.25)
    np.testing.assert_allclose(found[0, 0], [x, y], atol=0.01)
    assert score[0, 0] == maps.max()


def test_agrees_with_transformers_decoder():
    """The same maps, decoded by the published DARK implementation of transformers' ViTPose."""
    from transformers.models.vitpose.image_processing_pil_vitpose import post_dark_unbiased_data_processing

    rng = np.random.default_rng(0)
    points = rng.uniform(20, 70, (17, 2)) * [1, 1.4]
    maps = gaussian_targets(points, (24, 32), 4, 2.0)
    peak = np.stack([(m.argmax() % 24, m.argmax() // 24) for m in maps]).astype(float)
    theirs = post_dark_unbiased_data_processing(peak[None].copy(), maps[None].copy(), kernel=11)[0]
    ours, _ = dark_decode(maps[None], 4, 2.0)
    np.testing.assert_allclose(ours[0], (theirs + 0.5) * 4 - 0.5, atol=0.6)


def test_flat_and_border_maps_stay_finite():
    """No map, however useless, gives NaN or leaves the crop."""
    maps = np.zeros((1, 3, 32, 24), np.float32)
    maps[0, 1] = 0.5
    maps[0, 2, 0, 0] = 1
    found, score = dark_decode(maps, 4, 1.25)
    assert np.isfinite(found).all()
    assert (found >= -1).all()
    assert score[0].tolist() == [0, 0.5, 1]
