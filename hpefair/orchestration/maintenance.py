"""Operators that keep an installation in order."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from hpefair.errors import ToolError
from hpefair.orchestration import settings
from hpefair.orchestration.locks import drain
from hpefair.orchestration.operators import RUN, WorkspaceOperator
from hpefair.orchestration.workspaces.housekeeping import garbage_words, lacking, open_workspaces
from hpefair.orchestration.workspaces.workspace import close_workspace
from hpefair.tools.dvc import cli

if TYPE_CHECKING:
    from airflow.sdk import Context

DAY_S = 24 * 3600


class VerifyRemoteOperator(WorkspaceOperator):
    """Check that the remote has the data of every published commit, and of every tag."""

    template_fields: Sequence[str] = ("run",)

    def __init__(self, **kwargs: Any) -> None:
        # A workspace of its own: it checks out one commit after another.
        super().__init__(commit="", run=f"{RUN}.verify", **kwargs)

    def execute(self, context: Context) -> str:
        """Look at each distinct dvc.lock.

        Raises:
            AirflowFailException: Naming the commits whose data nobody can get.
            AirflowException: If the repository or the remote cannot be reached.
        """
        self.commit = settings.load().ref
        folder = self.folder()
        try:
            missing = lacking(folder, self.log.info)
        except ToolError as error:
            raise AirflowException(str(error)) from error
        finally:
            close_workspace(folder)
        if missing:
            listed = "; ".join(f"{ref} lacks {len(paths)}, such as {paths[0]}" for ref, paths in missing.items())
            raise AirflowFailException(f"data of published commits are gone from the remote: {listed}")
        return "the remote has the data of every published commit"


class PruneWorkspacesOperator(WorkspaceOperator):
    """Remove workspaces and kept results that are older than some days; one that is in use stays.

    Args:
        days: Age from which they go.
    """

    template_fields: Sequence[str] = ("run", "days")

    def __init__(self, *, days: str, **kwargs: Any) -> None:
        super().__init__(commit="", **kwargs)
        self.days = days

    def execute(self, context: Context) -> list[str]:
        """Remove them; their names."""
        known = settings.load()
        # A run that waits for a person is not old, however long ago something ran in it.
        limit = time.time() - max(float(self.days) * DAY_S, known.patience.total_seconds() + DAY_S)
        old = [path for path, used in open_workspaces(known.runs).items() if used < limit]
        for path in old:
            close_workspace(path)
        for leftover in known.runs.glob("*/.*"):
            if leftover.stat().st_mtime < limit:
                shutil.rmtree(leftover, ignore_errors=True)
        kept = [path for path in (known.runs.parent / "kept").glob("*/*") if path.stat().st_mtime < limit]
        for path in kept:
            shutil.rmtree(path)
        return [str(path) for path in (*old, *kept)]


class CollectGarbageOperator(WorkspaceOperator):
    """Remove from this machine's cache what no commit, no tag and no open workspace names; the remote is left alone.

    Args:
        wanted: `True`, or it is skipped.
    """

    template_fields: Sequence[str] = ("run", "wanted")

    def __init__(self, *, wanted: str, **kwargs: Any) -> None:
        super().__init__(commit="", **kwargs)
        self.wanted = wanted

    def execute(self, context: Context) -> None:
        """Wait until no task works on this cache, keep others out, and collect.

        Raises:
            AirflowSkipException: If it is not wanted.
            AirflowException: If others go on working, or dvc fails.
        """
        if self.wanted != "True":
            raise AirflowSkipException("not asked for")
        known = settings.load()
        self.commit = known.ref
        folder = self.folder()
        try:
            with drain.alone(known.origin.cache):
                others = [path for path in open_workspaces(known.runs) if path != folder]
                # Below a lease, so that it ends with this task, which holds the lock.
                self.launch("gc", cli.command(*garbage_words(folder, others)), folder)
        except ToolError as error:
            raise AirflowException(str(error)) from error
        finally:
            close_workspace(folder)
