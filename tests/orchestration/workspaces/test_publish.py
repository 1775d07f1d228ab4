"""Publishing: data before git, all of it or nothing, once."""

import shutil
import subprocess

import pytest

from hpefair.errors import ToolError
from hpefair.orchestration.workspaces.publish import branch_of, publish
from hpefair.orchestration.workspaces.workspace import open_workspace
from tests.conftest import dvc
from tests.orchestration.conftest import git

STAGES = ("ingest", "train@one", "train@two", "gate")
RUN = "manual__2026-11-28T06:00:00+00:00"


@pytest.fixture
def done(origin, tmp_path):
    """A workspace in which every stage has run."""
    open_workspace(origin, "main", tmp_path / "w")
    dvc(tmp_path / "w", "repro", "--quiet", "--pull", "--allow-missing")
    return tmp_path / "w"


def branches(origin):
    return git(origin.repository, "for-each-ref", "--format=%(refname:short)", "refs/heads/auto").splitlines()


def test_a_published_commit_can_be_restored_anywhere(origin, done, tmp_path, trace):
    """By a clone with an empty cache, without executing anything; only pointers are committed."""
    sha = publish(done, "hpefair_dataset", RUN, STAGES)
    assert branches(origin) == [branch_of("hpefair_dataset", RUN)]
    assert git(origin.repository, "diff", "--name-only", "main", sha).splitlines() == ["dvc.lock"]
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--no-checkout", origin.repository, str(clone))
    git(clone, "checkout", "--quiet", sha)
    dvc(clone, "remote", "add", "--local", "--default", "store", str(tmp_path / "store"))
    before = trace.read_text()
    dvc(clone, "pull", "--quiet")
    assert (clone / "data/train/one/w").read_text() == "people\none\n"
    assert dvc(clone, "status", "--json").stdout.strip() in ("{}", "")
    assert trace.read_text() == before


def test_publishing_again_is_nothing_new(origin, done):
    """Also from another clone of the same run, as after a lost worker."""
    first = publish(done, "d", RUN, STAGES)
    assert publish(done, "d", RUN, STAGES) == first
    shutil.rmtree(done)
    open_workspace(origin, "main", done)
    dvc(done, "repro", "--quiet", "--pull", "--allow-missing")
    assert publish(done, "d", RUN, STAGES) == first


def test_another_result_of_the_same_run_comes_on_top(origin, done):
    """Nothing is forced away."""
    first = publish(done, "d", RUN, STAGES)
    (done / "params.yaml").write_text("seed: 2\n")
    text = (done / "dvc.yaml").read_text().replace("echo ${item}", "echo ${item} ${seed}")
    (done / "dvc.yaml").write_text(text)
    dvc(done, "repro", "--quiet")
    second = publish(done, "d", RUN, STAGES)
    assert git(origin.repository, "rev-parse", f"{second}^") == first


def test_a_stage_that_is_not_up_to_date_is_not_published(origin, done):
    shutil.rmtree(done / "data/train/one")
    with pytest.raises(ToolError, match="train@one"):
        publish(done, "d", RUN, STAGES)
    assert not branches(origin)


def test_a_remote_that_fails_leaves_git_alone(origin, done, tmp_path):
    """Unreachable, then there again: the same call succeeds."""
    store = tmp_path / "store"
    store.rename(tmp_path / "away")
    store.write_text("in the way")
    with pytest.raises(ToolError, match="dvc push"):
        publish(done, "d", RUN, STAGES)
    assert not branches(origin)
    store.unlink()
    (tmp_path / "away").rename(store)
    assert publish(done, "d", RUN, STAGES)


def test_a_commit_never_points_to_data_that_nobody_pushed(origin, done, tmp_path):
    """Not even to data of stages that this run is not answerable for."""
    with pytest.raises(ToolError, match="the remote lacks 6 files"):
        publish(done, "d", RUN, ["ingest"])
    assert not branches(origin)


def test_a_refused_push_is_an_error_and_can_be_repeated(origin, done, tmp_path):
    """A hook of the server says no; then yes."""
    hook = tmp_path / "origin.git/hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho closed for today >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(ToolError, match="git push"):
        publish(done, "d", RUN, STAGES)
    hook.unlink()
    sha = publish(done, "d", RUN, STAGES)
    assert git(origin.repository, "rev-parse", branch_of("d", RUN)) == sha
    assert subprocess.run(["git", "status", "--porcelain"], cwd=done, capture_output=True, check=True).stdout == b""
