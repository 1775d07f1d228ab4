"""SIGKILL of dvc alone and of the stage alone: the next run finishes, one copy writes, nothing half-written stays."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from hpefair.tools.dvc import graph
from tests.conftest import dvc, environment, make_workspace
from tests.pipeline import kills
from tests.waiting import end_of, ended, running, wait_for

pytestmark = pytest.mark.pipeline

# Written into the workspace's stage module: says who builds when, and slows the work down enough to be hit.
TRACE = """
import os as _os, time as _time
_untraced = write
def write(out, work, item):
    def trace(what):
        with open("trace.txt", "a") as file:
            file.write(f"{_time.time():.3f} {_os.getpid()} {what}\\n")
    trace("start")
    _untraced(out, work, item)
    trace("end")

"""
MAIN = 'if __name__ == "__main__":'
# Where the code of one item or step is, which is made a little slower, so that a kill hits the middle.
STEP = {
    "generate": ("generation/recompose/recompose.py", "        rng = np.random.default_rng(item.seed)\n"),
    "train": ("training/engine.py", "            run.prepare_step()\n"),
}


def slow(workspace, word):
    """Have a stage leave a trace and take its time; it has to run again then, those before it have not."""
    package = workspace / "hpefair"
    stage = package / f"stages/{word}.py"
    stage.write_text(stage.read_text().replace(MAIN, TRACE + MAIN))
    name, code = STEP[word]
    text = (package / name).read_text()
    assert code in text
    indent = code[: len(code) - len(code.lstrip())]
    (package / name).write_text(text.replace(code, f"{indent}__import__('time').sleep(0.15)\n{code}"))


def stage_process(root, dvc_process, word, progress):
    """The stage's Python process below dvc, once it has made some progress."""
    log = root / "dvc.log"

    def at_work():
        running(dvc_process, f"{word} at work", log)
        found = kills.below(dvc_process.pid, word)
        return found if found is not None and progress() else None

    return wait_for(at_work, f"{word} to be at work, with some progress", 300, shown=lambda: end_of(log))


def start(root, *targets):
    """`dvc repro` in the background."""
    with (root / "dvc.log").open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "dvc", "repro", *targets], cwd=root, env=environment(),
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip


def spans(root):
    """Building times per process from the trace, killed ones without an end."""
    seen: dict[str, list[float]] = {}
    for line in (root / "trace.txt").read_text().splitlines():
        moment, pid, _ = line.split()
        seen.setdefault(pid, []).append(float(moment))
    return sorted(seen.values())


def touch(root):
    """Another time of writing for every input and every module."""
    for path in [*(root / "data").rglob("*"), *(root / "hpefair").rglob("*.py")]:
        if path.is_file():
            os.utime(path)


def finished_items(root, target, done):
    """Run a stage to its end; of the items that were done, when each was last seen to be written."""
    seen: dict[Path, int] = {}
    second, log = start(root, target), root / "dvc.log"

    def over() -> bool:
        seen.update({path: path.stat().st_mtime_ns for path in done if path.exists()})
        return second.poll() is not None

    wait_for(over, "the end of the second attempt", 600, every=0.02, shown=lambda: end_of(log))
    assert second.returncode == 0, end_of(log)
    return seen


