"""OKS by first principles (array equality with pycocotools is in test_precision)."""

import numpy as np

from hpefair.core.pose.similarity import oks, keypoint_similarity
from hpefair.core.pose.skeletons import COCO_17


def test_known_answer():
    """A joint off by sqrt(area) (2 sigma) has similarity exp(-1/2)."""
    area = 2500.0
    truth = np.concatenate([np.zeros((17, 2)), np.full((17, 1), 2.0)], axis=1)[None]
    shift = np.sqrt(area * COCO_17.variances)
    predicted = np.stack([shift, np.zeros(17)], axis=1)[None]
    np.testing.assert_allclose(keypoint_similarity(truth, np.array([area]), predicted, COCO_17.variances), np.exp(-0.5))
    np.testing.assert_allclose(
        oks(truth, np.array([area]), np.zeros((1, 4)), predicted, COCO_17.variances), np.exp(-0.5)
    )


def test_unlabelled_joints_do_not_count():
    """Only labelled joints enter the mean; without any the pair has no similarity."""
    truth = np.zeros((2, 17, 3))
    truth[0, 0, 2] = 1
    predicted = np.full((2, 17, 2), 1000.0)
    predicted[:, 0] = 0
    values = keypoint_similarity(truth, np.full(2, 100.0), predicted, COCO_17.variances)
    assert values[0] == 1
    assert np.isnan(values[1])
