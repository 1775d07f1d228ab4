"""Check: settings are refused before anything runs, and no setting reaches a shell."""

import json
import subprocess
import sys

import pytest
import yaml

from tests.conftest import dvc, environment, run

pytestmark = pytest.mark.pipeline

EVIL = [
    {"attribute": {"shards": ["s0; id > PWNED #"]}},
    {"attribute": {"shards": ["s0", "$(touch PWNED)"]}},
    {"generate": {"shards": ["../../../hpefair"]}},
    {"train": {"models": {"x; touch PWNED": {"estimator": "heatmap", "variant": "original", "seed": 0}}}},
    {"predict": {"models": {"`touch PWNED`": {"from": "data/train/original", "boxes": "data/ingest"}}}},
]


def lay_over(root, changes):
    """Change params.yaml."""
    path = root / "params.yaml"
    tree = yaml.safe_load(path.read_text())
    for section, keys in changes.items():
        for key, value in keys.items():
            tree[section][key] = tree[section][key] | value if isinstance(value, dict) else value
    path.write_text(yaml.safe_dump(tree, sort_keys=False))


@pytest.mark.parametrize("changes", EVIL, ids=lambda changes: json.dumps(changes)[:50])
def test_a_setting_is_never_a_command(workspace_copy, changes):
    """One clear line from the first stage; no file appears, no code is removed, and nothing else runs."""
    lay_over(workspace_copy, changes)
    before = sorted(path.name for path in (workspace_copy / "hpefair").iterdir())
    done = subprocess.run(
        [sys.executable, "-m", "dvc", "repro"], cwd=workspace_copy, env=environment(),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode
    said = done.stdout + done.stderr
    assert "error: params.yaml: " in said or "ERROR" in said
    assert "Traceback" not in said
    assert not list(workspace_copy.rglob("PWNED*"))
    assert sorted(path.name for path in (workspace_copy / "hpefair").iterdir()) == before
    assert "Running stage 'ingest'" not in said
    assert "error: params.yaml: " in run(workspace_copy, "check", expect=2).stderr


def test_even_alone_a_stage_gets_no_command(workspace_copy):
    """A stage that somebody asks for by name, past the first one, still has no setting in its command."""
    lay_over(workspace_copy, EVIL[0])
    subprocess.run(
        [sys.executable, "-m", "dvc", "repro", "--single-item", "attribute@s0; id > PWNED #"],
        cwd=workspace_copy, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not list(workspace_copy.rglob("PWNED*"))


def test_what_the_settings_say_changes_nothing_below(workspace_copy):
    """The check runs again for a change of settings, and what it writes is the same: no other stage runs for it."""
    lay_over(workspace_copy, {"report": {"title": "Another title"}})
    done = dvc(workspace_copy, "repro", "split")
    assert "Running stage 'check'" in done.stdout
    assert done.stdout.count("Running stage") == 1
    assert "in order" in run(workspace_copy, "check").stdout


def test_a_missing_suite_is_said(workspace_copy):
    for path in (workspace_copy / "expectations").glob("*.yaml"):
        path.unlink()
    assert "holds no suite" in run(workspace_copy, "check", expect=2).stderr
