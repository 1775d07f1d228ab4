"""The DAG: rendered from dvc.yaml, light to parse, executed by Airflow down to MLflow, stopped by a strict gate."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from platformdirs import user_cache_path

from hpefair.adapters import dvc_graph
from hpefair.orchestration.pipeline import task_id
from tests.conftest import PROJECT, make_workspace

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("airflow")]
EXTRA = {"strict_gate", "publish"}


def airflow_environment(tmp_path: Path, workspace: Path) -> dict[str, str]:
    """An environment that leaves nothing outside the test's folder."""
    home = tmp_path / "airflow"
    home.mkdir(exist_ok=True)
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(user_cache_path()),
        "PYTHONPATH": str(workspace),
        "LANG": "C.UTF-8",
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(workspace / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__API_AUTH__JWT_SECRET": "test" * 32,
        "HPEFAIR_WORKSPACE": str(workspace),
        "HPEFAIR_SCHEDULE": "",
        "DVC_NO_ANALYTICS": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
    }


def run_dag(tmp_path: Path, workspace: Path) -> tuple[int, dict]:
    """Exit code and states of one run of hpefair_dataset."""
    done = subprocess.run(
        [sys.executable, str(PROJECT / "tests/dags/run_dag.py"), "hpefair_dataset"],
        cwd=workspace, env=airflow_environment(tmp_path, workspace), text=True, capture_output=True, check=False,
    )  # fmt: skip
    last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else "{}"
    assert last.startswith("{"), done.stdout[-3000:] + done.stderr[-3000:]
    return done.returncode, json.loads(last)


@pytest.fixture(scope="module")
def executed(tmp_path_factory, tiny_coco):
    """A workspace in which Airflow executed the DAG, the exit code, and the states."""
    folder = tmp_path_factory.mktemp("airflow")
    make_workspace(folder / "w", tiny_coco)
    return folder / "w", *run_dag(folder, folder / "w")


def test_airflow_runs_the_whole_chain_down_to_mlflow(executed):
    """Every stage of dvc.yaml is a task, all succeed, and the numbers are in MLflow."""
    workspace, code, found = executed
    assert code == 0, found
    expected = {task_id(stage.name) for stage in dvc_graph.load(workspace).stages}
    assert set(found["tasks"]) == expected | EXTRA
    assert set(found["tasks"].values()) == {"success"}
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{workspace}/mlflow.db")
    runs = mlflow.search_runs(experiment_names=["hpefair"])
    assert set(runs["tags.mlflow.runName"]) == {"original", "balanced", "tinynet", "decision"}
    assert runs["metrics.ar/all"].dropna().between(0, 1).all()
    assert not (workspace.parent / "airflow.cfg").exists()


def test_a_failing_gate_stops_before_training_and_publishing(executed, tmp_path):
    """A threshold nobody can meet: strict_gate fails without a retry, nothing reaches MLflow."""
    workspace = tmp_path / "w"
    shutil.copytree(executed[0], workspace, symlinks=True)
    (workspace / "mlflow.db").unlink()
    path = workspace / "expectations/balance.yaml"
    path.write_text(path.read_text().replace("minimum: 0.8", "minimum: 1.3"))
    code, found = run_dag(tmp_path, workspace)
    assert code == 1
    tasks = found["tasks"]
    assert (tasks["gate.balanced"], tasks["strict_gate"], tasks["publish"]) == ("success", "failed", "upstream_failed")
    assert tasks["train.balanced"] == "upstream_failed"
    assert not (workspace / "mlflow.db").exists()


def test_parsing_imports_nothing_heavy(tmp_path):
    """The scheduler parses this file all the time."""
    code = (
        "import sys, runpy; runpy.run_path('dags/hpefair_dataset.py');"
        "heavy = {'torch', 'pandas', 'numpy', 'mlflow', 'fiftyone', 'great_expectations', 'diffusers', 'cv2'};"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=airflow_environment(tmp_path, PROJECT), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


def test_it_is_scheduled_and_declares_only(project):
    """Weekly, one run at a time, no catch-up; no stage is typed in the file."""
    for path in (project / "dags").glob("*.py"):
        text = path.read_text()
        assert len(text.splitlines()) <= 45
        assert '"0 2 * * 1"' in text
        assert "max_active_runs=1" in text
        assert "catchup=False" in text
        # Where the gate and the publication hook in; no other stage is named.
        hooks = {"gate", "train", "report"}
        assert not [s.word for s in dvc_graph.load(project).stages if s.word not in hooks and f'"{s.word}' in text]
