"""Where MLflow keeps what hpefair logs: artifacts lie alongside their database, and both are their owner's alone."""

import os
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

import mlflow

from hpefair.errors import ToolError

SQLITE: Final = "sqlite:///"
VARIABLE: Final = "HPEFAIR_ARTIFACTS"  # a folder or URI for artifacts, where no server decides that
FOLDER: Final = "mlartifacts"


def open_experiment(uri: str, name: str) -> None:
    """Make an experiment the current one; a new one keeps its artifacts where its database outlives them.

    MLflow's own choice is a folder below whatever folder the first process ran in: for a scheduler that is the
    workspace of a run, which is removed at its end.

    Args:
        uri: Tracking URI.
        name: Experiment.

    Raises:
        ToolError: If nobody says where artifacts are to go, or those of the experiment are gone.
    """
    if uri.startswith(SQLITE):
        _private(_database(uri))
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient()
    known = client.get_experiment_by_name(name)
    if known is None:
        try:
            client.create_experiment(name, artifact_location=_place(uri, name))
        except mlflow.exceptions.MlflowException as error:  # made by another process in between
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
    elif gone := _gone(known.artifact_location):
        raise ToolError(
            f"the experiment {name} keeps its artifacts below {gone}, which is not there any more: name another one "
            "with --experiment, or rename it (`mlflow experiments rename`)"
        )
    mlflow.set_experiment(name)


def _place(uri: str, name: str) -> str | None:
    """Where an experiment's artifacts go; None where a server decides."""
    said = os.environ.get(VARIABLE, "")
    folder = quote(name, safe="")  # one folder, whatever the experiment is called
    if said:
        return f"{said.rstrip('/')}/{folder}" if "://" in said else (Path(said).resolve() / folder).as_uri()
    if uri.startswith(SQLITE):
        around = _database(uri).resolve().parent / FOLDER
        around.mkdir(mode=0o700, parents=True, exist_ok=True)
        return (around / folder).as_uri()
    if urlsplit(uri).scheme in ("http", "https", "databricks"):
        return None
    raise ToolError(f"{VARIABLE} is not set: say which folder or store keeps the artifacts of {uri.partition(':')[0]}")


def _database(uri: str) -> Path:
    return Path(uri.removeprefix(SQLITE).partition("?")[0])


def _gone(location: str) -> Path | None:
    """Folder on this machine that artifacts lay in and that is gone; None where all is well.

    An experiment's own folder, and the one for all of them, are made when the first artifact comes.
    """
    parts = urlsplit(location)
    if parts.scheme not in ("", "file"):
        return None
    around = Path(unquote(parts.path)).parent.parent
    return None if around.exists() else around


def _private(database: Path) -> None:
    """An absent database is made empty, readable by its owner alone; SQLite gives its journals the same mode."""
    database.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.close(os.open(database, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return
