"""Git, as far as hpefair needs it: which commit is this?"""

import subprocess


def commit() -> str:
    """Commit of the workspace, or an empty string outside a repository."""
    done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
