"""Which stages are finished in this workspace; the others are collected from the run-cache before they are read.

On one machine a run's tasks share a workspace, and each finds what the one before it wrote. On several machines each
has its own; DVC's run-cache, pushed after every stage, is what brings their work together.
"""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hpefair.tools.dvc import graph as dvc_graph

FINISHED: Final = Path(".hpefair/finished")


@contextmanager
def turn(workspace: Path) -> Iterator[None]:
    """One task at a time: two that restore the same stage at once are busy for each other."""
    folder = workspace / FINISHED
    folder.mkdir(exist_ok=True)  # no parents: a workspace that was closed meanwhile must not come back as a bare folder
    with (folder / ".lock").open("a") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def upstream(workspace: Path, stage: str) -> tuple[str, ...]:
    """Stages that a stage reads from."""
    graph = dvc_graph.load(workspace)
    return graph.upstream(graph.stage(stage))


def named(workspace: Path, wanted: Sequence[str]) -> list[str]:
    """Names of stages that are asked for by name, or by word for all items of it."""
    return [stage.name for stage in dvc_graph.load(workspace).stages if {stage.name, stage.word} & set(wanted)]


def missing(workspace: Path, stages: Sequence[str]) -> list[str]:
    """Those of the stages that were neither run nor collected in this workspace."""
    return [name for name in stages if not (workspace / FINISHED / name).exists()]


def absent(workspace: Path, stages: Sequence[str]) -> list[str]:
    """Those of the stages of which an output is not in the workspace."""
    graph = dvc_graph.load(workspace)
    return [name for name in stages if not all((workspace / out).exists() for out in graph.stage(name).outs)]


def note(workspace: Path, stages: Sequence[str]) -> None:
    """Remember that stages are finished here."""
    (workspace / FINISHED).mkdir(exist_ok=True)
    for name in stages:
        (workspace / FINISHED / name).touch()
