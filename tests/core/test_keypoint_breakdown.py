"""Every joint by group, against pandas."""

import numpy as np
import pandas as pd
import pytest

from hpefair.core.keypoint_breakdown import by_keypoint
from hpefair.core.pose.error_types import NAMES
from hpefair.core.pose.person_scores import PersonScores
from hpefair.core.pose.skeletons import COCO_17
from hpefair.core.shares.groups import Group


@pytest.fixture
def scores():
    """Two hundred people of fifty images; a third of the joints is not labelled."""
    rng = np.random.default_rng(0)
    unlabelled = rng.random((200, 17)) < 0.3
    types = np.where(unlabelled, -1, rng.integers(0, len(NAMES), (200, 17))).astype(np.int8)
    similarity = np.where(unlabelled, np.nan, rng.random((200, 17)))
    correct = np.where(unlabelled, np.nan, (rng.random((200, 17)) < 0.6) * 1.0)
    return PersonScores(pd.DataFrame({"image": np.repeat(np.arange(50), 4)}), similarity, correct, types)


def test_means_and_shares_are_those_of_the_members(scores):
    """Counts, similarity, PCK and error types of one group's wrist; shares add up to one."""
    member = np.arange(200) % 3 == 0
    table = by_keypoint(scores, [Group("a", "x", member)], COCO_17, np.repeat(np.arange(50), 4), 0.95)
    assert table["joint"].tolist() == [*COCO_17.joints, "all"]
    row, k = table.set_index("joint").loc["left_wrist"], COCO_17.index("left_wrist")
    mine = member & (scores.types[:, k] >= 0)
    assert row["n_joints"] == mine.sum()
    assert row["oks"] == pytest.approx(scores.similarity[mine, k].mean())
    assert row["pck"] == pytest.approx(scores.correct[mine, k].mean())
    assert row["swap"] == pytest.approx((scores.types[mine, k] == NAMES.index("swap")).mean())
    np.testing.assert_allclose(table[list(NAMES)].sum(axis=1), 1)
    pooled = table.set_index("joint").loc["all"]
    assert pooled["n_joints"] == (scores.types[member] >= 0).sum()
    assert pooled["pck"] == pytest.approx(np.nanmean(scores.correct[member]))


def test_intervals_cover_clustered_joints():
    """In 92 to 98 % of 300 worlds of sixty images whose people are alike."""
    rng = np.random.default_rng(1)
    image = np.repeat(np.arange(60), 3)
    everyone = [Group("all", "all", np.ones(180, bool))]
    hits = 0
    for _ in range(300):
        chance = rng.beta(3, 2, 60)[image]
        correct = np.repeat(((rng.random(180) < chance) * 1.0)[:, None], 17, axis=1)
        scores = PersonScores(pd.DataFrame(), correct, correct, np.zeros((180, 17), np.int8))
        row = by_keypoint(scores, everyone, COCO_17, image, 0.95).iloc[0]
        hits += row["low"] <= 0.6 <= row["high"]
    assert 0.92 <= hits / 300 <= 0.98


def test_groups_without_anybody_have_rows_without_numbers(scores):
    """Eighteen rows of NaN with zero joints."""
    table = by_keypoint(scores, [Group("a", "none", np.zeros(200, bool))], COCO_17, np.zeros(200, int), 0.95)
    assert (table["n_joints"] == 0).all()
    assert table[["oks", "pck", "low", "high", *NAMES]].isna().all(axis=None)


def test_joints_that_nobody_found_have_an_interval(scores):
    """All wrong in fifty images is not surely wrong for ever."""
    lost = PersonScores(scores.table, scores.similarity, np.zeros((200, 17)), np.zeros((200, 17), np.int8))
    row = by_keypoint(lost, [Group("a", "x", np.ones(200, bool))], COCO_17, np.repeat(np.arange(50), 4), 0.95).iloc[0]
    assert row["low"] == 0
    assert 0.02 < row["high"] < 0.15


def test_only_images_in_which_a_joint_is_labelled_count(scores):
    """A joint labelled in three of fifty images has two degrees of freedom, not forty-nine."""
    types = scores.types.copy()
    types[12:, 0], types[:12, 0] = -1, 0
    correct = np.where(types >= 0, np.tile([0.0, 1.0, 1.0, 1.0], 50)[:, None] * np.ones(17), np.nan)
    correct[:4, 0] = 1.0
    few = PersonScores(scores.table, scores.similarity, correct, types)
    table = by_keypoint(few, [Group("a", "x", np.ones(200, bool))], COCO_17, np.repeat(np.arange(50), 4), 0.95)
    nose = table.iloc[0]
    assert nose["n_joints"] == 12
    assert nose["low"] < 0.5
