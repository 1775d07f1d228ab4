"""LSP, LSP-Extended, MPII, FLIC and CrowdPose files become COCO files with joints by name; real ones where they are."""

import json

import cv2
import numpy as np
import pytest
import scipy.io

from hpefair.data.other_formats import recognise
from hpefair.data.coco import records
from hpefair.data.coco.records import Checked, check_images, check_people
from hpefair.data.other_formats.named_joints import in_skeleton, skeleton_named
from hpefair.core.pose.skeletons import COCO_17, CROWDPOSE_14, LSP_14, MPII_16
from hpefair.errors import InputError


def pictures(folder, *names, size=(200, 160)):
    """Grey pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        cv2.imwrite(str(folder / name), np.full((size[1], size[0], 3), 90, np.uint8))


def opened(folder):
    """What `hpefair add` would see of a folder: the COCO tree, and what was said."""
    path, said = recognise.as_coco(recognise.find(folder), folder, COCO_17, folder / "converted.json")
    return records.load_dataset(path), said


def joint(person, name):
    """x, y, v of a joint."""
    k = COCO_17.index(name)
    return person["keypoints"][3 * k : 3 * k + 3]


def accepted(tree):
    """People whom ingest's checks accept, and rejects."""
    checked = Checked()
    check_images(tree["images"], checked)
    check_people(tree["annotations"], tree, COCO_17, checked)
    return checked.people, checked.rejects


def lsp_points():
    """Fourteen joints inside a picture, each at its own place."""
    return np.stack([20.0 + 9 * np.arange(14), 30.0 + 7 * np.arange(14)], axis=1)


def test_lsp_extended(tmp_path):
    """Flag 1 is labelled, others are not; joints beyond the border count as unlabelled; neck and head have no place."""
    pictures(tmp_path / "images", "im00001.jpg", "im00003.jpg")
    joints = np.zeros((14, 3, 3))
    joints[:, :2, :] = lsp_points()[:, :, None]
    joints[:, 2, :] = 1
    joints[7, 2, 0] = 0
    joints[6, 0, 0] = -4
    scipy.io.savemat(tmp_path / "joints.mat", {"joints": joints})
    tree, said = opened(tmp_path)
    people, rejects = accepted(tree)
    assert len(people) == 2
    assert rejects == []
    assert tree["images"][0]["file_name"] == "images/im00001.jpg"
    assert joint(people[0], "right_ankle") == [20, 30, 2]
    assert joint(people[0], "left_shoulder") == [20 + 81, 30 + 63, 2]
    assert joint(people[0], "right_elbow") == [0, 0, 0]
    assert joint(people[0], "right_wrist") == [0, 0, 0]
    assert joint(people[0], "nose") == [0, 0, 0]
    assert people[0]["num_keypoints"] == 10
    assert people[1]["num_keypoints"] == 12
    assert people[1]["area"] == pytest.approx(0.53 * people[1]["bbox"][2] * people[1]["bbox"][3])
    assert any("neck, head_top" in sentence for sentence in said)
    assert any("left out 1 of 3" in sentence for sentence in said)


def test_lsp_says_hidden_where_lspet_says_labelled(tmp_path):
    """The smaller set's array is turned round, and its third row marks hidden joints: all are labelled."""
    pictures(tmp_path / "images", "im0001.jpg")
    joints = np.zeros((3, 14, 1))
    joints[:2, :, 0] = lsp_points().T
    joints[2, 0, 0] = 1
    scipy.io.savemat(tmp_path / "joints.mat", {"joints": joints})
    people, _ = accepted(opened(tmp_path)[0])
    assert joint(people[0], "right_ankle")[2] == 1
    assert joint(people[0], "right_knee")[2] == 2


def test_flic(tmp_path):
    """Eleven of 29 columns, counted from 1, NaN where nobody annotated."""
    pictures(tmp_path / "images", "film-0001.jpg")
    coords = np.full((2, 29), np.nan)
    for k, column in enumerate((0, 1, 2, 3, 4, 5, 6, 9, 12, 13, 16)):
        coords[:, column] = (21 + 10 * k, 31 + 5 * k)
    coords[:, 2] = np.nan
    examples = np.array(
        [(coords, "film-0001.jpg", 1, 0)], dtype=[(n, object) for n in ("coords", "filepath", "istrain", "istest")]
    )
    scipy.io.savemat(tmp_path / "examples.mat", {"examples": examples})
    people, rejects = accepted(opened(tmp_path)[0])
    assert rejects == []
    assert joint(people[0], "left_shoulder") == [20, 30, 2]
    assert joint(people[0], "left_wrist") == [0, 0, 0]
    assert joint(people[0], "nose") == [120, 80, 2]
    assert people[0]["num_keypoints"] == 10


