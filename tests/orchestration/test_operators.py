"""Operators: outcomes decide about retries, finished stages are never executed again, and a kill leaves nothing."""

import contextlib
import json
import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import zc.lockfile
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from hpefair.orchestration.lifecycle import (
    AnnounceOperator,
    CloseWorkspaceOperator,
    OpenWorkspaceOperator,
    PublishOperator,
    TagOperator,
    marked_failed,
)
from hpefair.orchestration.locks.lease import LEASES
from hpefair.orchestration.maintenance import DAY_S, PruneWorkspacesOperator
from hpefair.orchestration.operators import DvcStageOperator, HpefairOperator, StageItemsOperator, WorkspaceOperator
from hpefair.orchestration.outcome import Listener, Outcome
from hpefair.orchestration.workspaces import collecting
from hpefair.orchestration.workspaces.publish import branch_of
from hpefair.tools.dvc import cli
from tests.conftest import dvc
from tests.orchestration.conftest import git
from tests.waiting import PATIENCE_S, gone, wait_for

DVC_SAYS = "ERROR: failed to reproduce stage: failed to run: python -m x, exited with"
RUN = "d/manual__2026-11-28T06:00:00+00:00"
STAGES = ["ingest", "train@one", "train@two", "gate"]
GIVES_UP = 7  # tries after which dvc does, unless it is told to wait
# What python runs first: every try of dvc to get its own lock leaves a line.
NOTE_TRIES = """
import os
import zc.lockfile
class Noting(zc.lockfile.LockFile):
    def __init__(self, path, *words, **named):
        if path.endswith("/lock"):
            with open(os.environ["TRIES"], "a") as file:
                file.write(path + "\\n")
        super().__init__(path, *words, **named)
zc.lockfile.LockFile = Noting
"""


def stage(name: str, run: str = RUN, commit: str = "main") -> DvcStageOperator:
    """An operator for one stage, with what templates would have given it."""
    word, _, item = name.partition("@")
    return DvcStageOperator(task_id="t", stage=word, item=item, commit=commit, run=run)


def do_all(installed, commit: str = "main", run: str = RUN) -> None:
    """All stages of a run at once, as its tasks would leave them; cheaper than four tasks."""
    operator = WorkspaceOperator(task_id="t", commit=commit, run=run)
    folder = operator.folder()
    operator.launch("all", cli.command("repro", "--quiet", "--pull"), folder)
    collecting.note(folder, STAGES)


def ran(trace) -> list[str]:
    """Stages that were executed to their end, in order."""
    return [line.split()[1] for line in trace.read_text().splitlines() if line.startswith("ran")]


@pytest.mark.parametrize(
    ("lines", "code", "outcome"),
    [
        ([], 0, Outcome.DONE),
        ([], 3, Outcome.FAIL),
        ([], 2, Outcome.FAIL),
        ([], 4, Outcome.SKIP),
        ([], 1, Outcome.RETRY),
        ([], 75, Outcome.RETRY),
        ([f"{DVC_SAYS} 3"], 255, Outcome.FAIL),
        ([f"{DVC_SAYS} -9"], 255, Outcome.RETRY),
        (["ERROR: Unable to acquire lock.", "Having any troubles?"], 255, Outcome.RETRY),
    ],
)
def test_decisions_and_bad_input_are_not_retried(lines, code, outcome):
    """dvc hides a stage's exit code in a line of text; a killed stage, a lock, and a remote may pass."""
    heard = Listener()
    for line in lines:
        heard.hear(line)
    found, said = heard.judge(code)
    assert found is outcome
    assert not lines or lines[0] in said


@pytest.mark.parametrize(
    ("code", "error"), [(3, AirflowFailException), (1, AirflowException), (4, AirflowSkipException)]
)
def test_outcomes_become_what_airflow_understands(installed, code, error):
    """Failed for good, to be tried again, or skipped."""
    operator = WorkspaceOperator(task_id="t", commit="main", run=RUN)
    with pytest.raises(AirflowException) as found:
        operator.launch("t", ["sh", "-c", f"echo why; exit {code}"], operator.folder())
    assert type(found.value) is error
    assert "why" in str(found.value)


