"""Where artifacts lie: alongside the database that names them, and both are their owner's alone."""

import os
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from hpefair.errors import ToolError

SQLITE: Final = "sqlite:///"
VARIABLE: Final = "HPEFAIR_ARTIFACTS"  # a folder or URI for artifacts, where no server decides that
FOLDER: Final = "mlartifacts"


def place(uri: str, name: str) -> str | None:
    """Where an experiment's artifacts go; None where a server decides.

    MLflow's own choice is a folder below whatever folder the first process ran in: for a scheduler that is the
    workspace of a run, which is removed at its end.

    Args:
        uri: Tracking URI.
        name: Experiment.

    Raises:
        ToolError: If nobody says where artifacts are to go.
    """
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


def gone(location: str) -> Path | None:
    """Folder on this machine that artifacts lay in and that is gone; None where all is well.

    An experiment's own folder, and the one for all of them, are made when the first artifact comes.
    """
    parts = urlsplit(location)
    if parts.scheme not in ("", "file"):
        return None
    around = Path(unquote(parts.path)).parent.parent
    return None if around.exists() else around


def make_private(uri: str) -> None:
    """Make an absent SQLite database empty, readable by its owner alone; SQLite gives its journals the same mode."""
    if not uri.startswith(SQLITE):
        return
    database = _database(uri)
    database.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.close(os.open(database, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return
