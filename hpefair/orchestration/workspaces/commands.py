"""git and dvc as commands of a workspace; what they print on failure becomes the error."""

import os
import re
import subprocess
from pathlib import Path

from hpefair.errors import ToolError
from hpefair.tools.dvc import cli


def git(arguments: list[str], folder: Path) -> str:
    """Run git in a folder and return what it printed.

    Raises:
        ToolError: If it fails.
    """
    # A folder that is no repository is no part of the one around it; nobody is there to type a password.
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.resolve().parent), "GIT_TERMINAL_PROMPT": "0"}
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=environment,
        text=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        said = cli.fault(done.stderr or done.stdout) or f"exit code {done.returncode}"
        raise ToolError(without_passwords(f"git {' '.join(arguments)[:80]} failed in {folder}: {said}"))
    return done.stdout


def without_passwords(text: str) -> str:
    """A text whose addresses carry neither user nor password."""
    return re.sub(r"://[^/@\s]+@", "://", text)


def dvc(arguments: list[str], folder: Path) -> str:
    """Run dvc in a workspace, waiting for its lock, and return what it printed.

    Raises:
        ToolError: If it fails.
    """
    return cli.run(arguments, folder, quiet=True)