def test_dvc_that_stumbles_over_another_run_is_run_again(installed, tmp_path):
    """Another run writes into the shared run-cache while dvc reads it; what dvc says then was seen with four runs."""
    stumble = f"ERROR: failed: [Errno 2] No such file or directory: '/c/runs/1b/{'1b' * 32}/.HK4i_Q.tmp'"
    seen = tmp_path / "seen"
    once = f'echo x >> {seen}; test $(wc -l < {seen}) = 2 && echo done || {{ echo "{stumble}"; exit 255; }}'
    operator = WorkspaceOperator(task_id="t", commit="main", run=RUN)
    assert operator.launch("t", ["sh", "-c", once], operator.folder()) == "done"


def test_a_kill_inside_the_run_cache_stops_nobody(installed, trace):
    """A folder that was made and got no entry: dvc alone would fail at it for ever; a young one may yet get it."""
    stage("ingest").execute({})
    shutil.rmtree(Path(installed.origin.remote) / "runs")  # where the entry would come from
    (entry,) = (path for path in (installed.origin.cache / "runs").glob("*/*/*") if "ingest" in path.read_text())
    entry.unlink()
    with pytest.raises(AirflowException, match="failed to reproduce"):
        stage("ingest", "d/young").execute({})
    os.utime(entry.parent, (0, 0))
    stage("ingest", "d/old").execute({})
    assert ran(trace) == ["ingest", "ingest"]
    assert entry.exists()


def test_a_run_does_its_stages_once_whatever_is_asked_again(installed, trace):
    """Each in one workspace; asked again, nothing is executed."""
    for name in (*STAGES, "gate"):
        stage(name).execute({})
    assert ran(trace) == ["ingest", "one", "two", "gate"]
    assert StageItemsOperator(task_id="t", stage="train", commit="main", run=RUN).execute({}) == ["one", "two"]


def test_machines_that_share_nothing_but_the_remote_share_the_work(installed, trace, tmp_path, monkeypatch):
    """Each stage on a machine of its own, with a cache of its own: collected, never executed twice."""
    for number, name in enumerate(STAGES):
        monkeypatch.setenv("HPEFAIR_RUNS", str(tmp_path / f"machine{number}/runs"))
        monkeypatch.setenv("HPEFAIR_CACHE", str(tmp_path / f"machine{number}/cache"))
        stage(name).execute({})
    assert ran(trace) == ["ingest", "one", "two", "gate"]
    assert (tmp_path / "machine3/runs/d").is_dir()
    monkeypatch.setenv("HPEFAIR_RUNS", str(tmp_path / "publisher/runs"))
    monkeypatch.setenv("HPEFAIR_CACHE", str(tmp_path / "publisher/cache"))
    commit = PublishOperator(task_id="p", stages=["ingest", "train", "gate"], commit="main", run=RUN).execute({})
    assert git(tmp_path / "origin.git", "rev-parse", branch_of(*RUN.split("/"))) == commit
    assert ran(trace) == ["ingest", "one", "two", "gate"]


def test_collecting_never_does_a_stage_over_again(installed, trace):
    """Upstream never ran anywhere: an error, and the stage that was about to start is ended."""
    with pytest.raises(AirflowException, match=r"no result of ingest|ingest would run again here"):
        stage("train@one").execute({})
    assert ran(trace) == []


def test_collecting_ends_what_it_would_do_over_again(installed, trace):
    """Another command here than on the machine that ran it: nothing is executed to its end."""
    stage("ingest").execute({})
    stage("train@one").execute({})
    folder = installed.workspace(RUN)
    shutil.rmtree(folder / ".hpefair/finished")
    (folder / "dvc.yaml").write_text((folder / "dvc.yaml").read_text().replace("- mkdir -p data/ingest", "- sleep 1"))
    with pytest.raises(AirflowException, match="ingest would run again here"):
        stage("train@two").execute({})
    assert ran(trace) == ["ingest", "one"]


def test_a_lost_workspace_costs_no_stage(installed, trace):
    """Its commit was never pushed; the run-cache has what it did."""
    stage("ingest").execute({})
    stage("train@one").execute({})
    shutil.rmtree(installed.workspace(RUN))
    shutil.rmtree(installed.origin.cache)
    stage("train@one").execute({})
    stage("train@two").execute({})
    assert ran(trace) == ["ingest", "one", "two"]


