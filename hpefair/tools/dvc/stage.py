"""Run as a DVC stage: die with dvc, one writer per output, write in scratch, rename at the end.

DVC removes a stage's outputs before running it, keeps no lock while it runs, and leaves it running when dvc itself is
killed. So a stage holds a lock of its own, builds in `.hpefair/scratch/<stage>/<hash of its inputs>`, and puts the
finished folder in its place in one rename. A second attempt with the same inputs finds the scratch folder and goes on,
or, where the first had finished, has nothing left to do (`finished_output`).
"""

import hashlib
import os
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import psutil
import yaml
from filelock import FileLock, Timeout

from hpefair import artifacts
from hpefair.errors import InputError, MissingArtifactError, ToolError
from hpefair.machine import failure_log, file_digests, process_state, telemetry, writable
from hpefair.tools.dvc import finished_output, graph

Write = Callable[[Path, Path, str], None]

PARENT_POLL_S: Final = 0.2
RUNNING: Final = "DVC_STAGE"  # in which dvc says what it runs
FORCE: Final = re.compile(r"-[a-zA-Z]*f[a-zA-Z]*")  # alone, or among other short options
NAME: Final = re.compile(r"[a-z0-9_]+(@[a-z0-9_]+)?")
SCRATCHES: Final = artifacts.SCRATCH / "scratch"
LOCKS: Final = artifacts.SCRATCH / "locks"
DIGESTS: Final = artifacts.SCRATCH / "digests.sqlite"


def main(word: str, write: Write, resumable: bool = False) -> None:
    """Run a stage from the command line: `python -m hpefair.stages.<word> [item]`, below dvc without the item.

    No value of params.yaml stands in a command of dvc.yaml, where a shell would read it: dvc says in `DVC_STAGE` which
    item it runs.

    Args:
        word: Stage word.
        write: Called with the output folder to fill, a folder for private work files, and the item ("" without one).
        resumable: Whether `write` continues from what it finds in the two folders.
    """
    telemetry.silence()
    with failure_log.one_line_errors(f"stage {word}"):
        item = sys.argv[1] if len(sys.argv) > 1 else _item_of(word)
        run(f"{word}@{item}" if item else word, write, resumable)


def run(stage: str, write: Write, resumable: bool = False) -> None:
    """Write a stage's output folder and put it in place.

    Args:
        stage: `word` or `word@item`.
        write: See `main`.
        resumable: See `main`.

    Raises:
        InputError: If dvc.yaml has no such stage.
        MissingArtifactError: If an input is absent.
        DiskError: If output could not be written, which is found before the work.
        ToolError: If dvc began it and has ended since.
    """
    ancestors = _dvc_ancestors()
    if not ancestors and os.environ.get(RUNNING):
        # Else a stage that was killed while it started would go on for hours, for nobody.
        raise ToolError(f"{stage}: its dvc process has ended; run `dvc repro` again")
    _die_with(ancestors)
    target = artifacts.out_folder(_known(stage))
    writable.check(SCRATCHES, target.parent)
    lock = LOCKS / f"{stage}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    finished_output.sweep(SCRATCHES, LOCKS, stage)
    with _only_writer(lock, stage):
        scratch = SCRATCHES / stage / input_key(stage)
        # Whoever calls a stage by hand, or forces dvc to, wants it done; else dvc asks for what its lock does not name.
        if ancestors and not _forced(ancestors[-1]) and finished_output.kept(scratch):
            print(f"{stage}: finished before dvc had noted it; the kept output is put in place")
        else:
            _compute(scratch, target, write, stage, resumable)
        finished_output.place(scratch, target)
        if not ancestors:
            shutil.rmtree(scratch)


def _compute(scratch: Path, target: Path, write: Write, stage: str, resumable: bool) -> None:
    (scratch / finished_output.NOTE).unlink(missing_ok=True)
    _clear_others(scratch, keep=resumable)
    out, work = scratch / finished_output.OUT, scratch / "work"
    out.mkdir(parents=True, exist_ok=True)
    work.mkdir(exist_ok=True)
    write(out, work, stage.partition("@")[2])
    finished_output.note(scratch, target)
    shutil.rmtree(work)


def input_key(stage: str) -> str:
    """Hash of everything a stage depends on, all of it by content: command, settings, code, data.

    Raises:
        MissingArtifactError: If an input is absent.
    """
    entry = graph.load().stage(stage)
    settings = yaml.safe_load(artifacts.PARAMS.read_text(encoding="utf-8"))
    digest = hashlib.sha256(entry.cmd.encode())
    for key in entry.params:
        digest.update(repr((key, graph.lookup(settings, key))).encode())
    paths = [path for dep in sorted(entry.deps) for path in _files(Path(dep))]
    for path, content in zip(paths, file_digests.digests(paths, DIGESTS), strict=True):
        digest.update(f"{path} {content}".encode())
    return digest.hexdigest()[:16]


def _item_of(word: str) -> str:
    """Item that dvc runs this stage for; empty where it runs the stage without one, or not at all."""
    running, _, item = os.environ.get(RUNNING, "").rpartition(":")[2].partition("@")
    return item if running == word else ""


def _known(stage: str) -> str:
    """A stage that dvc.yaml has, under a name that is safe in a path.

    Raises:
        InputError: If it is none.
    """
    names = [one.name for one in graph.load().stages]
    if not NAME.fullmatch(stage) or stage not in names:
        items = [name.partition("@")[2] for name in names if name.partition("@")[0] == stage.partition("@")[0]]
        known = f"its items are {', '.join(items)}" if any(items) else "see `hpefair stages`"
        raise InputError(f"dvc.yaml and params.yaml have no stage {stage!r}: {known}")
    return stage


def _files(dep: Path) -> list[Path]:
    if not dep.exists():
        raise MissingArtifactError(
            f"input {dep} is missing: run `dvc repro`, or `hpefair add FOLDER` if no data was added yet"
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


def _forced(dvc: psutil.Process) -> bool:
    """Whether dvc was told to run stages whatever it thinks of them."""
    try:
        words = dvc.cmdline()
    except psutil.Error:
        return False
    return any(word == "--force" or FORCE.fullmatch(word) for word in words)


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
