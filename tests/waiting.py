"""Waits of tests: for something to be true, bounded, and with a failure that says what was waited for."""

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import psutil

Found = TypeVar("Found")

PATIENCE_S = 120  # seconds pass on a busy machine in which nothing is wrong


def wait_for(
    condition: Callable[[], Found],
    what: str,
    seconds: float = PATIENCE_S,
    every: float = 0.05,
    shown: Callable[[], str] | None = None,
) -> Found:
    """What a condition gives as soon as that is true.

    Args:
        condition: Asked again and again; it raises where waiting has become pointless.
        what: What is waited for, for the failure.
        seconds: Bound.
        every: Seconds between two looks.
        shown: What else the failure shows, such as the end of a log.

    Raises:
        AssertionError: If it is not true in time.
    """
    limit = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > limit:
            said = f"\n{shown()}" if shown else ""
            raise AssertionError(f"waited {seconds:g} s for {what}; what was there in the end: {found!r}{said}")
        time.sleep(every)
    return found


def running(process: subprocess.Popen, what: str, log: Path | None = None) -> None:
    """Fail where a process has ended while something is waited for that it was to do."""
    if process.poll() is not None:
        said = f"\n{end_of(log)}" if log else ""
        raise AssertionError(f"it ended with {process.returncode} while {what} was waited for{said}")


def ended(process: subprocess.Popen, what: str, seconds: float = PATIENCE_S) -> int:
    """Exit code of a process that is to end.

    Raises:
        AssertionError: If it does not end in time, which says what it was; it is killed.
    """
    with _bounded(process, what, seconds):
        return process.wait(seconds)


def last_words(process: subprocess.Popen, what: str, seconds: float = PATIENCE_S) -> str:
    """What a process that is to end says on standard error, a pipe that has to be read for it to end.

    Raises:
        AssertionError: As in `ended`.
    """
    with _bounded(process, what, seconds):
        return process.communicate(timeout=seconds)[1]


@contextlib.contextmanager
def _bounded(process: subprocess.Popen, what: str, seconds: float) -> Iterator[None]:
    try:
        yield
    except subprocess.TimeoutExpired as error:
        process.kill()
        raise AssertionError(f"waited {seconds:g} s for the end of {what}: {process.args}") from error


def end_of(log: Path, characters: int = 3000) -> str:
    """The end of a log, under its name."""
    text = log.read_text(errors="replace")[-characters:] if log.exists() else "is not there"
    return f"--- {log.name}\n{text}"


def gone(process: psutil.Process) -> bool:
    """Whether a process has ended, whoever has yet to notice."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
