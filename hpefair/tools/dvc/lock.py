"""dvc.lock: the digests under which DVC keeps what stages read and wrote."""

import hashlib
from pathlib import Path

from hpefair.tools.dvc.graph import read_yaml

LOCK = Path("dvc.lock")


def digests(path: Path = LOCK) -> dict[str, dict[str, str]]:
    """What each finished stage read and wrote.

    Args:
        path: The lock file.

    Returns:
        Stage name to path to DVC's digest, dependencies and outputs alike; empty where nothing ran yet.
    """
    if not path.exists():
        return {}
    stages = read_yaml(path).get("stages", {})
    return {
        name: {row["path"]: row.get("md5", "") for part in ("deps", "outs") for row in entry.get(part, [])}
        for name, entry in stages.items()
    }


def of(folder: Path, path: Path = LOCK) -> str:
    """DVC's digest of an output, or an empty string."""
    hashes = [paths[folder.as_posix()] for paths in digests(path).values() if folder.as_posix() in paths]
    return hashes[0] if hashes else ""


def short(path: Path = LOCK) -> str:
    """Sixteen digits of the lock itself: one number for everything that ran; empty where nothing did."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.exists() else ""
