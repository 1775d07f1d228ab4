"""Workspaces: complete or not there, the commit that was asked for, one cache for all."""

import pytest

from hpefair.errors import ToolError
from hpefair.orchestration.workspaces.workspace import Origin, close_workspace, open_workspace
from tests.conftest import dvc
from tests.orchestration.conftest import git


def test_what_one_workspace_made_another_only_links(origin, trace, tmp_path):
    """The run-cache of the shared cache is enough: no stage is executed twice."""
    for name in ("a", "b"):
        open_workspace(origin, "main", tmp_path / name)
        dvc(tmp_path / name, "repro", "--quiet", "--pull", "--allow-missing")
    assert trace.read_text().count("ran") == 4
    assert (tmp_path / "b/data/train/two/w").read_text() == "people\ntwo\n"
    assert git(tmp_path / "b", "status", "--porcelain").splitlines() == ["?? dvc.lock"]


def test_a_second_attempt_finds_the_first_ones_workspace(origin, tmp_path):
    """With what it had done; a branch that went on meanwhile changes nothing."""
    first = open_workspace(origin, "main", tmp_path / "w")
    (tmp_path / "w/note").write_text("kept")
    assert open_workspace(origin, "main", tmp_path / "w") == first
    assert (tmp_path / "w/note").exists()


def test_a_commit_can_be_asked_for(origin, tmp_path):
    """Not what the branch is at now."""
    old = open_workspace(origin, "main", tmp_path / "old")
    git(
        tmp_path / "old", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--allow-empty", "--quiet", "-m", "new"
    )
    git(tmp_path / "old", "push", "--quiet", "origin", "HEAD:main")
    new = open_workspace(origin, "main", tmp_path / "new")
    assert new != old
    assert open_workspace(origin, old, tmp_path / "again") == old


@pytest.mark.parametrize(("ref", "repository", "said"), [("nosuch", "", "nosuch"), ("main", "/nowhere.git", "clone")])
def test_what_cannot_be_opened_leaves_nothing(origin, tmp_path, ref, repository, said):
    wrong = Origin(repository or origin.repository, origin.cache, origin.remote)
    with pytest.raises(ToolError, match=said):
        open_workspace(wrong, ref, tmp_path / "runs/w")
    assert not list((tmp_path / "runs").iterdir())


def test_fetched_weights_are_linked_in(origin, tmp_path):
    """Git does not hold them; they cost no second copy."""
    weights = tmp_path / "models/judges/some/net.onnx"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"net")
    open_workspace(
        Origin(origin.repository, origin.cache, origin.remote, str(tmp_path / "models")), "main", tmp_path / "w"
    )
    assert (tmp_path / "w/models/judges/some/net.onnx").stat().st_ino == weights.stat().st_ino


def test_closing_twice_is_closing(origin, tmp_path):
    open_workspace(origin, "main", tmp_path / "w")
    for _ in range(2):
        close_workspace(tmp_path / "w")
    assert not (tmp_path / "w").exists()