def test_mpii_in_both_forms(tmp_path):
    """Its own nested file and the list in JSON: the same joints, counted from 1; pelvis, thorax, neck have no place."""
    points = np.stack([11.0 + 10 * np.arange(16), 21.0 + 6 * np.arange(16)], axis=1)
    for name in ("mat", "json"):
        pictures(tmp_path / name / "images", "015601864.jpg")
    point = [{"x": x, "y": y, "id": k, "is_visible": int(k != 3)} for k, (x, y) in enumerate(points.tolist())]
    release = {
        "annolist": [{"image": {"name": "015601864.jpg"}, "annorect": [{"annopoints": {"point": point}}, {"x1": 3}]}]
    }
    scipy.io.savemat(tmp_path / "mat" / "mpii.mat", {"RELEASE": release})
    listed = [
        {"image": "015601864.jpg", "joints": points.tolist(), "joints_vis": [1] * 16, "center": [1, 2], "scale": 1}
    ]
    (tmp_path / "json" / "train.json").write_text(json.dumps(listed))
    for name in ("mat", "json"):
        people, rejects = accepted(opened(tmp_path / name)[0])
        assert rejects == []
        assert joint(people[0], "right_ankle")[:2] == [10, 20]
        assert joint(people[0], "left_wrist")[:2] == [160, 110]
        assert joint(people[0], "left_hip")[2] == (1 if name == "mat" else 2)
        assert people[0]["num_keypoints"] == 12


def test_files_that_only_look_like_these_are_named(tmp_path):
    """One line that says what is wrong."""
    (tmp_path / "joints.mat").write_bytes(b"MATLAB?")
    with pytest.raises(InputError, match=r"joints\.mat cannot be read as a MATLAB file"):
        opened(tmp_path)
    scipy.io.savemat(tmp_path / "joints.mat", {"joints": np.zeros((5, 5, 5))})
    with pytest.raises(InputError, match=r"in another form than the released file of lsp_14"):
        opened(tmp_path)
    scipy.io.savemat(tmp_path / "joints.mat", {"joints": np.ones((14, 3, 2))})
    with pytest.raises(InputError, match="no person of the 2"):
        opened(tmp_path)
    (tmp_path / "joints.mat").unlink()
    (tmp_path / "train.json").write_text(json.dumps([{"image": "a.jpg", "joints": [1], "joints_vis": [1]}]))
    with pytest.raises(InputError, match="entry 0"):
        recognise.as_coco(tmp_path / "train.json", tmp_path, COCO_17, tmp_path / "c.json")


def test_skeletons_are_known_by_their_joints_however_spelt():
    """As MHP, AI Challenger and CrowdPose spell them; unknown ones are left to the checks that follow."""
    mhp = [joint.replace("_", "-").capitalize() for joint in MPII_16.joints]
    mhp[mhp.index("Neck")] = "Upper-neck"
    assert skeleton_named(mhp) is MPII_16
    assert skeleton_named([*CROWDPOSE_14.joints[:-2], "head", "neck"]) is CROWDPOSE_14
    assert skeleton_named([*CROWDPOSE_14.joints[:-2], "top_head", "neck"]) is CROWDPOSE_14
    assert skeleton_named(LSP_14.joints) is LSP_14
    assert skeleton_named(["head", "tail"]) is None
    tree = {"categories": [{"name": "person", "keypoints": list(COCO_17.joints)}], "annotations": [], "images": []}
    assert in_skeleton(tree, COCO_17) == (tree, "")


@pytest.mark.parametrize(
    ("folder", "people", "joints"),
    [
        ("lspet", 700, 12),
        ("mpii", 5, 12),
        ("crowdpose", 5, 12),
        ("mmpose_misc/mhp", 4, 12),
        ("mmpose_misc/ochuman", 5, 17),
    ],
)
def test_real_files(folder, people, joints, real_data, tmp_path):
    """Everybody is accepted, boxes hold the joints, no joint is invented."""
    where = real_data / folder
    path, _ = recognise.as_coco(recognise.find(where), where, COCO_17, tmp_path / "c.json")
    found, rejects = accepted(records.load_dataset(path))
    assert len(found) == people, rejects
    for person in found:
        keypoints = np.array(person["keypoints"]).reshape(17, 3)
        assert (keypoints[:, 2] > 0).sum() == person["num_keypoints"] <= joints
        assert person["area"] > 0
