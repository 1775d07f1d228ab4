"""The stages of dvc.yaml as Airflow tasks, edges included; no edge is typed twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from airflow.sdk import Param

from hpefair.orchestration import settings
from hpefair.orchestration.lifecycle import CloseWorkspaceOperator, OpenWorkspaceOperator, SettleRunOperator
from hpefair.orchestration.notify import Tell
from hpefair.orchestration.operators import CLOSE, DvcStageOperator, StageItemsOperator
from hpefair.tools.dvc import graph as dvc_graph


def optional(title: str, description: str) -> Param:
    """A field of a form that may stay empty; of a plain text Airflow's form demands that it is filled in."""
    return Param(None, type=["null", "string"], title=title, description=description)


# Stages that read pixels or train: one at a time per GPU, on workers of their own queue.
HEAVY: Final = frozenset({"attribute", "generate", "screen", "train", "predict"})
REF: Final = optional("Commit", "Branch, tag or commit to start from; by default what the event names.")


def dag_settings() -> dict[str, Any]:
    """What all DAGs have in common: one run at a time, no catching up, patient retries."""
    known = settings.load()
    return {
        # No start date: with one, Airflow runs the last tick that it missed as soon as it sees a DAG.
        "catchup": False,
        "max_active_runs": 1,
        "tags": ["hpefair"],
        "default_args": {
            "owner": "hpefair",
            "pool": "dvc",
            "retries": known.retries,
            "retry_delay": known.retry_delay,
            "retry_exponential_backoff": 2.0,
            "max_retry_delay": known.retry_delay * 60,
            "on_failure_callback": Tell("failed: {{ ti.task_id }}"),
        },
    }


def task_id(stage: str) -> str:
    """Task id of a stage: Airflow refuses `@`, so `audit@balanced` becomes `audit.balanced`."""
    return stage.replace("@", ".")


def stage_tasks(names: Sequence[str], opened: OpenWorkspaceOperator, **options: Any) -> dict[str, Any]:
    """Tasks of some stages, wired as DVC's own graph; call inside a DAG.

    Args:
        names: `word@item` for one item, or `word`; the word of a `foreach` stage is mapped over its items, as the
            workspace of the run has them.
        opened: The task that opens the workspace.
        options: Passed on to every task.

    Returns:
        Name to task.
    """
    graph = dvc_graph.load(settings.load().declaration)
    tasks = {name: _task(name, graph, opened, options) for name in names}
    for stage in graph.stages:
        for above in graph.upstream(stage):
            upper, lower = _named(above, tasks), _named(stage.name, tasks)
            if upper and lower:
                tasks[upper] >> tasks[lower]
    return tasks


def closing(opened: OpenWorkspaceOperator) -> CloseWorkspaceOperator:
    """The last two tasks of a run, whatever came before: the workspace goes, and a run marked failed stays failed.

    Args:
        opened: The task that opened the workspace.
    """
    closed = CloseWorkspaceOperator(task_id=CLOSE).as_teardown(setups=opened)
    settled = SettleRunOperator(task_id="settle_run").as_teardown(on_failure_fail_dagrun=True)
    closed >> settled
    return closed


def _task(name: str, graph: dvc_graph.Graph, opened: OpenWorkspaceOperator, options: dict[str, Any]) -> Any:
    word, _, item = name.partition("@")
    members = [stage for stage in graph.stages if stage.word == word]
    if not members or (item and name not in {stage.name for stage in members}):
        raise ValueError(f"Expected a stage of dvc.yaml but got {name!r}")
    heavy = {"pool": "gpu", "queue": settings.load().gpu_queue} if word in HEAVY else {}
    common = {"task_id": task_id(name), "stage": word, "doc_md": members[0].desc, **heavy, **options}
    if item or members[0].name == word:
        return DvcStageOperator(item=item, **common)
    items = StageItemsOperator(task_id=f"{word}_items", stage=word)
    opened >> items
    return DvcStageOperator.partial(**common).expand(item=items.output)


def _named(stage: str, tasks: dict[str, Any]) -> str:
    """Name under which a stage is among the tasks: its own, or its word; empty if it is not."""
    word = stage.partition("@")[0]
    return stage if stage in tasks else word if word in tasks else ""
