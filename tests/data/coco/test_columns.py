"""The fast reader of annotations accepts exactly what the rules accept, and keeps what the file says."""

import json
import random

import numpy as np
import pandas as pd
import pytest

from hpefair.data.coco import records as coco_json, masks, text as coco_text
from hpefair.data.coco.columns import read_people
from hpefair.data.coco.people import people_table
from hpefair.data.coco.tables import attribute_rows
from hpefair.core.pose.skeletons import COCO_17

FULL = json.loads(masks.encode(np.eye(100, 200) > 0))["counts"]  # run lengths as COCO compresses them
ODD = [
    None, True, False, "", "5", [], [[]], {}, {"size": [9, 9], "counts": "abc"}, {"size": [9], "counts": []}, -1, 0, 1,
    2, 3.5, -0.0, 1e400, -1e400, float("nan"), 10**17, 2**63, 2**64, 10**30, [1, 2], [1, 2, 3, 4], [[1, 2, 3, 4, 5, 6]],
    [[1, 2, 3]], [["x", 1]], [[1, [2]]], "é", {"a|b": 1}, 1e-7, 1.5e3,
]  # fmt: skip


def annotation(rng, number):
    """An annotation as COCO writes them."""
    keypoints = []
    for _ in range(17):
        v = rng.choice([0, 1, 2])
        keypoints += [rng.randint(0, 200), rng.randint(0, 100), v] if v else [0, 0, 0]
    shape = rng.choice(
        [
            [],
            [[round(rng.uniform(0, 99), 2) for _ in range(2 * rng.randint(3, 9))] for _ in range(rng.randint(1, 3))],
            {"size": [100, 200], "counts": "d0;|a"},
            {"size": [100, 200], "counts": [1, 2, 19_997]},
            {"size": [100, 200], "counts": FULL},
        ]
    )
    found = {
        "id": number, "image_id": rng.randint(1, 3), "category_id": 1, "iscrowd": rng.choice([0, 0, 1]),
        "bbox": [rng.uniform(0, 90), rng.uniform(0, 50), rng.uniform(1, 60), rng.uniform(1, 60)],
        "area": rng.uniform(1, 9e3),
        "keypoints": keypoints, "num_keypoints": sum(v > 0 for v in keypoints[2::3]), "segmentation": shape,
    }  # fmt: skip
    if rng.random() < 0.2:
        found["garments"] = rng.choice([{"top": [[1, 2, 3, 4, 5, 6]]}, {}, {"top": "x"}, 3])
    if rng.random() < 0.2:
        found["attributes"] = rng.choice([{"build": "slim", "age": 9}, {"build": "vast"}, {}, "x", [1]])
    return found


def mutate(rng, record):
    """Change a value somewhere."""
    key = rng.choice(list(record))
    if rng.random() < 0.3:
        record.pop(key)
    elif isinstance(record[key], list) and record[key] and rng.random() < 0.6:
        record[key][rng.randrange(len(record[key]))] = rng.choice(ODD)
    else:
        record[key] = rng.choice(ODD)


def dataset(seed):
    """A file of a few hundred annotations, some of them mangled."""
    rng = random.Random(seed)
    records = [annotation(rng, number) for number in range(1, rng.choice([3, 40, 700]))]
    for record in rng.sample(records, k=len(records) // rng.choice([2, 10, 1000]) if len(records) > 10 else 1):
        mutate(rng, record)
    if rng.random() < 0.3:
        records.append(rng.choice([*ODD, records[0]]))
    images = [{"id": n, "file_name": f"{n}.jpg", "width": 200, "height": 100} for n in (1, 2)]
    return {"images": images, "annotations": records, "categories": [{"id": 1, "name": "person"}]}


def read(path):
    """People, their table and the rejects."""
    tree, checked = coco_text.load_dataset(path), coco_json.Checked()
    coco_json.check_images(tree["images"], checked)
    found = read_people(tree["annotations"], coco_json.Scope.of(tree, checked, COCO_17), checked)
    return found, people_table(found, "d", COCO_17).to_pandas(), checked


@pytest.mark.parametrize("seed", range(60))
def test_equals_the_rules_record_by_record(tmp_path, seed):
    """Same rejects, same reasons, same order; of the others the same numbers, and a segmentation of the same value."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps(dataset(seed)))
    found, table, checked = read(path)
    tree, expected = coco_json.load_dataset(path), coco_json.Checked()
    coco_json.check_images(tree["images"], expected)
    coco_json.check_people(tree["annotations"], tree, COCO_17, expected)
    assert checked.rejects == expected.rejects
    assert table["coco_annotation_id"].tolist() == [record["id"] for record in expected.people]
    for row, record in zip(table.itertuples(), expected.people, strict=True):
        assert row.image_id == f"d/{record['image_id']}"
        assert np.array_equal(row.keypoints, np.array(record["keypoints"], float))
        assert np.array_equal(row.bbox, np.array(record["bbox"], float))
        assert (row.area, row.iscrowd) == (float(record["area"]), bool(record.get("iscrowd", 0)))
        assert row.num_keypoints == sum(v > 0 for v in record["keypoints"][2::3])
        for kept, given in ((row.segmentation, record.get("segmentation")), (row.garments, record.get("garments"))):
            assert (json.loads(kept) if kept else None) == (given or None)
    labels = attribute_rows(found, "d", checked)
    given = [r["id"] for r in expected.people if isinstance(r.get("attributes"), dict) and "age" in r["attributes"]]
    assert labels.loc[labels["attribute"] == "age_band", "person_id"].tolist() == [f"d/{number}" for number in given]
    assert set(labels["group"]) <= {"slim", "child"}


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999", "9" * 400])
def test_what_is_not_quite_json_is_read_all_the_same(tmp_path, text):
    """The number is quarantined with its annotation, and the others are kept."""
    tree = dataset(1000)
    tree["annotations"] = [
        annotation(random.Random(1), 1) | {"image_id": 1},
        annotation(random.Random(2), 2) | {"image_id": 1},
    ]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(tree).replace('"area": ' + repr(tree["annotations"][0]["area"]), f'"area": {text}'))
    _, table, checked = read(path)
    assert table["coco_annotation_id"].tolist() == [2]
    assert checked.rejects == [{"record": "person", "source_id": "1", "reason": "the area is not positive"}]


def test_parquet_gives_back_what_was_read(tmp_path):
    """Also through pandas, as every stage reads it."""
    from hpefair.data import tables

    path = tmp_path / "a.json"
    path.write_text(json.dumps(dataset(3)))
    found, table, _ = read(path)
    tables.write_arrow(tmp_path / "p.parquet", people_table(found, "d", COCO_17))
    pd.testing.assert_frame_equal(tables.read(tmp_path / "p.parquet"), table, check_dtype=False)
    before = (tmp_path / "p.parquet").read_bytes()
    tables.write_arrow(tmp_path / "p.parquet", people_table(found, "d", COCO_17))
    assert (tmp_path / "p.parquet").read_bytes() == before
