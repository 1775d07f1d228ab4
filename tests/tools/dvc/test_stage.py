"""A stage builds in scratch, publishes in one rename, resumes, and has one writer."""

import threading
import time

import pytest

from hpefair.errors import HpefairError, MissingArtifactError, ToolError
from hpefair.tools.dvc import stage as dvc_stage
from tests.waiting import PATIENCE_S, wait_for

PIPELINE = """
stages:
  make:
    cmd: python -m make
    deps: [code, input.txt]
    params: [make]
    outs: [data/make]
"""


@pytest.fixture
def stage(tmp_path, monkeypatch):
    """A workspace with one stage."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_text(PIPELINE)
    (tmp_path / "params.yaml").write_text("make: {n: 1}\n")
    (tmp_path / "code").mkdir()
    (tmp_path / "code/a.py").write_text("x = 1\n")
    (tmp_path / "input.txt").write_text("one")
    return tmp_path


def test_output_appears_at_once_and_scratch_goes(stage):
    """While building, nothing is in place; afterwards all of it is."""

    def build(out, work, item):
        (out / "a.txt").write_text("done")
        assert not (stage / "data/make").exists()

    dvc_stage.run("make", build)
    assert (stage / "data/make/a.txt").read_text() == "done"
    assert not list((stage / ".hpefair/scratch/make").iterdir())


def test_a_failed_build_leaves_nothing_in_place(stage):
    """The earlier output is gone only when a new one is finished."""
    dvc_stage.run("make", lambda out, work, item: (out / "a.txt").write_text("old") and None)

    def fail(out, work, item):
        (out / "half.txt").write_text("half")
        raise HpefairError("stop")

    with pytest.raises(HpefairError):
        dvc_stage.run("make", fail)
    assert [path.name for path in (stage / "data/make").iterdir()] == ["a.txt"]


def test_a_stage_does_not_begin_for_a_dvc_that_has_ended(stage, monkeypatch):
    """Killed while the stage still imported, nobody would end it; by hand, where dvc says nothing, it runs."""
    monkeypatch.setenv("DVC_STAGE", f"{stage}:make")
    with pytest.raises(ToolError, match="its dvc process has ended"):
        dvc_stage.run("make", lambda out, work, item: (out / "a.txt").write_text("done") and None)
    assert not (stage / "data/make").exists()
    monkeypatch.delenv("DVC_STAGE")
    dvc_stage.run("make", lambda out, work, item: (out / "a.txt").write_text("done") and None)
    assert (stage / "data/make/a.txt").exists()


@pytest.mark.parametrize(("resumable", "seen"), [(True, ["part.txt"]), (False, [])])
def test_only_resumable_stages_find_what_an_earlier_attempt_left(stage, resumable, seen):
    """And only with the same inputs."""
    found = []

    def stop(out, work, item):
        (out / "part.txt").write_text("part")
        raise HpefairError("killed")

    def look(out, work, item):
        found.append([path.name for path in out.iterdir()])
        (out / "a.txt").write_text("x")

    with pytest.raises(HpefairError):
        dvc_stage.run("make", stop, resumable)
    dvc_stage.run("make", look, resumable)
    assert found == [seen]


@pytest.mark.parametrize("change", ["input.txt", "code/a.py", "params.yaml"])
def test_other_inputs_start_from_nothing(stage, change):
    """Changed data, code or settings never meet a scratch folder of other ones."""
    before = dvc_stage.input_key("make")
    path = stage / change
    path.write_text(path.read_text().replace("1", "22").replace("one", "three"))
    assert dvc_stage.input_key("make") != before


def test_a_missing_input_says_what_to_do(stage):
    """`dvc repro`, or `hpefair add`."""
    (stage / "input.txt").unlink()
    with pytest.raises(MissingArtifactError, match="hpefair add"):
        dvc_stage.input_key("make")


def test_a_second_copy_waits_for_the_first(stage, capsys):
    """Their builds never overlap, though the first goes on until the second is there."""
    begun, heard, spans = [], [], []

    def second_is_there():
        heard.append(capsys.readouterr().err)
        return len(begun) > 1 or "another copy is still running" in "".join(heard)

    def slow(out, work, item):
        start = time.monotonic()
        begun.append(start)
        if len(begun) == 1:
            wait_for(second_is_there, "a second copy to say that it waits", every=0.01)
        (out / "a.txt").write_text("x")
        spans.append((start, time.monotonic()))

    threads = [threading.Thread(target=dvc_stage.run, args=("make", slow)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive(), f"waited {PATIENCE_S} s for the end of both copies"
    (_, first_end), (second_start, _) = sorted(spans)
    assert second_start >= first_end


def test_deliberate_errors_become_one_line(stage, capsys, monkeypatch):
    """No traceback, exit code 2."""

    def fail(out, work, item):
        raise MissingArtifactError("nothing here: do this next")

    monkeypatch.setattr("sys.argv", ["make"])
    with pytest.raises(SystemExit) as stop:
        dvc_stage.main("make", fail)
    assert stop.value.code == 2
    assert capsys.readouterr().err == "error: nothing here: do this next\n"


def test_unforeseen_errors_are_one_line_and_a_file(stage, capsys, monkeypatch):
    """The traceback is kept for whoever mends it."""

    def fail(out, work, item):
        raise KeyError("surprise")

    monkeypatch.setattr("sys.argv", ["make"])
    with pytest.raises(SystemExit) as stop:
        dvc_stage.main("make", fail)
    assert stop.value.code == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "surprise" in said
    assert "Traceback" in (stage / ".hpefair/failure.log").read_text()
