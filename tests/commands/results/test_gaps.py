"""`hpefair gaps`, `stages` and `record` in the terminal."""

import json

import pytest

from hpefair.data import tables
from tests.conftest import run

pytestmark = pytest.mark.pipeline


def test_gaps_prints_models_groups_intervals_and_verdicts(made_workspace):
    """Everything one needs to see."""
    text = run(made_workspace, "gaps").stdout
    for word in (
        "original",
        "balanced",
        "tinynet",
        "feminine",
        "high",
        "gate balanced",
        "INCONCLUSIVE",
        "chance alone",
    ):
        assert word in text, word
    assert "tinynet" not in run(made_workspace, "gaps", "balanced").stdout.split("Decisions")[0]
    assert "evaluated" in run(made_workspace, "gaps", "nosuch", expect=2).stderr


def test_stages_says_what_is_up_to_date(workspace_copy):
    """And what would run."""
    assert "not run yet" not in run(workspace_copy, "stages").stdout
    path = workspace_copy / "params.yaml"
    path.write_text(path.read_text().replace("title: Does", "title: Really, does"))
    text = run(workspace_copy, "stages").stdout
    changed = [line for line in text.splitlines() if "up to date" not in line and "│" in line]
    assert [line.split("│")[0].strip() for line in changed] == ["check", "report"]  # the first reads all settings


def test_record_appends_the_yield_once(workspace_copy):
    """The same batch twice is one batch."""
    cells = tables.read(workspace_copy / "data/screen/rates.parquet")["cell"].tolist()
    assert f"{len(cells)} lines added" in run(workspace_copy, "record").stdout
    assert "0 lines added" in run(workspace_copy, "record").stdout
    rows = [json.loads(line) for line in (workspace_copy / "history/acceptance.jsonl").read_text().splitlines() if line]
    assert [row["cell"] for row in rows] == cells
    assert 0 < rows[0]["accepted"] <= rows[0]["attempts"]
