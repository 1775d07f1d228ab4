"""`hpefair plan`: what a person reads about the repair."""

import pandas as pd
import pytest
import yaml

from hpefair.data import tables
from hpefair.errors import SettingsError
from hpefair.generation.planning import plan_repair
from hpefair.settings.params import load
from tests.conftest import run

pytestmark = pytest.mark.pipeline


def test_the_plan_is_explained_and_the_balanced_data_need_none(made_workspace):
    """What must hold, what is done, what is not planned for; after the repair there is nothing to do."""
    said = run(made_workspace, "plan", "--explain").stdout
    assert "by recompose" in said
    assert "does not hold" in said
    assert "not planned for, because plan.attributes does not name" in said
    assert "contrast" in said
    assert run(made_workspace, "plan", "--audit", "balanced").stdout.strip() == "nothing to repair within the limits"
    said = run(made_workspace, "plan", "--audit", "best", expect=2).stderr
    assert "does not exist; choose original or balanced" in said


def test_what_cannot_be_met_is_said(workspace_copy):
    """Hardly anybody may be generated, nobody repeated: the expectation, and by how much the nearest plan fails."""
    change(workspace_copy, max_synthetic_share=0.01, max_repeats=1)
    said = run(workspace_copy, "plan").stdout
    assert "cannot be met within the limits of the plan section" in said
    assert "every share of contrast" in said


def test_yields_that_were_recorded_drive_the_attempts(workspace_copy, monkeypatch):
    """One in five was let in: about five attempts for each person; a batch is recorded once, with its seconds."""
    monkeypatch.chdir(workspace_copy)
    before = plan_repair(load(), "original").repaired.cells
    assert "3 lines added" not in run(workspace_copy, "record").stdout
    history = tables.read_jsonl(workspace_copy / "history/acceptance.jsonl")
    rates = tables.read(workspace_copy / "data/screen/rates.parquet")
    assert [(row["backend"], row["cell"], row["attempts"], row["accepted"]) for row in history] == [
        (row.backend, row.cell, row.attempts, row.accepted) for row in rates.itertuples()
    ]
    assert all(row["seconds"] > 0 for row in history)
    assert run(workspace_copy, "record").stdout.startswith("history/acceptance.jsonl: 0 lines")
    line = '{"batch": "x", "backend": "recompose", "cell": "high", "attempts": 2000, "accepted": 400, "seconds": 90}\n'
    (workspace_copy / "history/acceptance.jsonl").write_text(line)
    after = plan_repair(load(), "original").repaired.cells
    row = after.set_index("cell").loc["high"]
    assert row["generate"] > 0
    assert 4 <= row["attempts_recompose"] / row["generate"] <= 11
    assert after["attempts_recompose"].sum() > before["attempts_recompose"].sum()


def test_the_plan_counts_parents(workspace_copy, monkeypatch):
    """Nobody is recomposed more often than allowed; nobody alterable, nobody recomposed."""
    monkeypatch.chdir(workspace_copy)
    change(workspace_copy, max_descendants=1)
    plan = plan_repair(load(), "original").repaired
    train = pd.read_parquet("data/split/people.parquet").query("split == 'train'")
    assert (plan.cells["generate_recompose"] <= len(train)).all()
    path = workspace_copy / "params.yaml"
    tree = yaml.safe_load(path.read_text())
    licence = pd.read_parquet("data/ingest/images.parquet")["license"].iloc[0]
    tree["generate"]["forbid_licenses"] = [licence]
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    assert plan_repair(load(), "original").repaired.cells["generate_recompose"].sum() == 0


def test_an_attribute_without_audit_or_reference_is_refused(workspace_copy, monkeypatch):
    """By the settings where nobody audits it, by the plan where the audit has no reference for it."""
    monkeypatch.chdir(workspace_copy)
    change(workspace_copy, attributes=["contrast", "skin_tone"])
    with pytest.raises(SettingsError, match=r"audit\.attributes to name skin_tone"):
        load()
    path = workspace_copy / "params.yaml"
    tree = yaml.safe_load(path.read_text())
    tree["audit"]["attributes"].append("skin_tone")
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    with pytest.raises(SettingsError, match="no shares for skin_tone"):
        plan_repair(load(), "original")


def change(root, **plan):
    path = root / "params.yaml"
    tree = yaml.safe_load(path.read_text())
    tree["plan"] |= plan
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
