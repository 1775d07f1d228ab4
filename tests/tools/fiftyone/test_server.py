"""Servers that are started here: nobody else's is taken for one's own, and what stands in the way is said."""

import contextlib
import os
import socket
import stat
import sys

import psutil
import pymongo
import pytest

from hpefair.errors import InputError, ToolError
from hpefair.tools.fiftyone import server
from tests.ports import reserved_port


def test_a_port_in_use_is_not_taken_for_the_server(tmp_path):
    """Whoever listens there would be shown as one's own."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        command = [sys.executable, "-c", "import time; time.sleep(60)"]
        with (
            pytest.raises(ToolError, match=f"port {port} is in use"),
            server.serve(command, port, tmp_path / "log"),
        ):
            pass
    assert not (tmp_path / "log").exists()


def test_a_server_that_ends_at_once_names_its_log(tmp_path):
    """However soon."""
    command = [sys.executable, "-c", "raise SystemExit(3)"]
    port = reserved_port()
    with (
        pytest.raises(ToolError, match="did not start; see "),
        server.serve(command, port, tmp_path / "log"),
    ):
        pass


def test_a_database_that_is_open_elsewhere_says_so(tmp_path, monkeypatch):
    """One mongod has it; the second is refused in one line, and reaches the first by its address."""
    monkeypatch.delenv("FIFTYONE_DATABASE_URI", raising=False)
    monkeypatch.setenv(server.DATABASE_NAME, "team")
    with server.database(tmp_path) as uri:
        with monkeypatch.context() as elsewhere:
            elsewhere.delenv("FIFTYONE_DATABASE_URI")
            with pytest.raises(ToolError, match="open in another process"), server.database(tmp_path):
                pass
        with server.database(tmp_path / "unused", public=True) as shared:
            assert shared == uri
            assert os.environ[server.DATABASE_NAME] == "team-public"
        assert os.environ[server.DATABASE_NAME] == "team"
    assert not (tmp_path / "unused").exists()


def test_a_database_is_its_owners_alone(tmp_path, monkeypatch):
    """Files and logs by mode, the server by a password; its address lies in a file while it runs, and no longer."""
    monkeypatch.delenv("FIFTYONE_DATABASE_URI", raising=False)
    folder = tmp_path / "db"
    with server.database(folder) as uri:
        address = folder / server.ADDRESS_FILE
        assert address.read_text().strip() == uri
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) & 0o077 for path in folder.rglob("*")}
        assert set(modes.values()) == {0}, modes
        listening = {
            (one.laddr.ip, one.laddr.port) for one in _mongod(folder).net_connections() if one.status == "LISTEN"
        }
        assert listening == {("127.0.0.1", int(uri.rpartition(":")[2].partition("/")[0]))}
        password = uri.removeprefix("mongodb://__system:").partition("@")[0]
        assert len(password) == 64
        assert password not in (folder / "mongod.log").read_text()
        with contextlib.closing(pymongo.MongoClient(f"mongodb://{uri.rpartition('@')[2]}")) as nobody:
            with pytest.raises(pymongo.errors.OperationFailure):
                nobody["fiftyone"].list_collection_names()
            with pytest.raises(pymongo.errors.OperationFailure):
                nobody["admin"].command("createUser", "mallory", pwd="x", roles=["root"])
    assert not address.exists()


def _mongod(folder):
    """The server of a database's folder."""
    (found,) = (one for one in psutil.process_iter(["cmdline"]) if str(folder) in (one.info["cmdline"] or []))
    return found


def test_a_named_database_that_wants_a_password_says_so(tmp_path, monkeypatch):
    """A ping is answered without one."""
    monkeypatch.delenv("FIFTYONE_DATABASE_URI", raising=False)
    with server.database(tmp_path / "db") as uri, monkeypatch.context() as elsewhere:
        elsewhere.setenv("FIFTYONE_DATABASE_URI", f"mongodb://{uri.rpartition('@')[2]}")
        with pytest.raises(ToolError, match="another user or password"), server.database(tmp_path / "unused"):
            pass


def test_a_server_is_looked_for_where_it_listens(tmp_path):
    """On another address of this machine than the usual one."""
    port = reserved_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.2", "--directory", str(tmp_path)]
    with server.serve(command, port, tmp_path / "log", address="127.0.0.2"):
        assert not server._listening(port)


def test_a_short_token_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("HPEFAIR_APP_TOKEN", "guess me")
    with (
        pytest.raises(ToolError, match="at least 32"),
        server.app(server.Served(1, []), tmp_path),
    ):
        pass


def test_a_folder_of_other_files_is_no_database(tmp_path):
    """Nothing is written alongside a stranger's files; one's own folder is used again."""
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(InputError, match="not a database"):
        server.claim(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(InputError, match="is a file"):
        server.claim(tmp_path / "thesis.tex")
    for _ in range(2):
        server.claim(tmp_path / "new")
        (tmp_path / "new/app.log").write_text("")


@pytest.mark.parametrize("public", [True, False])
def test_nothing_else_is_kept_under_the_name_of_public_datasets(tmp_path, monkeypatch, public):
    """What is private would be listed alongside them."""
    monkeypatch.setenv(server.DATABASE_NAME, "team-public")
    with (
        pytest.raises(ToolError, match="FIFTYONE_DATABASE_NAME is team-public"),
        server.database(tmp_path, public=public),
    ):
        pass


def test_a_named_database_that_does_not_answer_is_one_line(tmp_path, monkeypatch):
    """Without the password that may be in the address."""
    port = reserved_port()
    monkeypatch.setattr(server, "REACH_LIMIT_MS", 300)
    monkeypatch.setenv("FIFTYONE_DATABASE_URI", f"mongodb://ab:secret@127.0.0.1:{port}")
    with pytest.raises(ToolError, match=f"no MongoDB answers at 127.0.0.1:{port}$"), server.database(tmp_path):
        pass
