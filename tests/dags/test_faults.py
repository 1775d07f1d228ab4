"""What production does to a run, with a real Airflow, DVC and git: killed, left alone, refused. Nothing is lost."""

import os
import signal
import stat
import time
from pathlib import Path

import psutil
import pytest

from hpefair.orchestration.workspaces.naming import safe
from tests.conftest import PROJECT
from tests.dags.airflow_server import ENDED, AirflowServer
from tests.orchestration.conftest import git, make_origin, variables_of
from tests.waiting import gone

pytestmark = pytest.mark.timeout(900)
DAG = "fault"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Folder of the installation."""
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="module")
def air(place):
    """Airflow over the small pipeline, which notes in `trace.txt` what it does, and waits while `hold` is there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRACE", str(place / "trace.txt"))
        (place / "trace.txt").touch()
        origin = make_origin(place)
    variables = variables_of(origin) | {
        "HPEFAIR_DECLARATION": str(place / "first"),
        "HPEFAIR_PATIENCE_S": "25",
        "TRACE": str(place / "trace.txt"),
        "HOLD": str(place / "hold"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "tests/dags/fault"),
        "FIFTYONE_DATABASE_URI": "mongodb://127.0.0.1:9",  # it has no part in this
    }
    with AirflowServer(place / "server", **variables) as server:
        server.parsed(DAG)
        yield server


@pytest.fixture
def held(air, place):
    """A run whose training is under way and will not end by itself."""
    (place / "trace.txt").write_text("")
    (place / "hold").touch()
    run = air.trigger(DAG, ref=new_commit(place))
    air.wait(lambda: "start" in (place / "trace.txt").read_text(), "a training to start")
    yield run
    (place / "hold").unlink(missing_ok=True)
    assert air.ended(DAG, run, 240)
    assert not below()


def new_commit(place):
    """A commit with another pipeline, so that no run finds the results of the one before it."""
    clone = place / "first"
    path = clone / "dvc.yaml"
    path.write_text(path.read_text().replace("echo ran", f"true {time.monotonic_ns()}; echo ran"))
    git(clone, "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-q", "-a", "-m", "another pipeline")
    git(clone, "push", "--quiet", str(place / "origin.git"), "HEAD:refs/heads/main")
    return git(clone, "rev-parse", "HEAD")


def below():
    """Processes that work in a run's workspace: dvc, and what it runs; not the launchers."""
    found = []
    for process in psutil.process_iter():
        try:
            inside = "/runs/fault/" in process.cwd() and process.status() != psutil.STATUS_ZOMBIE
            if inside and "hpefair.orchestration.locks.lease" not in process.cmdline():
                found.append(process)
        except psutil.Error:
            continue
    return found


def ran(place):
    """Stages that were executed to their end."""
    return sorted(line.split()[1] for line in (place / "trace.txt").read_text().splitlines() if line.startswith("ran"))


def published(place, run):
    return git(place / "origin.git", "branch", "--list", f"*{safe(run)}")


def finish(air, place, run):
    """Let the run go on, approve, and wait for its end."""
    (place / "hold").unlink()
    air.answer(DAG, run, "approve", "Approve")
    assert air.ended(DAG, run, 240) == "success", air.states(DAG, run)
    assert ran(place) == ["gate", "ingest", "one", "two"]
    assert published(place, run)


def attempts(air, run, task):
    return next(found["try_number"] for found in air.tasks(DAG, run) if found["task_id"] == task)


def launcher():
    """The process that holds the lease of a training."""
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
        except psutil.Error:
            continue
        if "hpefair.orchestration.locks.lease" in words and any(word.startswith("train@") for word in words):
            return process
    raise AssertionError("no training runs")


def test_passwords_databases_and_logs_are_this_users_alone(air):
    """Whatever `make airflow` writes for itself."""
    home = Path(air.environment["AIRFLOW_HOME"])
    names = {"airflow.db", "simple_auth_manager_passwords.json.generated", "scheduler.log", "api-server.log"}
    assert names <= {path.name for path in home.iterdir()}
    open_ = [path.name for path in home.iterdir() if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert open_ == []


def test_a_stage_that_is_killed_in_the_ui_can_be_cleared(air, place, held):
    """Its processes are gone within seconds; cleared, the run goes on where it was."""
    assert below()

    def marked() -> bool:
        for task in air.tasks(DAG, held):
            # One that only waited is taken up once the other's slot is free, and has to be marked then.
            if task["task_id"] == "train" and task["state"] not in ENDED:
                air.set_state(DAG, held, f"train/{task['map_index']}", "failed")
        return not below()

    air.wait(marked, "the processes of the killed stage to end")
    assert air.ended(DAG, held, 60) == "failed"
    assert ran(place) == ["ingest"]
    assert not published(place, held)
    air.clear(DAG, held, "train")
    finish(air, place, held)


def test_a_run_marked_failed_stays_failed(air, place, held):
    """What runs is ended, what waits is skipped, the workspace goes, nothing is published."""
    air.mark_run(DAG, held, "failed")
    air.wait(lambda: not below(), "the processes of the run that was marked failed to end")
    assert air.ended(DAG, held, 120) == "failed", air.states(DAG, held)
    states = air.states(DAG, held)
    assert states["close_workspace"] == "success"
    assert states["settle_run"] == "failed"
    air.scheduled(rounds=5)  # in any of them it might take the run up again
    assert air.ended(DAG, held, 10) == "failed"
    assert not published(place, held)


def test_a_killed_supervisor_costs_no_finished_stage(air, place, held):
    """SIGKILL, as the kernel does when memory is short: the launcher ends the stage, Airflow tries again by itself."""
    first = launcher()
    os.kill(first.parent().parent().pid, signal.SIGKILL)
    air.wait(lambda: gone(first), "the launcher of the killed supervisor to end")
    finish(air, place, held)


def test_a_killed_machine_costs_no_finished_stage(air, place, held):
    """All that belongs to the task at once, the launcher too: what it leaves is ended by the next attempt."""
    first = launcher()
    for process in (first.parent().parent(), first.parent(), first):
        os.kill(process.pid, signal.SIGKILL)
    finish(air, place, held)


def test_nobody_answers(air, place, held):
    """The default is to reject: the run ends well, and nothing is published."""
    (place / "hold").unlink()
    assert air.ended(DAG, held, 240) == "success"
    states = air.states(DAG, held)
    assert (states["approve"], states["publish"], states["close_workspace"]) == ("success", "skipped", "success")
    assert not published(place, held)


def test_a_push_that_is_refused_is_tried_again(air, place, held):
    """A hook of the server says no for a while; the data are there already, no stage runs again."""
    hook = place / "origin.git/hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho closed for today >&2\nexit 1\n")
    hook.chmod(0o755)
    (place / "hold").unlink()
    air.answer(DAG, held, "approve", "Approve")
    air.wait(lambda: attempts(air, held, "publish") > 1, "a second try of publish")
    hook.unlink()
    assert air.ended(DAG, held, 120) == "success"
    assert ran(place) == ["gate", "ingest", "one", "two"]
    assert published(place, held)
