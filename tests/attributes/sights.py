"""People as sources see them, made for tests."""

import numpy as np

from hpefair.attributes.sources.source import Sight


def sight(pixels=None, keypoints=None, mask=None, bbox=None):
    """One person in a window; noise where nothing is given."""
    pixels = np.random.default_rng(0).integers(0, 255, (120, 80, 3), np.uint8) if pixels is None else pixels
    height, width = pixels.shape[:2]
    return Sight(
        pixels=pixels,
        keypoints=np.zeros((17, 3)) if keypoints is None else keypoints,
        bbox=np.array([0.0, 0.0, width, height]) if bbox is None else np.asarray(bbox, float),
        mask=mask,
        others=np.zeros((height, width), bool),
    )
