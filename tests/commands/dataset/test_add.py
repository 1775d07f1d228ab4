"""`hpefair add`: what goes in, and what is refused before anything is copied."""

import json
import shutil

import pytest

from hpefair.cli.demo import create_workspace
from tests.command_line import hpefair
from tests.conftest import PROJECT


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """An empty workspace."""
    path = tmp_path_factory.mktemp("add") / "w"
    create_workspace(PROJECT, path)
    return path


def test_a_dataset_is_copied_tracked_and_registered(root, tiny_coco):
    """Pixels included; results named in params.yaml; a second add is refused without --replace."""
    done = hpefair("add", str(tiny_coco), "--name", "first", "--discover", cwd=root)
    assert "40 images" in done.stdout
    assert (root / "data/raw.dvc").exists()
    assert len(list((root / "data/raw/first/images").iterdir())) == 40
    registered = "tinynet: {from: data/raw/first/results/tinynet.json, boxes: data/ingest}"
    assert registered in (root / "params.yaml").read_text()
    assert "--replace" in hpefair("add", str(tiny_coco), "--name", "first", cwd=root, expect=2).stderr
    hpefair("add", str(tiny_coco), "--name", "first", "--replace", cwd=root)


def test_what_is_left_out_is_said(root, tiny_coco, tmp_path):
    """A picture that is named and not there, one that nobody names, a table that holds no labels."""
    folder = shutil.copytree(tiny_coco, tmp_path / "some")
    (folder / "notes.csv").write_text("day,weather\n1,fair\n")
    first, *_ = sorted((folder / "images").iterdir())
    first.rename(first.with_name("nobody.jpg"))
    path = folder / "person_keypoints.json"
    tree = json.loads(path.read_text())
    tree["images"].append({"id": 10_000, "file_name": ["no", "name"]})
    path.write_text(json.dumps(tree))
    said = " ".join(hpefair("add", str(folder), "--discover", cwd=root).stdout.split())
    assert "39 images" in said
    assert "2 of 41 images listed; ingest quarantines them" in said
    assert "do not name them: 1 pictures, such as nobody.jpg" in said
    assert "left out notes.csv: it is no table of labels" in said


def test_explicit_files_are_checked_first(root, tiny_coco, tmp_path):
    """Nothing of a refused dataset is left behind."""
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps([{"image_id": 1, "keypoints": [0] * 3, "score": 1}]))
    done = hpefair("add", str(tiny_coco), "--name", "second", "--results", f"net={bad}", cwd=root, expect=2)
    assert "coco_17 needs 51" in done.stderr
    assert "expected NAME=FILE" in hpefair("add", str(tiny_coco), "--results", "net", cwd=root, expect=2).stderr
    bad.write_text("a,b\n1,2\n")
    assert (
        "not a label file"
        in hpefair("add", str(tiny_coco), "--name", "s", "--labels", str(bad), cwd=root, expect=2).stderr
    )
    assert not (root / "data/raw/second").exists()
    assert not list((root / "data/raw").glob(".*.part"))


def test_folders_that_hold_no_dataset_say_what_is_missing(root, tmp_path, tiny_coco):
    """No folder, no JSON, two JSONs, no images, a truncated JSON."""
    assert "not a folder" in hpefair("add", str(tmp_path / "none"), cwd=root, expect=2).stderr
    (tmp_path / "empty").mkdir()
    assert "no JSON file" in hpefair("add", str(tmp_path / "empty"), cwd=root, expect=2).stderr
    (tmp_path / "empty/a.json").write_text('{"images": [')
    assert "not complete JSON" in hpefair("add", str(tmp_path / "empty"), cwd=root, expect=2).stderr
    for name in "ab":
        (tmp_path / f"empty/{name}.json").write_text((tiny_coco / "person_keypoints.json").read_text())
    assert "pass --annotations" in hpefair("add", str(tmp_path / "empty"), cwd=root, expect=2).stderr
    (tmp_path / "empty/b.json").unlink()
    assert "pass --images" in hpefair("add", str(tmp_path / "empty"), cwd=root, expect=2).stderr
    (tmp_path / "empty/a.json").write_text('{"images": [], "annotations": []}')
    assert "is empty" in hpefair("add", str(tmp_path / "empty"), cwd=root, expect=2).stderr


def test_unknown_settings_stop_every_command(root, tiny_coco):
    """One line with the key's path."""
    path = root / "params.yaml"
    text = path.read_text()
    path.write_text(text.replace("max_repeats:", "max_repeat:"))
    done = hpefair("add", str(tiny_coco), "--name", "third", cwd=root, expect=2)
    path.write_text(text)
    assert "unknown key plan.max_repeat" in done.stderr
    assert done.stderr.count("\n") == 1