# How a stage notices and how it goes on are two things, and neither depends on the other.
@pytest.mark.parametrize(
    ("victim", "word", "target", "some"),
    [("dvc", "generate", "generate@s0", 5), ("stage", "train", "train@balanced", 1)],
)
def test_a_kill_loses_nothing_and_mixes_nothing(made_workspace, workspace_copy, victim, word, target, some):
    """Kill in the middle, run again at once: finished, resumed, one writer at a time, equal to a run in one go.

    Whoever touches all inputs between the two loses no finished item.
    """
    slow(workspace_copy, word)
    scratch = workspace_copy / ".hpefair/scratch" / target

    def progress():
        return len(list(scratch.rglob("*.json" if word == "generate" else "checkpoint.pt"))) >= some

    first = start(workspace_copy, target)
    stage = stage_process(workspace_copy, first, word, progress)
    killed_at = time.time()
    os.kill(first.pid if victim == "dvc" else stage.pid, signal.SIGKILL)
    ended(first, "dvc after the kill")
    assert not (workspace_copy / "data" / word / target.partition("@")[2]).exists()
    done = {path: path.stat().st_mtime_ns for path in scratch.rglob("work/*.json")}
    assert len(done) >= (some if word == "generate" else 0)
    touch(workspace_copy)
    assert finished_items(workspace_copy, target, done) == done, "scratch is known by content, whenever it was written"
    assert f"Running stage '{target}'" in (workspace_copy / "dvc.log").read_text()
    assert not psutil.pid_exists(stage.pid)
    building = spans(workspace_copy)
    assert len(building) == 2
    assert len(building[0]) == 1, "the killed copy must not have finished"
    assert building[1][0] >= killed_at
    out = workspace_copy / "data" / word / target.partition("@")[2]
    assert contents(out) == contents(made_workspace / out.relative_to(workspace_copy))
    assert dvc(workspace_copy, "status", "--json", target).stdout.strip() in ("{}", "")


@pytest.mark.parametrize(
    ("stage", "victim"), [("train@original", "dvc"), ("generate@s0", "group"), ("train@original", "stage")]
)
def test_a_kill_right_after_the_end_repeats_nothing(workspace_copy, stage, victim):
    """Within 50 ms after the output is in its place, before dvc has noted it: finished is finished."""
    before = kills.contents(workspace_copy)
    found = kills.kill(workspace_copy, stage, victim, "end", delay_s=0.01)
    assert found.hit or victim == "stage", "the stage may have ended by itself"
    assert not found.orphans
    assert not found.repeated
    assert kills.contents(workspace_copy) == before


def test_what_finished_is_reused_once_and_then_cleared_away(workspace_copy):
    """Not where the stage is forced, and not after a later stage, when dvc.lock names it."""
    before = kills.contents(workspace_copy)
    kills.kill(workspace_copy, "split", "dvc", "end", delay_s=0.01)
    forced = dvc(workspace_copy, "repro", "--force", "--single-item", "split").stdout
    assert kills.REUSED not in forced, "who forces a stage wants it done"
    assert kills.contents(workspace_copy) == before
    dvc(workspace_copy, "repro", "--quiet", "--force", "--single-item", "check")
    kept = {path.parents[1].name for path in (workspace_copy / ".hpefair/scratch").glob("*/*/finished.json")}
    assert kept == {"check"}, "a later stage clears away what dvc.lock names by then"


def test_a_run_with_kills_in_another_folder_gives_the_same_bytes(made_workspace, tmp_path, tiny_coco):
    """From nothing, one stage after the other, and some killed: every output equal to a run in one go.

    A few of benchmarks/kills.py: whoever is killed, wherever, nobody stays, and nothing finished is done again.
    """
    other = tmp_path / "elsewhere" / "deep" / "w"
    make_workspace(other, tiny_coco)
    pipeline = graph.load(other)
    rng = random.Random(20)
    stages = ["attribute@s0", "generate@s0", "screen", "train@original", "evaluate@balanced"]
    for stage, victim, moment in kills.draw(rng, stages, len(stages)):
        dvc(other, "repro", "--quiet", *pipeline.upstream(pipeline.stage(stage)))
        found = kills.kill(other, stage, victim, moment, rng.uniform(0, kills.SOON_S if moment == "end" else 4))
        assert not found.orphans, found
        assert not found.repeated, found
        assert not found.redone, found
    dvc(other, "repro", "--quiet")
    assert kills.contents(other) == kills.contents(made_workspace)


def contents(folder):
    """Every file of a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
