"""Operators that run a command of the run's workspace, below a lease, with outcomes instead of exit codes."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from hpefair.errors import ToolError
from hpefair.machine import process_state
from hpefair.orchestration import settings
from hpefair.orchestration.locks import drain
from hpefair.orchestration.outcome import Listener, Outcome
from hpefair.orchestration.workspaces import collecting
from hpefair.orchestration.workspaces.workspace import base_of, close_workspace, open_workspace
from hpefair.tools.dvc import cli, run_cache

if TYPE_CHECKING:
    from airflow.sdk import Context

OPEN = "open_workspace"
CLOSE = "close_workspace"
DECIDED = "decided"  # key of tasks after which something is skipped because somebody or something decided so
COMMIT = "{{ ti.xcom_pull('" + OPEN + "') }}"
RUN = "{{ dag.dag_id }}/{{ run_id }}"
COMMIT_LENGTH = 40
ITEM = re.compile(r"[\w-]*")
NO_SHELL = "/bin/false"
END_LIMIT_S = 4.5  # Airflow waits 5 seconds before it kills a task that it asked to end
CROSSINGS = 3  # tries more, at once, where dvc stumbled over what another run was writing
# -P: the launcher is this installation's, though its command runs in the workspace, which has an hpefair of its own.
LAUNCHER = (sys.executable, "-P", "-m", "hpefair.orchestration.locks.lease")


class WorkspaceOperator(BaseOperator):
    """Something that happens in the workspace of the DAG run, on whatever machine the task landed.

    Args:
        commit: Commit that the workspace is a clone of.
        run: `<dag>/<run id>`.
    """

    template_fields: Sequence[str] = ("commit", "run")
    ui_color = "#e8f0fe"

    def __init__(self, *, commit: str = COMMIT, run: str = RUN, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.commit = commit
        self.run = run
        self._process: subprocess.Popen[str] | None = None
        self._heard = Listener()

    def folder(self) -> Path:
        """The workspace; made if it is not there, as on another machine or after it was closed."""
        known = settings.load()
        path = known.workspace(self.run)
        if base_of(path) not in ("", self.commit) and len(self.commit) == COMMIT_LENGTH:
            close_workspace(path)  # left by an attempt that began elsewhere
        try:
            open_workspace(known.origin, self.commit, path)
        except ToolError as error:
            raise AirflowException(str(error)) from error
        return path

    def launch(self, name: str, command: Sequence[str], folder: Path, dry: bool = False) -> str:
        """Run a command below a lease, its output line by line in the task's log.

        Args:
            name: Of the lease: what runs, one attempt at a time.
            command: Argument list.
            folder: Where.
            dry: Whether stages below dvc are to fail instead of being executed.

        Returns:
            The last line of output.

        Raises:
            AirflowFailException: If trying again cannot help.
            AirflowSkipException: If there was nothing to do.
            AirflowException: If the fault may pass.
        """
        heard, code = self._run(name, command, folder, dry)
        for _ in range(CROSSINGS):
            if code and heard.crossed:
                run_cache.clear_abandoned(settings.load().origin.cache)
                heard, code = self._run(name, command, folder, dry)
        outcome, said = heard.judge(code)
        words = " ".join(command[2:] if command[:2] == [sys.executable, "-m"] else command)
        if outcome is Outcome.SKIP:
            raise AirflowSkipException(said)
        if outcome is Outcome.FAIL:
            raise AirflowFailException(f"{words}: {said} ({outcome.value})")
        if outcome is Outcome.RETRY:
            raise AirflowException(f"{words}: {said}")
        return heard.last

    def _run(self, name: str, command: Sequence[str], folder: Path, dry: bool) -> tuple[Listener, int]:
        owners = [word for pid in (os.getpid(), os.getppid()) for word in ("--owner", str(pid))]
        self._process = process = subprocess.Popen(
            [*LAUNCHER, name, *owners, "--", *command],
            cwd=folder,
            # dvc hands what it executes to this shell, which does nothing and fails.
            env={**environment(), "HPEFAIR_DAG_RUN": self.run} | ({"SHELL": NO_SHELL} if dry else {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="backslashreplace",
        )
        heard = self._heard = Listener()
        for line in process.stdout or ():
            self.log.info("%s", line.rstrip())
            heard.hear(line.rstrip())
            if dry and heard.running:
                process.terminate()
        # Not wait(): it holds a lock that on_kill, which runs in a signal handler of this thread, needs too.
        while process.poll() is None:
            time.sleep(0.02)
        return heard, process.returncode

    def collect(self, folder: Path, stages: Sequence[str]) -> None:
        """Restore what earlier tasks did elsewhere; nothing is ever executed for it.

        Raises:
            AirflowException: If a stage would have to be executed, or see `launch`.
        """
        with collecting.turn(folder):
            missing = collecting.missing(folder, stages)
            if not missing:
                return
            self.log.info("collecting %s", ", ".join(missing))
            words = cli.command("repro", "--pull", "--allow-missing", *missing)
            try:
                self.launch("collect", words, folder, dry=True)
            except AirflowException as error:
                if self._heard.running:
                    raise AirflowException(
                        f"{self._heard.running} would run again here: its result is not in the remote, or its inputs "
                        "differ from those of the machine that ran it"
                    ) from error
                raise
            # Where an earlier stage wanted one file of a folder, the folder is there, and counts as complete for dvc.
            self.launch("collect", cli.command("pull", *missing), folder)
            if absent := collecting.absent(folder, missing):
                raise AirflowException(f"no result of {absent[0]} in the remote: it has not run yet, or was not pushed")
            collecting.note(folder, missing)

    def on_kill(self) -> None:
        """End everything below this task: a launcher ends its group, git and dvc end themselves."""
        below = psutil.Process().children(recursive=True)
        for process in psutil.Process().children():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
        # Not psutil's wait: it would take the exit code away from whoever waits for the launcher.
        limit = time.monotonic() + END_LIMIT_S
        while any(process_state.alive(process) for process in below) and time.monotonic() < limit:
            time.sleep(0.05)
        for process in below:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


class DvcStageOperator(WorkspaceOperator):
    """Reproduce one DVC stage, with what it reads from other machines, and push what it wrote.

    A stage that is up to date, or that the run-cache knows, is not executed again.

    Args:
        stage: Stage word.
        item: Item of a `foreach` stage; mapped over in DAGs.
    """

    template_fields: Sequence[str] = (*WorkspaceOperator.template_fields, "stage", "item")

    def __init__(self, *, stage: str, item: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stage = stage
        self.item = item

    def execute(self, context: Context) -> str:
        """Collect, reproduce, push; the stage's name.

        Raises:
            AirflowFailException: If the item is no word: items become paths.
            AirflowException: See `launch`.
        """
        if not ITEM.fullmatch(self.item):
            raise AirflowFailException(
                f"{self.item!r} cannot be an item of {self.stage}: letters, digits, - and _ only"
            )
        name = f"{self.stage}@{self.item}" if self.item else self.stage
        folder = self.folder()
        # Garbage is not collected until the result is in the remote, and named by the workspace's lock.
        with drain.beside(settings.load().origin.cache), skips_are_noted(context):
            self._reproduce(name, folder)
        return name

    def _reproduce(self, name: str, folder: Path) -> None:
        self.collect(folder, collecting.upstream(folder, name))
        # Without --allow-missing: to that, a stage that never ran and whose inputs are not here yet has not changed.
        self.launch(name, cli.command("repro", "--single-item", "--pull", name), folder)
        self.launch(f"{name}.push", cli.command("push", "--run-cache", name), folder)
        collecting.note(folder, [name])


class StageItemsOperator(WorkspaceOperator):
    """Items of a `foreach` stage as the workspace has them, to be mapped over.

    Args:
        stage: Stage word.
    """

    template_fields: Sequence[str] = (*WorkspaceOperator.template_fields, "stage")

    def __init__(self, *, stage: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stage = stage

    def execute(self, context: Context) -> list[str]:
        """The items, in the order of params.yaml."""
        return [name.partition("@")[2] for name in collecting.named(self.folder(), [self.stage])]


class HpefairOperator(WorkspaceOperator):
    """Run a command of the workspace's own hpefair.

    Args:
        arguments: Command and options, such as `["gate", "--strict", "balanced"]`.
        needs: Stages, by name or word, whose results it reads.
        raw: Whether it reads the raw data as well.
        result: Regular expression of the line that is the result; others, such as warnings at exit, are not it.
    """

    template_fields: Sequence[str] = (*WorkspaceOperator.template_fields, "arguments")

    def __init__(
        self,
        *,
        arguments: Sequence[str],
        needs: Sequence[str] = (),
        raw: bool = False,
        result: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.arguments = list(arguments)
        self.needs = list(needs)
        self.raw = raw
        self.result = result

    def execute(self, context: Context) -> str:
        """Pull what it needs, and run it.

        Raises:
            AirflowException: See `launch`.
        """
        folder = self.folder()
        with drain.beside(settings.load().origin.cache), skips_are_noted(context):
            return self._call(folder)

    def _call(self, folder: Path) -> str:
        self.collect(folder, collecting.named(folder, self.needs))
        if self.raw:
            self.launch("raw", cli.command("pull", "data/raw.dvc"), folder)
        self.launch(self.task_id, [sys.executable, "-m", "hpefair", *self.arguments], folder)
        said = [line for line in self._heard.lines if re.search(self.result, line)]
        if not said and self.result:
            raise AirflowFailException(f"hpefair {' '.join(self.arguments[:2])} printed no line like {self.result!r}")
        return said[-1] if said else ""


@contextlib.contextmanager
def skips_are_noted(context: Context) -> Iterator[None]:
    """Note that a task skips itself; one that is skipped without a note was skipped by whoever marked the run."""
    try:
        yield
    except AirflowSkipException:
        context["ti"].xcom_push(DECIDED, True)
        raise


def environment() -> dict[str, str]:
    """The environment of commands in a workspace."""
    return {**cli.environment(), "PYTHONUNBUFFERED": "1"}
