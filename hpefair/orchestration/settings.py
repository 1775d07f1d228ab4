"""What the environment says about this installation; docs/guides/airflow.md lists every variable."""

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from hpefair.orchestration.workspaces.naming import safe
from hpefair.orchestration.workspaces.workspace import Origin

HERE: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Settings:
    """Everything that differs between a laptop and a cluster.

    Attributes:
        origin: Where workspaces come from, and where their data go.
        runs: Folder with one workspace per DAG run; local to a machine, or shared by several.
        declaration: Folder with the dvc.yaml that the DAGs are drawn from.
        ref: Branch, tag or commit that a run starts from where nothing names another.
        schedule: Cron expression of the dataset DAG; empty for none.
        watch_s: Seconds between two looks for new raw data in the repository; 0 for none.
        watched: Folder that remembers what was seen; of the triggerer.
        tracking: MLflow tracking URI.
        app: Address of FiftyOne's App, for links.
        patience: How long a person may take to answer.
        retries: How often a task is tried again after a fault that may pass.
        retry_delay: Pause before the first of these; every further one is twice as long.
        gpu_queue: Queue of the workers that take heavy tasks.
    """

    origin: Origin
    runs: Path
    declaration: Path
    ref: str
    schedule: str
    watch_s: float
    watched: Path
    tracking: str
    app: str
    patience: timedelta
    retries: int
    retry_delay: timedelta
    gpu_queue: str

    def workspace(self, run: str) -> Path:
        """Workspace of a run, `<dag>/<run id>`; letters that a path or a branch may not hold become hyphens."""
        return self.runs.joinpath(*(safe(part) for part in run.split("/", 1)))


def load() -> Settings:
    """Read the environment."""
    home = Path(os.environ.get("AIRFLOW_HOME") or Path.home() / "airflow") / "hpefair"
    get = os.environ.get
    return Settings(
        origin=Origin(
            repository=get("HPEFAIR_REPOSITORY") or str(HERE),
            cache=Path(get("HPEFAIR_CACHE") or home / "cache"),
            remote=get("HPEFAIR_REMOTE") or str(home / "remote"),
            models=get("HPEFAIR_MODELS") or str(HERE / "models"),
        ),
        runs=Path(get("HPEFAIR_RUNS") or home / "runs"),
        declaration=Path(get("HPEFAIR_DECLARATION") or HERE),
        ref=get("HPEFAIR_REF") or "HEAD",
        schedule=get("HPEFAIR_SCHEDULE", "0 2 * * 1"),
        watch_s=float(get("HPEFAIR_WATCH_S") or 300),
        watched=home / "watched",
        tracking=get("MLFLOW_TRACKING_URI") or f"sqlite:///{home}/mlflow.db",
        app=get("HPEFAIR_APP") or "http://127.0.0.1:5151",
        patience=timedelta(seconds=float(get("HPEFAIR_PATIENCE_S") or 72 * 3600)),
        retries=int(get("HPEFAIR_RETRIES") or 3),
        retry_delay=timedelta(seconds=float(get("HPEFAIR_RETRY_DELAY_S") or 60)),
        gpu_queue=get("HPEFAIR_GPU_QUEUE") or "default",
    )
