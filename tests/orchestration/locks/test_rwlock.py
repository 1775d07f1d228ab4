"""DVC's rwlock: entries of the dead go, those of a DVC at work stay, half a note is no note."""

import json
import subprocess
import sys

import pytest

from hpefair.orchestration.locks import rwlock
from tests.conftest import dvc, environment
from tests.waiting import end_of, ended, running, wait_for

HELD = """\
stages:
  slow:
    cmd: touch begun; until test -e go; do sleep .1; done; echo done > out.txt
    deps: [dep.txt]
    outs: [out.txt]
"""


@pytest.fixture
def repository(tmp_path):
    """A DVC repository with one stage, which waits until it is let go."""
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    dvc(tmp_path, "init", "--quiet")
    (tmp_path / "dep.txt").write_text("a")
    (tmp_path / "dvc.yaml").write_text(HELD)
    return tmp_path


def entry(pid):
    return {"pid": pid, "cmd": "dvc repro slow"}


@pytest.mark.parametrize("note", [json.dumps({"write": {"OUT": entry(1)}, "read": {}}), '{"write": {"OUT'])
def test_a_stage_runs_where_dvc_alone_refuses(repository, note):
    """A number that somebody else has now (in a container: 1), and a note that was cut off."""
    path = repository / rwlock.NOTE
    path.parent.mkdir(exist_ok=True)
    path.write_text(note.replace("OUT", str(repository / "out.txt")))
    assert "rwlock" in dvc(repository, "repro", "slow", expect=255).stderr.lower()
    rwlock.drop_stale(repository)
    (repository / "go").touch()
    dvc(repository, "repro", "slow")
    assert (repository / "out.txt").exists()


def test_a_dvc_at_work_keeps_its_entries(repository):
    """And ends well after the note was gone through."""
    log = repository / "dvc.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "dvc", "repro", "slow"], cwd=repository, env=environment(), stdout=file, stderr=file
        )

    def begun():
        running(process, "the stage's beginning", log)
        return (repository / "begun").exists()

    try:
        wait_for(begun, "the stage to begin; until then DVC itself goes from one entry to the next", every=0.02)
        path = repository / rwlock.NOTE
        before = json.loads(path.read_text())
        assert list(before["write"]) == [str(repository / "out.txt")]
        rwlock.drop_stale(repository)
        assert json.loads(path.read_text()) == before
    finally:
        (repository / "go").touch()
    assert ended(process, "dvc") == 0, end_of(log)
    rwlock.drop_stale(repository)


def test_nothing_is_made_where_there_is_no_note(tmp_path):
    rwlock.drop_stale(tmp_path)
    assert not list(tmp_path.iterdir())
