"""The mark of a workspace: without it nothing of a folder is replaced, deleted or put under git."""

import json
from pathlib import Path
from typing import Final

from hpefair.errors import InputError, MissingArtifactError

MARKER: Final = ".hpefair-workspace"
DEMO: Final = "hpefair demo"


def require(root: Path = Path()) -> None:
    """Refuse to work in a folder that is not a workspace.

    Raises:
        MissingArtifactError: If it has no mark.
    """
    if not (root / MARKER).is_file():
        raise MissingArtifactError(
            f"{root.resolve()} is not a workspace of hpefair (it has no {MARKER}), and nothing was changed in it: run "
            "hpefair from the root of its clone, or of a workspace that `hpefair demo --workspace FOLDER` made"
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
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        lost = [name for name in replaced if (root / name).exists()]
        would = f"it would have replaced or deleted {', '.join(lost)} there" if lost else "it holds files of somebody"
        raise InputError(f"{root} was not made by `hpefair demo`: {would}; name a new or empty folder with --workspace")
    from hpefair.adapters import tables  # pandas takes a second, and every command asks for the mark

    root.mkdir(parents=True, exist_ok=True)
    tables.write_json_atomically(root / MARKER, {"made_by": DEMO}, indent=None)


def _made_by(root: Path) -> str:
    try:
        return str(json.loads((root / MARKER).read_text(encoding="utf-8"))["made_by"])
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return ""
