"""FiftyOne's database and App as processes that this one starts and ends."""

import contextlib
import importlib.util
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hpefair.errors import InputError, ToolError

START_LIMIT_S = 120
REACH_LIMIT_MS = 5000
LOOPBACK: Final = "127.0.0.1"
# Where a server on such an address answers.
REACHED: Final = {"0.0.0.0": LOOPBACK, "::": "::1", "localhost": LOOPBACK}  # noqa: S104 - nothing listens here
SHORTEST: Final = 32  # characters of a token, as the guard has it
DATABASE_NAME = "FIFTYONE_DATABASE_NAME"
PUBLIC_ENDING = "-public"  # of the name under which public datasets are kept
PLUGINS = Path(__file__).resolve().parent / "plugins"
PASSWORD: Final = "HPEFAIR_DATABASE_PASSWORD"
ADDRESS_FILE: Final = "address"  # alongside the database: its address, password included
ONLY_OWNER: Final = 0o077  # umask of databases, passwords and logs
OURS: Final = ".hpefair"  # a file that says whose folder it is …
ENGINE: Final = "WiredTiger"  # … as does one that every database of mongod has


@dataclass(frozen=True)
class Served:
    """How an App is served.

    Attributes:
        port: Port.
        media: Folders whose pictures it shows.
        address: Address that it listens on.
        hosts: Further host names under which it answers.
    """

    port: int
    media: Sequence[Path]
    address: str = "127.0.0.1"
    hosts: Sequence[str] = ()


@contextlib.contextmanager
def database(folder: Path, port: int = 0, public: bool = False) -> Iterator[str]:
    """A MongoDB server on 127.0.0.1 with a password of its own, or the one that FIFTYONE_DATABASE_URI names.

    FiftyOne's own way of starting it attaches to any other that runs and takes seconds. Enter this before the first
    `import fiftyone`, which reads address and name once.

    Args:
        folder: Where the database lives.
        port: Its port; a free one where 0.
        public: Whether public datasets are meant: they are kept apart, under a name of their own, as an App lists
            whatever lies alongside the dataset that it opens.

    Yields:
        Its URI.

    Raises:
        ToolError: If it cannot be started or, where one is named, reached, or if the name of the others ends as that
            of public datasets does.
        InputError: If the folder holds something else than a database.
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
    claim(folder)
    port = port or free_port()
    password = os.environ.get(PASSWORD) or secrets.token_hex(32)
    with tempfile.TemporaryDirectory() as scratch, _in_use_is_said(folder):
        # Whoever has the key is let in; no user has to be made, which anybody on this machine could do first.
        key = private(Path(scratch) / "key", password)
        command = [binary, "--dbpath", folder, "--bind_ip", "127.0.0.1", "--port", port, "--nounixsocket", "--quiet"]
        command += ["--keyFile", key, "--setParameter", "enableLocalhostAuthBypass=false"]
        with serve([str(part) for part in command], port, folder / "mongod.log"):
            key.unlink()
            uri = f"mongodb://__system:{password}@127.0.0.1:{port}/?authSource=local"
            with _named_in(folder / ADDRESS_FILE, uri):
                yield uri


@contextlib.contextmanager
def _named_in(file: Path, uri: str) -> Iterator[None]:
    """The database's address in the environment and, for other processes of this user, in a file alongside it."""
    private(file, uri + "\n")
    os.environ["FIFTYONE_DATABASE_URI"] = uri
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
        os.environ.pop("FIFTYONE_DATABASE_URI", None)
        # FiftyOne asks the database once more when the interpreter exits, and would wait 30 s for it.
        if "fiftyone.core.odm.database" in sys.modules:
            sys.modules["fiftyone.core.odm.database"]._disconnect()


