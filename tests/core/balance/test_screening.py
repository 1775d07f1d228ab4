"""What is not let in."""

import numpy as np

from hpefair.core.balance.screening import annotation_fault, near_duplicates

MASK = np.zeros((100, 80), bool)
MASK[10:90, 20:60] = True
BOX = np.array([20.0, 10.0, 40.0, 80.0])


def joints(x=40.0, y=50.0):
    """Seventeen labelled joints in one place."""
    return np.tile([x, y, 2.0], (17, 1))


def test_a_valid_annotation_has_no_fault():
    """Joints inside the box, a mask that fills it."""
    assert annotation_fault(joints(), MASK, BOX, 5) is None


def test_faults_are_named():
    """Outside the image, outside the box, too few joints, an implausible mask."""
    assert "image" in annotation_fault(joints(x=85), MASK, BOX, 5)
    assert "box" in annotation_fault(joints(x=2, y=2), MASK, BOX, 5)
    few = joints()
    few[4:, 2] = 0
    assert "4 labelled" in annotation_fault(few, MASK, BOX, 5)
    assert "fills 0%" in annotation_fault(joints(), np.zeros_like(MASK), BOX, 5)


def test_near_duplicates_keep_the_first():
    """Of two alike the later goes; a look-alike of a held-out picture goes too."""
    rng = np.random.default_rng(0)
    pictures = rng.uniform(0, 100, (4, 4, 4, 3))
    pictures[2] = pictures[0] + 0.5
    held_out = pictures[3:4] + 0.5
    assert near_duplicates(pictures, held_out, 2.0) == [2, 3]
    assert near_duplicates(pictures, held_out, 0.1) == []
