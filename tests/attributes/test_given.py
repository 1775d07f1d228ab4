"""Given labels reach the right people."""

import pandas as pd

from hpefair.attributes.given import person_values

PEOPLE = pd.DataFrame({"person_id": ["d/1", "d/2", "d/3"], "image_id": ["d/i", "d/j", "d/j"]})


def label(person="", image="", group="feminine"):
    """One label row."""
    row = {"person_id": person, "image_id": image, "group": group, "source": "labels:x"}
    return row | {"attribute": "gender_presentation"}


def values(*rows):
    """Gender presentation of the three people."""
    table = pd.DataFrame(rows, columns=["person_id", "image_id", "attribute", "group", "source"])
    return person_values(PEOPLE, table)["gender_presentation"].tolist()


def test_image_level_labels_apply_only_to_somebody_alone():
    """In an image of two, nobody knows whom the caption means."""
    assert values(label(image="d/i"), label(image="d/j")) == ["feminine", "unknown", "unknown"]


def test_person_level_wins_over_image_level():
    """And the source is kept."""
    assert values(label(image="d/i"), label(person="d/1", group="masculine")) == ["masculine", "unknown", "unknown"]
    table = pd.DataFrame([label(person="d/2")])
    assert person_values(PEOPLE, table)["gender_presentation_source"].tolist() == ["", "labels:x", ""]


def test_without_labels_everybody_is_unknown():
    """Never missing."""
    assert values() == ["unknown"] * 3
