"""Ports of tests: one process is given what no other is, and what nobody listens on."""

import socket
import subprocess
import sys

import pytest

from tests import ports
from tests.conftest import PROJECT

HOLD = "from tests.ports import reserved_port; print(reserved_port(), flush=True); input()"


def test_another_process_is_not_given_it_until_this_one_ends(monkeypatch):
    """Only one port is left to choose from."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        port = int(other.stdout.readline())
        monkeypatch.setattr(ports, "_candidates", lambda: iter([port]))
        with pytest.raises(AssertionError, match="no free port"):
            ports.reserved_port()
        other.kill()
    assert ports.reserved_port() == port
    with pytest.raises(AssertionError, match="no free port"):
        ports.reserved_port()


def test_a_port_that_somebody_listens_on_is_left_out(monkeypatch):
    """On whichever address; and a server of its own may listen on what is given."""
    with socket.create_server(("127.0.0.2", 0)) as stranger:
        taken = stranger.getsockname()[1]
        free = ports.reserved_port()
        ports._held.pop(free).close()
        monkeypatch.setattr(ports, "_candidates", lambda: iter([taken, free]))
        assert ports.reserved_port() == free
    with socket.create_server(("127.0.0.1", free)):
        pass


def test_the_kernel_gives_none_of_them_away():
    """To whoever connects, or asks for any port."""
    low, high = map(int, ports.RANGE_FILE.read_text().split())
    assert not [port for port in ports._candidates() if low <= port <= high]