def test_a_lock_that_another_process_holds_is_waited_for(installed, trace, tmp_path, monkeypatch):
    """dvc itself gives up after a few tries, when the stage has long finished."""
    stage("ingest").execute({})
    tries = tmp_path / "tries"
    (tmp_path / "noting").mkdir()
    (tmp_path / "noting/sitecustomize.py").write_text(NOTE_TRIES)
    monkeypatch.setenv("TRIES", str(tries))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "noting"))
    lock = zc.lockfile.LockFile(str(installed.workspace(RUN) / ".dvc/tmp/lock"))
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(stage("train@one").execute, {})

        def tried() -> bool:
            assert not waiting.done(), f"it ended while the lock was held: {waiting.exception() or waiting.result()}"
            return tries.exists() and len(tries.read_text().splitlines()) > GIVES_UP

        try:
            wait_for(tried, f"more than {GIVES_UP} tries of dvc to get its lock")
        finally:
            lock.close()
        wait_for(waiting.done, "the task to end once the lock was free")
        waiting.result()
    assert ran(trace) == ["ingest", "one"]


def test_a_stale_note_of_readers_and_writers_is_no_obstacle(installed, trace):
    """It names a process that lives, but is no dvc, as in a container whose numbers are taken again."""
    stage("ingest").execute({})
    note = installed.workspace(RUN) / ".dvc/tmp/rwlock"
    mine = {"pid": os.getpid(), "cmd": "dvc repro"}
    path = str(installed.workspace(RUN) / "data/train/one")
    note.write_text(json.dumps({"write": {path: mine}, "read": {}}))
    stage("train@one").execute({})
    assert ran(trace) == ["ingest", "one"]


def test_a_remote_that_is_down_fails_the_push_alone(installed, trace, tmp_path):
    """The stage stays finished; the next attempt only pushes."""
    stage("ingest").execute({})
    (tmp_path / "store").rename(tmp_path / "away")
    (tmp_path / "store").write_text("in the way")
    with pytest.raises(AirflowException) as found:
        stage("train@one").execute({})
    assert type(found.value) is AirflowException
    (tmp_path / "store").unlink()
    (tmp_path / "away").rename(tmp_path / "store")
    stage("train@one").execute({})
    assert ran(trace) == ["ingest", "one"]


def test_a_remote_that_is_full_fails_the_push_alone(installed, trace, tmp_path, monkeypatch, small_disk):
    """A file system of a few kilobytes, filled up; once there is room, the same task only pushes."""
    small = tmp_path / "small"
    small_disk(small, 256)
    shutil.copytree(tmp_path / "store", small, dirs_exist_ok=True)
    monkeypatch.setenv("HPEFAIR_REMOTE", str(small))
    stage("ingest").execute({})
    with contextlib.suppress(OSError), (small / "filler").open("wb", buffering=0) as filler:
        while filler.write(b"x" * 4096):
            pass
    with pytest.raises(AirflowException) as found:
        stage("train@one").execute({})
    assert type(found.value) is AirflowException
    (small / "filler").unlink()
    stage("train@one").execute({})
    assert ran(trace) == ["ingest", "one"]


def test_on_kill_ends_everything_below(installed, trace, tmp_path, monkeypatch):
    """dvc, the stage, and what the stage started; the next attempt does the stage once."""
    monkeypatch.setenv("HOLD", str(tmp_path / "hold"))
    (tmp_path / "hold").touch()
    stage("ingest").execute({})
    running = stage("train@one")
    errors: list[BaseException] = []

    def work() -> None:
        try:
            running.execute({})
        except AirflowException as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()

    def begun() -> bool:
        assert thread.is_alive(), errors
        return "start one" in trace.read_text()

    def at_work() -> list[psutil.Process]:
        found = psutil.Process(running._process.pid).children(recursive=True)
        return found if len(found) > 1 else []  # between two commands of a stage there is dvc alone

    wait_for(begun, "the training to begin")
    below = wait_for(at_work, "a command of the stage below dvc")
    running.on_kill()
    thread.join(PATIENCE_S)
    assert not thread.is_alive(), f"waited {PATIENCE_S} s for the task to end after on_kill"
    assert len(errors) == 1
    assert not [process for process in below if not gone(process)]
    (tmp_path / "hold").unlink()
    stage("train@one").execute({})
    assert ran(trace) == ["ingest", "one"]


class Instance:
    """As much of a context as operators ask for."""

    def __init__(self, extra=None) -> None:
        self.extra = extra


