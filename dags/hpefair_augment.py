"""Repair the training set: plan, generate, screen, ask a person, assemble, and a strict gate before it is published."""

from airflow.sdk import DAG

from hpefair.orchestration import assets, settings
from hpefair.orchestration.decision import ApproveOperator, decider
from hpefair.orchestration.lifecycle import OpenWorkspaceOperator, PublishOperator
from hpefair.orchestration.notify import Tell
from hpefair.orchestration.operators import HpefairOperator
from hpefair.orchestration.pipeline import REF, closing, dag_settings, stage_tasks

MADE = ["plan", "generate", "screen"]
BALANCED = ["assemble", "audit@balanced", "validate@balanced", "gate@balanced"]
KNOWN = settings.load()

with DAG("hpefair_augment", schedule=[assets.DATASET], doc_md=__doc__, params={"ref": REF}, **dag_settings()):
    opened = OpenWorkspaceOperator(task_id="open_workspace").as_setup()
    made = stage_tasks(MADE, opened)
    pending = PublishOperator(task_id="publish_pending", stages=MADE)
    # Skipped where nothing was short, and the approval with it; the training set is assembled all the same.
    review = HpefairOperator(
        task_id="review",
        arguments=["review", "--generated", "--no-launch", "--app", KNOWN.app],
        needs=["ingest", *MADE],
        result="^FiftyOne dataset ",
    )
    approve = ApproveOperator(
        task_id="approve",
        subject="Generated people of {{ run_id }}",
        body="{{ ti.xcom_pull('review') }}",
        response_timeout=KNOWN.patience,
        defaults="Reject",
        ignore_downstream_trigger_rules=True,
        notifiers=[Tell("waits for a review: {{ ti.xcom_pull('review') }}")],
    )
    balanced = stage_tasks(BALANCED, opened, trigger_rule="none_failed")
    strict = HpefairOperator(task_id="strict_gate", arguments=["gate", "--strict", "balanced"], needs=["gate@balanced"])
    publish = PublishOperator(
        task_id="publish", stages=MADE + BALANCED, approved_by=decider("approve"), outlets=[assets.TRAIN_SET]
    )
    closed = closing(opened)
    opened >> made["plan"]
    made["screen"] >> pending >> review >> approve >> balanced["assemble"]
    balanced["gate@balanced"] >> strict >> publish >> closed
