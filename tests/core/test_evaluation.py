"""A model's accuracy by group: composition of matching, precision, intervals and verdicts."""

import json

import numpy as np
import pandas as pd
import pytest

from hpefair.core.evaluation import Setting, Uncertainty, evaluate
from hpefair.core.pose.candidates import candidates
from hpefair.core.pose.person_scores import METRICS, person_scores
from hpefair.core.pose.skeletons import COCO_17
from hpefair.core.pose.subgroup_precision import Rule
from hpefair.core.shares.groups import Group
from hpefair.core.uncertainty.clusters import image_clusters
from tests import oracles
from tests.core.pose.test_precision import random_dataset

UNCERTAINTY = Uncertainty(resamples=300, confidence=0.95, min_support=10, seed=0)


@pytest.fixture(scope="module")
def planted():
    """Half of the people are predicted worse; random labels alongside; crowding that has nothing to do with it."""
    tree, results = random_dataset(n_images=60)
    rng = np.random.default_rng(0)
    worse = np.arange(120) % 2 == 0
    for number, row in enumerate(tree["annotations"]):
        exact = np.array(row["keypoints"], float).reshape(17, 3)
        exact[:, :2] += rng.normal(0, 14 if worse[number] else 4, (17, 2))
        results[number]["keypoints"] = exact.ravel().tolist()
        results[number] |= {"image_id": row["image_id"], "score": 0.9}
    people, detections, n_images = oracles.arrays(tree, results[:120])
    shuffled = rng.permutation(worse)
    listed = [Group("planted", "worse", worse), Group("planted", "better", ~worse)]
    listed += [Group("random", "one", shuffled), Group("random", "two", ~shuffled)]
    context = pd.DataFrame({"crowding": rng.choice(["alone", "crowded"], 120)})
    return people, detections, listed, Setting(COCO_17, n_images, context=context)


def test_a_planted_gap_is_found_and_random_labels_show_none(planted):
    """Interval, null floor, verdict and adjusted gap agree."""
    found = evaluate(*planted, UNCERTAINTY)
    table = found.by_group[found.by_group["metric"] == "oks"].set_index("group")
    assert table.loc["worse", "high"] < table.loc["better", "low"]
    assert table.loc["worse", "verdict"] == "FAIL"
    assert table.loc["better", "verdict"] == "PASS"
    assert table.loc["one", "verdict"] != "FAIL"
    gap = found.gaps[found.gaps["metric"] == "oks"].set_index("attribute")
    assert gap.loc["planted", "low"] > gap.loc["planted", "null_floor"]
    assert gap.loc["random", "low"] < gap.loc["random", "null_floor"]
    assert gap.loc["planted", "adjusted_difference"] == pytest.approx(gap.loc["planted", "difference"], abs=0.02)
    joints = found.by_keypoint.set_index(["group", "joint"])
    assert (joints.loc["worse", "oks"] < joints.loc["better", "oks"]).all()


def test_every_metric_has_a_row_for_everyone_and_every_group(planted):
    """With its people, missing normalizers and support; verdicts only where they are defined."""
    found = evaluate(*planted, UNCERTAINTY)
    assert set(found.by_group["metric"]) == {*METRICS, "ap"}
    assert (found.by_group.groupby("metric")["group"].nunique() == 5).all()
    assert found.by_group["n_people"].dtype == "int64"
    judged = found.by_group["verdict"].notna()
    assert set(found.by_group.loc[judged, "metric"]) == {"ar", "oks"}
    assert "all" not in set(found.by_group.loc[judged, "attribute"])


def test_the_same_seed_gives_the_same_numbers(planted):
    """Threads and all."""
    first, second = (evaluate(*planted, UNCERTAINTY) for _ in range(2))
    pd.testing.assert_frame_equal(first.by_group, second.by_group)
    pd.testing.assert_frame_equal(first.gaps, second.gaps)


def test_subjects_are_what_support_counts(planted):
    """Six subjects with ten images each are six draws, however many people they show."""
    people, detections, listed, _ = planted
    subject = [str(number % 6) for number in range(60)]
    tied = Setting(COCO_17, 60, image_clusters(60, np.arange(60), subject))
    found = evaluate(people, detections, listed, tied, UNCERTAINTY)
    assert (found.by_group["n_clusters"] <= 6).all()
    assert not found.by_group["supported"].any()
    assert (found.by_group.loc[found.by_group["verdict"].notna(), "verdict"] == "INCONCLUSIVE").all()


def test_probabilities_and_the_ignore_rule(planted):
    """Uncertain membership shrinks the gap; the other rule for AP gives other numbers for groups, not for everyone."""
    people, detections, listed, setting = planted
    unsure = [Group(g.attribute, g.group, np.where(g.member, 0.8, 0.2)) for g in listed]
    soft = evaluate(people, detections, unsure, setting, UNCERTAINTY)
    hard = evaluate(people, detections, listed, setting, UNCERTAINTY)
    gaps = [one.gaps.set_index(["attribute", "metric"]).loc[("planted", "oks"), "difference"] for one in (soft, hard)]
    assert 0.4 * gaps[1] < gaps[0] < 0.8 * gaps[1]
    assert soft.by_group["n_people"].dtype == float
    other = Setting(COCO_17, setting.n_images, rule=Rule.IGNORE)
    ignoring = evaluate(people, detections, listed, other, UNCERTAINTY).by_group
    pair = [one[one["metric"] == "ap"].set_index("group")["value"] for one in (hard.by_group, ignoring)]
    assert pair[0]["all"] == pair[1]["all"]
    assert (pair[0].drop("all") != pair[1].drop("all")).all()


def test_no_groups_is_an_overall_evaluation(planted):
    """Everyone alone."""
    people, detections, _, setting = planted
    found = evaluate(people, detections, [], setting, UNCERTAINTY)
    assert set(found.by_group["attribute"]) == {"all"}
    assert found.gaps.empty


def test_real_people_have_plausible_scores(real_data):
    """A bottom-up model on 168 complete COCO images: most are found, metrics agree in direction."""
    folder = real_data / "coco_kp"
    tree = json.loads((folder / "person_keypoints_pixels168.json").read_text())
    results = json.loads((folder / "predictions/yolo11n.json").read_text())
    people, detections, n_images = oracles.arrays(tree, results)
    table = person_scores(
        people, detections, candidates(people, detections, COCO_17.variances, n_images), COCO_17
    ).table
    assert len(table) == (~people.ignored).sum()
    assert table["found"].mean() > 0.7
    assert table[["oks", "ar", "pck"]].corr().min(axis=None) > 0.5
    assert (table["pcp_strict"].dropna() <= table.loc[table["pcp_strict"].notna(), "pcp_relaxed"] + 1e-12).all()
    assert table["pdj"].isna().mean() > 0.05  # people without a labelled torso are counted as missing, not guessed
