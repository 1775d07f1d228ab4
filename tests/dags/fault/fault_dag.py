"""A small DAG of our operators, to be killed, refused and left unanswered."""

from airflow.sdk import DAG

from hpefair.orchestration import settings
from hpefair.orchestration.decision import ApproveOperator, decider
from hpefair.orchestration.lifecycle import OpenWorkspaceOperator, PublishOperator
from hpefair.orchestration.pipeline import REF, closing, dag_settings, stage_tasks

STAGES = ["ingest", "train", "gate"]

with DAG("fault", schedule=None, params={"ref": REF}, **{**dag_settings(), "max_active_runs": 4}):
    opened = OpenWorkspaceOperator(task_id="open_workspace").as_setup()
    tasks = stage_tasks(STAGES, opened)
    approve = ApproveOperator(
        task_id="approve",
        subject="May it be published?",
        response_timeout=settings.load().patience,
        defaults="Reject",
        ignore_downstream_trigger_rules=True,
    )
    publish = PublishOperator(task_id="publish", stages=STAGES, approved_by=decider("approve"))
    closed = closing(opened)
    opened >> tasks["ingest"]
    tasks["gate"] >> approve >> publish >> closed
