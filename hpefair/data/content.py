"""What is in a folder, as one short hash."""

import hashlib
from pathlib import Path


def digest(folder: Path) -> str:
    """Short hash of all files of a folder."""
    out = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        out.update(path.relative_to(folder).as_posix().encode())
        out.update(path.read_bytes())
    return out.hexdigest()[:16]
