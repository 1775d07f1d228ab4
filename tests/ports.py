"""Ports for servers of tests: no two test processes of a machine are given the same one."""

import random
import socket
from collections.abc import Iterator
from pathlib import Path

RANGE_FILE = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST, HIGHEST = 10_000, 65_535

_held: dict[int, socket.socket] = {}


def reserved_port() -> int:
    """A port on which nobody listens, and which this process alone is given until it ends.

    What marks it is a UDP socket on it: the kernel gives that to one process, and takes it back when the process ends,
    however that happens. Servers listen over TCP, whose ports are others.
    """
    for port in _candidates():
        if port in _held:
            continue
        mark = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            mark.bind(("127.0.0.1", port))
            _listen_nowhere(port)
        except OSError:
            mark.close()
            continue
        _held[port] = mark
        return port
    raise AssertionError(f"no free port from {LOWEST} to {HIGHEST} outside of those that the kernel gives away")


def _candidates() -> Iterator[int]:
    """Ports in any order but those that the kernel gives to connections and to whoever asks for any port."""
    low, high = map(int, RANGE_FILE.read_text().split()) if RANGE_FILE.exists() else (32_768, HIGHEST)
    # Unseeded: what seeds the common numbers for a test would make all processes try the same ports.
    numbers = [port for port in range(LOWEST, HIGHEST + 1) if not low <= port <= high]
    yield from random.SystemRandom().sample(numbers, len(numbers))


def _listen_nowhere(port: int) -> None:
    """Raise where somebody listens on it, on whichever address, or a connection of an earlier server still rests."""
    with socket.socket() as server:
        server.bind(("", port))