def test_opening_takes_the_commit_of_the_event(installed, tmp_path):
    """The form comes first, then the event, then what the environment names; another request starts afresh."""
    first = git(tmp_path / "origin.git", "rev-parse", "main")
    event = Instance({"commit": first})
    event.timestamp = 1
    operator = OpenWorkspaceOperator(task_id="open_workspace", ref="", run=RUN)
    assert operator.execute({"triggering_asset_events": {"a": [event]}}) == first
    left = installed.workspace(RUN) / "left.txt"
    left.touch()
    # Cleared with other tasks: what they left, checkpoints above all, has to stay.
    assert operator.execute({"triggering_asset_events": {"a": [event]}}) == first
    assert left.exists()
    assert operator.execute({}) == first
    assert not left.exists()
    operator.ref = "nowhere"
    with pytest.raises(AirflowException, match="no branch, tag or commit 'nowhere'"):
        operator.execute({})


def test_settings_of_the_form_are_committed_before_anything_runs(installed, tmp_path, trace):
    """So that a run on several machines speaks of one commit, and what was published says how it was made."""
    operator = OpenWorkspaceOperator(task_id="o", ref="", run=RUN, changes='{"seed": 2, "deep": {"a": 1}}')
    commit = operator.execute({})
    shown = git(tmp_path / "origin.git", "show", f"{commit}:params.yaml")
    assert shown.splitlines() == ["seed: 2", "deep:", "  a: 1"]
    assert operator.execute({}) == commit
    do_all(installed, commit)
    published = PublishOperator(task_id="p", stages=["ingest", "train", "gate"], commit=commit, run=RUN).execute({})
    assert git(tmp_path / "origin.git", "rev-parse", f"{published}^") == commit


@pytest.mark.parametrize(
    "changes",
    [
        '{"seed": "1; touch PWNED"}',
        '{"a": {"$(touch PWNED)": 1}}',
        '{"a": ["x", "`touch PWNED`"]}',
        "[1]",
        "no JSON",
        '"x"',
    ],
)
def test_a_form_is_no_way_in(installed, tmp_path, trace, changes):
    """One refusal that is not tried again; nothing is committed, nothing published."""
    with pytest.raises(AirflowFailException, match="changes"):
        OpenWorkspaceOperator(task_id="o", ref="", run=RUN, changes=changes).execute({})
    assert not git(tmp_path / "origin.git", "branch", "--list", "auto/*")
    assert not list(tmp_path.rglob("PWNED*"))
    assert ran(trace) == []


def test_an_item_is_a_word(installed):
    """It becomes a path, which dvc removes before it runs a stage."""
    with pytest.raises(AirflowFailException, match="cannot be an item"):
        stage("train@../../victim").execute({})


@pytest.mark.parametrize(
    ("states", "decided", "marked"),
    [
        ({"one": "success", "publish": "success"}, False, False),
        ({"one": "failed", "publish": "upstream_failed"}, False, False),  # Airflow sees that itself
        ({"one": "success", "publish": "failed"}, False, False),
        ({"one": "success", "publish": "skipped"}, True, False),  # somebody said no
        ({"one": "failed", "publish": "skipped"}, True, True),  # what ran was ended, the rest skipped
        ({"one_0": "failed", "publish": "skipped"}, False, True),
        ({"one": "success", "publish": "skipped"}, False, True),  # marked between two tasks
        ({"one": "skipped", "publish": "skipped", "hold": "success"}, False, False),
    ],
)
def test_a_run_that_was_marked_failed_is_known(states, decided, marked):
    last = {task for task in states if task in ("publish", "hold")}
    assert marked_failed(states, last, decided) == marked


def test_who_approved_is_in_the_commit(installed, tmp_path, trace):
    """As a trailer, and a second attempt finds the commit by it."""
    do_all(installed)
    publish = PublishOperator(task_id="p", stages=STAGES, approved_by="ada\nlovelace", commit="main", run=RUN)
    commit = publish.execute({})
    assert publish.execute({}) == commit
    said = git(tmp_path / "origin.git", "log", "-1", "--format=%(trailers:key=Approved-By,valueonly)", commit)
    assert said.strip() == "ada lovelace"


def test_publishing_announces_the_commit(installed, tmp_path, trace):
    """The asset's event carries it; announcing it again publishes nothing."""
    do_all(installed)
    event = Instance()
    publish = PublishOperator(task_id="p", stages=STAGES, commit="main", run=RUN)
    publish.outlets = ["asset"]
    commit = publish.execute({"outlet_events": {"asset": event}})
    assert event.extra["commit"] == commit
    assert publish.execute({"outlet_events": {"asset": event}}) == commit
    again = AnnounceOperator(task_id="a", commit=commit, run=RUN)
    again.outlets = ["asset"]
    assert again.execute({"outlet_events": {"asset": event}}) == commit


