"""Who is in the data: ingest, attributes, audit and gate; weekly, and whenever new raw data are announced."""

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable, Param

from hpefair.orchestration import assets, settings
from hpefair.orchestration.lifecycle import OpenWorkspaceOperator, PublishOperator
from hpefair.orchestration.operators import HpefairOperator
from hpefair.orchestration.pipeline import REF, closing, dag_settings, optional, stage_tasks

STAGES = ["code", "check", "ingest", "attribute", "calibrate", "split"]
STAGES += ["audit@original", "validate@original", "gate@original"]
WEEKLY = settings.load().schedule

with DAG(
    dag_id="hpefair_dataset",
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable(WEEKLY, timezone="UTC"), assets=[assets.RAW])
    if WEEKLY
    else [assets.RAW],
    doc_md=__doc__,
    params={
        "ref": REF,
        "source": optional("New data", "A COCO folder on the worker, or the word sample for built-in people."),
        "images": Param(1000, type="integer", minimum=20, title="Images", description="Size of the built-in sample."),
        "changes": Param(
            None, type=["null", "object"], title="Settings", description="Laid over params.yaml, and committed."
        ),
    },
    **dag_settings(),
):
    opened = OpenWorkspaceOperator(
        task_id="open_workspace",
        source="{{ params.source or '' }}",
        images="{{ params.images }}",
        changes="{{ params.changes | tojson if params.changes else '' }}",
    ).as_setup()
    tasks = stage_tasks(STAGES, opened)
    # Only the tables decide here: that groups are short is what hpefair_augment repairs.
    words = ["gate", "--strict", "original", "--suite", "people,images"]
    sound = HpefairOperator(task_id="sound", arguments=words, needs=["gate@original"])
    publish = PublishOperator(task_id="publish", stages=STAGES, outlets=[assets.DATASET])
    closed = closing(opened)
    opened >> tasks["code"]
    tasks["gate@original"] >> sound >> publish >> closed
