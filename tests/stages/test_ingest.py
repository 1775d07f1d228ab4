"""Ingest: every record is a row or a reject."""

import json

import pytest

from hpefair.data import tables
from hpefair.schema import IMAGES, PEOPLE
from tests.conftest import dvc, make_workspace, run

pytestmark = pytest.mark.pipeline


def test_tables_hold_everyone(made_workspace, tiny_coco):
    """As many rows as annotations, the columns of the schema, labels kept."""
    tree = json.loads((tiny_coco / "person_keypoints.json").read_text())
    folder = made_workspace / "data/ingest"
    images, people = (tables.read(folder / f"{name}.parquet") for name in ("images", "people"))
    assert (list(images), list(people)) == (list(IMAGES), list(PEOPLE))
    assert len(people) == len(tree["annotations"])
    assert len(people.loc[0, "keypoints"]) == 51
    assert tables.read(folder / "rejects.parquet").empty
    labels = tables.read(folder / "labels.parquet")
    assert set(labels["group"]) == {"feminine", "masculine", "child", "adult", "older", "unknown"}


@pytest.fixture(scope="module")
def broken(tmp_path_factory, tiny_coco):
    """A workspace whose dataset has one of each fault; only ingest is run."""
    import shutil

    folder = tmp_path_factory.mktemp("broken") / "set"
    shutil.copytree(tiny_coco, folder)
    tree = json.loads((folder / "person_keypoints.json").read_text())
    rows, images = tree["annotations"], tree["images"]
    (folder / "images/000001.jpg").unlink()
    (folder / "images/000002.jpg").write_bytes((folder / "images/000002.jpg").read_bytes()[:500])
    images[3]["file_name"] = "../../secret.jpg"
    (folder.parent / "outside.jpg").write_bytes((folder / "images/000005.jpg").read_bytes())
    (folder / "images/000005.jpg").unlink()
    (folder / "images/000005.jpg").symlink_to(folder.parent / "outside.jpg")
    images[5]["width"] = 999
    by_image = {}
    for row in rows:
        by_image.setdefault(row["image_id"], row)
    by_image[7]["keypoints"][0] = float("nan")
    by_image[8]["bbox"][2] = -4
    by_image[9]["area"] = 0
    by_image[10]["image_id"] = 12345
    by_image[11]["id"] = by_image[13]["id"]
    by_image[14]["keypoints"] = by_image[14]["keypoints"][:42]
    (folder / "person_keypoints.json").write_text(json.dumps(tree))
    (folder / "labels.csv").write_text("person_id,build\n20,enormous\n21,large\n")
    root = tmp_path_factory.mktemp("broken_workspace") / "w"
    make_workspace(root, folder)
    dvc(root, "repro", "ingest")
    return root


@pytest.mark.parametrize(
    "reason",
    [
        "the image file is missing",
        "the image cannot be decoded",
        "points outside the dataset folder",
        "the annotation says 999 x 208",
        "a keypoint is not finite",
        "no positive width and height",
        "the area is not positive",
        "does not list",
        "used more than once",
        "keypoints hold 42 numbers",
        "its image is quarantined",
        "build has no group 'enormous'",
    ],
)
def test_every_fault_is_quarantined_with_its_reason(broken, reason):
    """And the rest of the dataset is used."""
    rejects = tables.read(broken / "data/ingest/rejects.parquet")
    assert rejects["reason"].str.contains(reason, regex=False).any(), rejects["reason"].unique()
    assert len(tables.read(broken / "data/ingest/people.parquet")) > 25


def test_nothing_is_lost(broken, tiny_coco):
    """Accepted and rejected people add up to all annotations."""
    tree = json.loads((tiny_coco / "person_keypoints.json").read_text())
    rejects = tables.read(broken / "data/ingest/rejects.parquet")
    people = tables.read(broken / "data/ingest/people.parquet")
    assert (rejects["record"] == "person").sum() + len(people) == len(tree["annotations"])


def test_nothing_outside_the_folder_was_copied(broken):
    """Neither through the symlink nor through `..`."""
    names = {path.name for path in (broken / "data/raw").rglob("*.jpg")}
    assert "000005.jpg" not in names
    assert "secret.jpg" not in names


def test_a_dataset_without_one_usable_person_stops(tmp_path, tiny_coco):
    """One line with the commonest reason, no traceback."""
    import shutil

    folder = tmp_path / "set"
    shutil.copytree(tiny_coco, folder)
    tree = json.loads((folder / "person_keypoints.json").read_text())
    for row in tree["annotations"]:
        row["area"] = -1
    (folder / "person_keypoints.json").write_text(json.dumps(tree))
    make_workspace(tmp_path / "w", folder)
    done = dvc(tmp_path / "w", "repro", "ingest", expect=255)
    assert "no usable person in data/raw; the commonest reason: the area is not positive" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert run(tmp_path / "w", "gaps", expect=2).stderr.startswith("error: ")
