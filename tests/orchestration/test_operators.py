"""Operators: exit codes decide about retries, a kill takes the whole process group."""

import sys
import threading
import time

import psutil
import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from hpefair.orchestration.operators import DvcStageOperator, HpefairOperator, WorkspaceOperator

DVC_SAYS = "ERROR: failed to reproduce stage: failed to run: python -m x, exited with"


def operator(tmp_path, script):
    """An operator that runs a shell script."""
    return WorkspaceOperator(task_id="t", command=["sh", "-c", script], workspace=str(tmp_path))


def test_success_is_silent(tmp_path):
    """And runs in the workspace."""
    operator(tmp_path, "echo here > made.txt").execute({})
    assert (tmp_path / "made.txt").exists()


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("exit 3", AirflowFailException),
        ("exit 2", AirflowFailException),
        ("exit 1", AirflowException),
        (f"echo '{DVC_SAYS} 3'; exit 255", AirflowFailException),
        (f"echo '{DVC_SAYS} -9'; exit 255", AirflowException),
    ],
)
def test_decisions_and_bad_input_are_not_retried(tmp_path, script, error):
    """dvc hides a stage's exit code in a line of text; a killed stage may be retried."""
    with pytest.raises(AirflowException) as found:
        operator(tmp_path, script).execute({})
    assert type(found.value) is error


def test_on_kill_ends_the_whole_group(tmp_path):
    """The command and what it started, also when it ignores a polite request."""
    running = operator(tmp_path, "trap '' TERM; sleep 101 & echo $! > child.txt; sleep 102")
    running.kill_grace_s = 0.3
    thread = threading.Thread(target=running._run)
    thread.start()
    while not (tmp_path / "child.txt").exists() or not (tmp_path / "child.txt").read_text().strip():
        time.sleep(0.05)
    child = int((tmp_path / "child.txt").read_text())
    running.on_kill()
    thread.join(10)
    assert not thread.is_alive()
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_commands_use_this_interpreter(tmp_path):
    """Whatever `python` means on PATH."""
    stage = DvcStageOperator(task_id="a", stage="train@balanced", workspace=str(tmp_path))
    assert stage.command[:4] == [sys.executable, "-m", "dvc", "--wait-for-lock"]
    assert stage.command[-1] == "train@balanced"
    gate = HpefairOperator(task_id="b", arguments=["gate", "--strict", "balanced"], workspace=str(tmp_path))
    assert gate.command[:3] == [sys.executable, "-m", "hpefair"]
