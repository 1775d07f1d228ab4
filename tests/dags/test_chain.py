"""The whole chain through the REST API: data, repair, a person, training, another person, a champion.

The stages ran in another workspace before, and their run-cache is in the remote: not one of them may run again here.
That the DAGs run stages, and with what result, is tested on Celery workers (tests/services).
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from hpefair.orchestration.workspaces.naming import safe
from hpefair.tools.fiftyone.server import serve
from tests.conftest import commit, dvc
from tests.dags.airflow_server import AirflowServer
from tests.dags.installation import bare_origin, variables_of
from tests.orchestration.conftest import git
from tests.ports import reserved_port

pytestmark = [pytest.mark.pipeline, pytest.mark.timeout(1500)]

ASK = """
import json, mlflow
client = mlflow.MlflowClient()
one = client.get_model_version_by_alias("hpefair", "champion")
runs = client.search_runs([client.get_experiment_by_name("hpefair").experiment_id])
keys = [run.data.tags["hpefair.key"] for run in runs]
said = {"version": one.version, "model": one.tags["hpefair.model"], "reason": one.tags["reason"], "keys": keys,
        "by": one.tags["promoted_by"]}
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def place(made_workspace, tmp_path_factory) -> Path:
    """A repository whose first commit has data and no results, a remote that knows them, and a stricter branch."""
    root = tmp_path_factory.mktemp("chain")
    shutil.copytree(made_workspace, root / "first", symlinks=True)
    git(root / "first", "branch", "start", "HEAD~1")
    git(root / "first", "checkout", "--quiet", "-b", "strict", "start")
    path = root / "first/expectations/people.yaml"
    path.write_text(path.read_text().replace("min_value: 10", "min_value: 1000000"))
    commit(root / "first", "more people than there are")
    git(root / "first", "checkout", "--quiet", "master")
    bare_origin(root)
    dvc(root / "first", "push", "--quiet", "--run-cache")
    return root


@pytest.fixture(scope="module")
def mlflow_port() -> int:
    """Where MLflow will be, later."""
    return reserved_port()


@pytest.fixture(scope="module")
def air(place, mlflow_port):
    """Airflow over it; MLflow is down."""
    variables = variables_of(place) | {
        "HPEFAIR_REF": "start",
        "HPEFAIR_RETRIES": "9",
        "HPEFAIR_RETRY_DELAY_S": "15",  # MLflow is down for a while, and each try loads all that `log` needs
        "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{mlflow_port}",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    }
    with AirflowServer(place / "server", **variables) as server:
        server.parsed("hpefair_dataset", "hpefair_augment", "hpefair_train", "hpefair_promote", "hpefair_maintenance")
        yield server


@contextlib.contextmanager
def mlflow_server(place, port):
    """A real one, on sqlite."""
    where = ["--backend-store-uri", f"sqlite:///{place}/mlflow.db", "--artifacts-destination", str(place / "artifacts")]
    listen = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command = [sys.executable, "-m", "mlflow", "server", *listen, *where]
    env = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with serve(command, port, place / "mlflow.log", cwd=str(place), env=env):
        yield


def following(air, dag: str) -> str:
    """The run that an asset event starts; it carries the commit."""
    return str(air.wait(lambda: air.runs(dag), f"a run of {dag} after the event")[0]["dag_run_id"])


def test_the_chain_ends_with_a_champion(air, place, mlflow_port):
    """Every published commit has its data, every finished stage is done once, and MLflow's absence harms nothing."""
    first = air.trigger("hpefair_dataset")
    assert air.ended("hpefair_dataset", first, 400) == "success", air.states("hpefair_dataset", first)
    second = following(air, "hpefair_augment")
    air.in_state("hpefair_augment", second, "approve", "awaiting_input", 400)
    asked = air.question("hpefair_augment", second, "approve")["body"]
    assert "accepted and" in asked
    assert "http://127.0.0.1:" in asked
    air.answer("hpefair_augment", second, "approve", "Approve")
    assert air.ended("hpefair_augment", second, 400) == "success", air.states("hpefair_augment", second)
    third = following(air, "hpefair_train")
    air.in_state("hpefair_train", third, "publish", "success", 600)
    air.wait(lambda: tries(air, "hpefair_train", third)["log"] > 1, "a second try of log")
    with mlflow_server(place, mlflow_port):
        assert air.ended("hpefair_train", third, 400) == "success", air.states("hpefair_train", third)
        counted = tries(air, "hpefair_train", third)
        assert {task: count for task, count in counted.items() if count > 1} == {"log": counted["log"]}
        fourth = following(air, "hpefair_promote")
        air.answer("hpefair_promote", fourth, "decide", "promote", model="", reason="it is a test")
        assert air.ended("hpefair_promote", fourth, 400) == "success", air.states("hpefair_promote", fourth)
        states = air.states("hpefair_promote", fourth)
        assert (states["promote"], states["tag"], states["hold"], states["rebalance"]) == (
            "success", "success", "skipped", "skipped",
        )  # fmt: skip
        champion = ask_mlflow(place, mlflow_port)
    assert champion["model"] == "balanced"
    assert champion["reason"] == "it is a test"
    assert champion["by"] == "admin"
    assert len(champion["keys"]) == 5, "three evaluations, a decision, a comparison on sealed people"
    assert len(set(champion["keys"])) == 5, "two DAGs log, and nothing is there twice"
    trained = git(place / "origin.git", "rev-parse", f"auto/hpefair_train/{safe(third)}")
    assert git(place / "origin.git", "rev-parse", f"model/balanced/{champion['version']}^{{commit}}") == trained
    assert "Promoted-By: admin" in git(place / "origin.git", "cat-file", "tag", f"model/balanced/{champion['version']}")
    augmented = git(place / "origin.git", "log", "-1", "--format=%B", f"auto/hpefair_augment/{safe(second)}")
    assert "Approved-By: admin" in augmented
    published = yaml.safe_load(git(place / "origin.git", "show", f"{trained}:dvc.lock"))
    assert published["stages"] == yaml.safe_load((place / "first/dvc.lock").read_text())["stages"]
    for dag, run in (("hpefair_dataset", first), ("hpefair_augment", second), ("hpefair_train", third)):
        assert "Running stage" not in "".join(path.read_text() for path in logs(air, dag, run))