def test_nothing_is_published_of_a_stage_that_did_not_run(installed, tmp_path, trace):
    """It would have to be executed to be collected."""
    stage("ingest").execute({})
    with pytest.raises(AirflowException, match=r"no result of train@one|train@one would run again here"):
        PublishOperator(task_id="p", stages=["ingest", "train"], commit="main", run=RUN).execute({})
    assert not git(tmp_path / "origin.git", "branch", "--list", "auto/*")


def test_closing_keeps_what_people_read(installed, trace):
    """Gate and lock stay when the workspace goes; twice is no fault."""
    do_all(installed)
    close = CloseWorkspaceOperator(task_id="c", run=RUN)
    kept = installed.runs.parent / "kept" / installed.workspace(RUN).relative_to(installed.runs)
    assert close.execute({}) == str(kept)
    assert (kept / "data/gate/decision.json").read_text() == "people\none\npeople\ntwo\n"
    assert (kept / "dvc.lock").exists()
    assert not installed.workspace(RUN).exists()
    close.execute({})


def test_a_tag_is_for_ever(installed, tmp_path):
    """At the same commit it is left alone; at another it is refused, and not tried again."""
    first = git(tmp_path / "origin.git", "rev-parse", "main")
    operator = TagOperator(task_id="t", name="model/balanced/1", message="why", commit=first, run=RUN)
    assert operator.execute({}) == operator.execute({}) == "model/balanced/1"
    assert git(tmp_path / "origin.git", "rev-parse", "model/balanced/1^{commit}") == first
    moved = OpenWorkspaceOperator(task_id="o", ref="", run="d/other", changes='{"seed": 3}').execute({})
    other = TagOperator(task_id="t", name="model/balanced/1", message="why", commit=moved, run="d/other")
    with pytest.raises(AirflowFailException, match="stands for"):
        other.execute({})


def test_commands_are_the_workspaces_own(installed):
    """Its last line is the result; a launcher of another version runs it all the same."""
    operator = HpefairOperator(task_id="h", arguments=["--help"], commit="main", run=RUN)
    assert operator.execute({})


def test_four_runs_at_once_share_one_cache(installed, trace, tmp_path):
    """In four clones; every lock is whole, and they are the same."""
    runs = [f"d/run{number}" for number in range(4)]

    def work(run: str) -> None:
        stage("ingest", run).execute({})
        stage("train@one", run).execute({})
        do_all(installed, run=run)

    with ThreadPoolExecutor(len(runs)) as threads:
        list(threads.map(work, runs))
    locks = {(installed.workspace(run) / "dvc.lock").read_text() for run in runs}
    assert len(locks) == 1
    for run in runs:
        assert dvc(installed.workspace(run), "status", "--json").stdout.strip() in ("{}", "")


def test_pruning_removes_what_is_old_and_nothing_else(installed, monkeypatch):
    """Workspaces, kept results, leftovers; not one whose stage still runs, nor one that may wait for a person yet."""
    monkeypatch.setenv("HPEFAIR_PATIENCE_S", str(DAY_S))
    for run in ("d/old", "d/new", "d/leased", "d/waits"):
        WorkspaceOperator(task_id="t", commit="main", run=run).folder()
    kept, leftover = installed.runs.parent / "kept", installed.runs / "d/.gone.closing"
    for folder in (kept / "d/old", kept / "d/new", leftover, installed.runs / "d/.young.closing"):
        folder.mkdir(parents=True)
    lease = installed.runs / "d/leased" / LEASES / "train@one.json"
    lease.parent.mkdir(parents=True, exist_ok=True)
    aged(2.5, installed.runs / "d/old", installed.runs / "d/leased", kept / "d/old", leftover)
    lease.write_text("{}")
    aged(1.5, installed.runs / "d/waits")
    assert PruneWorkspacesOperator(task_id="p", days="3", run=RUN).execute({}) == []
    gone = PruneWorkspacesOperator(task_id="p", days="1", run=RUN).execute({})
    assert gone == [str(installed.runs / "d/old"), str(kept / "d/old")]
    left = {path.name for path in (installed.runs / "d").iterdir()}
    assert left == {".young.closing", "leased", "new", "waits"}
    assert [path.name for path in (kept / "d").iterdir()] == ["new"]


def aged(days: float, *folders: Path) -> None:
    """Set the time of folders, and of what is in them, so many days back."""
    then = time.time() - days * DAY_S
    for folder in folders:
        for path in [folder, *folder.rglob("*")]:
            os.utime(path, (then, then), follow_symlinks=False)
