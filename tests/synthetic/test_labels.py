"""Labels are exact: joints, masks, boxes, visibility, left and right."""

from dataclasses import replace

import numpy as np
import pytest

from hpefair.core.pose.skeletons import COCO_17
from hpefair.synthetic.clothes.garments import HAIR, PART, POSITION
from hpefair.synthetic.labels import FACE, FACE_DEPTH_M, LIMB_RADII, LIMB_SLACK_M
from hpefair.synthetic.person import Palette
from hpefair.synthetic.picture.geometry import gather
from hpefair.synthetic.picture.photograph import photograph
from tests.oracles import first_surface
from tests.synthetic.scenes import picture, scene

NUMBERS = range(12)


def pinhole(camera, points):
    """Textbook projection K [R | t] X, written out apart from hpefair's camera."""
    rotation = camera.rotation
    intrinsics = np.array([[camera.focal, 0, camera.width / 2], [0, camera.focal, camera.height / 2], [0, 0, 1]])
    extrinsics = np.hstack([rotation, (-rotation @ np.array(camera.eye))[:, None]])
    seen = (intrinsics @ extrinsics @ np.vstack([points.T, np.ones(len(points))])).T
    return seen[:, :2] / seen[:, 2:]


@pytest.mark.parametrize("number", NUMBERS)
def test_labels_are_the_projected_joints(number):
    shot = picture(number)
    for labels in shot.people:
        labelled = labels.keypoints[:, 2] > 0
        expected = pinhole(shot.scene.camera, labels.joints)
        np.testing.assert_allclose(labels.keypoints[labelled, :2], expected[labelled], atol=0.01)
        assert (labels.keypoints[~labelled] == 0).all()


@pytest.mark.parametrize("number", NUMBERS)
def test_mask_is_what_is_drawn(number):
    """Recolour one person from head to foot: the pixels that change are those of the mask, and no others."""
    shot = picture(number)
    plain = replace(shot.scene, lens=replace(shot.scene.lens, defocus=0.0, motion=0.0, read_noise=0.0, shot_noise=0.0))
    # Nobody greys here, so that another natural colour is seen on every head.
    coloured = [replace(person, hair=replace(person.hair, greying=-1.0)) for person in plain.people]
    plain = replace(plain, people=tuple(coloured))
    before = photograph(plain)
    for index, person in enumerate(plain.people):
        tone = 10 if person.skin_tone < 6 else 1
        loud = [tuple(0.9 if c < 0.3 else 0.02 for c in colour) for colour in vars(person.palette).values()]
        hair = replace(person.hair, colour=tuple(0.8 if c < 0.2 else 0.02 for c in person.hair.colour))
        other = replace(person, skin_tone=tone, hair=hair, palette=Palette(*loud))
        after = photograph(plain.with_person(index, other))
        changed = (before.pixels != after.pixels).any(axis=2)
        mask = before.people[index].mask
        assert not (changed & ~mask).any()
        assert (changed & mask).sum() >= 0.97 * mask.sum()
        np.testing.assert_array_equal(mask, after.people[index].mask)


@pytest.mark.parametrize("number", NUMBERS)
def test_masks_boxes_and_garments_fit(number):
    shot = picture(number)
    seen = np.sum([labels.mask for labels in shot.people], axis=0)
    assert seen.max() <= 1  # a pixel shows one person
    for labels in shot.people:
        assert not (labels.mask & ~labels.amodal).any()
        for garment in labels.garments.values():
            assert not (garment & ~labels.mask).any()
        if not labels.mask.any():
            continue
        x, y, width, height = labels.bbox
        rows, columns = np.nonzero(labels.mask)
        assert x <= columns.min()
        assert y <= rows.min()
        assert x + width >= columns.max() + 1
        assert y + height >= rows.max() + 1
        visible = labels.keypoints[labels.keypoints[:, 2] == 2, :2]
        assert ((visible >= [x, y]) & (visible <= [x + width, y + height])).all()


def test_visibility_agrees_with_rays():
    """v = 2 where a ray meets the body itself first: cast ray by ray through the scene, not through the z-buffer."""
    agree, total = 0, 0
    for number in NUMBERS:
        shot = picture(number)
        geometry = gather(shot.scene)
        corners = geometry.values[geometry.faces][:, :, POSITION].astype(float)
        eye, forward = np.array(shot.scene.camera.eye), shot.scene.camera.rotation[2]
        for index, (labels, figure) in enumerate(zip(shot.people, geometry.figures, strict=True)):
            inside = pinhole(shot.scene.camera, labels.joints)
            frame = ((inside >= 0) & (inside < shot.scene.camera.width)).all(axis=1)
            for k in np.flatnonzero(frame):
                distance, triangle = first_surface(eye, figure.joints[k], corners)
                ray = figure.joints[k] - eye
                gap = (np.linalg.norm(ray) - distance) * (ray @ forward) / np.linalg.norm(ray)
                scale = figure.stature_m / 1.7
                reach = FACE_DEPTH_M * scale if k < FACE else LIMB_RADII * figure.radii[k] + LIMB_SLACK_M * scale
                expected = gap < reach and (triangle < 0 or geometry.owner[triangle] == index)
                agree += expected == (labels.keypoints[k, 2] == 2)
                total += 1
                if labels.keypoints[k, 2] == 0:  # only joints of the face are left out, and only behind the own head
                    head = (
                        geometry.values[geometry.faces[triangle, 0], PART] == 0 or geometry.material[triangle] == HAIR
                    )
                    assert k < FACE
                    assert head
                    assert geometry.owner[triangle] == index
    assert total > 200
    assert agree / total >= 0.99


@pytest.mark.parametrize("facing", [0.0, 180.0])
def test_left_is_the_persons_left(facing):
    """Facing the camera, the left side is on the right of the picture; from behind, on the left."""
    for number in range(6):
        base = scene(number, 160, (1.0,), pose="stand")
        person = replace(base.people[0], facing=facing)
        keypoints = photograph(replace(base, people=(person,), props=())).people[0].keypoints
        for left, right in COCO_17.flip_pairs[2:]:
            if keypoints[left, 2] and keypoints[right, 2] and "wrist" not in COCO_17.joints[left]:
                assert (keypoints[left, 0] > keypoints[right, 0]) == (facing == 0.0)
        if facing == 180.0:
            assert (keypoints[[0, 1, 2], 2] != 2).all()  # nobody has eyes at the back of the head


@pytest.mark.parametrize("number", NUMBERS)
def test_a_mirrored_camera_mirrors_the_labels(number):
    base = picture(number).scene
    one, other = photograph(base), photograph(base.mirrored())
    for mine, theirs in zip(one.people, other.people, strict=True):
        labelled = mine.keypoints[:, 2] > 0
        np.testing.assert_array_equal(mine.keypoints[:, 2], theirs.keypoints[:, 2])
        mirrored = base.camera.width - mine.keypoints[labelled, 0]
        np.testing.assert_allclose(theirs.keypoints[labelled, 0], mirrored, atol=1e-6)
        np.testing.assert_allclose(theirs.keypoints[labelled, 1], mine.keypoints[labelled, 1], atol=1e-6)
        # A sample exactly on an edge may fall to the other triangle.
        assert (mine.mask[:, ::-1] != theirs.mask).sum() <= 2


def test_hidden_joints_are_labelled_and_far_face_joints_are_not():
    marks = {0: 0, 1: 0, 2: 0}
    for number in NUMBERS:
        for labels in picture(number).people:
            for v in labels.keypoints[5:, 2]:
                marks[int(v)] += 1
    assert marks[1] > 10
    assert marks[2] > 50
