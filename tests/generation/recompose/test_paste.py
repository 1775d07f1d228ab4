"""Pasting: who hides whom, who would be hidden too much, and everybody annotated."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpefair.generation.recompose.exchange import Cutout
from hpefair.generation.recompose.movable import pasteable
from hpefair.generation.recompose.paste import Scene, join, paste
from hpefair.generation.recompose.perspective import Perspective
from hpefair.generation.recompose.shot import Shot
from tests.generation.figures import block, joint, standing

SIZE = (240, 320)
WIDE = (420, 500)


def test_lower_feet_are_in_front():
    """The one who joins, feet at 300, is behind feet at 320 and before feet at 280; each overlap is counted."""
    near, far = standing(WIDE, 160, 120, 2, "near"), standing(WIDE, 240, 80, 2, "far")
    person = standing(WIDE, 200, 100, 2)
    joined = join(person, (near, far), feet=299)
    assert joined is None  # half of the one who joins would be hidden
    near = standing(WIDE, 144, 120, 2, "near")
    joined = join(person, (near, far), feet=299)
    assert joined.nearer == 1
    assert (joined.person.mask == person.mask & ~near.mask).all()
    before, behind = joined.others
    assert before is near
    assert (behind.mask == far.mask & ~person.mask).all()
    # The near one covers columns 200 to 223 of the one who joins, from row 120 on: its right hand side.
    assert joint(joined.person, "right_hip")[2] == 2
    assert joint(joined.person, "right_shoulder")[2] == 1
    assert joint(joined.person, "left_shoulder")[2] == 2
    # The one who joins covers columns 240 to 279 of the far one.
    assert joint(behind, "right_hip")[2] == 1
    assert joint(behind, "left_hip")[2] == 2
    np.testing.assert_allclose(behind.bbox, [240, 80, 80, 200])


def test_what_covers_a_cover_hides_nobody():
    """Where the one who joins is hidden, nobody behind is hidden by it."""
    near, far = standing(WIDE, 180, 180, 2, "near"), standing(WIDE, 230, 60, 2, "far")
    person = standing(WIDE, 230, 100, 2)
    joined = join(person, (near, far), feet=299)
    gone = far.mask & ~joined.others[1].mask
    assert (gone == far.mask & person.mask & ~near.mask).all()
    assert (far.mask & person.mask & near.mask).any()


def test_nobody_is_mostly_hidden():
    """Neither those who were there nor the one who joins."""
    person = standing(WIDE, 200, 100, 2)
    assert join(person, (standing(WIDE, 204, 90, 2, "hidden"),), feet=299) is None
    assert join(person, (standing(WIDE, 196, 110, 2, "hides"),), feet=299) is None
    assert join(person, (), feet=299) is not None


@given(st.integers(0, 400), st.integers(0, 200), st.integers(0, 400), st.integers(0, 200))
@settings(max_examples=40)
def test_no_pixel_is_anybodys_twice(left, top, other_left, other_top):
    """Whoever joins: outlines only shrink, never overlap those they shared none with, and joints never move."""
    person, other = standing(WIDE, left, top, 2), standing(WIDE, other_left, other_top, 2, "other")
    joined = join(person, (other,), feet=top + 199)
    if joined is None:
        return
    (seen,) = joined.others
    assert not (seen.mask & joined.person.mask).any()
    assert ((seen.mask | joined.person.mask) == (person.mask | other.mask)).all()
    for before, after in ((person, joined.person), (other, seen)):
        np.testing.assert_array_equal(before.keypoints[:, :2], after.keypoints[:, :2])
        lost = before.keypoints[:, 2] != after.keypoints[:, 2]
        assert (after.keypoints[lost, 2] == 1).all()
        assert after.mask.sum() >= 0.3 * before.mask.sum()


def test_perspective_from_two_people():
    """A level camera at 0.88 of the stature: twice as far below the horizon is twice as tall."""
    people = [standing(SIZE, 50, 100, 0.6), standing(SIZE, 200, 68, 1.2)]
    ground = Perspective.of([one.keypoints for one in people])
    heights = [one.height for one in ground.standing]
    assert heights[1] == pytest.approx(2 * heights[0], rel=0.05)
    assert ground.height_at(ground.horizon) == 0
    assert Perspective.of([]) is None


@pytest.fixture
def cutout():
    """Somebody in red on grey."""
    person = standing((160, 120), 40, 30, 1.2)
    pixels = np.full((160, 120, 3), 120, np.uint8)
    pixels[person.mask] = (180, 30, 30)
    return Cutout(Shot(pixels, person, (), ("a/1",), ("free",)))


def test_everybody_is_annotated_and_the_ground_decides_the_size(cutout):
    """All people of the scene are returned, the pasted one is as tall as its row asks, and the pixels are there."""
    people = (standing(SIZE, 60, 90, 1.3, "one"), standing(SIZE, 220, 95, 1.3, "two"))
    pixels = np.full((*SIZE, 3), 128, np.uint8)
    for one in people:
        pixels[one.mask] = (30, 30, 160)
    assert pasteable(cutout.shot)
    made = [paste(cutout, Scene(pixels, people, "a/2", "free alike"), np.random.default_rng(k)) for k in range(6)]
    made = [one for one in made if one is not None]
    assert made
    for one in made:
        assert [other.parent_person for other in one.others] == ["one", "two"]
        assert one.sources == ("a/1", "a/2")
        assert one.licenses == ("free", "free alike")
        assert one.person.parent_person == "someone"
        ground = Perspective.of([other.keypoints for other in people])
        feet = np.flatnonzero(one.person.mask.any(axis=1)).max()
        ankle = joint(one.person, "left_ankle")[1] - joint(one.person, "nose")[1]
        whole = joint(cutout.shot.person, "left_ankle")[1] - joint(cutout.shot.person, "nose")[1]
        asked = ground.height_at(feet + 1) / Perspective.of([cutout.shot.person.keypoints]).standing[0].height
        assert ankle / whole == pytest.approx(asked, rel=0.05)
        core = one.person.mask & (one.pixels[..., 0].astype(int) - one.pixels[..., 1] > 60)
        assert core.sum() > 0.8 * one.person.mask.sum()


def test_nobody_is_enlarged_beyond_what_stays_sharp(cutout):
    """Where everybody is twice as tall, there is no place."""
    size = (480, 640)
    people = (standing(size, 260, 60, 3.6, "giant"),)
    scene = Scene(np.full((*size, 3), 128, np.uint8), people, "a/2", "free")
    assert all(paste(cutout, scene, np.random.default_rng(k)) is None for k in range(4))


def test_only_who_stands_free_is_pasted(cutout):
    """Not who is cut off by the picture's edge, and not who is partly covered by a thing."""
    shot = cutout.shot
    edge = Shot(shot.pixels, standing((160, 120), 0, 30, 1.2))
    assert not pasteable(edge)
    legs = block((160, 120), 0, 110, 120, 160)
    person = standing((160, 120), 40, 30, 1.2)
    hidden = Shot(shot.pixels, type(person)(person.keypoints, person.mask & ~legs, person.bbox, person.labels))
    assert not pasteable(hidden)
