"""A repository as a team has it: bare, with the raw data in a remote."""

import subprocess
from pathlib import Path

from tests.conftest import dvc


def bare_origin(root: Path) -> None:
    """From the workspace `first` of a folder: `origin.git`, and `store`, which holds its raw data."""
    dvc(root / "first", "remote", "add", "--local", "--default", "store", str(root / "store"))
    dvc(root / "first", "push", "--quiet")
    subprocess.run(["git", "clone", "--quiet", "--bare", "first", "origin.git"], cwd=root, check=True)


def variables_of(root: Path) -> dict[str, str]:
    """Environment of an installation over it."""
    return {
        "HPEFAIR_REPOSITORY": str(root / "origin.git"),
        "HPEFAIR_REMOTE": str(root / "store"),
        "HPEFAIR_DECLARATION": str(root / "first"),
        "HPEFAIR_MODELS": str(root / "none"),
    }
