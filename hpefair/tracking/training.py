"""Curves of a training to MLflow, while it runs; a tracking server that goes away ends no training."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

import mlflow
from mlflow.entities import Metric
from mlflow.utils.time import get_current_time_millis

from hpefair.errors import ToolError

# Seven tries with growing pauses, MLflow's own choice, are four minutes in which nothing is trained.
PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}
EVERY = 10  # steps; a call per step would cost more than the step


@contextmanager
def tracker(uri: str, name: str, experiment: str = "hpefair") -> Iterator[Callable[[int, Mapping[str, float]], None]]:
    """Open a run, and yield a function that takes a step and its numbers.

    Args:
        uri: Tracking URI.
        name: Name of the run.
        experiment: Experiment.

    Raises:
        ToolError: If the store cannot be reached at the start.
    """
    for key, value in PATIENCE.items():
        os.environ.setdefault(key, value)
    client = mlflow.MlflowClient(uri)
    try:
        mlflow.set_tracking_uri(uri)
        run = client.create_run(mlflow.set_experiment(experiment).experiment_id, run_name=name).info.run_id
    except mlflow.exceptions.MlflowException as error:
        said = str(error).splitlines()[0]
        raise ToolError(f"MLflow at {uri} does not answer: start it, or leave out --track ({said[:120]})") from error
    waiting: list[Metric] = []
    lost = False

    def send() -> None:
        nonlocal lost
        if not waiting or lost:
            return
        try:
            client.log_batch(run, waiting)
        except mlflow.exceptions.MlflowException as error:
            lost = True
            print(f"MLflow at {uri} is gone ({str(error).splitlines()[0]}); the training goes on", file=sys.stderr)
        waiting.clear()

    def note(step: int, values: Mapping[str, float]) -> None:
        if step % EVERY == 0 or len(values) > 1:
            now = get_current_time_millis()
            waiting.extend(Metric(key, value, now, step) for key, value in values.items() if value == value)
            send()

    try:
        yield note
    finally:
        send()
        ended = "FINISHED" if sys.exc_info()[0] is None else "FAILED"
        if not lost:
            with suppress(mlflow.exceptions.MlflowException):  # nothing is lost but the word that it has ended
                client.set_terminated(run, ended)
