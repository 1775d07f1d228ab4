"""Bad annotation files: each record is accepted, or quarantined with its reason; a file that is no dataset stops."""

import json
from pathlib import Path

import pytest

from hpefair.data.coco import records
from hpefair.core.pose.skeletons import COCO_17
from hpefair.errors import InputError


def person(**changes):
    """A valid annotation with changes."""
    keypoints = [50, 60, 2] * 17
    return {
        "id": 1, "image_id": 1, "category_id": 1, "bbox": [40, 40, 30, 60], "area": 900.0, "iscrowd": 0,
        "keypoints": keypoints, "num_keypoints": 17, "segmentation": [],
    } | changes  # fmt: skip


def check(*people, images=None):
    """Check a dataset of one 200 x 100 image."""
    images = images or [{"id": 1, "file_name": "a.jpg", "width": 200, "height": 100}]
    tree = {"images": images, "annotations": list(people), "categories": [{"id": 1, "name": "person"}]}
    checked = records.Checked()
    records.check_images(images, checked)
    records.check_people(list(people), tree, COCO_17, checked)
    return checked


def test_a_valid_person_is_accepted():
    """Nothing is rejected, and joints on the border count as inside."""
    checked = check(person(keypoints=[200, 100, 1] * 17))
    assert (len(checked.people), checked.rejects) == (1, [])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"keypoints": [float("nan"), 1, 2] * 17}, "not finite"),
        ({"keypoints": [500, 60, 2] * 17}, "outside the image"),
        ({"keypoints": [-1, 60, 2] * 17}, "outside the image"),
        ({"keypoints": [1, 2, 3]}, "3 numbers where coco_17 needs 51"),
        ({"keypoints": [50, 60, 7] * 17}, "visibility"),
        ({"num_keypoints": 3}, "says 3 but 17"),
        ({"bbox": [10, 10, -5, 20]}, "no positive width"),
        ({"bbox": [10, 10, 5]}, "four finite"),
        ({"area": 0}, "area is not positive"),
        ({"area": None}, "area is not positive"),
        ({"image_id": 99}, "does not list"),
        ({"category_id": 3}, "not of category person"),
        ({"iscrowd": 5}, "iscrowd"),
        ({"category_id": [1]}, "not of category person"),
        ({"bbox": [900, 10, 30, 60]}, "outside the image"),
        ({"area": 10**400}, "area is not positive"),
        ({"segmentation": "polygon"}, "neither polygons nor run lengths"),
        ({"segmentation": [[1, "x"]]}, "neither polygons nor run lengths"),
        ({"segmentation": {"counts": "abc"}}, "neither polygons nor run lengths"),
        ({"id": "one"}, "integer id"),
    ],
)
def test_bad_people_are_quarantined_with_the_reason(changes, reason):
    """One fault, one reason, and the id of the record."""
    checked = check(person(**changes))
    assert checked.people == []
    assert reason in checked.rejects[0]["reason"]


def test_duplicate_ids_reject_all_that_share_one():
    """Which of them is right cannot be known."""
    assert len(check(person(), person()).rejects) == 2
    images = [{"id": 1, "file_name": "a.jpg", "width": 9, "height": 9}] * 2
    checked = check(person(), images=images)
    assert [row["reason"] for row in checked.rejects][:2] == ["the image id is used more than once"] * 2
    assert checked.rejects[2]["reason"] == "its image is quarantined"


def test_unlabelled_joints_may_lie_anywhere():
    """COCO writes 0, 0, 0."""
    checked = check(person(keypoints=[50, 60, 2] * 16 + [0, 0, 0], num_keypoints=16))
    assert len(checked.people) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"images": [', "not complete JSON"),
        ("[1, 2]", "not a COCO dataset"),
        ('{"images": [], "annotations": []}', "is empty"),
        ("", "not complete JSON"),
        ("[" * 100_000, "nested too deeply|not complete JSON"),
    ],
)
def test_a_file_that_is_no_dataset_stops(tmp_path, text, message):
    """With one line that says what to do."""
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        records.load_dataset(path)


def test_nan_in_a_file_does_not_stop_the_others(tmp_path):
    """`NaN` is not JSON, but tools write it."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"images": [1], "annotations": [{"area": float("nan")}]}))
    assert records.load_dataset(path)["annotations"][0]["area"] != 0


def test_other_categories_and_joint_orders_stop(tmp_path):
    """Antelopes are not people; ankles first is not COCO-17."""
    tree = {"categories": [{"id": 1, "name": "antelope"}]}
    with pytest.raises(InputError, match="antelope"):
        records.check_categories(tree, COCO_17, tmp_path)
    tree = {"categories": [{"id": 1, "name": "person", "keypoints": list(COCO_17.joints)[::-1]}]}
    with pytest.raises(InputError, match="another order"):
        records.check_categories(tree, COCO_17, tmp_path)
    records.check_categories({"categories": None}, COCO_17, tmp_path)


def test_a_file_named_twice_is_quarantined():
    """Two image records of one picture would leak between splits."""
    images = [{"id": n, "file_name": "a.jpg", "width": 200, "height": 100} for n in (1, 2)]
    assert {row["reason"] for row in check(images=images).rejects} == {"the file_name is used more than once"}


@pytest.mark.parametrize(
    "name",
    ["../outside.jpg", "a\0b.jpg", "x" * 5000, "/etc/passwd", "a/../../b.jpg", "link.jpg", "..\\outside.jpg", ""],
)
def test_names_that_point_outside_are_refused(tmp_path, name):
    """Relative, absolute, through a symlink, with a backslash."""
    folder = tmp_path / "images"
    folder.mkdir()
    (tmp_path / "outside.jpg").write_bytes(b"x")
    (folder / "link.jpg").symlink_to(tmp_path / "outside.jpg")
    assert records.inside(folder, name) is None
    assert records.inside(folder, "train/a.jpg") == Path(folder / "train/a.jpg")
