"""DVC's note of who reads and writes which path (`.dvc/tmp/rwlock`), rid of those who are gone.

DVC itself takes an entry for stale where no process has its number. In a container numbers are small and soon taken
again, and the path then stays busy for ever; a DVC that is killed while it writes the note leaves half of it, and every
later command refuses to run.
"""

import fcntl
import json
from pathlib import Path
from typing import Any, Final

import psutil

NOTE: Final = Path(".dvc/tmp/rwlock")


def drop_stale(workspace: Path) -> None:
    """Remove entries whose process is no DVC of this workspace any more, and a note that cannot be read.

    Args:
        workspace: Folder with `.dvc`.
    """
    note = workspace / NOTE
    if not note.exists():
        return
    # The file that DVC itself locks, in the same way (zc.lockfile), while it edits the note.
    with note.with_suffix(".lock").open("a+") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        try:
            entries = json.loads(note.read_text(encoding="utf-8"))
        except (ValueError, FileNotFoundError):
            entries = {}
        kept = _living(entries, workspace.resolve())
        if kept == entries:
            return
        scratch = note.with_suffix(".new")
        scratch.write_text(json.dumps(kept), encoding="utf-8")
        scratch.replace(note)


def _living(entries: dict[str, Any], workspace: Path) -> dict[str, Any]:
    write = {path: info for path, info in entries.get("write", {}).items() if _runs(info, workspace)}
    read = {path: [info for info in infos if _runs(info, workspace)] for path, infos in entries.get("read", {}).items()}
    return {"write": write, "read": {path: infos for path, infos in read.items() if infos}}


def _runs(info: dict[str, Any], workspace: Path) -> bool:
    """Whether the process of an entry is a DVC that works in this workspace."""
    try:
        process = psutil.Process(int(info["pid"]))
        words = process.cmdline()
        inside = Path(process.cwd()).is_relative_to(workspace)
    except (psutil.NoSuchProcess, psutil.ZombieProcess, KeyError, ValueError):
        return False
    except psutil.AccessDenied:
        return False  # another user's process is no DVC of ours
    return inside and any(Path(word).name == "dvc" for word in words[:4])