def claim(folder: Path) -> None:
    """Make a folder for database and logs, for its owner alone; one that holds something else is left alone.

    Raises:
        InputError: If it does.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file: name a folder for FiftyOne's database")
    if folder.exists() and any(folder.iterdir()) and not any((folder / name).is_file() for name in (OURS, ENGINE)):
        raise InputError(f"{folder} holds files that are not a database: name a new or empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    (folder / OURS).touch(0o600)


def private(path: Path, text: str) -> Path:
    """Write a file that nobody but its owner can read, from its first byte on; its path."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    return path


@contextlib.contextmanager
def app(served: Served, folder: Path) -> Iterator[tuple[str, str]]:
    """FiftyOne's App behind a token (`guard`); needs FIFTYONE_DATABASE_URI.

    Args:
        served: Where, what and under which names.
        folder: Its log, and a home for the files it writes.

    Yields:
        Its address, and the token that a browser's first request has to carry as `?token=`: that of HPEFAIR_APP_TOKEN,
        or a new one.

    Raises:
        ToolError: If the token is too short, or the App does not start.
    """
    token = os.environ.get("HPEFAIR_APP_TOKEN") or secrets.token_urlsafe(32)
    if len(token) < SHORTEST:
        raise ToolError(f"HPEFAIR_APP_TOKEN has {len(token)} characters: at least {SHORTEST} are needed")
    environment = {
        **os.environ,
        "FIFTYONE_DISABLE_SERVICES": "1",
        "HOME": str(folder.resolve()),
        "FIFTYONE_PLUGINS_DIR": str(PLUGINS),
        "PYTHONPATH": str(PLUGINS.parents[3]),  # the plugin's own hpefair, whichever other one is installed
        "HPEFAIR_APP_TOKEN": token,
        "HPEFAIR_APP_MEDIA": os.pathsep.join(str(path.resolve()) for path in served.media),
        "HPEFAIR_APP_HOSTS": ",".join(served.hosts),
    }
    words = ["--port", str(served.port), "--address", served.address]
    command = [sys.executable, "-P", "-m", "hpefair.tools.fiftyone.app", *words]
    host = REACHED.get(served.address, served.address)
    with serve(command, served.port, folder / "app.log", cwd=str(folder), env=environment, address=served.address):
        yield f"http://{f'[{host}]' if ':' in host else host}:{served.port}", token


@contextlib.contextmanager
def serve(
    command: list[str],
    port: int,
    log: Path,
    cwd: str | None = None,
    env: Mapping[str, str] | None = None,
    address: str = LOOPBACK,
) -> Iterator[None]:
    """Run a server until the context ends; enters once it accepts connections.

    Raises:
        ToolError: If the port is taken, or the server ends or does not listen in time; names its log.
    """
    if _listening(port, address):  # whoever that is would be taken for the server
        raise ToolError(f"port {port} is in use: choose another one, or stop what listens there")
    private(log, "")
    with log.open("w") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=file, cwd=cwd, env=env, start_new_session=True, umask=ONLY_OWNER
        )
    try:
        limit = time.monotonic() + START_LIMIT_S
        while process.poll() is not None or not _listening(port, address):
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
                f"FIFTYONE_DATABASE_URI to what {folder / ADDRESS_FILE} says"
            ) from error
        raise


def _reachable(uri: str) -> None:
    import pymongo

    try:
        with contextlib.closing(pymongo.MongoClient(uri, serverSelectionTimeoutMS=REACH_LIMIT_MS)) as client:
            client[os.environ[DATABASE_NAME]].list_collection_names()  # a ping is answered without a password as well
    except pymongo.errors.OperationFailure as error:
        raise ToolError(
            f"FIFTYONE_DATABASE_URI: the MongoDB at {uri.rpartition('@')[2]} asks for another user or password"
        ) from error
    except pymongo.errors.PyMongoError as error:
        raise ToolError(f"FIFTYONE_DATABASE_URI: no MongoDB answers at {uri.rpartition('@')[2]}") from error


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _listening(port: int, address: str = LOOPBACK) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((REACHED.get(address, address), port), 0.2):
        return True
    return False
