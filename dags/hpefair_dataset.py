"""Audit, repair, retrain, decide: the whole pipeline of dvc.yaml, weekly. A strict gate stops it before training."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow.sdk import DAG, Asset

from hpefair.orchestration.operators import HpefairOperator
from hpefair.orchestration.pipeline import stage_tasks

WORKSPACE = Path(os.environ.get("HPEFAIR_WORKSPACE") or Path(__file__).resolve().parent.parent)
TRACKING = os.environ.get("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")

with DAG(
    dag_id="hpefair_dataset",
    description=__doc__,
    schedule=os.environ.get("HPEFAIR_SCHEDULE", "0 2 * * 1") or None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 1, "retry_delay": timedelta(minutes=1), "owner": "hpefair"},
    tags=["hpefair"],
):
    tasks = stage_tasks(WORKSPACE)
    strict_gate = HpefairOperator(
        task_id="strict_gate", arguments=["gate", "--strict", "balanced"], workspace=str(WORKSPACE)
    )
    publish = HpefairOperator(
        task_id="publish",
        arguments=["log", "--uri", TRACKING],
        workspace=str(WORKSPACE),
        outlets=[Asset("hpefair_results")],
    )
    tasks["gate@balanced"] >> strict_gate >> [task for name, task in tasks.items() if name.startswith("train@")]
    tasks["report"] >> publish
