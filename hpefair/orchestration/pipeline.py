"""The stages of dvc.yaml as Airflow tasks, edges included; no stage is typed twice."""

from __future__ import annotations

from pathlib import Path

from hpefair.adapters import dvc_graph
from hpefair.orchestration.operators import DvcStageOperator


def task_id(stage: str) -> str:
    """Task id of a stage: Airflow refuses `@`, so `train@balanced` becomes `train.balanced`."""
    return stage.replace("@", ".")


def stage_tasks(workspace: Path) -> dict[str, DvcStageOperator]:
    """One task per stage of the workspace's dvc.yaml, wired as DVC's own graph; call inside a DAG.

    Args:
        workspace: Folder with dvc.yaml and params.yaml.

    Returns:
        Stage name to task.
    """
    graph = dvc_graph.load(workspace)
    tasks = {
        stage.name: DvcStageOperator(
            task_id=task_id(stage.name), stage=stage.name, workspace=str(workspace), doc_md=stage.desc
        )
        for stage in graph.stages
    }
    for stage in graph.stages:
        for upstream in graph.upstream(stage):
            tasks[upstream] >> tasks[stage.name]
    return tasks
