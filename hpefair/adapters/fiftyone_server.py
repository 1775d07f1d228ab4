"""FiftyOne's database and App as processes that this one starts and ends."""

import contextlib
import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from hpefair.errors import ToolError

START_LIMIT_S = 120
REACH_LIMIT_MS = 5000
DATABASE_NAME = "FIFTYONE_DATABASE_NAME"
PUBLIC_ENDING = "-public"  # of the name under which public datasets are kept
PLUGINS = Path(__file__).resolve().parent / "fiftyone_plugins"


@contextlib.contextmanager
def database(folder: Path, port: int = 0, public: bool = False) -> Iterator[str]:
    """A MongoDB server on 127.0.0.1, or the one that FIFTYONE_DATABASE_URI names.

    FiftyOne's own way of starting it attaches to any other that runs and takes seconds. Enter this before the first
    `import fiftyone`, which reads address and name once.

    Args:
        folder: Where the database lives.
        port: Its port; a free one where 0.
        public: Whether public datasets are meant: they are kept apart, under a name of their own, as an App lists
            whatever lies beside the dataset that it opens.

    Yields:
        Its URI.

    Raises:
        ToolError: If it cannot be started or, where one is named, reached, or if the name of the others ends as that
            of public datasets does.
    """
    os.environ.setdefault("FIFTYONE_DATABASE_VALIDATION", "false")
    with _named(public), _running(folder, port) as uri:
        yield uri


@contextlib.contextmanager
def _named(public: bool) -> Iterator[None]:
    """The name said to FiftyOne and to its App alike; a setting in a file would reach only one of them."""
    before = os.environ.get(DATABASE_NAME)
    name = before or "fiftyone"
    if name.endswith(PUBLIC_ENDING):
        raise ToolError(f"{DATABASE_NAME} is {name}: public datasets are kept under such a name, choose another one")
    os.environ[DATABASE_NAME] = name + (PUBLIC_ENDING if public else "")
    try:
        yield
    finally:
        os.environ.pop(DATABASE_NAME)
        os.environ |= {DATABASE_NAME: before} if before else {}


@contextlib.contextmanager
def _running(folder: Path, port: int) -> Iterator[str]:
    if uri := os.environ.get("FIFTYONE_DATABASE_URI"):
        _reachable(uri)
        yield uri
        return
    spec = importlib.util.find_spec("fiftyone")
    binary = Path(spec.origin).parent / "db/bin/mongod" if spec and spec.origin else Path("mongod")
    if not binary.exists():
        raise ToolError(
            "FiftyOne's mongod is not installed: run `make setup`, or set FIFTYONE_DATABASE_URI to a MongoDB"
        )
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    command = [binary, "--dbpath", folder, "--bind_ip", "127.0.0.1", "--port", port, "--nounixsocket", "--quiet"]
    with _in_use_is_said(folder), serve([str(part) for part in command], port, folder / "mongod.log"):
        os.environ["FIFTYONE_DATABASE_URI"] = uri = f"mongodb://127.0.0.1:{port}"
        try:
            yield uri
        finally:
            os.environ.pop("FIFTYONE_DATABASE_URI", None)
            # FiftyOne asks the database once more when the interpreter exits, and would wait 30 s for it.
            if "fiftyone.core.odm.database" in sys.modules:
                sys.modules["fiftyone.core.odm.database"]._disconnect()


@contextlib.contextmanager
def app(port: int, folder: Path, address: str = "127.0.0.1") -> Iterator[str]:
    """FiftyOne's App; needs FIFTYONE_DATABASE_URI.

    Args:
        port: Port.
        folder: Its log, and a home for the files it writes.
        address: Address that it listens on.

    Yields:
        Its address.
    """
    import fiftyone.constants as constants

    environment = {
        **os.environ,
        "FIFTYONE_DISABLE_SERVICES": "1",
        "HOME": str(folder.resolve()),
        "FIFTYONE_PLUGINS_DIR": str(PLUGINS),
        "PYTHONPATH": str(PLUGINS.parents[2]),  # the plugin's own hpefair, whichever other one is installed
    }
    command = [sys.executable, "main.py", "--port", str(port), "--address", address]
    with serve(command, port, folder / "app.log", cwd=constants.SERVER_DIR, env=environment):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def serve(
    command: list[str], port: int, log: Path, cwd: str | None = None, env: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Run a server until the context ends; enters once it accepts connections.

    Raises:
        ToolError: If the port is taken, or the server ends or does not listen in time; names its log.
    """
    if _listening(port):  # whoever that is would be taken for the server
        raise ToolError(f"port {port} is in use: choose another one, or stop what listens there")
    with log.open("w") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, cwd=cwd, env=env, start_new_session=True)
    try:
        limit = time.monotonic() + START_LIMIT_S
        while process.poll() is not None or not _listening(port):
            if process.poll() is not None or time.monotonic() > limit:
                raise ToolError(f"{Path(command[0]).name} did not start; see {log}")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)


@contextlib.contextmanager
def _in_use_is_said(folder: Path) -> Iterator[None]:
    """A database that another process has open ends mongod with a hundred lines of JSON."""
    try:
        yield
    except ToolError as error:
        log = folder / "mongod.log"
        if "did not start" in str(error) and log.exists() and "DBPathInUse" in log.read_text(errors="replace"):
            raise ToolError(
                f"the database in {folder} is open in another process: end that App with Ctrl-C, or set "
                "FIFTYONE_DATABASE_URI to the address that `hpefair app` printed"
            ) from error
        raise


def _reachable(uri: str) -> None:
    import pymongo

    try:
        with contextlib.closing(pymongo.MongoClient(uri, serverSelectionTimeoutMS=REACH_LIMIT_MS)) as client:
            client.admin.command("ping")
    except pymongo.errors.PyMongoError as error:
        raise ToolError(f"FIFTYONE_DATABASE_URI: no MongoDB answers at {uri.rpartition('@')[2]}") from error


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _listening(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
        return True
    return False
