"""Run one DAG in this process with Airflow on sqlite; the last line printed is JSON. Needs AIRFLOW_HOME.

usage: run_dag.py DAG_ID
"""

import json
import os
import sys

if not os.environ.get("AIRFLOW_HOME"):
    sys.exit("set AIRFLOW_HOME first: airflow makes its home when it is imported")

from airflow.dag_processing.dagbag import DagBag
from airflow.utils.db import initdb


def main() -> int:
    """Migrate, parse, run, report."""
    initdb()
    bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    if bag.import_errors:
        print(bag.import_errors)
        return 2
    run = bag.dags[sys.argv[1]].test()
    states = {instance.task_id: str(instance.state) for instance in run.get_task_instances()}
    print(json.dumps({"state": str(run.state), "tasks": states}), flush=True)
    return 0 if str(run.state) == "success" else 1


if __name__ == "__main__":
    sys.exit(main())
