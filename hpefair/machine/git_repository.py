"""Git, as far as hpefair needs it: which commit is this?"""

import subprocess


def commit() -> str:
    """Commit of the workspace, or an empty string outside a repository."""
    return _ask("rev-parse", "HEAD")


def root() -> str:
    """First commit of the workspace's history, the same in all its clones; an empty string outside a repository."""
    return (_ask("rev-list", "--max-parents=0", "HEAD").splitlines() or [""])[-1]


def author() -> str:
    """Who commits here, or an empty string."""
    return _ask("config", "user.name")


def _ask(*words: str) -> str:
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
