"""Operators that run a command of the workspace in a process group of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

if TYPE_CHECKING:
    from airflow.sdk import Context

DECIDED = 3  # exit code of a strict gate: trying again cannot change it
BAD_INPUT = 2
# `dvc repro` exits with 255 whatever a stage returned; the stage's own code is only in this line.
STAGE_EXIT = re.compile(r"failed to run: .*, exited with (-?\d+)\s*$")


class WorkspaceOperator(BaseOperator):
    """Run a command in the workspace; no retry where the command decided or the input is bad.

    Args:
        command: Argument list.
        workspace: Folder to run in.
        kill_grace_s: Seconds between SIGTERM and SIGKILL; Airflow itself waits 5 before it kills this task.
    """

    template_fields: Sequence[str] = ("command", "workspace")
    ui_color = "#e8f0fe"

    def __init__(self, *, command: Sequence[str], workspace: str, kill_grace_s: float = 3.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.command = list(command)
        self.workspace = workspace
        self.kill_grace_s = kill_grace_s
        self._process: subprocess.Popen[str] | None = None

    def execute(self, context: Context) -> None:
        """Run the command, its output line by line in the task's log.

        Raises:
            AirflowFailException: If it decided (a strict gate says FAIL) or cannot use its input; never retried.
            AirflowException: If it failed otherwise; may be retried.
        """
        code = self._run()
        if code in (DECIDED, BAD_INPUT):
            raise AirflowFailException(f"{' '.join(self.command)} exited with {code}: trying again cannot help")
        if code:
            raise AirflowException(f"{' '.join(self.command)} exited with {code}")

    def _run(self) -> int:
        self._process = process = subprocess.Popen(
            self.command,
            cwd=self.workspace,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="backslashreplace",
            start_new_session=True,
        )
        stage_code = None
        for line in process.stdout or ():
            self.log.info("%s", line.rstrip())
            found = STAGE_EXIT.search(line)
            stage_code = int(found[1]) if found else stage_code
        # Not wait(): it holds a lock that on_kill, which runs in a signal handler of this thread, needs too.
        while process.poll() is None:
            time.sleep(0.02)
        return process.returncode if stage_code is None or not process.returncode else stage_code

    def on_kill(self) -> None:
        """End the whole process group, dvc and the stage below it."""
        if self._process is None:
            return
        for wanted, seconds in ((signal.SIGTERM, self.kill_grace_s), (signal.SIGKILL, 1.0)):
            try:
                os.killpg(self._process.pid, wanted)
            except ProcessLookupError:
                return
            if self._gone_within(seconds):
                return

    def _gone_within(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._process is not None:
                self._process.poll()  # reaps the leader, so that an empty group disappears
                try:
                    os.killpg(self._process.pid, 0)
                except (ProcessLookupError, PermissionError):
                    return True
            time.sleep(0.05)
        return False


class DvcStageOperator(WorkspaceOperator):
    """Reproduce one DVC stage.

    Args:
        stage: `word` or `word@item`.
        workspace: Workspace folder.
    """

    template_fields: Sequence[str] = ("command", "workspace", "stage")

    def __init__(self, *, stage: str, workspace: str, **kwargs: Any) -> None:
        command = [sys.executable, "-m", "dvc", "--wait-for-lock", "repro", "--single-item", stage]
        super().__init__(command=command, workspace=workspace, **kwargs)
        self.stage = stage


class HpefairOperator(WorkspaceOperator):
    """Run a command of the workspace's own hpefair.

    Args:
        arguments: Command and options, such as `["gate", "--strict", "balanced"]`.
        workspace: Workspace folder.
    """

    template_fields: Sequence[str] = ("command", "workspace")

    def __init__(self, *, arguments: Sequence[str], workspace: str, **kwargs: Any) -> None:
        super().__init__(command=[sys.executable, "-m", "hpefair", *arguments], workspace=workspace, **kwargs)
        self.arguments = list(arguments)


def environment() -> dict[str, str]:
    """The current environment with this interpreter's folder first on PATH, so that stages find the same Python."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"}
