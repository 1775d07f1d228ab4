"""The COCO skeleton is COCO's."""

import numpy as np
import pytest
from pycocotools.cocoeval import Params

from hpefair.core.pose.skeletons import COCO_17, skeleton


def test_sigmas_are_cocos():
    """The OKS constants of pycocotools."""
    np.testing.assert_array_equal(COCO_17.sigmas, Params("keypoints").kpt_oks_sigmas)


def test_flip_pairs_join_left_and_right():
    """Every pair is left_x and right_x."""
    for left, right in COCO_17.flip_pairs:
        assert COCO_17.joints[left].replace("left_", "right_") == COCO_17.joints[right]


def test_unknown_names_are_refused():
    """With the names that exist."""
    with pytest.raises(ValueError, match="coco_17"):
        skeleton("mpii")
    with pytest.raises(ValueError, match="Expected a joint"):
        COCO_17.index("tail")
