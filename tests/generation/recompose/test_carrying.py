"""Annotations carried over: exact shifts and scales, exact visibility under covers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hpefair.data.coco import masks
from hpefair.generation.recompose.carrying import covered, cropped, placed
from tests.generation.figures import block, joint, standing

SIZE = (160, 120)


@given(st.integers(0, 60), st.integers(0, 50), st.integers(0, 40), st.integers(0, 40))
def test_a_window_shifts_everything_alike(left, top, x, y):
    """What was at (x, y) is at (x - left, y - top); what the window cuts off is gone."""
    person = standing(SIZE, x, y)
    inside = cropped(person, np.s_[top:150, left:110])
    assert (inside.mask == person.mask[top:150, left:110]).all()
    moved = person.keypoints - [left, top, 0]
    kept = (moved[:, 0] >= 0) & (moved[:, 1] >= 0) & (moved[:, 0] < 110 - left) & (moved[:, 1] < 150 - top)
    np.testing.assert_array_equal(inside.keypoints[kept], moved[kept])
    assert (inside.keypoints[~kept] == 0).all()
    if inside.mask.any():
        np.testing.assert_allclose(inside.bbox, masks.box(inside.mask))


@given(st.integers(-60, 100), st.integers(-80, 100))
def test_a_whole_shift_is_exact(right, down):
    """At the same size every pixel of the mask and every joint moves by the shift, or leaves the picture."""
    person = standing(SIZE, 20, 30)
    moved = placed(person, 1.0, np.array([right, down], float), SIZE)
    expected = np.zeros(SIZE, bool)
    rows, columns = np.nonzero(person.mask)
    rows, columns = rows + down, columns + right
    stays = (rows >= 0) & (rows < SIZE[0]) & (columns >= 0) & (columns < SIZE[1])
    expected[rows[stays], columns[stays]] = True
    assert (moved.mask == expected).all()
    joints = person.keypoints[:, :2] + [right, down]
    inside = (joints >= 0).all(axis=1) & (joints[:, 0] <= SIZE[1] - 1) & (joints[:, 1] <= SIZE[0] - 1)
    np.testing.assert_allclose(moved.keypoints[inside, :2], joints[inside])
    assert (moved.keypoints[~inside] == 0).all()


def test_half_the_size_is_exact():
    """An even rectangle halves exactly; joints name pixels, whose centres are scaled."""
    person = standing(SIZE, 20, 30)
    half = placed(person, 0.5, np.array([4.0, 6.0]), SIZE)
    assert (half.mask == block(SIZE, 14, 21, 34, 71)).all()
    np.testing.assert_allclose(half.bbox, [14, 21, 20, 50])
    np.testing.assert_allclose(half.keypoints[:, :2], (person.keypoints[:, :2] + 0.5) / 2 - 0.5 + [4, 6])
    assert (half.keypoints[:, 2] == person.keypoints[:, 2]).all()


def test_a_cover_hides_joints_and_outline():
    """The cover takes the left half: joints there become hidden, others stay visible, the box ends at the cover."""
    person = standing(SIZE, 20, 30)
    seen = covered(person, block(SIZE, 0, 0, 40, 160))
    assert (seen.mask == block(SIZE, 40, 30, 60, 130)).all()
    np.testing.assert_allclose(seen.bbox, [40, 30, 20, 100])
    assert joint(seen, "right_shoulder")[2] == 1
    assert joint(seen, "left_shoulder")[2] == 2
    np.testing.assert_array_equal(seen.keypoints[:, :2], person.keypoints[:, :2])


def test_unlabelled_and_hidden_joints_stay_so():
    """A cover labels nothing and shows nothing."""
    person = standing(SIZE, 20, 30)
    person.keypoints[3] = 0
    person.keypoints[4, 2] = 1
    seen = covered(person, np.ones(SIZE, bool))
    assert seen.keypoints[3, 2] == 0
    assert seen.keypoints[4, 2] == 1
    assert not seen.mask.any()


def test_beside_a_cover_nothing_changes():
    """Whoever is not touched is returned as is."""
    person = standing(SIZE, 20, 30)
    assert covered(person, block(SIZE, 70, 0, 120, 160)) is person
