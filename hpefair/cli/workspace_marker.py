"""The mark of a workspace: without it nothing of a folder is replaced, deleted or put under git."""

import json
import subprocess
from pathlib import Path
from typing import Final

from hpefair.errors import InputError, MissingArtifactError

MARKER: Final = ".hpefair-workspace"
DEMO: Final = "hpefair demo"
BEFORE: Final = "demo@localhost hpefair workspace"  # author and title of a demo's first commit


def require(root: Path = Path()) -> None:
    """Refuse to work in a folder that is not a workspace.

    Raises:
        MissingArtifactError: If it has no mark.
    """
    if not (root / MARKER).is_file():
        raise MissingArtifactError(
            f"{root.resolve()} is not a workspace of hpefair (it has no {MARKER}), and nothing was changed in it: run "
            "hpefair from the root of its clone, or of a workspace that `hpefair demo --workspace FOLDER` made; in a "
            f"clone or workspace from before there was such a mark, create an empty {MARKER}"
        )


def claim(root: Path, replaced: tuple[str, ...]) -> None:
    """Mark a new or empty folder as a demo's workspace; one that a demo made before stays as it is.

    Args:
        root: Folder.
        replaced: What a demo replaces or deletes there, by path.

    Raises:
        InputError: If the folder holds anything else; the message names what would have been lost.
    """
    if _made_by(root) == DEMO:
        return
    if _made_before(root):
        _mark(root)
        return
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        lost = [name for name in replaced if (root / name).exists()]
        would = f"it would have replaced or deleted {', '.join(lost)} there" if lost else "it holds files of somebody"
        raise InputError(f"{root} was not made by `hpefair demo`: {would}; name a new or empty folder with --workspace")
    root.mkdir(parents=True, exist_ok=True)
    _mark(root)


def _mark(root: Path) -> None:
    from hpefair.data import tables  # pandas takes a second, and every command asks for the mark

    tables.write_json_atomically(root / MARKER, {"made_by": DEMO}, indent=None)


def _made_before(root: Path) -> bool:
    """Whether a demo made it when there were no marks yet: its first commit says so."""
    if not (root / ".git").is_dir() or (root / MARKER).exists():
        return False
    words = ["git", "log", "--max-parents=0", "--format=%ae %s"]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.strip() == BEFORE


def _made_by(root: Path) -> str:
    try:
        return str(json.loads((root / MARKER).read_text(encoding="utf-8"))["made_by"])
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return ""
