"""DVC over the whole pipeline: nothing runs twice, only what depends on a change runs, another clone restores all."""

import re
import shutil
import subprocess

import pytest
import yaml

from tests.conftest import PROJECT, commit, dvc

pytestmark = pytest.mark.pipeline


def stages_run(output: str) -> set[str]:
    """Stages that DVC executed."""
    return set(re.findall(r"Running stage '([^']+)'", output))


def test_repro_again_runs_nothing(made_workspace):
    """And the data needs no commit."""
    assert stages_run(dvc(made_workspace, "repro").stdout) == set()


def test_a_threshold_reruns_what_depends_on_it_only(workspace_copy):
    """The check, validation, gates, report, and the plan, which finds the same; neither generation nor training."""
    path = workspace_copy / "expectations/balance.yaml"
    suite = yaml.safe_load(path.read_text())
    (rule,) = [
        one
        for one in suite["expectations"]
        if one["kwargs"].get("attribute") == "build" and one["kwargs"].get("maximum") == 2.0
    ]
    rule["kwargs"]["maximum"] = 1.99
    path.write_text(yaml.safe_dump(suite, sort_keys=False))
    ran = stages_run(dvc(workspace_copy, "repro").stdout)
    assert ran == {"check", "plan", "validate@original", "validate@balanced", "report"} | (
        ran & {"gate@original", "gate@balanced"}
    )
    assert ran & {"gate@original", "gate@balanced"}


def test_dag_shows_the_pipeline(made_workspace):
    """As `dvc dag` draws it."""
    text = dvc(made_workspace, "dag").stdout
    for word in ("ingest", "generate@s0", "train@balanced", "report"):
        assert word in text


def test_another_clone_restores_everything_without_running_a_stage(workspace_copy, tmp_path):
    """Even where dvc.lock was never committed: the run-cache of the remote is enough."""
    dvc(workspace_copy, "remote", "add", "--default", "store", str(tmp_path / "remote"))
    dvc(workspace_copy, "push", "--run-cache")
    (workspace_copy / "dvc.lock").unlink()
    commit(workspace_copy, "lock lost")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(workspace_copy), str(clone)], check=True)
    shutil.rmtree(clone / ".dvc/cache", ignore_errors=True)
    done = dvc(clone, "pull", "--run-cache", "data/raw.dvc")
    done = dvc(clone, "repro", "--pull")
    assert stages_run(done.stdout) == set()
    for name in ("report/report.html", "train/balanced/weights.safetensors", "gate/balanced/decision.json"):
        assert (clone / "data" / name).read_bytes() == (workspace_copy / "data" / name).read_bytes()


def test_the_project_itself_has_no_outputs_in_git():
    """Everything the pipeline writes is ignored before it is written."""
    done = subprocess.run(["git", "ls-files", "data"], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout == ""
