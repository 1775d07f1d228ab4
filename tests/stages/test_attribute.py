"""Attribute: everyone has every attribute, unknown included."""

import pytest

from hpefair.data import tables
from hpefair.schema import ATTRIBUTES, MEASURED, PERCEIVED

pytestmark = pytest.mark.pipeline


def test_everyone_has_every_attribute(made_workspace):
    """One row a person, values of the vocabulary."""
    people = tables.read(made_workspace / "data/ingest/people.parquet")
    found = tables.read_folder(made_workspace / "data/attribute", "attributes.parquet", ["s0"])
    assert set(found["person_id"]) == set(people["person_id"])
    for name in (*PERCEIVED, *MEASURED):
        assert found[name].isin([*ATTRIBUTES[name], "unknown"]).all(), name
    assert set(found["gender_presentation"]) == {"feminine", "masculine", "unknown"}
    assert (found["contrast"] != "unknown").mean() > 0.9


def test_planted_contrast_is_found(made_workspace):
    """The drawn set is short of high contrast, as it was drawn."""
    found = tables.read_folder(made_workspace / "data/attribute", "attributes.parquet", ["s0"])[
        "contrast"
    ].value_counts()
    assert found["low"] > found["high"]
