"""Code: an edit re-runs the stages that execute what was edited, and no other."""

import json
from pathlib import Path

import pytest
import yaml

from hpefair.data import tables
from tests.conftest import dvc, run

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("pipeline")]

NOTHING = set()
TRAINED = {"train@original", "train@balanced", "predict@original", "predict@balanced"}
EDITS = [
    ("hpefair/tools/fiftyone/views.py", "", "\nMORE = 1\n", NOTHING),
    ("hpefair/cli/main.py", 'help="MLflow tracking URI."', 'help="The tracking URI of MLflow."', NOTHING),
    ("hpefair/training/engine.py", '"""', '"""More: ', NOTHING),
    ("hpefair/report/report.css", "", "\nbody { margin: 1px }\n", {"report"}),
    ("hpefair/estimators/deeppose.py", "", "\nMORE = 1\n", NOTHING),
    ("hpefair/estimators/heatmap.py", "", "\nMORE = 1\n", TRAINED),
    ("hpefair/stages/split.py", "", "\nMORE = 1\n", {"split"}),
]


@pytest.fixture(scope="module")
def workspace(made_workspace, tmp_path_factory) -> Path:
    """A copy for all edits of this module, one after the other."""
    import shutil

    root = tmp_path_factory.mktemp("edited") / "w"
    shutil.copytree(made_workspace, root, symlinks=True)
    return root


def changed(root: Path) -> set[str]:
    """Stages that DVC would run again for what they read themselves, once it has looked at the code."""
    dvc(root, "repro", "--quiet", "code")
    return set(json.loads(dvc(root, "status", "--json").stdout))


@pytest.mark.parametrize(("path", "before", "after", "expected"), EDITS, ids=[edit[0] for edit in EDITS])
def test_an_edit_reaches_who_executes_it(workspace, path, before, after, expected):
    """Where `before` is empty, text is added at the end."""
    file = workspace / path
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1) if before else text + after)
    try:
        assert changed(workspace) == expected
    finally:
        file.write_text(text)


def test_what_no_setting_names_reaches_nobody(workspace):
    """A template of zero_shot where no attribute asks it; where one does, everything that asks."""
    path = workspace / "params.yaml"
    text = path.read_text()
    tree = yaml.safe_load(text)
    tree["attribute"]["zero_shot"]["template"] = "a drawing of {}"
    tree["generate"]["diffusion"]["steps"] = 31
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    dvc(workspace, "repro", "--quiet", "check")
    assert changed(workspace) == NOTHING
    tree["attribute"]["sources"]["build"] = ["labels", "zero_shot"]
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    dvc(workspace, "repro", "--quiet", "check")
    assert {"attribute@s0", "screen"} <= changed(workspace)
    asked = json.loads((workspace / "data/code/attribute.json").read_text())["settings"]
    assert asked.keys() == {"attribute.zero_shot", "attribute.face"}
    path.write_text(text)


def test_a_comment_runs_nothing_but_the_digests(workspace):
    """The whole pipeline, asked to run: a second, and no stage."""
    file = workspace / "hpefair/core/pose/similarity.py"
    file.write_text(file.read_text() + "\n# A comment.\n")
    said = dvc(workspace, "repro").stdout
    assert [line for line in said.splitlines() if line.startswith("Running stage")] == ["Running stage 'code':"]


def test_a_rejected_person_reaches_what_contains_them(workspace):
    """The balanced variant and what is counted of it; models that were trained on others are not asked again."""
    person = tables.read(workspace / "data/assemble/provenance.parquet")["person_id"].iloc[0]
    ledger = workspace / "review/decisions.jsonl"
    decision = {"person_id": person, "decision": "reject", "reviewer": "t", "when": "2026-01-01T00:00:00+00:00"}
    ledger.write_text(ledger.read_text() + json.dumps(decision) + "\n")
    dvc(workspace, "repro", "--quiet", "assemble")
    assert person not in set(tables.read(workspace / "data/assemble/balanced/people.parquet")["person_id"])
    assert changed(workspace) == {"audit@balanced", "train@balanced", "report"}


def test_settings_that_are_not_in_order_are_one_line(workspace_copy):
    """Names of models become names of files here, before the check of settings has run."""
    path = workspace_copy / "params.yaml"
    tree = yaml.safe_load(path.read_text())
    tree["train"]["models"]["../../../outside"] = tree["train"]["models"]["original"]
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    assert "error: params.yaml: " in run(workspace_copy, "check", expect=2).stderr
    said = dvc(workspace_copy, "repro", "code", expect=255)
    assert "error: params.yaml: " in said.stderr + said.stdout
    assert "Traceback" not in said.stderr + said.stdout
    assert not list(workspace_copy.parent.rglob("outside*"))
