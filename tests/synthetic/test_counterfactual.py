"""Pairs differ in the changed factor, and nowhere else."""

from dataclasses import fields, replace

import cv2
import numpy as np
import pytest

from hpefair.synthetic.annotation import measured_contrast
from hpefair.synthetic.counterfactual import change
from hpefair.synthetic.picture.photograph import photograph
from tests.synthetic.scenes import picture, scene

CHANGES = [
    ("skin_tone", "monk_10", {"skin_tone"}),
    ("age_band", "child", {"age_years"}),
    ("age_band", "older", {"age_years"}),
    ("build", "large", {"relative_bmi"}),
    ("build", "slim", {"relative_bmi"}),
    ("gender_presentation", "masculine", {"gender_presentation", "frame"}),
    ("contrast", "low", {"palette"}),
]


def dilate(mask: np.ndarray, radius: int) -> np.ndarray:
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)).astype(bool)


@pytest.mark.parametrize(("factor", "group", "expected"), CHANGES)
@pytest.mark.parametrize("number", range(5))
def test_only_the_factor_changes(number, factor, group, expected):
    before = picture(number)
    after = photograph(change(before.scene, factor, group))
    # In the description …
    for field in fields(before.scene):
        if field.name not in ("people", "contrasts"):
            assert getattr(before.scene, field.name) == getattr(after.scene, field.name)
    assert before.scene.people[1:] == after.scene.people[1:]
    mine, theirs = before.scene.people[0], after.scene.people[0]
    differing = {field.name for field in fields(mine) if getattr(mine, field.name) != getattr(theirs, field.name)}
    assert differing <= expected
    # … and in the picture, outside the person and its shadow; the lens spreads a change by a few pixels.
    person = before.people[0].mask | after.people[0].mask | before.people[0].amodal | after.people[0].amodal
    allowed = dilate(person, 8) | dilate(before.shadow | after.shadow, 4)
    changed = (before.pixels != after.pixels).any(axis=2)
    assert not (changed & ~allowed).any()


@pytest.mark.parametrize("number", range(5))
def test_skin_changes_nothing_but_skin(number):
    """Same joints, same visibility, same masks, same clothes, to the last digit."""
    before = picture(number)
    after = photograph(change(before.scene, "skin_tone", "monk_01"))
    for one, other in zip(before.people, after.people, strict=True):
        np.testing.assert_array_equal(one.keypoints, other.keypoints)
        np.testing.assert_array_equal(one.mask, other.mask)
    sharp = replace(before.scene.lens, defocus=0.0, motion=0.0)
    pair = [
        photograph(replace(shot.scene, lens=sharp))
        for shot in (before, photograph(change(before.scene, "skin_tone", "monk_01")))
    ]
    changed = (pair[0].pixels != pair[1].pixels).any(axis=2)
    clothes = pair[0].people[0].garments["top"] | pair[0].people[0].garments["lower"]
    assert not (changed & clothes).any()


def test_contrast_follows_its_aim():
    """Low, middle and high aims give rising measured contrast in the same scenes."""
    rows = []
    for number in range(10):
        base = photograph(scene(number, 200, (1.0,), pose="stand"))
        measured = [
            measured_contrast(photograph(change(base.scene, "contrast", aim)), 0) for aim in ("low", "mid", "high")
        ]
        if not any(isinstance(value, str) for value in measured):
            rows.append(measured)
    medians = np.median(rows, axis=0)
    assert len(rows) >= 5
    assert medians[0] < 10 < medians[1] < 25 < medians[2]


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="Expected a factor among"):
        change(picture(0).scene, "height", "tall")
    with pytest.raises(ValueError, match="Expected a group of build"):
        change(picture(0).scene, "build", "huge")
    with pytest.raises(ValueError, match="undressed"):
        change(scene(0), "build", "large")
