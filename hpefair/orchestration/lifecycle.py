"""Operators around a run: its workspace, what it publishes, and the end."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from hpefair.errors import ToolError
from hpefair.orchestration import settings
from hpefair.orchestration.locks import drain
from hpefair.orchestration.operators import CLOSE, DECIDED, OPEN, RUN, WorkspaceOperator
from hpefair.orchestration.workspaces import collecting, tags
from hpefair.orchestration.workspaces.publish import branch_of, publish, publish_inputs
from hpefair.orchestration.workspaces.workspace import close_workspace, open_workspace, rebase
from hpefair.tools.dvc import cli

if TYPE_CHECKING:
    from airflow.sdk import Context

OPENED = ".hpefair/opened.json"
PLAIN = re.compile(r"[\w.,:/@+ -]*")
MARKER = ".hpefair-workspace"  # as `hpefair.cli.workspace_marker` has it
SAMPLE = "sample"
POOL = "publish"  # one at a time, whatever the defaults of a DAG say


class OpenWorkspaceOperator(WorkspaceOperator):
    """Clone the repository for this run, at the commit that triggered it; the commit is the result.

    New raw data and settings, if the form names any, are published first, so that the run has a commit to speak of.

    Args:
        ref: Branch, tag or commit; empty for that of the asset event, else for HPEFAIR_REF.
        source: A folder to add to the raw data, or `sample`; empty for none.
        images: Images of the built-in sample.
        changes: Settings that replace those in params.yaml, as a tree.
    """

    template_fields: Sequence[str] = ("run", "ref", "source", "images", "changes")

    def __init__(
        self,
        *,
        ref: str = "{{ params.ref or '' }}",
        source: str = "",
        images: str = "1000",
        changes: str | dict[str, Any] = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(commit="", **kwargs)
        self.ref = ref
        self.source = source
        self.images = images
        self.changes = changes

    def execute(self, context: Context) -> str:
        """Open the workspace afresh; one that was opened for the same request stays, with all that is in it.

        That is so when tasks of a run are cleared: Airflow clears this one with them.

        Raises:
            AirflowFailException: If the settings are not in order; nothing is committed then, and no stage runs.
            AirflowException: If the repository cannot be reached, or the data cannot be added.
        """
        known = settings.load()
        folder = known.workspace(self.run)
        ref = self.ref or triggering_commit(context) or known.ref
        request = {"ref": ref, "source": self.source, "images": self.images, "changes": self.changes}
        try:
            opened = json.loads((folder / OPENED).read_text(encoding="utf-8"))
            if opened["request"] == request:
                return str(opened["commit"])
        except (FileNotFoundError, ValueError, KeyError):
            pass
        try:
            close_workspace(folder)
            commit = open_workspace(known.origin, ref, folder)
            self._add(folder)
            if self.source or self.changes:
                commit = publish_inputs(folder, *self.run.split("/", 1))
                rebase(folder, commit)
        except ToolError as error:
            raise AirflowException(str(error)) from error
        (folder / OPENED).write_text(json.dumps({"request": request, "commit": commit}), encoding="utf-8")
        return commit

    def _add(self, folder: Path) -> None:
        if self.changes:
            from hpefair.settings import params_file  # a scheduler has no ruamel.yaml

            tree = _tree(self.changes)
            if not (folder / MARKER).exists() and (strange := _strange(tree)):
                raise AirflowFailException(
                    f"changes hold {strange!r}: letters, digits and . , : / @ + - _ only, and no path out"
                )
            params_file.lay_over(tree, folder / "params.yaml")
        if (folder / MARKER).exists():
            # The workspace's own hpefair reads its own settings: names among them become paths, and items of stages.
            self.launch("check", [sys.executable, "-m", "hpefair", "check"], folder)
        if not self.source:
            return
        if (folder / "data/raw.dvc").exists():
            self.launch("pull", cli.command("pull", "data/raw.dvc"), folder)
        sample = ["--number", str(self.images)] if self.source == SAMPLE else ["--discover"]
        words = ["-m", "hpefair", "add", "--replace", *sample, "--", self.source]
        self.launch("add", [sys.executable, *words], folder)


def _tree(changes: str | dict[str, Any]) -> dict[str, Any]:
    """Settings that a form brought.

    Raises:
        AirflowFailException: If they are not a tree of sections.
    """
    try:
        # JSON, and read as such: YAML takes 1e-05 for a text.
        tree = changes if isinstance(changes, dict) else json.loads(changes)
    except ValueError as error:
        raise AirflowFailException(f"changes are not JSON ({error}): give an object of sections") from error
    if not isinstance(tree, dict):
        raise AirflowFailException(f"changes are {type(tree).__name__}: give an object of sections")
    return tree


def _strange(tree: Any) -> str:
    """The first text that a shell could read as more than words: of another pipeline's settings nothing is known."""
    if isinstance(tree, dict):
        return next(filter(None, (_strange(part) for pair in tree.items() for part in pair)), "")
    if isinstance(tree, list):
        return next(filter(None, map(_strange, tree)), "")
    plain = not isinstance(tree, str) or (PLAIN.fullmatch(tree) and ".." not in tree and not tree.startswith("/"))
    return "" if plain else tree


