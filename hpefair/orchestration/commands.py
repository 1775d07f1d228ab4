"""git and dvc as commands of a workspace; what they print on failure becomes the error."""

import subprocess
from pathlib import Path

from hpefair.adapters import dvc_cli
from hpefair.errors import ToolError


def git(arguments: list[str], folder: Path) -> str:
    """Run git in a folder and return what it printed.

    Raises:
        ToolError: If it fails.
    """
    done = subprocess.run(
        ["git", *arguments], cwd=folder, text=True, capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        said = dvc_cli.fault(done.stderr or done.stdout) or f"exit code {done.returncode}"
        raise ToolError(f"git {' '.join(arguments)[:80]} failed in {folder}: {said}")
    return done.stdout


def dvc(arguments: list[str], folder: Path) -> str:
    """Run dvc in a workspace, waiting for its lock, and return what it printed.

    Raises:
        ToolError: If it fails.
    """
    return dvc_cli.run(arguments, folder, quiet=True)
