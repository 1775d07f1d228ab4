"""Housekeeping: garbage is what nobody names; every open workspace counts, and every file of the remote."""

import shutil

import pytest

from hpefair.errors import ToolError
from hpefair.orchestration.workspaces import commands
from hpefair.orchestration.workspaces.housekeeping import garbage_words, lacking, open_workspaces
from hpefair.orchestration.workspaces.publish import publish
from hpefair.orchestration.workspaces.workspace import open_workspace
from tests.conftest import dvc
from tests.orchestration.conftest import git

STAGES = ("ingest", "train@one", "train@two", "gate")


def test_garbage_spares_what_open_workspaces_have_not_committed(origin, tmp_path):
    """Two of them, with different results; what is nobody's goes."""
    runs = tmp_path / "runs/d"
    for name in ("first", "second", "cleaner"):
        open_workspace(origin, "main", runs / name)
    for name in ("first", "second"):
        (runs / name / "dvc.yaml").write_text(
            (runs / name / "dvc.yaml").read_text().replace("echo ${item}", f"echo {name}")
        )
        dvc(runs / name, "repro", "--quiet", "--pull")
    stray = origin.cache / "files/md5/00/11223344556677889900aabbccddee"
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_text("nobody's")
    others = [path for path in open_workspaces(tmp_path / "runs") if path.name != "cleaner"]
    assert len(others) == 2
    commands.dvc(garbage_words(runs / "cleaner", others), runs / "cleaner")
    assert not stray.exists()
    for name in ("first", "second"):
        shutil.rmtree(runs / name / "data/train")
        dvc(runs / name, "checkout", "--quiet")
        assert name in (runs / name / "data/train/one/w").read_text()


def test_a_file_that_the_remote_lost_is_missed(origin, tmp_path):
    """The list of its folder is still there, which is all that dvc looks at by itself."""
    work = tmp_path / "w"
    open_workspace(origin, "main", work)
    dvc(work, "repro", "--quiet", "--pull")
    publish(work, "d", "r", STAGES)
    open_workspace(origin, "main", tmp_path / "look")
    assert lacking(tmp_path / "look", print) == {}
    lost = next(path for path in (tmp_path / "store/files/md5").glob("*/*") if path.read_text() == "people\none\n")
    lost.unlink()
    assert lacking(tmp_path / "look", print) == {"origin/auto/d/r": ["data/train/one/w"]}
    with pytest.raises(ToolError, match="the remote lacks 1 files"):
        publish(work, "d", "again", STAGES)
    assert not git(tmp_path / "origin.git", "branch", "--list", "auto/d/again")


def test_errors_carry_no_password(tmp_path):
    with pytest.raises(ToolError) as found:
        commands.git(["clone", "--quiet", "http://user:secret@127.0.0.1:9/x.git"], tmp_path)
    assert "secret" not in str(found.value)
