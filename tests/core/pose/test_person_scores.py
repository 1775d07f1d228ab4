"""Which number stands under which name: one person, errors chosen so that every metric differs, answers by hand."""

import numpy as np
import pytest

from hpefair.core.pose.candidates import Detections, People, candidates
from hpefair.core.pose.person_scores import METRICS, person_scores
from hpefair.core.pose.skeletons import COCO_17
from hpefair.schema import DECIDING

# Joint: place, and by how many pixels it is missed. The torso, left shoulder to right hip, is 100 px long, the ears are
# 20 px apart, arms are sticks of 40 px, legs of 100 px.
JOINTS = {
    "nose": (70, 60, 0), "left_eye": (75, 55, 0), "right_eye": (65, 55, 0), "left_ear": (80, 50, 0),
    "right_ear": (60, 50, 0), "left_shoulder": (100, 100, 15), "right_shoulder": (40, 100, 25),
    "left_elbow": (100, 140, 45), "right_elbow": (40, 140, 5),
    "left_wrist": (100, 180, 9), "right_wrist": (40, 180, 11),
    "left_hip": (110, 170, 19), "right_hip": (40, 180, 21), "left_knee": (110, 270, 39), "right_knee": (40, 280, 41),
    "left_ankle": (110, 370, 60), "right_ankle": (40, 380, 0),
}  # fmt: skip
ANSWERS = {
    "pck": 14 / 17,  # within 40 px: .2 of the box's longer side
    "pdj": 11 / 17,  # within 20 px: .2 of the torso
    "pckh_ears": 8 / 17,  # within 10 px: half the distance of the ears
    "pcp_strict": 4 / 8,  # both ends within half the stick
    "pcp_relaxed": 6 / 8,  # the mean of both ends is
    "epe_px": 290 / 17,
    "torso_error": 2.9 / 17,
    "found": 1,
}


@pytest.fixture(scope="module")
def scores():
    """Scores of that person, and of one beside them whom nobody found."""
    places = np.array([JOINTS[name] for name in COCO_17.joints], dtype=float)
    truth = np.c_[places[:, :2], np.full(17, 2.0)]
    guess = truth.copy()
    guess[:, 0] += places[:, 2]
    people = People(
        image=np.array([0, 1]), keypoints=np.stack([truth, truth]), area=np.array([40000.0] * 2),
        bbox=np.array([[0.0, 0, 150, 200]] * 2), crowd=np.zeros(2, bool), num_keypoints=np.array([17, 17]),
    )  # fmt: skip
    detections = Detections(np.array([0]), guess[None], np.array([0.9]))
    found = candidates(people, detections, COCO_17.variances, 2)
    return person_scores(people, detections, found, COCO_17).table.set_index("row")


@pytest.mark.parametrize("name", ANSWERS)
def test_each_name_has_its_own_number(scores, name):
    """Thresholds and normalizers included."""
    assert len(set(ANSWERS.values())) == len(ANSWERS)
    assert scores.loc[0, name] == pytest.approx(ANSWERS[name])


def test_oks_and_recall_by_coco_s_formula(scores):
    """exp(-d² / 2 s² k²), k = 2 sigma; AR counts the thresholds .50 to .95 that it reaches."""
    sigmas = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1000
    error = np.array([JOINTS[name][2] for name in COCO_17.joints])
    oks = np.exp(-(error**2) / (2 * 40000 * (2 * sigmas) ** 2)).mean()
    assert scores.loc[0, "oks"] == pytest.approx(oks)
    assert scores.loc[0, "ar"] == pytest.approx(np.mean(oks >= np.arange(0.5, 0.96, 0.05)))


def test_whoever_was_not_found_is_wrong_everywhere_and_far_from_nothing(scores):
    """Shares are 0; distances are not defined."""
    lost = scores.loc[1]
    assert (lost[["found", "oks", "ar", "pck", "pdj", "pckh_ears", "pcp_strict", "pcp_relaxed"]] == 0).all()
    assert lost[["torso_error", "epe_px"]].isna().all()
    assert set(METRICS) == set(ANSWERS) | set(DECIDING) | {"oks", "ar"}
