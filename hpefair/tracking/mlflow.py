"""MLflow as the tracker: one run per evaluated model, and one for the decision."""

import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import mlflow
import requests
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.entities import Metric, RunStatus
from mlflow.models import infer_signature
from mlflow.utils.time import get_current_time_millis

from hpefair.errors import ToolError
from hpefair.tracking import artifact_place
from hpefair.tracking.run import Network, Run
from hpefair.tracking.tracker import Logged, Note, Version

KEY: Final = "hpefair.key"
WEIGHTS: Final = "weights"  # folder of a run's artifacts
NAME: Final = "hpefair"  # of the registered model
BATCH: Final = 900  # MLflow takes at most 1,000 metrics a call
PICKLES: Final = "MLFLOW_ALLOW_PICKLE_DESERIALIZATION"
FINISHED: Final = f"attributes.status = '{RunStatus.to_string(RunStatus.FINISHED)}'"
# Seven tries with growing pauses, MLflow's own choice, are four minutes: silent, and without training in `curves`.
TRIES: Final = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
PATIENCE: Final = {TRIES: "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}
EVERY: Final = 10  # steps; a call per step would cost more than the step


@contextmanager
def connected(uri: str, experiment: str) -> Iterator["Mlflow"]:
    """See `tracker.connected`."""
    for noisy in ("mlflow", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    os.environ.setdefault(TRIES, "2")
    try:
        _open_experiment(uri, experiment)
        yield Mlflow()
    except mlflow.exceptions.MlflowException as error:
        if _unanswered(error):
            raise ToolError(
                f"MLflow at {uri} does not answer: start the server or give another address, then run this again"
            ) from error
        raise ToolError(
            f"MLflow at {uri} refused the request ({_first_line(error)}); check user, password and permissions"
        ) from error


class Mlflow:
    """The current experiment, as a `Tracker`."""

    def __init__(self) -> None:
        """Use the experiment that was opened last."""
        self._client = mlflow.MlflowClient()

    def log(self, run: Run) -> str:
        """See `Tracker`."""
        known = self.find(run.key)
        if known is not None and run.model and not self.holds_weights(known.run_id):
            # The artifacts were removed with a workspace: a run without artifacts is not evidence of a model.
            self._client.set_tag(known.run_id, KEY, f"{run.key}:artifacts lost")
            known = None
        if known is not None:
            for key, value in run.decided.items():
                if known.tags.get(key) != value:
                    self._client.set_tag(known.run_id, key, value)
            return f"{run.name}: logged before as run {known.run_id}"
        with mlflow.start_run(run_name=run.name, tags={KEY: run.key, **run.tags, **run.decided}) as active:
            _fill(run)
        return f"{run.name}: {len(run.metrics)} metrics in run {active.info.run_id}"

    def find(self, key: str) -> Logged | None:
        """See `Tracker`."""
        wanted = f"tags.`{KEY}` = '{key}' and {FINISHED}"
        runs = mlflow.search_runs(filter_string=wanted, max_results=1, output_format="list")
        return Logged(runs[0].info.run_id, runs[0].data.metrics, runs[0].data.tags) if runs else None

    def gaps(self) -> list[dict[str, Any]]:
        """See `Tracker`."""
        runs = mlflow.search_runs(filter_string=FINISHED, order_by=["attributes.start_time ASC"], output_format="list")
        return [
            {"run": run.info.run_name, "when": _moment(run), "commit": run.data.tags.get("git.commit", "")[:8]}
            | {"metric": key.split("/")[1], "attribute": key.split("/")[2], "gap": value}
            for run in runs
            for key, value in run.data.metrics.items()
            if key.startswith("gap/")
        ]

    def holds_weights(self, run_id: str) -> bool:
        """See `Tracker`."""
        return bool(self._client.list_artifacts(run_id, WEIGHTS))

    def download_weights(self, run_id: str, folder: Path) -> Path:
        """See `Tracker`."""
        try:
            place = Path(
                mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=WEIGHTS, dst_path=str(folder))
            )
        except (mlflow.exceptions.MlflowException, OSError) as error:
            raise ToolError(f"the weights of run {run_id} cannot be downloaded: {_first_line(error)}") from error
        if not any(place.iterdir()):
            raise ToolError(f"run {run_id} holds no weights")
        return place

    def load(self, version: Version) -> None:
        """See `Tracker`."""
        os.environ[PICKLES] = "false"  # an exported program is loaded, code that somebody put in its place is not run
        try:
            mlflow.pytorch.load_model(f"models:/{NAME}/{version.number}")
        except Exception as error:  # what loading raises has no common class
            said = " ".join(str(error).split())[:200]
            raise ToolError(
                f"version {version.number} cannot be loaded from MLflow ({said}): log the model again"
            ) from error

    def versions(self) -> Sequence[Version]:
        """See `Tracker`."""
        return [_version(one) for one in self._client.search_model_versions(f"name = '{NAME}'")]

    def register(self, run_id: str, model: str, tags: Mapping[str, str]) -> Version:
        """See `Tracker`."""
        return _version(mlflow.register_model(f"runs:/{run_id}/pose_{model}", NAME, tags=dict(tags)))

    def tag(self, version: Version, key: str, value: str) -> None:
        """See `Tracker`."""
        self._client.set_model_version_tag(NAME, version.number, key, value)

    def holder(self, alias: str) -> Version | None:
        """See `Tracker`; None where the model or the alias does not exist; other errors are raised."""
        try:
            return _version(self._client.get_model_version_by_alias(NAME, alias))
        except mlflow.exceptions.MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise

    def seat(self, alias: str, version: Version | None) -> None:
        """See `Tracker`."""
        if version is None:
            self._client.delete_registered_model_alias(NAME, alias)
        else:
            self._client.set_registered_model_alias(NAME, alias, version.number)


@contextmanager
def curves(uri: str, name: str, experiment: str) -> Iterator[Note]:
    """See `tracker.curves`."""
    for key, value in PATIENCE.items():
        os.environ.setdefault(key, value)
    client = mlflow.MlflowClient(uri)
    try:
        mlflow.set_tracking_uri(uri)
        run = client.create_run(mlflow.set_experiment(experiment).experiment_id, run_name=name).info.run_id
    except mlflow.exceptions.MlflowException as error:
        said = _first_line(error)[:120]
        raise ToolError(f"MLflow at {uri} does not answer: start it, or leave out --track ({said})") from error
    sending = _Sending(client, run, uri)
    try:
        yield sending.note
    finally:
        sending.send()
        ended = "FINISHED" if sys.exc_info()[0] is None else "FAILED"
        if not sending.lost:
            with suppress(mlflow.exceptions.MlflowException):  # nothing is lost but the word that it has ended
                client.set_terminated(run, ended)


class _Sending:
    """Numbers of a training on their way, a batch at a time."""

    def __init__(self, client: mlflow.MlflowClient, run: str, uri: str) -> None:
        self._client, self._run, self._uri = client, run, uri
        self._waiting: list[Metric] = []
        self.lost = False

    def note(self, step: int, values: Mapping[str, float]) -> None:
        if step % EVERY == 0 or len(values) > 1:
            now = get_current_time_millis()
            self._waiting.extend(Metric(key, value, now, step) for key, value in values.items() if value == value)
            self.send()

    def send(self) -> None:
        if not self._waiting or self.lost:
            return
        try:
            self._client.log_batch(self._run, self._waiting)
        except mlflow.exceptions.MlflowException as error:
            self.lost = True
            print(
                f"MLflow at {self._uri} stopped answering ({_first_line(error)}); training continues without it",
                file=sys.stderr,
            )
        self._waiting.clear()


def _open_experiment(uri: str, name: str) -> None:
    """Make an experiment the current one; a new one keeps its artifacts where its database outlives them."""
    artifact_place.make_private(uri)
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient()
    known = client.get_experiment_by_name(name)
    if known is None:
        try:
            client.create_experiment(name, artifact_location=artifact_place.place(uri, name))
        except mlflow.exceptions.MlflowException as error:  # made by another process in between
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
    elif gone := artifact_place.gone(known.artifact_location):
        raise ToolError(
            f"the artifacts of the experiment {name} are gone: {gone} does not exist; name another experiment with "
            "--experiment, or rename this one (`mlflow experiments rename`)"
        )
    mlflow.set_experiment(name)


def _fill(run: Run) -> None:
    """Everything that a run holds, into the active one."""
    mlflow.log_params({key: value for key, value in run.params.items() if value is not None})
    items = list(run.metrics.items())
    for start in range(0, len(items), BATCH):
        mlflow.log_metrics(dict(items[start : start + BATCH]))
    for data in run.data:
        source = CodeDatasetSource(tags={"dvc.path": data.folder.as_posix(), **run.tags})
        mlflow.log_input(MetaDataset(source, name=data.name, digest=data.digest), context=data.context)
    for name, table in run.tables.items():
        mlflow.log_table(table, f"tables/{name}.json")
    for path in run.files:
        mlflow.log_artifact(str(path))
    if run.model:
        _log_model(run.name, run.model())


def _log_model(name: str, model: Network) -> None:
    # Naming the requirement keeps MLflow from importing everything to infer it, and from pinning a local build.
    release = str(sys.modules["torch"].__version__).split("+")[0]
    mlflow.pytorch.log_model(
        model.module,
        name=f"pose_{name}",
        signature=infer_signature(model.example, model.output),
        input_example=model.example,
        pip_requirements=[f"torch=={release}"],
        # It would load what was just written, seconds for each model; `check_loadable` does before an alias is given.
        validate_serving_input=False,
    )
    mlflow.log_artifacts(str(model.folder), WEIGHTS)


def _version(model_version: Any) -> Version:
    return Version(str(model_version.version), str(model_version.run_id), dict(model_version.tags))


def _unanswered(error: BaseException | None) -> bool:
    """Whether an error comes from a server that was not reached; MLflow says so only in words."""
    while error and not isinstance(error, requests.ConnectionError):
        error = error.__cause__ or error.__context__
    return error is not None and not isinstance(error, requests.exceptions.SSLError | requests.exceptions.ProxyError)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]


def _moment(run: Any) -> str:
    return datetime.fromtimestamp(run.info.start_time / 1000, UTC).isoformat(timespec="seconds")
