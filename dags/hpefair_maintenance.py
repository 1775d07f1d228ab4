"""Housekeeping, monthly: is every published commit's data in the remote, then old workspaces and unused data go."""

from airflow.sdk import DAG, CronTriggerTimetable, Param

from hpefair.orchestration import settings
from hpefair.orchestration.maintenance import CollectGarbageOperator, PruneWorkspacesOperator, VerifyRemoteOperator
from hpefair.orchestration.pipeline import dag_settings

DAYS = Param(30, type="integer", minimum=1, title="Days", description="Workspaces and reports that are older go.")
COLLECT = Param(False, type="boolean", title="Collect garbage", description="Also remove data that no commit names.")

with DAG(
    dag_id="hpefair_maintenance",
    schedule=CronTriggerTimetable("0 3 1 * *", timezone="UTC") if settings.load().schedule else None,
    doc_md=__doc__,
    params={"days": DAYS, "collect": COLLECT},
    **dag_settings(),
):
    VerifyRemoteOperator(task_id="verify_remote")
    prune = PruneWorkspacesOperator(task_id="prune_workspaces", days="{{ params.days }}")
    # Nothing else may run meanwhile: what is not committed yet would be taken for garbage.
    collect = CollectGarbageOperator(task_id="collect_garbage", wanted="{{ params.collect }}")
    # Verification stands apart: data that are gone fail the run, and keep nobody from cleaning up.
    prune >> collect
