"""Run as a DVC stage: die with dvc, one writer per output, build in scratch, rename at the end.

DVC removes a stage's outputs before running it, keeps no lock while it runs, and leaves it running when dvc itself is
killed. So a stage holds a lock of its own, builds in `.hpefair/scratch/<stage>/<hash of its inputs>`, and moves the
finished folder to its place in one rename. A second attempt with the same inputs finds the scratch folder and goes on.
"""

import hashlib
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import psutil
import yaml
from filelock import FileLock, Timeout

from hpefair import artifacts, telemetry
from hpefair.adapters import dvc_graph, failure_log, process_state
from hpefair.errors import MissingArtifactError

Build = Callable[[Path, Path, str], None]

PARENT_POLL_S = 0.2


def main(word: str, build: Build, resumable: bool = False) -> None:
    """Run a stage from the command line: `python -m hpefair.stages.<word> [item]`.

    Args:
        word: Stage word.
        build: Called with the output folder to fill, a folder for private work files, and the item ("" without one).
        resumable: Whether `build` continues from what it finds in the two folders.
    """
    telemetry.silence()
    item = sys.argv[1] if len(sys.argv) > 1 else ""
    with failure_log.one_line_errors(f"stage {word}"):
        run(f"{word}@{item}" if item else word, build, resumable)


def run(stage: str, build: Build, resumable: bool = False) -> None:
    """Build a stage's output folder and put it in place.

    Args:
        stage: `word` or `word@item`.
        build: See `main`.
        resumable: See `main`.
    """
    _die_with(_dvc_ancestors())
    lock = artifacts.SCRATCH / "locks" / f"{stage}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with _only_writer(lock, stage):
        scratch = artifacts.SCRATCH / "scratch" / stage / input_key(stage)
        _clear_others(scratch, keep=resumable)
        out, work = scratch / "out", scratch / "work"
        out.mkdir(parents=True, exist_ok=True)
        work.mkdir(exist_ok=True)
        build(out, work, stage.partition("@")[2])
        shutil.rmtree(work)  # first: notes on what is finished must not outlive what they are about
        _publish(out, artifacts.out_folder(stage))
        shutil.rmtree(scratch)


def input_key(stage: str) -> str:
    """Hash of everything a stage depends on: command, settings, code by content, data by size and time.

    Raises:
        MissingArtifactError: If an input is absent.
    """
    entry = dvc_graph.load().stage(stage)
    settings = yaml.safe_load(artifacts.PARAMS.read_text(encoding="utf-8"))
    digest = hashlib.sha256(entry.cmd.encode())
    for key in entry.params:
        digest.update(repr((key, dvc_graph.lookup(settings, key))).encode())
    for dep in sorted(entry.deps):
        for path in _files(Path(dep)):
            digest.update(str(path).encode())
            if path.suffix == ".py":
                digest.update(path.read_bytes())
            else:
                state = path.stat()
                digest.update(f"{state.st_size} {state.st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


def _files(dep: Path) -> list[Path]:
    if not dep.exists():
        raise MissingArtifactError(
            f"{dep} is not here: run `dvc repro`, or `hpefair add FOLDER` if there is no data yet"
        )
    if dep.is_file():
        return [dep]
    return sorted(path for path in dep.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _only_writer(lock: Path, stage: str) -> AbstractContextManager[object]:
    """The stage's lock, held until the context ends; says so once when another copy has to end first."""
    held = FileLock(lock)
    try:
        return held.acquire(timeout=0)
    except Timeout:
        print(f"{stage}: another copy is still running; waiting for it to end", file=sys.stderr)
        return held.acquire()


def _clear_others(scratch: Path, keep: bool) -> None:
    """Remove scratch folders of other inputs, and this one unless the stage continues it."""
    for other in scratch.parent.glob("*"):
        if other != scratch or not keep:
            shutil.rmtree(other)


def _publish(out: Path, target: Path) -> None:
    """Flush a finished folder to disk and move it to its place in one rename."""
    for path in _files(out):
        with path.open("rb") as file:
            os.fsync(file.fileno())
    if target.exists():
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    out.rename(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _dvc_ancestors() -> list[psutil.Process]:
    """Processes from this one's parent up to the dvc that runs it; empty when nobody runs it through dvc."""
    chain: list[psutil.Process] = []
    for process in psutil.Process().parents():
        chain.append(process)
        try:
            words = process.cmdline()
        except psutil.Error:
            return []
        if any(Path(word).name == "dvc" for word in words[:3]):
            return chain
    return []


def _die_with(ancestors: list[psutil.Process]) -> None:
    """End this process and its children as soon as one of the ancestors is gone."""
    if not ancestors:
        return

    def watch() -> None:
        while all(process_state.alive(process) for process in ancestors):
            time.sleep(PARENT_POLL_S)
        for child in psutil.Process().children(recursive=True):
            child.kill()
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="die-with-dvc", daemon=True).start()
