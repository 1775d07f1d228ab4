"""What an installation holds: published commits whose data are missing, open workspaces, and data nobody names."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from hpefair.errors import ToolError
from hpefair.orchestration import commands
from hpefair.orchestration.lease import LEASES


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
            found = json.loads(commands.dvc(["data", "status", "--not-in-remote", "--json"], clone) or "{}")
            seen[lock] = sorted(found.get("not_in_remote", []))
            say("%s: %s missing", ref, len(seen[lock]) or "nothing")
        if seen[lock]:
            out[ref] = seen[lock]
    return out


def open_workspaces(runs: Path) -> dict[Path, float]:
    """Workspaces, and when each was last used: the start of its tasks, and the heartbeat of what runs in it."""
    out = {}
    for path in runs.glob("*/*"):
        if (path / ".git").exists():
            signs = [path, path / LEASES, *(path / LEASES).glob("*.json"), *(path / ".hpefair/finished").glob("*")]
            out[path] = max(sign.stat().st_mtime for sign in signs if sign.exists())
    return out


def collect_garbage(clone: Path, others: Sequence[Path]) -> None:
    """Remove from the cache what no commit and no other workspace names.

    Args:
        clone: A workspace on the cache, with all branches and tags.
        others: Open workspaces on the same cache.
    """
    # dvc looks at local branches only.
    for ref in commands.git(["for-each-ref", "--format=%(refname:lstrip=3)", "refs/remotes/origin"], clone).split():
        if ref != "HEAD":
            commands.git(["branch", "--quiet", "--force", ref, f"origin/{ref}"], clone)
    words = [word for path in others for word in ("--projects", str(path))]
    commands.dvc(["gc", "--force", "--all-branches", "--all-tags", "--workspace", *words], clone)


def _blob(ref: str, path: str, clone: Path) -> str:
    try:
        return commands.git(["rev-parse", "--verify", "--quiet", f"{ref}:{path}"], clone).strip()
    except ToolError:
        return ""
