"""A real Airflow with the project's DAGs, started as `make airflow` starts it, and its REST API."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conftest import PROJECT
from tests.ports import reserved_port
from tests.waiting import ended, wait_for

PATIENCE_S = 300  # to start and to end, alongside whatever else runs on the machine
ENDED = {"success", "failed", "upstream_failed", "skipped", "removed"}


class ServerFaultError(AssertionError):
    """An answer of the kind 5xx."""


class AirflowServer:
    """`docker/airflow-standalone.sh` in a folder of its own."""

    def __init__(self, folder: Path, **variables: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = reserved_port()
        self.environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "AIRFLOW_HOME": str(folder / "airflow"),
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",  # no DAG file changes during a test
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "15",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "3",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",  # `scheduled` counts them
            "HPEFAIR_APP_PORT": str(reserved_port()),
            "HPEFAIR_DATABASE_PORT": str(reserved_port()),
            "HPEFAIR_SCHEDULE": "",
            "HPEFAIR_WATCH_S": "0",
            "HPEFAIR_RETRY_DELAY_S": "1",
            "PYTHONPATH": "",
            **variables,
        }
        self._token = ""

    def start(self) -> None:
        """Start everything."""
        self.log = (self.folder / "airflow.log").open("w")
        self.process = subprocess.Popen(
            [PROJECT / "docker/airflow-standalone.sh"],
            env=self.environment, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def stop(self) -> None:
        """Stop it as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        try:
            ended(self.process, "Airflow after Ctrl-C", PATIENCE_S)
        finally:
            self.log.close()

    def alive(self) -> bool:
        """Whether what was started is still there."""
        return self.process.poll() is None

    def __enter__(self) -> "AirflowServer":
        self.start()
        try:
            self.wait(self._healthy, "Airflow to be healthy", PATIENCE_S)
            return self
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _healthy(self) -> bool:
        if not self.alive():
            raise AssertionError(f"Airflow ended before it was healthy\n{self.said()}")
        try:
            found = self.health()
        except (OSError, ValueError):
            return False
        parts = ("metadatabase", "scheduler", "dag_processor")
        return all(found[part]["status"] == "healthy" for part in parts)

    def health(self) -> dict[str, Any]:
        """Status and latest heartbeat of every part."""
        return dict(self.call("GET", "/api/v2/monitor/health", signed=False))

    def said(self) -> str:
        """The ends of all logs."""
        paths = [self.folder / "airflow.log", *sorted((self.folder / "airflow").glob("*.log"))]
        return "\n".join(f"--- {path.name}\n{path.read_text()[-1500:]}" for path in paths)

    def call(self, method: str, path: str, body: Any = None, signed: bool = True) -> Any:
        """One request; the answer as JSON. A question is asked again where the server has a fault of its own."""
        if method == "GET":
            return wait_for(lambda: self._asked(path, signed), f"an answer to {path}", every=1)[0]
        return self._sent(method, path, body, signed)

    def _asked(self, path: str, signed: bool) -> tuple[Any] | None:
        try:
            return (self._sent("GET", path, None, signed),)
        except ServerFaultError as fault:
            print(f"asked again: {fault}", file=sys.stderr)  # on a busy machine its database was seen to fail once
            return None

    def _sent(self, method: str, path: str, body: Any, signed: bool) -> Any:
        headers = {"Content-Type": "application/json"}
        if signed:
            headers["Authorization"] = f"Bearer {self.token()}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            kind = ServerFaultError if error.code >= 500 else AssertionError
            raise kind(f"{method} {path}: {error.code} {error.read().decode()[:500]}") from error

    def password(self) -> str:
        """Of the user admin."""
        generated = Path(self.environment["AIRFLOW_HOME"]) / "simple_auth_manager_passwords.json.generated"
        return str(json.loads(generated.read_text())["admin"])

    def token(self) -> str:
        if not self._token:
            body = {"username": "admin", "password": self.password()}
            self._token = self.call("POST", "/auth/token", body, signed=False)["access_token"]
        return self._token

    def wait(self, condition: Callable[[], Any], what: str, seconds: float = PATIENCE_S) -> Any:
        """Wait until something is true, and return it; longer than it should take, where the machine is busy."""
        return wait_for(condition, what, max(seconds, PATIENCE_S), every=1, shown=self.said)

    def scheduled(self, rounds: int) -> None:
        """Wait until the scheduler has gone through its runs, and what it hears of their tasks, so many times."""
        beats: set[str] = set()

        def gone_through() -> bool:
            beats.add(str(self.health()["scheduler"]["latest_scheduler_heartbeat"]))
            return len(beats) > rounds  # it beats at the end of a round; the first one seen may be of long ago

        wait_for(gone_through, f"{rounds} heartbeats of the scheduler", PATIENCE_S, every=0.5, shown=self.said)

    def parsed(self, *dags: str, seconds: float = 90) -> None:
        """Wait until DAGs can be triggered."""

        def known() -> bool:
            errors = self.call("GET", "/api/v2/importErrors")["import_errors"]
            assert not errors, errors[0]["stack_trace"]
            return set(dags) <= {dag["dag_id"] for dag in self.call("GET", "/api/v2/dags")["dags"]}

        self.wait(known, f"Airflow to know {', '.join(dags)}", seconds)

    def trigger(self, dag: str, **conf: Any) -> str:
        """Start a run; its id."""
        body = {"logical_date": None, "conf": conf}
        return str(self.call("POST", f"/api/v2/dags/{dag}/dagRuns", body)["dag_run_id"])

    def runs(self, dag: str) -> list[dict[str, Any]]:
        """All runs, oldest first."""
        return list(self.call("GET", f"/api/v2/dags/{dag}/dagRuns?order_by=run_after")["dag_runs"])

    def tasks(self, dag: str, run: str) -> list[dict[str, Any]]:
        """Task instances of a run."""
        return list(self.call("GET", f"{_run(dag, run)}/taskInstances?limit=200")["task_instances"])

    def states(self, dag: str, run: str) -> dict[str, str | None]:
        """State of every task instance; mapped ones by `task[index]`."""
        return {_name(task): task["state"] for task in self.tasks(dag, run)}

    def ended(self, dag: str, run: str, seconds: float) -> str:
        """Wait for the end of a run; its state."""

        def state() -> str:
            found = self.call("GET", _run(dag, run))["state"]
            return found if found in ("success", "failed") else ""

        return str(self.wait(state, f"the end of {dag}, {run}", seconds))

    def in_state(self, dag: str, run: str, task: str, state: str, seconds: float) -> None:
        """Wait until a task is in a state."""
        found: dict[str, str | None] = {}

        def reached() -> bool:
            found.update(self.states(dag, run))
            return found.get(task) == state

        def instead() -> str:
            return f"states: {found}\n{self.said()}"

        what = f"{task} of {dag}, {run} to be {state}"
        wait_for(reached, what, max(seconds, PATIENCE_S), every=1, shown=instead)

    def set_state(self, dag: str, run: str, task: str, state: str) -> None:
        """Mark a task, as the buttons of the UI do; a running one is ended."""
        self.call("PATCH", f"{_run(dag, run)}/taskInstances/{task}", {"new_state": state})

    def mark_run(self, dag: str, run: str, state: str) -> None:
        """Mark a run, as the button of the UI does."""
        self.call("PATCH", _run(dag, run), {"state": state})

    def clear(self, dag: str, run: str, *tasks: str) -> None:
        """Clear tasks, and everything below them, to be run again."""
        body = {
            "dry_run": False, "dag_run_id": run, "task_ids": list(tasks), "include_downstream": True,
            "only_failed": False, "reset_dag_runs": True,
        }  # fmt: skip
        self.call("POST", f"/api/v2/dags/{dag}/clearTaskInstances", body)

    def question(self, dag: str, run: str, task: str) -> dict[str, Any]:
        """What a person is asked."""
        return dict(self.call("GET", f"{_run(dag, run)}/taskInstances/{task}/-1/hitlDetails"))

    def answer(self, dag: str, run: str, task: str, option: str, seconds: float = 400, **inputs: Any) -> None:
        """Answer until the task goes on: Airflow 3.3 tries it again, and asks again, where an answer comes too early.

        That is before its scheduler has read that the process that asked has ended: a second, or more under load.
        """
        body = {"chosen_options": [option], "params_input": inputs}
        asked = f"{_run(dag, run)}/taskInstances/{task}/-1/hitlDetails"

        def state() -> str | None:
            return self.states(dag, run).get(task)

        def over() -> bool:
            if state() == "awaiting_input":
                self.scheduled(rounds=3)
                if state() == "awaiting_input":  # else its patience is at an end, or it is tried again
                    self.call("PATCH", asked, body)
            return state() in ("success", "failed", "skipped", "upstream_failed")

        self.in_state(dag, run, task, "awaiting_input", seconds)
        self.wait(over, f"{task} of {dag}, {run} to go on after the answer {option}", seconds)

    def logs(self, dag: str, run: str, task: str, attempt: int = 1, index: int = -1) -> str:
        """A task's log."""
        found = self.call("GET", f"{_run(dag, run)}/taskInstances/{task}/logs/{attempt}?map_index={index}")
        return json.dumps(found)


def _run(dag: str, run: str) -> str:
    return f"/api/v2/dags/{dag}/dagRuns/{urllib.parse.quote(run, safe='')}"


def _name(task: dict[str, Any]) -> str:
    return task["task_id"] if task["map_index"] < 0 else f"{task['task_id']}[{task['map_index']}]"
