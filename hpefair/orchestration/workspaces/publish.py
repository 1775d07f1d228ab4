"""Publish a run: data first, then git, so that no commit ever points to data that nobody can get.

A run publishes to a branch of its own, `auto/<dag>/<run>`, which nobody else writes; nothing is ever forced. A second
attempt finds by the trailers of the commit that it was there before.
"""

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hpefair.errors import ToolError
from hpefair.orchestration.workspaces import commands
from hpefair.orchestration.workspaces.naming import safe

RAW: Final = "data/raw.dvc"
INPUTS: Final = (RAW, "params.yaml")
COMMITTED: Final = ("dvc.lock", "params.yaml", RAW, "history", "review", "reports")
REPORTS: Final = {
    "reports/gate_original.json": "data/gate/original/decision.json",
    "reports/gate_balanced.json": "data/gate/balanced/decision.json",
    "reports/verdicts.json": "data/compare/verdicts.json",
}
WHO: Final = ("-c", "user.name=hpefair", "-c", "user.email=hpefair@localhost")


def publish(workspace: Path, dag: str, run: str, stages: Sequence[str], approved_by: str = "") -> str:
    """Push a run's data, verify that the remote has all of it, and push a commit that points to it.

    Args:
        workspace: Workspace of the run.
        dag: DAG id.
        run: Run id.
        stages: Stages that the run is answerable for; each must be up to date.
        approved_by: Who approved it; kept in the commit.

    Returns:
        The published commit.

    Raises:
        ToolError: If a stage is not up to date, or the data or the commit cannot be pushed; nothing half-done is seen
            by anybody then, and the same call can be made again.
    """
    _check_current(workspace, stages)
    _push_data(workspace, stages)
    _copy_reports(workspace)
    by = {"Approved-By": " ".join(approved_by.split())} if approved_by.strip() else {}
    return _push_commit(workspace, dag, run, {"Dvc-Lock-Sha256": _digest(workspace / "dvc.lock"), **by})


def publish_inputs(workspace: Path, dag: str, run: str) -> str:
    """Push new raw data and settings, before any stage has run, and a commit that points to them.

    Args:
        workspace: Workspace of the run.
        dag: DAG id.
        run: Run id.

    Returns:
        The published commit.

    Raises:
        ToolError: See `publish`.
    """
    if (workspace / RAW).exists():
        commands.dvc(["push", "--quiet", RAW], workspace)
        _check_remote(workspace)
    inputs = hashlib.sha256(b"".join(path.read_bytes() for path in _present(workspace, INPUTS))).hexdigest()
    return _push_commit(workspace, dag, run, {"Inputs-Sha256": inputs})


def _push_commit(workspace: Path, dag: str, run: str, about: dict[str, str]) -> str:
    """Commit what is to be committed on the run's branch; the commit of an earlier attempt with the same result."""
    branch = branch_of(dag, run)
    trailers = {"Airflow-Run": f"{dag}/{run}", **about}
    known = _published(workspace, branch, trailers)
    if known:
        return known
    commands.git(["add", "--all", "--", *map(str, _present(workspace, COMMITTED))], workspace)
    message = [f"{dag}: {run}", "\n".join(f"{key}: {value}" for key, value in trailers.items())]
    words = [word for part in message for word in ("--message", part)]
    commands.git([*WHO, "commit", "--quiet", "--no-verify", "--allow-empty", *words], workspace)
    commands.git(["push", "--quiet", "origin", f"HEAD:refs/heads/{branch}"], workspace)
    return commands.git(["rev-parse", "HEAD"], workspace).strip()


def _present(workspace: Path, names: Sequence[str]) -> list[Path]:
    return [(workspace / name).resolve() for name in names if (workspace / name).exists()]


def branch_of(dag: str, run: str) -> str:
    """Branch of a run; run ids hold colons and pluses, which git refuses."""
    return f"auto/{dag}/{safe(run)}"


def _check_current(workspace: Path, stages: Sequence[str]) -> None:
    stale = json.loads(commands.dvc(["status", "--json", *stages], workspace) or "{}")
    if stale:
        raise ToolError(f"not published: {', '.join(sorted(stale))} not up to date; run `dvc repro`, then publish")


def _push_data(workspace: Path, stages: Sequence[str]) -> None:
    raw = [RAW] if (workspace / RAW).exists() else []
    commands.dvc(["push", "--quiet", "--run-cache", *stages, *raw], workspace)
    _check_remote(workspace)


def not_in_remote(workspace: Path) -> list[str]:
    """Files that the workspace's pointers name and the remote does not have, one by one.

    Without --granular dvc looks at a folder's list only, and believes that what is in a list is there.
    """
    words = ["data", "status", "--not-in-remote", "--granular", "--json"]
    status = json.loads(commands.dvc(words, workspace) or "{}")
    return sorted(status.get("not_in_remote", []))


def _check_remote(workspace: Path) -> None:
    missing = not_in_remote(workspace)
    if missing:
        raise ToolError(
            f"the remote lacks {len(missing)} files that pointers name, such as {missing[0]}: nothing is committed. "
            "`dvc push` it from where it was made; where only files of a folder are gone, delete the folder's list "
            "(the .dir object that dvc.lock names) from the remote first, or dvc takes them for present"
        )


def _published(workspace: Path, branch: str, trailers: dict[str, str]) -> str:
    """The commit of an earlier attempt with the same result, or an empty string; of another result, the new parent."""
    if not commands.git(["ls-remote", "--heads", "origin", f"refs/heads/{branch}"], workspace).strip():
        return ""
    commands.git(["fetch", "--quiet", "origin", f"refs/heads/{branch}"], workspace)
    said = commands.git(["log", "-1", "--format=%H%n%(trailers:only,unfold)", "FETCH_HEAD"], workspace).splitlines()
    if {f"{key}: {value}" for key, value in trailers.items()} <= set(said[1:]):
        return said[0]
    commands.git(["reset", "--quiet", "--soft", "FETCH_HEAD"], workspace)
    return ""


def _copy_reports(workspace: Path) -> None:
    """Small results that people read in git, alongside the pointers."""
    for target, source in REPORTS.items():
        if (workspace / source).exists():
            (workspace / target).parent.mkdir(exist_ok=True)
            shutil.copyfile(workspace / source, workspace / target)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
