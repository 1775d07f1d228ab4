"""One running attempt per task and workspace: a command ends with its owner, and a new attempt ends an old one.

usage: python -m hpefair.orchestration.locks.lease NAME [--owner PID ...] -- COMMAND ...

A worker that is killed leaves its DVC stage running, and a retry would start a second copy alongside it. So the command
runs below a launcher. The launcher ends the command's process group when its owner dies; the kernel ends the command
when the launcher dies; and who holds a lease is written down in the workspace, so that the next attempt can end what is
left all the same, and take its locks away.
"""

import argparse
import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import psutil

from hpefair.machine import process_state
from hpefair.orchestration.locks import process_group, rwlock

LEASES: Final = Path(".hpefair/leases")
HELD_ELSEWHERE: Final = 75  # EX_TEMPFAIL of sysexits.h: try again later
POLL_S: Final = 0.2
HEARTBEAT_S: Final = 5.0
SILENT_S: Final = 60.0  # a lease of another host that was not renewed for so long has lost its holder
PR_SET_PDEATHSIG: Final = 1
PR_SET_CHILD_SUBREAPER: Final = 36
LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None


def main() -> int:
    """Run a command below a lease of the current folder; its exit code, or 75 where another host holds the lease."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="what runs, such as a stage; one attempt of it at a time")
    parser.add_argument("--owner", type=int, action="append", help="end when this process is gone; repeatable")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    return run(arguments.name, arguments.command, arguments.owner or [os.getppid()])


def run(name: str, command: Sequence[str], owners: Sequence[int], workspace: Path = Path()) -> int:
    """Run a command below a lease.

    Args:
        name: What runs; one attempt of it at a time.
        command: Argument list.
        owners: Ids of the processes on whose behalf it runs.
        workspace: Folder to run in.

    Returns:
        The command's exit code (128 + n for signal n), or 75 where another host holds the lease.
    """
    path = workspace.resolve() / LEASES / f"{name}.json"
    path.parent.parent.mkdir(exist_ok=True)
    path.parent.mkdir(exist_ok=True)
    holder = _read(path)
    if holder and holder["host"] != socket.gethostname() and time.time() - path.stat().st_mtime < SILENT_S:
        print(f"lease: {name} runs on {holder['host']}; not started a second time", file=sys.stderr)
        return HELD_ELSEWHERE
    if holder and _reclaim(holder):
        print(f"lease: ended what an earlier attempt of {name} left running", file=sys.stderr)
    rwlock.drop_stale(workspace)
    try:
        watched = [psutil.Process(pid) for pid in owners]
    except psutil.NoSuchProcess:
        return 128 + signal.SIGTERM
    return _hold(path, command, watched, workspace)


def _hold(path: Path, command: Sequence[str], owners: Sequence[psutil.Process], workspace: Path) -> int:
    """Start the command, keep the lease fresh, end with the owners."""
    asked: list[int] = []
    _adopt_orphans()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _: asked.append(received))
    process = subprocess.Popen(command, cwd=workspace, start_new_session=True, preexec_fn=lambda: _begin(path))
    fresh = time.monotonic()
    try:
        while process.poll() is None:
            if (
                asked
                or not all(process_state.alive(owner) for owner in owners)
                or _read(path).get("launcher") != os.getpid()
            ):
                _end_all(process)
                return 128 + (asked[0] if asked else signal.SIGTERM)
            if time.monotonic() - fresh > HEARTBEAT_S:
                path.touch()
                fresh = time.monotonic()
            time.sleep(POLL_S)
    finally:
        _end_all(process)
        if _read(path).get("launcher") == os.getpid():
            path.unlink(missing_ok=True)
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def _reclaim(holder: dict[str, Any]) -> bool:
    """End the process group of an earlier attempt, if it is still there and still the same; whether it was."""
    if holder["host"] != socket.gethostname() or holder["boot"] != _boot():
        return False
    try:
        same = _started(psutil.Process(holder["group"])) == holder["started"]
    except psutil.NoSuchProcess:
        # The leader is gone; its group is the same one as long as it has members, for its number is not given away.
        same = process_group.exists(holder["group"])
    if same:
        process_group.end(holder["group"])
    return same


def _read(path: Path) -> dict[str, Any]:
    """The lease, or nothing where there is none (an unreadable one is of no use to anybody)."""
    try:
        lease: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return lease if {"host", "boot", "group", "started", "launcher"} <= set(lease) else {}
    except (FileNotFoundError, ValueError):
        return {}


def _begin(path: Path) -> None:
    """In the command's process, before it becomes the command: nothing ever runs without a lease that names it."""
    _die_with_launcher()
    host = {"host": socket.gethostname(), "boot": _boot()}
    lease = {**host, "group": os.getpid(), "started": _started(psutil.Process()), "launcher": os.getppid()}
    scratch = path.with_suffix(f".{os.getpid()}")
    scratch.write_text(json.dumps(lease), encoding="utf-8")
    scratch.replace(path)


def _boot() -> str:
    """Identity of this machine's run: process numbers mean nothing after the next start."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text(encoding="ascii").strip() if path.exists() else ""


def _started(process: psutil.Process) -> float:
    """When a process started, on a clock that nobody sets: ticks since boot where the kernel tells them."""
    path = Path(f"/proc/{process.pid}/stat")
    try:
        return float(path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return float(process.create_time())


def _end_all(process: subprocess.Popen[bytes]) -> None:
    """End the command's group, and whatever of it went to a session of its own, as torchrun's workers do."""
    below = psutil.Process().children(recursive=True)
    process_group.end(process.pid)
    process.wait()
    for left in {*below, *psutil.Process().children(recursive=True)}:
        with contextlib.suppress(psutil.NoSuchProcess):
            left.kill()


def _adopt_orphans() -> None:
    """Linux only: processes below whose parent ends become children of this one, and can be found and ended."""
    if LIBC:
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1)


def _die_with_launcher() -> None:
    """Linux only: the kernel kills the command when the launcher dies, however that happens."""
    if LIBC:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
