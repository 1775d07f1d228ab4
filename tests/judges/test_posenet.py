"""PoseNet's maps are read as PersonLab means them."""

import numpy as np

from hpefair.judges.posenet import decode


def test_strongest_cell_and_its_offset():
    """Cell times 16 plus offset: all y come first."""
    heatmaps = np.full((5, 4, 17), -9.0, np.float32)
    offsets = np.zeros((5, 4, 34), np.float32)
    for joint in range(17):
        heatmaps[joint % 5, joint % 4, joint] = joint - 8.0
        offsets[joint % 5, joint % 4, [joint, joint + 17]] = joint, -joint
    points, score = decode(heatmaps, offsets)
    joints = np.arange(17)
    np.testing.assert_allclose(points[:, 0], joints % 4 * 16 - joints + 0.5)
    np.testing.assert_allclose(points[:, 1], joints % 5 * 16 + joints + 0.5)
    np.testing.assert_allclose(score, 1 / (1 + np.exp(8.0 - joints)), rtol=1e-6)
