"""Clothing-to-background contrast: known swatches, skin never counted, unknown where it cannot be told."""

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from hpefair.attributes.measured import contrast
from hpefair.attributes.measured.body_regions import dressed_part, regions, torso_length
from hpefair.core.pose.skeletons import COCO_17
from tests import tiny_dataset

BACKGROUND = (120, 130, 140)


def scene(cloth, background=BACKGROUND, skin=tiny_dataset.SKIN, size=260):
    """A standing person in a plain scene: pixels, mask, joints."""
    pixels = np.full((size, size, 3), background, np.uint8)
    joints = tiny_dataset.place(size / 2, 20, 2.0)
    before, tiny_dataset.SKIN = tiny_dataset.SKIN, skin
    try:
        mask = tiny_dataset.draw_person(pixels, joints, cloth, 2.0)
    finally:
        tiny_dataset.SKIN = before
    return pixels, mask, joints


def measure(pixels, mask, joints, others=None):
    """Contrast of the person."""
    found = contrast.measure(cutout(pixels, mask, joints, others))
    return found if isinstance(found, str) else found.outline


def cutout(pixels, mask, joints, others=None, garments=None):
    """The person as contrast is measured."""
    others = np.zeros_like(mask) if others is None else others
    return contrast.Cutout(contrast.to_lab(pixels), mask, others, joints, garments)


def truth(cloth, background=BACKGROUND):
    """CIEDE2000 of two swatches, by scikit-image."""
    lab = rgb2lab(np.array([[cloth, background]], np.uint8))
    return float(deltaE_ciede2000(lab[0, 0], lab[0, 1]))


@pytest.mark.parametrize("cloth", [(120, 130, 140), (130, 138, 146), (200, 40, 40), (20, 20, 30), (240, 240, 235)])
def test_known_swatches_are_recovered(cloth):
    """Within half a unit."""
    assert measure(*scene(cloth)) == pytest.approx(truth(cloth), abs=0.5)


def test_skin_does_not_matter():
    """From very light to very dark skin, the same clothes give the same number."""
    values = [measure(*scene((60, 90, 160), skin=tone)) for tone in ((255, 225, 205), (150, 100, 70), (55, 35, 28))]
    assert np.ptp(values) < 0.05


def test_the_weak_part_of_the_outline_decides():
    """Against a half-and-half background, the headline follows the half that hides the person."""
    pixels, mask, joints = scene((120, 130, 140), background=(230, 230, 230))
    pixels[:, :130][~mask[:, :130]] = (120, 130, 140)
    assert measure(pixels, mask, joints) < 1


def test_resolution_does_not_matter():
    """The same scene at twice the size, within one unit."""
    import cv2

    pixels, mask, joints = scene((200, 60, 60))
    big = cv2.resize(pixels, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    big_mask = cv2.resize(mask.astype(np.uint8), None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST).astype(bool)
    box = np.array([0.0, 0.0, 260.0, 260.0])
    one = contrast.of_person(pixels, cutout(pixels, mask, joints), box).outline
    scaled = joints * [2, 2, 1]
    two = contrast.of_person(big, cutout(big, big_mask, scaled), box * 2).outline
    assert one == pytest.approx(two, abs=1)


def test_other_people_are_not_background():
    """Somebody standing around the person on all sides leaves nothing to compare with."""
    pixels, mask, joints = scene((200, 60, 60))
    assert measure(pixels, mask, joints, others=~mask) == "no background in sight"


def test_unlabelled_shoulders_and_hips_are_unknown():
    """With a reason, not a number."""
    pixels, mask, joints = scene((200, 60, 60))
    joints[5:13, 2] = 0
    assert "not labelled" in measure(pixels, mask, joints)


def test_dressed_part_excludes_head_hands_and_feet():
    """The face, the wrists and the ankles are outside; the belly is inside."""
    _, mask, joints = scene((200, 60, 60))
    dressed = dressed_part(mask, joints, torso_length(joints))
    for joint in ("nose", "left_wrist", "right_wrist", "left_ankle", "right_ankle"):
        x, y = joints[COCO_17.index(joint), :2].astype(int)
        assert not dressed[y, x], joint
    assert dressed[int(joints[11, 1]) - 20, int(joints[[11, 12], 0].mean())]


def test_clothing_and_ring_do_not_touch():
    """Both stay clear of the coarse outline."""
    _, mask, joints = scene((200, 60, 60))
    found = regions(mask, np.zeros_like(mask), dressed_part(mask, joints, torso_length(joints)))
    assert not (found.clothing & found.ring).any()
    assert not (found.ring & mask).any()
    assert not (found.clothing & ~mask).any()
