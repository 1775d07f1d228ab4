"""DAG files declare, and parse fast without anything heavy; what they declare is what production needs."""

import json
import os
import subprocess
import sys

import pytest

from hpefair.tools.dvc import graph

PARSE = """
import json, runpy, sys, time
import airflow, airflow.sdk, airflow.sdk.definitions.dag
started = time.process_time()
runpy.run_path(sys.argv[1])
spent = time.process_time() - started
heavy = {"torch", "pandas", "numpy", "mlflow", "fiftyone", "great_expectations", "diffusers", "cv2", "dvc"}
print(json.dumps({"spent": spent, "heavy": sorted(heavy & set(sys.modules))}))
"""
READ = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
assert not bag.import_errors, bag.import_errors
out = {}
for name, dag in bag.dags.items():
    out[name] = {
        "catchup": dag.catchup, "active": dag.max_active_runs, "tags": sorted(dag.tags), "doc": dag.doc_md or "",
        "params": sorted(dag.params), "schedule": repr(dag.schedule),
        "tasks": {
            task.task_id: {
                "retries": task.retries, "pool": task.pool, "queue": task.queue, "owner": task.owner,
                "setup": task.is_setup, "teardown": task.is_teardown, "down": sorted(task.downstream_task_ids),
                "outlets": [asset.name for asset in getattr(task, "outlets", [])], "rule": str(task.trigger_rule),
                "callbacks": bool(task.on_failure_callback), "mapped": type(task).__name__ == "MappedOperator",
            }
            for task in dag.tasks
        },
    }
print(json.dumps(out))
"""


def _python(code: str, argument: str, project, home) -> dict:
    environment = {
        **os.environ, "AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "PYTHONPATH": str(project),
        "HPEFAIR_GPU_QUEUE": "gpu", "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code, argument],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def dags(project, tmp_path_factory):
    """What Airflow sees in the five files."""
    return _python(READ, "dags", project, tmp_path_factory.mktemp("home"))


@pytest.mark.parametrize("name", ["dataset", "augment", "train", "promote", "maintenance"])
def test_a_file_parses_in_no_time_and_only_declares(project, tmp_path, name):
    """CPU seconds of the file itself, Airflow being loaded: a scheduler parses it again and again."""
    path = project / f"dags/hpefair_{name}.py"
    found = _python(PARSE, str(path), project, tmp_path)
    assert found["heavy"] == []
    assert found["spent"] < 0.5
    text = path.read_text()
    assert len(text.splitlines()) <= 45
    assert not [word for word in ("def ", "lambda", "subprocess", "import os") if word in text]


def test_every_stage_is_a_task_of_one_dag(dags, project):
    """And of no other; gate by gate, shard by shard."""
    mine = [task for name in ("dataset", "augment", "train") for task in dags[f"hpefair_{name}"]["tasks"]]
    for stage in graph.load(project).stages:
        names = {stage.name.replace("@", "."), stage.word}
        assert sum(mine.count(name) for name in names) == 1, stage.name


def test_the_dags_follow_one_another(dags):
    """By assets; the first by the calendar as well."""
    schedules = {name.removeprefix("hpefair_"): dag["schedule"] for name, dag in dags.items()}
    assert "0 2 * * 1" in schedules["dataset"]
    assert "0 3 1 * *" in schedules["maintenance"]
    published = {
        name.removeprefix("hpefair_"): {asset for task in dag["tasks"].values() for asset in task["outlets"]}
        for name, dag in dags.items()
    }
    assert published["dataset"] == {"hpefair_dataset"}
    assert published["augment"] == {"hpefair_train_set"}
    assert published["train"] == {"hpefair_candidates"}
    assert published["promote"] == {"hpefair_champion", "hpefair_dataset"}


def test_everything_is_documented_owned_retried_and_pooled(dags, project):
    """One run at a time, no catching up, patient retries, somebody told of failures."""
    pools = json.loads((project / "docker/pools.json").read_text())
    assert (pools["publish"]["slots"], pools["tracking"]["slots"]) == (1, 1)
    for name, dag in dags.items():
        assert not dag["catchup"]
        assert dag["active"] == 1
        assert dag["tags"] == ["hpefair"]
        assert len(dag["doc"]) > 40
        for task_id, task in dag["tasks"].items():
            assert task["owner"] == "hpefair", (name, task_id)
            assert task["retries"] >= 3
            assert task["callbacks"]
            assert (task["pool"] == "tracking") == (task_id == "log")
            assert task["pool"] in pools
            if task_id in ("train", "generate", "attribute", "predict", "screen"):
                assert (task["pool"], task["queue"]) == ("gpu", "gpu")
            if task_id.startswith(("publish", "tag")):
                assert task["pool"] == "publish"


def test_workspaces_are_opened_and_closed_whatever_happens(dags):
    """Setup and teardown, the teardown after everything."""
    for name in ("dataset", "augment", "train", "promote"):
        tasks = dags[f"hpefair_{name}"]["tasks"]
        assert [task for task, about in tasks.items() if about["setup"]] == ["open_workspace"]
        assert [task for task, about in tasks.items() if about["teardown"]] == ["close_workspace", "settle_run"]
        ends = {task for task, about in tasks.items() if not about["down"]}
        assert ends == {"settle_run"}
        assert tasks["close_workspace"]["down"] == ["settle_run"]


def test_nothing_is_published_past_a_gate_or_a_person(dags):
    """The strict gate, the tables' soundness and the approval stand before what they guard."""
    assert "sound" in _above(dags["hpefair_dataset"]["tasks"], "publish")
    assert {"strict_gate", "approve", "gate.balanced"} <= _above(dags["hpefair_augment"]["tasks"], "publish")
    assert {"decide", "compare_sealed"} <= _above(dags["hpefair_promote"]["tasks"], "promote")


def test_shards_and_models_are_mapped(dags):
    """As many as the run's own params.yaml has."""
    mapped = {task for dag in dags.values() for task, about in dag["tasks"].items() if about["mapped"]}
    assert mapped == {"attribute", "generate", "train", "predict", "evaluate"}


def test_forms_ask_for_what_a_run_can_be_given(dags):
    """A commit everywhere; new data and settings for the dataset."""
    assert dags["hpefair_dataset"]["params"] == ["changes", "images", "ref", "source"]
    for name in ("augment", "train", "promote"):
        assert dags[f"hpefair_{name}"]["params"] == ["ref"]
    assert dags["hpefair_maintenance"]["params"] == ["collect", "days"]


def _above(tasks: dict, name: str) -> set[str]:
    """Everything upstream of a task."""
    direct = {task for task, about in tasks.items() if name in about["down"]}
    return direct.union(*(_above(tasks, task) for task in direct))
