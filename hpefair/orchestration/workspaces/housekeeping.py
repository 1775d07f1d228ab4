"""What an installation holds: published commits whose data are missing, open workspaces, and data nobody names."""

from collections.abc import Callable, Sequence
from pathlib import Path

from hpefair.errors import ToolError
from hpefair.orchestration.locks.lease import LEASES
from hpefair.orchestration.workspaces import commands
from hpefair.orchestration.workspaces.publish import not_in_remote


def lacking(clone: Path, say: Callable[..., object]) -> dict[str, list[str]]:
    """Published refs whose data the remote does not have.

    Args:
        clone: A workspace; its checkout is changed.
        say: Called with a sentence per distinct dvc.lock.

    Returns:
        Ref to paths that are missing; branches `auto/…` and all tags are looked at.
    """
    listed = commands.git(
        ["for-each-ref", "--format=%(refname:short)", "refs/remotes/origin/auto", "refs/tags"], clone
    ).split()
    seen: dict[str, list[str]] = {}
    out = {}
    for ref in listed:
        lock = _blob(ref, "dvc.lock", clone) + _blob(ref, "data/raw.dvc", clone)
        if lock not in seen:
            commands.git(["checkout", "--quiet", "--force", "--detach", ref], clone)
            seen[lock] = not_in_remote(clone)
            say("%s: %s missing", ref, len(seen[lock]) or "nothing")
        if seen[lock]:
            out[ref] = seen[lock]
    return out


def open_workspaces(runs: Path) -> dict[Path, float]:
    """Workspaces, and when each was last used: the start of its tasks, and the heartbeat of what runs in it."""
    out = {}
    for path in runs.glob("*/*"):
        if not path.name.startswith(".") and (path / ".git").exists() and (path / ".dvc").exists():
            signs = [path, path / LEASES, *(path / LEASES).glob("*.json"), *(path / ".hpefair/finished").glob("*")]
            out[path] = max(sign.stat().st_mtime for sign in signs if sign.exists())
    return out


def garbage_words(clone: Path, others: Sequence[Path]) -> list[str]:
    """Arguments of the dvc command that removes from the cache what no branch, tag and open workspace names.

    Args:
        clone: A workspace on the cache; gets a local branch for each of the origin's.
        others: Open workspaces on the same cache.
    """
    # dvc looks at local branches only.
    for ref in commands.git(["for-each-ref", "--format=%(refname:lstrip=3)", "refs/remotes/origin"], clone).split():
        if ref != "HEAD":
            commands.git(["branch", "--quiet", "--force", ref, f"origin/{ref}"], clone)
    projects = ["--projects", *map(str, others)] if others else []  # named once: the last of several would count alone
    return ["gc", "--force", "--all-branches", "--all-tags", "--workspace", *projects]


def _blob(ref: str, path: str, clone: Path) -> str:
    try:
        return commands.git(["rev-parse", "--verify", "--quiet", f"{ref}:{path}"], clone).strip()
    except ToolError:
        return ""
