"""`hpefair sample`, `hpefair sheet` and `hpefair add sample` as people type them."""

import json
import os
import signal
import subprocess
import sys

import cv2
import psutil
import pytest
import yaml

from hpefair.cli.demo import create_workspace
from tests.command_line import hpefair
from tests.conftest import PROJECT, environment
from tests.waiting import last_words, running, wait_for


def heard():
    """Ctrl-C is heard also where these tests run in a shell's background, which ignores it for its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """A small set with a bias."""
    root = tmp_path_factory.mktemp("sample")
    (root / "bias.yaml").write_text("build: {slim: 0, average: 0, large: 1}\n")
    hpefair("sample", "--out", "people", "--images", 6, "--size", 96, "--bias", "bias.yaml", cwd=root)
    return root / "people"


def test_a_biased_set_is_made(people):
    tree = json.loads((people / "annotations.json").read_text())
    assert len(tree["images"]) == 6
    assert {person["attributes"]["build"] for person in tree["annotations"]} == {"large"}
    assert not (people / "parts").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("build: {slim: 0.5}", "adding up to 1"),
        ("height: {tall: 1}", "Expected an attribute among"),
        ("build: [slim]", "expected attributes with shares"),
        ("build: {slim: many}", "must be numbers"),
        ("build: {slim: .nan, large: 1}", "Expected shares of build"),
        ("- 1", "expected attributes with shares"),
        ("build: {slim: ", "cannot be read as YAML"),
        ("", "expected attributes with shares"),
    ],
)
def test_a_bias_that_makes_no_sense_is_one_line(tmp_path, text, words):
    (tmp_path / "bias.yaml").write_text(text)
    done = hpefair("sample", "--out", "x", "--bias", "bias.yaml", cwd=tmp_path, expect=2)
    assert words in done.stderr
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--bias", "none.yaml"], "cannot be read"),
        (["--photos", "none"], "is not a folder"),
        (["--images", "0"], "--images must be at least 1"),
        (["--size", "5"], "--size at least 32"),
        (["--workers", "-1"], "--workers"),
    ],
)
def test_bad_arguments_are_one_line(tmp_path, arguments, words):
    assert words in hpefair("sample", "--out", "x", *arguments, cwd=tmp_path, expect=2).stderr
    assert not (tmp_path / "x").exists()


def test_a_broken_photograph_is_named(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/broken.jpg").write_text("not a picture")
    done = hpefair("sample", "--out", "x", "--photos", "photos", "--images", 2, "--size", 64, cwd=tmp_path, expect=2)
    assert "broken.jpg" in done.stderr
    assert not (tmp_path / "x").exists()


def has_loaded(process, library):
    """Whether a process has come so far in its imports."""
    try:
        return any(library in found.path for found in process.memory_maps())
    except psutil.Error:
        return False


def workers(process):
    try:
        return [one for one in process.children() if "spawn_main" in " ".join(one.cmdline())]
    except psutil.Error:
        return []


SIGNS = {
    "it begins to import": lambda process: has_loaded(process, "numpy"),
    "it has imported its compiler": lambda process: has_loaded(process, "llvmlite"),
    "both workers are there": lambda process: len(workers(process)) == 2,
}


@pytest.mark.parametrize("sign", SIGNS)
def test_ctrl_c_at_the_start_is_quiet(tmp_path, sign):
    """The whole process group is told, as a terminal does, while the workers are still starting."""
    arguments = ["sample", "--out", "people", "--images", "60", "--size", "128", "--workers", "2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "hpefair", *arguments], cwd=tmp_path, env=environment(), stderr=subprocess.PIPE,
        text=True, start_new_session=True, preexec_fn=heard,
    )  # fmt: skip
    started = psutil.Process(process.pid)

    def seen():
        running(process, sign)
        return SIGNS[sign](started)

    try:
        wait_for(seen, sign, every=0.02)
    finally:
        os.killpg(process.pid, signal.SIGINT)
    error = last_words(process, "a run after Ctrl-C at its start")
    assert "Process Spawn" not in error
    assert "worker_pool" not in error


@pytest.mark.parametrize("out", ["file", "file/below", "/proc/nowhere"])
def test_an_out_that_cannot_be_written_is_one_line(tmp_path, out):
    (tmp_path / "file").write_text("mine")
    assert "cannot be written" in hpefair("sample", "--out", out, "--images", 1, cwd=tmp_path, expect=2).stderr
    assert (tmp_path / "file").read_text() == "mine"


def test_a_damaged_claim_is_one_line(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x/sample.json").write_text('{"number": ')
    assert "cannot be read as JSON" in hpefair("sample", "--out", "x", cwd=tmp_path, expect=2).stderr


def test_a_stopped_run_is_finished(tmp_path):
    """Ctrl-C in the middle: one line, no traceback; the second call draws only the rest, the bytes are the same."""
    # Enough pictures that the run cannot end by itself while this process waits for its turn on a busy machine.
    arguments = ["sample", "--out", "people", "--images", "80", "--size", "96", "--workers", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "hpefair", *arguments], cwd=tmp_path, env=environment(), stderr=subprocess.PIPE,
        text=True, start_new_session=True, preexec_fn=heard,
    )  # fmt: skip
    parts = tmp_path / "people/parts"

    def some():
        running(process, "five pictures")
        return len(list(parts.glob("*.json"))) >= 5

    try:
        wait_for(some, "five pictures of eighty", every=0.02)
    finally:
        process.send_signal(signal.SIGINT)
    error = last_words(process, "a run after Ctrl-C in its middle")
    assert process.returncode not in (0, None), error
    assert "Traceback" not in error
    done = {path.name: path.stat().st_mtime_ns for path in parts.glob("*.json")}
    assert 5 <= len(done) < 80
    hpefair(*arguments[:-1], "2", cwd=tmp_path)
    hpefair("sample", "--out", "whole", *arguments[3:-1], "2", cwd=tmp_path)
    for path in sorted((tmp_path / "whole").rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "people" / path.relative_to(tmp_path / "whole")).read_bytes()


def test_the_sheet_shows_people_twice(people, tmp_path):
    """As they are, and with labels drawn on: the halves differ, and the first is the picture."""
    done = hpefair(
        "sheet", people, "--out", tmp_path / "s.png", "--images", 4, "--columns", 2, "--tile", 96, cwd=tmp_path
    )
    assert "4 images" in done.stdout
    sheet = cv2.imread(str(tmp_path / "s.png"))
    assert sheet.shape == (2 * (96 + 14), 2 * 2 * 96, 3)
    tree = json.loads((people / "annotations.json").read_text())
    first = cv2.imread(str(people / "images" / tree["images"][0]["file_name"]))
    assert abs(sheet[:96, :96].astype(int) - first).max() <= 1
    assert (sheet[:96, :96] != sheet[:96, 96:192]).any()


def test_any_coco_folder_can_be_looked_at(tiny_coco, tmp_path):
    hpefair("sheet", tiny_coco, "--out", tmp_path / "s.jpg", "--images", 3, cwd=tmp_path)
    assert cv2.imread(str(tmp_path / "s.jpg")) is not None
    assert "is not a folder" in hpefair("sheet", tmp_path / "none", cwd=tmp_path, expect=2).stderr


def test_add_sample_puts_the_planted_bias_into_the_pipeline(tmp_path):
    """Tracked by DVC, labelled, and the plan set to repair what was planted; a second one needs --replace."""
    root = tmp_path / "w"
    create_workspace(PROJECT, root)
    done = hpefair("add", "sample", "--number", 4, cwd=root)
    assert "plan.attributes is age_band, build, contrast now" in done.stdout
    assert (root / "data/raw.dvc").exists()
    assert (root / "data/raw/sample/labels.csv").exists()
    plan = yaml.safe_load((root / "params.yaml").read_text())["plan"]
    assert plan["attributes"] == ["age_band", "build", "contrast"]
    assert not list((root / ".hpefair").glob("sample*"))
    assert "--replace" in hpefair("add", "sample", "--number", 4, cwd=root, expect=2).stderr
    hpefair("add", "sample", "--number", 2, "--replace", cwd=root)
    assert len(list((root / "data/raw/sample/images").iterdir())) == 2
