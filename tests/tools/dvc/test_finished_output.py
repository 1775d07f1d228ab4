"""Finished output is kept until dvc.lock names it, and is put in its place whole."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml
from filelock import FileLock

from hpefair.tools.dvc import finished_output
from tests.conftest import dvc

TARGET = "data/make/x"


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """A workspace in which a stage has finished."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / ".hpefair/scratch/make@x/0123"
    (folder / "out/sub").mkdir(parents=True)
    (folder / "out/a.txt").write_text("hello")
    (folder / "out/sub/ä.txt").write_text("x")
    finished_output.note(folder, tmp_path.relative_to(tmp_path) / TARGET)
    return folder


def test_it_is_kept_until_a_byte_changes(scratch):
    assert finished_output.kept(scratch)
    (scratch / "out/a.txt").write_text("hellO")
    assert not finished_output.kept(scratch)


@pytest.mark.parametrize("damage", ["gone", "more", "no note", "half a note"])
def test_what_is_not_whole_is_not_kept(scratch, damage):
    if damage == "gone":
        (scratch / "out/a.txt").unlink()
    elif damage == "more":
        (scratch / "out/b.txt").write_text("")
    elif damage == "no note":
        (scratch / "finished.json").unlink()
    else:
        (scratch / "finished.json").write_text('{"files": ')
    assert not finished_output.kept(scratch)


def test_it_is_put_in_place_of_what_is_there_and_stays(scratch, tmp_path):
    target = tmp_path / TARGET
    target.mkdir(parents=True)
    (target / "old.txt").write_text("")
    finished_output.place(scratch, target)
    assert sorted(path.name for path in target.rglob("*")) == ["a.txt", "sub", "ä.txt"]
    assert finished_output.kept(scratch)
    assert (target / "a.txt").samefile(scratch / "out/a.txt")
    assert not (scratch / "place").exists()


@pytest.mark.parametrize("call", ["link", "rename"])
def test_another_file_system_gets_copies(scratch, tmp_path, monkeypatch, call):
    """Where links are not to be had, or data/ lies on another disk."""
    plain = os.link

    def refuse(source, target, **_):
        raise OSError(errno.EPERM, "no links here")

    def other_disk(folder, target):
        if folder.parent != target.parent:
            raise OSError(errno.EXDEV, "another disk")
        os.replace(folder, target)  # noqa: PTH105 - Path's own is replaced here

    monkeypatch.setattr(os, "link", refuse if call == "link" else plain)
    if call == "rename":
        monkeypatch.setattr(finished_output.Path, "rename", other_disk)
    finished_output.place(scratch, tmp_path / TARGET)
    assert (tmp_path / TARGET / "sub/ä.txt").read_text() == "x"
    assert [path.name for path in (tmp_path / "data/make").iterdir()] == ["x"]
    assert not (scratch / "place").exists()


def locked(tmp_path, path=TARGET, digest=None):
    """A dvc.lock, written now, that names an output."""
    out = {"path": path, "md5": digest}
    (tmp_path / "dvc.lock").write_text(yaml.safe_dump({"stages": {"make@x": {"cmd": "x", "outs": [out]}}}))


def test_it_goes_once_the_lock_names_it(scratch, tmp_path):
    """Not for a lock of another output, and not where the stage itself begins anew."""
    known = finished_output._noted(scratch)
    scratches, locks = tmp_path / ".hpefair/scratch", tmp_path / ".hpefair/locks"
    locks.mkdir()
    locked(tmp_path, digest="0123.dir")
    finished_output.sweep(scratches, locks, "other")
    assert scratch.exists()
    locked(tmp_path, path="data/make/y", digest=known["digest"])
    finished_output.sweep(scratches, locks, "other")
    assert scratch.exists()
    locked(tmp_path, digest=known["digest"])
    finished_output.sweep(scratches, locks, "make@x")
    assert scratch.exists()
    with FileLock(locks / "make@x.lock"):
        finished_output.sweep(scratches, locks, "other")
    assert scratch.exists(), "a stage that runs may be about to put it in its place"
    finished_output.sweep(scratches, locks, "other")
    assert not scratch.exists()


def test_the_digest_is_dvcs_own(scratch, tmp_path):
    """DVC's own digest of the same folder, from DVC itself."""
    dvc(tmp_path, "init", "--no-scm", "--quiet")
    finished_output.place(scratch, tmp_path / TARGET)
    dvc(tmp_path, "add", "--quiet", TARGET)
    said = yaml.safe_load((tmp_path / f"{TARGET}.dvc").read_text())["outs"][0]["md5"]
    assert finished_output._noted(scratch)["digest"] == said


def test_many_who_sweep_at_once_do_not_meet(scratch, tmp_path):
    """Stages begin at the same time, in two terminals or below a scheduler."""
    scratches, locks = tmp_path / ".hpefair/scratch", tmp_path / ".hpefair/locks"
    locks.mkdir()
    for number in range(300):
        (scratch / f"out/{number}.txt").write_text("x")
    finished_output.note(scratch, tmp_path.relative_to(tmp_path) / TARGET)
    locked(tmp_path, digest=finished_output._noted(scratch)["digest"])
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: finished_output.sweep(scratches, locks, "other"), range(16)))
    assert not scratch.exists()
    assert not list((tmp_path / ".hpefair").glob("gone-*"))
