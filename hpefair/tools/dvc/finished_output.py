"""A stage's finished output, kept until dvc.lock names it: a kill before that costs nothing but the kill.

DVC removes the outputs of a stage before it runs it, and notes a stage in dvc.lock only after it has hashed what the
stage wrote. Whoever is killed in between would do all the work again. So finished output stays in the stage's scratch
folder, with a note of what it is; its place under data/ gets links to the same files, and the next stage clears away
what dvc.lock names by then.
"""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import uuid
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from hpefair.data import tables
from hpefair.tools.dvc import lock

NOTE: Final = "finished.json"
OUT: Final = "out"
GONE: Final = "gone-"


def note(scratch: Path, target: Path) -> None:
    """Flush `scratch/out` to disk and write down what it is.

    Args:
        scratch: Scratch folder of a stage and its inputs.
        target: Where the output belongs.
    """
    files = _files(scratch / OUT)
    for path in files:
        with path.open("rb") as file:
            os.fsync(file.fileno())
    content = _content(scratch / OUT, files)
    known = {"target": target.as_posix(), "files": content, "digest": dvc_digest(content)}
    tables.write_json_atomically(scratch / NOTE, known, indent=None)


def kept(scratch: Path) -> bool:
    """Whether `scratch/out` is finished and still what its note says, to the byte."""
    known = _noted(scratch)
    if known is None:
        return False
    files = _files(scratch / OUT)
    return bool(_content(scratch / OUT, files) == known["files"])


def place(scratch: Path, target: Path) -> None:
    """Put `scratch/out` in its place in one rename, and keep it: the files are linked, or copied to another disk.

    Args:
        scratch: Scratch folder of a stage and its inputs.
        target: Where the output belongs; replaced.
    """
    part = scratch / "place"
    shutil.rmtree(part, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(scratch / OUT, part, copy_function=_link)
    try:
        _rename(part, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # data/ lies on another file system, where the rename has to start as well.
        beside = target.with_name(f".{target.name}.part")
        shutil.rmtree(beside, ignore_errors=True)
        shutil.copytree(scratch / OUT, beside, copy_function=_copy)
        _rename(beside, target)
        shutil.rmtree(part)


def sweep(scratches: Path, locks: Path, stage: str) -> None:
    """Remove finished output of other stages that dvc.lock names; of stages that run, nothing.

    Args:
        scratches: Folder with one folder per stage, and in that one per inputs.
        locks: Folder with one lock per stage, which a stage holds while it runs.
        stage: The stage that begins, whose own output dvc has just asked for again.
    """
    for left in scratches.parent.glob(f"{GONE}*"):  # by a sweep that was killed
        shutil.rmtree(left, ignore_errors=True)
    noted = [path for path in sorted(scratches.glob(f"*/*/{NOTE}")) if path.parents[1].name != stage]
    if not noted:
        return
    locked = lock.digests()
    for path in noted:
        other = path.parents[1].name
        with contextlib.suppress(Timeout, FileNotFoundError), FileLock(locks / f"{other}.lock", timeout=0):
            if _named(path.parent, locked.get(other, {})):
                gone = scratches.parent / f"{GONE}{uuid.uuid4().hex[:8]}"
                path.parent.rename(gone)  # whole or not at all, whoever else sweeps
                shutil.rmtree(gone, ignore_errors=True)


def dvc_digest(content: dict[str, str]) -> str:
    """What DVC calls a folder in its lock.

    Args:
        content: MD5 of every file by its path in the folder.
    """
    entries = [{"md5": digest, "relpath": name} for name, digest in sorted(content.items())]
    return hashlib.md5(json.dumps(entries, sort_keys=True).encode(), usedforsecurity=False).hexdigest() + ".dir"


def _named(scratch: Path, locked: dict[str, str]) -> bool:
    """Whether dvc.lock has this output, by DVC's own digest."""
    known = _noted(scratch)
    return known is not None and locked.get(known["target"]) == known["digest"]


def _noted(scratch: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads((scratch / NOTE).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return None


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _content(folder: Path, files: list[Path]) -> dict[str, str]:
    out = {}
    for path in files:
        with path.open("rb") as file:
            # DVC's digest, so that one reading serves both comparisons.
            digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        out[path.relative_to(folder).as_posix()] = digest
    return out


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        _copy(source, target)  # a file system without links


def _copy(source: str, target: str) -> None:
    shutil.copyfile(source, target)
    with Path(target).open("rb") as file:
        os.fsync(file.fileno())


def _rename(folder: Path, target: Path) -> None:
    if target.exists():
        shutil.rmtree(target)
    folder.rename(target)
    handle = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