class PublishOperator(WorkspaceOperator):
    """Publish what a run is answerable for; asset events carry the commit.

    Args:
        stages: Stage words or names.
        approved_by: Who approved it, for the commit; empty where nobody was asked.
    """

    template_fields: Sequence[str] = (*WorkspaceOperator.template_fields, "stages", "approved_by")

    def __init__(self, *, stages: Sequence[str], approved_by: str = "", **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "pool": POOL})
        self.stages = list(stages)
        self.approved_by = approved_by

    def execute(self, context: Context) -> str:
        """Collect what ran elsewhere, push, verify, commit; the commit.

        Raises:
            AirflowException: If data or commit cannot be pushed; the task can be tried again.
        """
        folder = self.folder()
        wanted = collecting.named(folder, self.stages)
        dag, run = self.run.split("/", 1)
        try:
            with drain.beside(settings.load().origin.cache):
                self.collect(folder, wanted)
                commit = publish(folder, dag, run, wanted, self.approved_by)
        except ToolError as error:
            raise AirflowException(str(error)) from error
        _announce(context, self.outlets, {"commit": commit, "branch": branch_of(dag, run), "run": self.run})
        return commit


class AnnounceOperator(WorkspaceOperator):
    """Send an asset event about the run's own commit, without publishing anything new."""

    def execute(self, context: Context) -> str:
        """The commit."""
        _announce(context, self.outlets, {"commit": self.commit, "run": self.run})
        return self.commit


class TagOperator(WorkspaceOperator):
    """Tag the run's commit in the repository.

    Args:
        name: Name of the tag.
        message: Message of the tag.
    """

    template_fields: Sequence[str] = (*WorkspaceOperator.template_fields, "name", "message")

    def __init__(self, *, name: str, message: str, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "pool": POOL})
        self.name = name
        self.message = message

    def execute(self, context: Context) -> str:
        """Tag and push; a tag of that name at that commit is left as it is.

        Raises:
            AirflowFailException: If the tag stands for another commit.
            AirflowException: If it cannot be pushed.
        """
        try:
            return tags.tag(self.folder(), self.name, self.commit, self.message)
        except tags.TakenError as error:
            raise AirflowFailException(str(error)) from error
        except ToolError as error:
            raise AirflowException(str(error)) from error


class CloseWorkspaceOperator(BaseOperator):
    """Remove the run's workspace, however the run ended; its small results are kept alongside the workspaces.

    Args:
        run: `<dag>/<run id>`.
    """

    template_fields: Sequence[str] = ("run",)
    ui_color = "#f1f3f4"

    def __init__(self, *, run: str = RUN, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run = run

    def execute(self, context: Context) -> str:
        """Remove it; where the kept results are."""
        known = settings.load()
        folder = known.workspace(self.run)
        kept = known.runs.parent / "kept" / folder.relative_to(known.runs)
        close_workspace(folder, kept)
        return str(kept)


class SettleRunOperator(BaseOperator):
    """Fail, as the last task, where a run was marked failed: it stays failed.

    Airflow lets teardowns finish, skips what had not begun, and then takes the run for a success, for nothing failed
    but what was ended. Use it as a teardown with `on_failure_fail_dagrun`, below the one that closes the workspace.
    """

    ui_color = "#f1f3f4"

    def execute(self, context: Context) -> None:
        """Look at the states of the run's tasks.

        Raises:
            AirflowFailException: If the run was marked failed.
        """
        ti, dag = context["ti"], context["dag"]
        states = ti.get_task_states(dag_id=dag.dag_id, run_ids=[ti.run_id]).get(ti.run_id, {})
        last = dag.get_task(CLOSE).upstream_task_ids - {OPEN}
        decided = [one for one in ti.xcom_pull(task_ids=sorted(dag.task_ids), key=DECIDED) or () if one]
        if marked_failed(states, last, bool(decided)):
            raise AirflowFailException("the run was marked failed: it stays failed, and nothing more was published")


def marked_failed(states: Mapping[str, str | None], last: Collection[str], decided: bool) -> bool:
    """Whether Airflow would take a run for a success that somebody marked failed.

    Args:
        states: State of every task; a mapped one as `task_<index>`.
        last: Tasks above the one that closes the workspace.
        decided: Whether a person, or a task that had nothing to do, let others be skipped.
    """
    ends = {states.get(task) for task in last}
    if ends - {"success", "skipped"}:
        return False  # a failure that Airflow sees itself
    return "failed" in states.values() or (ends == {"skipped"} and not decided)


def triggering_commit(context: Context) -> str:
    """Commit that the asset events of this run carry, of the latest if there are several; empty without one."""
    events = [event for events in (context.get("triggering_asset_events") or {}).values() for event in events]
    for event in sorted(events, key=lambda one: one.timestamp, reverse=True):
        extra = event.extra or {}
        # What a watcher found comes as its payload.
        if commit := extra.get("commit") or (extra.get("payload") or {}).get("commit"):
            return str(commit)
    return ""


def _announce(context: Context, outlets: Sequence[Any], extra: dict[str, str]) -> None:
    for asset in outlets:
        context["outlet_events"][asset].extra = extra
