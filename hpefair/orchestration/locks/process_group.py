"""Process groups: whether one is there, and its end."""

import os
import signal
import time
from typing import Final

import psutil

from hpefair.machine import process_state

GRACE_S: Final = 3.0  # Airflow waits 5 seconds before it kills a task that it asked to end
POLL_S: Final = 0.05


def exists(group: int) -> bool:
    """Whether the group has members that are not zombies."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return any(_belongs(process, group) for process in psutil.process_iter())


def end(group: int, grace_s: float = GRACE_S) -> None:
    """Ask every member to end, and kill whoever did not within `grace_s` seconds."""
    for wanted, seconds in ((signal.SIGTERM, grace_s), (signal.SIGKILL, 1.0)):
        try:
            os.killpg(group, wanted)
        except (ProcessLookupError, PermissionError):
            return
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if not exists(group):
                return
            time.sleep(POLL_S)


def _belongs(process: psutil.Process, group: int) -> bool:
    try:
        return os.getpgid(process.pid) == group and process_state.alive(process)
    except (ProcessLookupError, PermissionError):
        return False
