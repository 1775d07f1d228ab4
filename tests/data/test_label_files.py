"""Label files: keys, words of other datasets, and what is not understood."""

import pandas as pd
import pytest

from hpefair.data import label_files
from hpefair.errors import InputError


def write(tmp_path, text):
    """A CSV file."""
    path = tmp_path / "labels.csv"
    path.write_text(text)
    return path


def test_words_of_other_datasets_are_translated(tmp_path):
    """man and woman, ages as numbers, empty as unknown."""
    path = write(tmp_path, "image_id,gender,age\n1,Woman,8\n2,man,59.5\n3,,100\n4,unknown,\n")
    labels = label_files.load(path)
    by = labels.set_index(["source_id", "attribute"])["group"]
    assert by[1, "gender_presentation"] == "feminine"
    assert by[2, "age_band"] == "middle"
    assert by[3, "gender_presentation"] == "unknown"
    assert (by[1, "age_band"], by[3, "age_band"], by[4, "age_band"]) == ("child", "older", "unknown")
    assert set(labels["level"]) == {"image"}


def test_parquet_and_person_keys(tmp_path):
    """Keyed by annotation."""
    path = tmp_path / "labels.parquet"
    pd.DataFrame({"person_id": [5], "build": ["large"]}).to_parquet(path)
    row = label_files.load(path).iloc[0]
    assert (row["level"], row["source_id"], row["group"]) == ("person", 5, "large")


def test_unknown_values_are_kept_for_the_quarantine(tmp_path):
    """Neither dropped nor guessed."""
    row = label_files.load(write(tmp_path, "person_id,build\n1,huge\n")).iloc[0]
    assert row["group"] is None
    assert row["given"] == "huge"


def test_contradictory_rows_are_quarantined():
    """Two values for one person: neither is believed."""
    from hpefair.data.coco.records import Checked
    from hpefair.data.coco.tables import label_rows

    labels = pd.DataFrame(
        [
            ("person", 1, "build", "slim", "slim"),
            ("person", 1, "build", "large", "large"),
            ("person", 2, "build", "slim", "slim"),
        ],
        columns=["level", "source_id", "attribute", "given", "group"],
    )
    people = pd.DataFrame({"person_id": ["d/1", "d/2"], "image_id": ["d/1", "d/1"]})
    checked = Checked()
    assert label_rows(labels, people, "d", "l.csv", checked)["person_id"].tolist() == ["d/2"]
    assert "more than once" in checked.rejects[0]["reason"]


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "person_id,build\nx,large\n", "person_id\n1\n"])
def test_files_that_are_no_labels_stop(tmp_path, text):
    """Without a key, without an attribute, with keys that are not ids."""
    with pytest.raises(InputError):
        label_files.load(write(tmp_path, text))