def test_a_form_is_no_way_in(air, place):
    """A shell fragment as a shard: one refusal over REST, not tried again; nothing is committed, no file appears."""
    evil = {"attribute": {"shards": ["s0; id > PWNED #"]}}
    run = air.trigger("hpefair_dataset", changes=evil)
    assert air.ended("hpefair_dataset", run, 300) == "failed"
    states, counted = air.states("hpefair_dataset", run), tries(air, "hpefair_dataset", run)
    assert states["open_workspace"] == "failed"
    assert counted["open_workspace"] == 1
    assert states["publish"] == "upstream_failed"
    assert not git(place / "origin.git", "branch", "--list", f"auto/hpefair_dataset/{safe(run)}")
    said = "".join(path.read_text() for path in logs(air, "hpefair_dataset", run))
    assert "attribute.shards" in said
    assert not list(place.rglob("PWNED*"))


def test_a_failed_gate_keeps_its_report_and_publishes_nothing(air, place):
    """People who are too few: not tried again, nothing pushed, and the decision can be read."""
    run = air.trigger("hpefair_dataset", ref="strict")
    assert air.ended("hpefair_dataset", run, 400) == "failed"
    states, counted = air.states("hpefair_dataset", run), tries(air, "hpefair_dataset", run)
    assert (states["gate.original"], states["sound"], states["publish"]) == ("success", "failed", "upstream_failed")
    assert counted["sound"] == 1
    assert states["close_workspace"] == "success"
    kept = Path(air.environment["AIRFLOW_HOME"]) / "hpefair/kept/hpefair_dataset" / safe(run)
    assert json.loads((kept / "data/gate/original/decision.json").read_text())["verdict"] == "FAIL"
    assert not git(place / "origin.git", "branch", "--list", f"auto/hpefair_dataset/{safe(run)}")


def test_maintenance_finds_everything_there_and_removes_what_nobody_needs(air, place):
    """The remote has all; garbage goes from the cache; data that a published commit names stay."""
    cache = Path(air.environment["AIRFLOW_HOME"]) / "hpefair/cache"
    stray = cache / "files/md5/00/11223344556677889900aabbccddee"
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_text("nobody names this")
    before = objects(cache) - {"00/11223344556677889900aabbccddee"}
    run = air.trigger("hpefair_maintenance", collect=True, days=1)
    assert air.ended("hpefair_maintenance", run, 300) == "success", air.states("hpefair_maintenance", run)
    assert not stray.exists()
    gone = before - objects(cache)
    assert len(before) > 20
    assert not gone & named(place)


def test_maintenance_says_which_commit_has_lost_its_data(air, place):
    """Somebody deleted a file of the remote."""
    victim = max((place / "store/files/md5").glob("*/*"), key=lambda path: path.stat().st_size)
    victim.rename(place / "away")
    run = air.trigger("hpefair_maintenance")
    assert air.ended("hpefair_maintenance", run, 300) == "failed"
    (place / "away").rename(victim)
    said = "".join(path.read_text() for path in logs(air, "hpefair_maintenance", run))
    assert "data of published commits are gone from the remote: origin/auto/" in said


def objects(cache: Path) -> set[str]:
    return {path.relative_to(cache / "files/md5").as_posix() for path in cache.glob("files/md5/*/*")}


def named(place: Path) -> set[str]:
    """Objects that published locks name, by their place in a cache."""
    text = "".join(
        git(place / "origin.git", "show", f"{ref}:dvc.lock")
        for ref in git(
            place / "origin.git", "for-each-ref", "--format=%(refname)", "refs/heads/auto", "refs/tags"
        ).split()
    )
    return {f"{found[:2]}/{found[2:]}" for found in re.findall(r"md5: ([0-9a-f]{32}\S*)", text)}


def tries(air, dag: str, run: str) -> dict[str, int]:
    return {task["task_id"]: task["try_number"] for task in air.tasks(dag, run)}


def logs(air, dag: str, run: str) -> list[Path]:
    folder = Path(air.environment["AIRFLOW_HOME"]) / "logs" / f"dag_id={dag}" / f"run_id={run}"
    return sorted(folder.rglob("attempt=*.log"))


def ask_mlflow(place: Path, port: int) -> dict[str, object]:
    """The champion, and what each run is known by, asked of the server by a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", ASK], env={"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{port}", "HOME": str(place)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))
