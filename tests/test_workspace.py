"""What is read from a workspace in one way: who is evaluable, who may be shown, who is served worse."""

import pandas as pd

from hpefair import workspace
from hpefair.data import tables


def test_evaluable_people_are_no_crowd_and_have_a_keypoint():
    people = pd.DataFrame({"iscrowd": [False, True, False, False], "num_keypoints": [1, 17, 0, 17]})
    assert workspace.evaluable(people).tolist() == [True, False, False, True]


def test_shown_hides_small_groups_and_what_would_reveal_them():
    """Two of one model are hidden with the next smallest; of the other model everybody is shown."""
    table = pd.DataFrame({"model": ["a", "a", "a", "b", "b"], "n_people": [2, 9, 30, 5, 50]})
    assert workspace.shown(table, ["model"], 5).tolist() == [False, False, True, True, True]


def test_served_worse_are_failures_of_the_metric_in_groups_that_may_be_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [
        ("oks", "build", "slim", 40, "FAIL"),
        ("oks", "build", "average", 40, "PASS"),
        ("ar", "build", "large", 40, "FAIL"),
        ("oks", "build", "unknown", 40, "FAIL"),
        ("oks", "scale", "small", 0, "FAIL"),
    ]
    table = pd.DataFrame(rows, columns=["metric", "attribute", "group", "n_people", "verdict"])
    (tmp_path / "data/evaluate/m").mkdir(parents=True)
    tables.write(tmp_path / "data/evaluate/m/by_group.parquet", table)
    worse = workspace.served_worse(["m"], "oks", 5)
    assert [(row["model"], row["group"]) for row in worse] == [("m", "slim")]
    assert workspace.served_worse(["m"], "oks", 50) == []
