"""Seeded kills of a pipeline at work: who is killed, in which stage, when; and what that costs."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.conftest import environment
from tests.waiting import end_of, ended, wait_for

SEEN_LIMIT_S = 400  # for a stage to be seen at work
GONE_LIMIT_S = 60  # for what was below a killed process to end
POLL_S = 0.002
SOON_S = 0.05  # after a stage's end
VICTIMS = ("dvc", "stage", "group")
MOMENTS = ("middle", "end")
REUSED = "finished before dvc had noted it"


@dataclass
class Kill:
    """One kill and what came of it.

    Attributes:
        stage: Stage instance.
        victim: dvc alone, the stage's process alone, or everything at once, as when power fails.
        moment: In the middle, or within 50 ms after the stage put its output in its place.
        hit: Whether somebody was killed, or the stage was faster.
        orphans: Processes that were still there long after.
        redone: Finished items that were made once more.
        finished: Finished items at the moment of the kill.
        repeated: Whether the stage was computed again although it had finished.
        said: What dvc printed while the stage came to its end.
    """

    stage: str
    victim: str
    moment: str
    hit: bool = False
    orphans: list[str] = field(default_factory=list)
    redone: int = 0
    finished: int = 0
    repeated: bool = False
    said: str = ""


def kill(root: Path, stage: str, victim: str, moment: str, delay_s: float) -> Kill:
    """Run a stage, kill somebody, and run it again to its end.

    Args:
        root: Workspace; what is above the stage is up to date.
        stage: Stage instance; run anew, whatever dvc thinks of it.
        victim: One of `VICTIMS`.
        moment: One of `MOMENTS`.
        delay_s: Seconds after that moment: after the stage began, or after its output appeared.
    """
    found = Kill(stage, victim, moment)
    word, _, item = stage.partition("@")
    out = root / "data" / word / item
    log = root / "kill.log"
    with log.open("w") as file:
        running = subprocess.Popen(
            [sys.executable, "-m", "dvc", "repro", "--force", "--single-item", stage], cwd=root, env=environment(),
            stdout=file, stderr=file, start_new_session=True,
        )  # fmt: skip
    process = _seen(running, word, lambda: moment == "middle" or out.exists(), log)
    if process is not None:
        time.sleep(delay_s)
        found.hit = _end(running, process, victim)
    items = _items(root, stage)
    found.finished = len(items)
    ended(running, f"dvc repro {stage} after a kill of {victim}", SEEN_LIMIT_S)
    found.orphans = list(_orphans(root))
    finished = (out.exists() or _kept(root, stage)) and found.hit
    done = subprocess.run(
        [sys.executable, "-m", "dvc", "repro", stage], cwd=root, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found.said = done.stdout + done.stderr
    built = f"Running stage '{stage}'" in done.stdout and REUSED not in done.stdout
    found.repeated = finished and built
    found.redone = sum(path.exists() and path.stat().st_mtime_ns != state for path, state in items.items())
    return found


def contents(root: Path) -> dict[str, bytes]:
    """Every output of the pipeline, byte by byte."""
    files = (path for path in (root / "data").rglob("*") if path.is_file())
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in files
        if path.relative_to(root).parts[1] not in ("raw", "raw.dvc")
    }


def draw(rng: random.Random, stages: list[str], number: int) -> list[tuple[str, str, str]]:
    """So many kills over all stages, in the pipeline's order: stage, victim, moment."""
    chosen = [stages[place % len(stages)] for place in range(number)]
    return [
        (stage, rng.choice(VICTIMS), rng.choice(MOMENTS))
        for stage in sorted(chosen, key=stages.index)
    ]  # fmt: skip


def _seen(running: subprocess.Popen, word: str, moment: Callable[[], bool], log: Path) -> psutil.Process | None:
    """The stage's process once the moment has come; None where dvc ended before."""
    process = None

    def seen() -> psutil.Process | str:
        nonlocal process
        if running.poll() is not None:
            return "dvc has ended"
        process = process if process is not None and process.is_running() else below(running.pid, word)
        return process if process is not None and moment() else ""

    found = wait_for(seen, f"{word} to be at work", SEEN_LIMIT_S, POLL_S, lambda: end_of(log))
    return found if isinstance(found, psutil.Process) else None


def below(pid: int, word: str) -> psutil.Process | None:
    """The Python process of a stage below dvc, if it is there."""
    try:
        for child in psutil.Process(pid).children(recursive=True):
            line = child.cmdline()
            if f"hpefair.stages.{word}" in line and "python" in Path(line[0]).name:
                return child
    except (psutil.Error, IndexError):
        return None
    return None


def _end(running: subprocess.Popen, process: psutil.Process, victim: str) -> bool:
    """SIGKILL; whether there was anybody to get it."""
    wanted = [running.pid] if victim == "dvc" else [process.pid]
    if victim == "group":
        try:
            wanted = [running.pid, *(one.pid for one in psutil.Process(running.pid).children(recursive=True))]
        except psutil.Error:
            wanted = [running.pid]
    hit = False
    for pid in wanted:
        try:
            os.kill(pid, signal.SIGKILL)
            hit = True
        except ProcessLookupError:
            continue
    return hit


def _orphans(root: Path) -> Iterator[str]:
    """Command lines of processes that work in a folder long after the kill."""
    limit = time.monotonic() + GONE_LIMIT_S
    while (left := [*_working(root)]) and time.monotonic() < limit:
        time.sleep(0.05)
    yield from left


def _working(root: Path) -> Iterator[str]:
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(root.resolve()) and process.status() != psutil.STATUS_ZOMBIE:
                yield " ".join(process.cmdline())[:120]
        except psutil.Error:
            continue


def _items(root: Path, stage: str) -> dict[Path, int]:
    """Finished items of a stage that is not finished, and when each was written."""
    folders = (root / ".hpefair/scratch" / stage).glob("*/work")
    return {path: path.stat().st_mtime_ns for folder in folders for path in folder.glob("*.json")}


def _kept(root: Path, stage: str) -> bool:
    return any((root / ".hpefair/scratch" / stage).glob("*/finished.json"))
