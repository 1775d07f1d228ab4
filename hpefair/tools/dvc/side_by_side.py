"""Stages at the same time where they do not wait for each other; `dvc repro` runs them one after the other.

Each stage has a dvc of its own, as in the DAGs. DVC holds its lock while it notes results, not while a stage runs.
"""

import os
import subprocess
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Final

from hpefair.errors import ToolError
from hpefair.tools.dvc import cli, graph

MOST: Final = 4  # stages at once: each loads its own libraries and tables
OF_DVC: Final = (  # how its lines begin that say nothing of the stage
    "Running stage", "> ", "Updating lock file", "Generating lock file", "Use `dvc push`", "To track", "To enable",
    "git add", "dvc config",
)  # fmt: skip

Before = Mapping[str, frozenset[str]]


def repro(root: Path, at_once: int = 0) -> None:
    """Run every stage whose inputs changed, and every stage that depends on one.

    Args:
        root: Workspace folder.
        at_once: How many stages may run at the same time; 0 for one more than this process has cores, at most four.

    Raises:
        ToolError: If a stage fails; those that run then go on to their end, and no other begins.
    """
    pipeline = graph.load(root)
    before = {stage.name: frozenset(pipeline.upstream(stage)) for stage in pipeline.stages}
    waiting = with_dependents(cli.status(root), before)
    first = sorted(waiting, key=heights(before).__getitem__, reverse=True)
    # One more than cores: a stage that loads, or three trainings on two cores, would leave one idle.
    free = at_once or min(len(os.sched_getaffinity(0)) + 1, MOST)
    running: dict[Future[None], str] = {}
    with ThreadPoolExecutor(free) as pool:
        while waiting or running:
            undone = waiting | set(running.values())
            ready = [name for name in first if name in waiting and not before[name] & undone]
            for name in ready[: free - len(running)]:
                waiting.remove(name)
                running[pool.submit(_run, name, root)] = name
            for one in wait(running, return_when=FIRST_COMPLETED).done:
                del running[one]
                one.result()


def with_dependents(names: Iterable[str], before: Before) -> set[str]:
    """Stages, and all that come after them.

    Args:
        names: Stages; names that the graph does not have are left out.
        before: By stage, in the order of the pipeline: the stages whose outputs it reads.
    """
    reached = set(names) & before.keys()
    while more := {name for name, others in before.items() if others & reached} - reached:
        reached |= more
    return reached


def heights(before: Before) -> dict[str, int]:
    """Most stages that come one after the other behind each: whoever has most of them begins first."""
    found = dict.fromkeys(before, 0)
    for _ in before:
        for name, others in before.items():
            for other in others:
                found[other] = max(found[other], found[name] + 1)
    return found


_terminal = threading.Lock()


def _run(name: str, root: Path) -> None:
    command = cli.command("repro", "--single-item", name)
    with subprocess.Popen(
        command, cwd=root, env=cli.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        said = [line.rstrip() for line in _shown(name, process.stdout or ())]
    if process.returncode:
        raise ToolError(f"dvc repro {name} failed in {root.resolve()}: {cli.fault(chr(10).join(said))}")


def _shown(name: str, lines: Iterable[str]) -> Iterable[str]:
    """Every line; those that are not DVC's own are shown, behind the name of their stage where they do not begin so."""
    word = name.partition("@")[0]
    for line in lines:
        if line.strip() and not line.strip().startswith(OF_DVC):
            with _terminal:
                own = line.startswith((f"{word}: ", f"{word} "))
                print(line.strip() if own else f"{name}: {line.strip()}", flush=True)
        yield line
