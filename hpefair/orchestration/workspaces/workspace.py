"""A workspace per DAG run: a clone of its own, so that runs never see each other's half-done work, and one DVC cache.

Two DVC processes that change one checkout lose finished work; a clone is cheap, for its files are links into the cache.
"""

import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hpefair.errors import ToolError
from hpefair.orchestration.workspaces import commands

BASE: Final = ".hpefair/base"
REMOTE: Final = "hpefair"
KEPT: Final = ("dvc.lock", "params.yaml", "data/gate", "data/validate", "data/compare", "data/report")
OUTSIDE: Final = ("judges", "attributes", "diffusion")  # below models/: weights that git does not hold


@dataclass(frozen=True)
class Origin:
    """Where workspaces come from.

    Attributes:
        repository: URL or path of the git repository.
        cache: DVC cache that all workspaces of this machine share.
        remote: DVC remote, a URL or path; empty where the repository's own configuration names one.
        models: Folder `models` with fetched weights; empty for none.
    """

    repository: str
    cache: Path
    remote: str = ""
    models: str = ""


def open_workspace(origin: Origin, ref: str, target: Path) -> str:
    """Make a workspace, complete or not at all; one that is there already is used again.

    Args:
        origin: Where it comes from.
        ref: Branch, tag or commit.
        target: Folder to make.

    Returns:
        The commit that it was made at.

    Raises:
        ToolError: If the repository cannot be cloned, or has no such ref.
    """
    if not (target / BASE).exists():
        close_workspace(target)  # half of one, or no workspace at all
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
        try:
            commands.git(["clone", "--quiet", "--no-checkout", origin.repository, str(part)], target.parent)
            commands.git(["checkout", "--quiet", "--detach", _resolved(ref, part)], part)
            _configure(origin, part)
            _link_models(origin.models, part)
            (part / BASE).parent.mkdir(exist_ok=True)
            (part / BASE).write_text(commands.git(["rev-parse", "HEAD"], part), encoding="utf-8")
            _put(part, target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return base_of(target)


def base_of(target: Path) -> str:
    """Commit that a workspace was made at, whatever was committed in it since; empty where there is none."""
    path = target / BASE
    return path.read_text(encoding="utf-8").strip() if path.exists() else ""


def rebase(target: Path, commit: str) -> None:
    """Note that a workspace now stands for a commit that was made in it."""
    (target / BASE).write_text(commit, encoding="utf-8")


def close_workspace(target: Path, keep: Path | None = None) -> None:
    """Remove a workspace; its data stay in the cache.

    Args:
        target: The workspace.
        keep: Folder that its small results are copied to first.
    """
    gone = target.with_name(f".{target.name}.closing")
    shutil.rmtree(gone, ignore_errors=True)
    if not target.exists():
        return
    if keep is not None:
        _keep_results(target, keep)
    target.rename(gone)
    shutil.rmtree(gone)


def _keep_results(workspace: Path, keep: Path) -> None:
    """What people read about a run, published or not; dvc.lock finds everything else in the cache."""
    for name in KEPT:
        source = workspace / name
        if source.is_dir():
            shutil.copytree(source, keep / name, dirs_exist_ok=True)
        elif source.exists():
            (keep / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, keep / name)


def _put(part: Path, target: Path) -> None:
    """Rename into place; where another task of the run was faster, its clone is as good."""
    try:
        part.rename(target)
    except OSError:
        if not (target / BASE).exists():
            raise


def _resolved(ref: str, clone: Path) -> str:
    """Commit that a ref of the origin stands for: of a branch, where the origin's is."""
    for name in (f"refs/remotes/origin/{ref}", ref):
        try:
            return commands.git(["rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"], clone).strip()
        except ToolError:
            continue
    raise ToolError(f"no branch, tag or commit {ref!r} in the repository")


def _configure(origin: Origin, clone: Path) -> None:
    """Settings of this clone alone, in DVC's own file: a call of `dvc config` per setting would take a second each."""
    origin.cache.mkdir(parents=True, exist_ok=True)
    lines = [
        "[core]",
        "analytics = false",
        "check_update = false",
        "autostage = false",
        *([f"remote = {REMOTE}"] if origin.remote else []),
        "[cache]",
        f"dir = {origin.cache.resolve()}",
        'type = "reflink,hardlink,copy"',
        *([f"['remote \"{REMOTE}\"']", f"url = {origin.remote}"] if origin.remote else []),
    ]
    (clone / ".dvc/config.local").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _link_models(models: str, clone: Path) -> None:
    """Hard links to fetched weights, which stages read below models/; copies where the disk is another."""
    for name in OUTSIDE if models else ():
        for source in sorted(path for path in (Path(models) / name).rglob("*") if path.is_file()):
            target = clone / "models" / source.relative_to(models)
            if target.exists():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                target.hardlink_to(source)
            except OSError:
                shutil.copyfile(source, target)
