"""Airflow as several machines run it: PostgreSQL, Redis, and Celery workers with folders of their own."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from tests.conftest import PROJECT
from tests.dags.airflow_server import AirflowServer
from tests.ports import reserved_port

POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))


class CeleryCluster(AirflowServer):
    """Every part is a process of its own on loopback."""

    def __init__(self, folder: Path, **variables: str) -> None:
        database, broker = reserved_port(), reserved_port()
        super().__init__(
            folder,
            AIRFLOW__CORE__EXECUTOR="CeleryExecutor",
            AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"postgresql+psycopg2://postgres@127.0.0.1:{database}/postgres",
            AIRFLOW__CELERY__RESULT_BACKEND=f"db+postgresql+psycopg2://postgres@127.0.0.1:{database}/postgres",
            AIRFLOW__CELERY__BROKER_URL=f"redis://127.0.0.1:{broker}/0",
            AIRFLOW__CORE__DAGS_FOLDER=str(PROJECT / "dags"),
            AIRFLOW__CORE__LOAD_EXAMPLES="False",
            AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION="False",
            AIRFLOW__API__HOST="127.0.0.1",
            AIRFLOW__API__WORKERS="1",
            AIRFLOW__API_AUTH__JWT_SECRET="for a test on loopback " * 4,
            AIRFLOW__API__SECRET_KEY="for a test on loopback",
            **variables,
        )
        address = f"http://127.0.0.1:{self.port}"
        self.environment |= {
            "AIRFLOW__API__BASE_URL": address,
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
            "PYTHONPATH": str(PROJECT),
        }
        self.database, self.broker = database, broker
        self.parts: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        self._postgres()
        self._run("redis", ["redis-server", "--port", str(self.broker), "--bind", "127.0.0.1", "--save", ""])
        self._airflow("db", "migrate")
        self._airflow("pools", "import", str(PROJECT / "docker/pools.json"))
        for name in ("api-server", "scheduler", "dag-processor"):
            self._run(name, [_tool("airflow"), name])

    def worker(self, name: str) -> Path:
        """Start a worker that shares no folder with the others but the remote; where its workspaces are."""
        home = self.folder / name
        own = {
            "HPEFAIR_RUNS": str(home / "runs"),
            "HPEFAIR_CACHE": str(home / "cache"),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(reserved_port()),
        }
        self._run(
            name,
            [_tool("airflow"), "celery", "worker", "--concurrency", "1", "--celery-hostname", f"{name}@%h",
             "--without-gossip", "--without-mingle", "--pid", str(home / "pid")],
            **own,
        )  # fmt: skip
        return home / "runs"

    def kill(self, name: str) -> None:
        """SIGKILL for a worker and every process of it, as when its machine is gone."""
        os.killpg(self.parts.pop(name).pid, signal.SIGKILL)

    def alive(self) -> bool:
        return all(part.poll() is None for part in self.parts.values())

    def stop(self) -> None:
        for name in reversed(list(self.parts)):
            part = self.parts.pop(name)
            part.send_signal(signal.SIGTERM)
            try:
                part.wait(40)
            except subprocess.TimeoutExpired:
                os.killpg(part.pid, signal.SIGKILL)
                part.wait(10)

    def said(self) -> str:
        return "\n".join(f"--- {path.name}\n{path.read_text()[-1500:]}" for path in self.folder.glob("*.log"))

    def _postgres(self) -> None:
        data = self.folder / "postgres"
        data.mkdir(mode=0o700)
        # A database server refuses to run as root; Debian's package brings the user.
        who = {"user": "postgres"} if os.geteuid() == 0 else {}
        if who:
            shutil.chown(data, "postgres")
        tools = POSTGRES[-1].parent
        subprocess.run(
            [tools / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8"],
            check=True, capture_output=True, cwd="/", **who,
        )  # fmt: skip
        words = [tools / "postgres", "-D", data, "-p", self.database, "-k", "", "-c", "listen_addresses=127.0.0.1"]
        self._run("postgres", [str(word) for word in words], cwd="/", who=who)
        ready = [tools / "pg_isready", "-h", "127.0.0.1", "-p", str(self.database)]

        def answers() -> bool:
            assert self.alive(), f"PostgreSQL ended before it answered\n{self.said()}"
            return subprocess.run(ready, capture_output=True, check=False).returncode == 0

        self.wait(answers, "PostgreSQL to answer")

    def _run(self, name: str, command: list[str], cwd: str = "", who: dict | None = None, **own: str) -> None:
        (self.folder / name).mkdir(exist_ok=True) if own else None
        with (self.folder / f"{name}.log").open("w") as log:
            self.parts[name] = subprocess.Popen(
                command, env={**self.environment, **own}, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
                cwd=cwd or self.folder, **(who or {}),
            )  # fmt: skip

    def _airflow(self, *words: str) -> None:
        done = subprocess.run(
            [_tool("airflow"), *words],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def _tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def missing() -> str:
    """What is not installed; empty where everything is."""
    import importlib.util

    wanted = {
        "postgresql": bool(POSTGRES),
        "redis-server": bool(shutil.which("redis-server")),
        "apache-airflow-providers-celery": importlib.util.find_spec("airflow.providers.celery") is not None,
        "psycopg2-binary": importlib.util.find_spec("psycopg2") is not None,
    }
    return ", ".join(name for name, here in wanted.items() if not here)
