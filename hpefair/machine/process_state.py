"""Whether a process is there."""

import psutil


def alive(process: psutil.Process) -> bool:
    """Whether a process is there, and no zombie."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
