"""Estimators trained on the published training set, evaluated by group, compared, and logged."""

from airflow.sdk import DAG

from hpefair.orchestration import assets, settings
from hpefair.orchestration.lifecycle import OpenWorkspaceOperator, PublishOperator
from hpefair.orchestration.operators import HpefairOperator
from hpefair.orchestration.pipeline import REF, closing, dag_settings, stage_tasks

STAGES = ["train", "predict", "evaluate", "compare", "report"]

with DAG("hpefair_train", schedule=[assets.TRAIN_SET], doc_md=__doc__, params={"ref": REF}, **dag_settings()):
    opened = OpenWorkspaceOperator(task_id="open_workspace").as_setup()
    # Where only results of others are audited, nothing is trained: a skipped step holds up none of the next.
    tasks = stage_tasks(STAGES, opened, trigger_rule="none_failed")
    written = ["log", "--uri", settings.load().tracking]
    log = HpefairOperator(task_id="log", arguments=written, needs=["ingest", *STAGES, "gate"], pool="tracking")
    publish = PublishOperator(task_id="publish", stages=STAGES, outlets=[assets.CANDIDATES])
    closed = closing(opened)
    tasks["report"] >> [log, publish] >> closed
