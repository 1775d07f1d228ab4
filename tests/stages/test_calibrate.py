"""Calibrate: everybody's attributes in one table, what models said in another, and nobody lost."""

import pytest

from hpefair.data import tables
from hpefair.schema import ATTRIBUTES, MEASURED, PERCEIVED

pytestmark = pytest.mark.pipeline


def test_everyone_has_every_attribute_once(made_workspace):
    """Values of the vocabulary, each with its source; labels came first."""
    people = tables.read(made_workspace / "data/ingest/people.parquet")
    found = tables.read(made_workspace / "data/calibrate/attributes.parquet")
    assert sorted(found["person_id"]) == sorted(people["person_id"])
    for name in (*PERCEIVED, *MEASURED):
        assert found[name].isin([*ATTRIBUTES[name], "unknown"]).all(), name
    given = found[found["gender_presentation"] != "unknown"]
    assert given["gender_presentation_source"].str.startswith("labels:").all()
    assert (found.loc[found["build"] == "unknown", "build_source"] == "").all()


def test_judgements_are_apart_and_say_why_not(made_workspace):
    """One row per person, attribute and model; probabilities or a reason."""
    found = tables.read(made_workspace / "data/calibrate/inferred.parquet")
    people = tables.read(made_workspace / "data/ingest/people.parquet")
    asked = found.groupby(["attribute", "source"]).size()
    assert set(asked.index) == {("gender_presentation", "face"), ("age_band", "face"), ("build", "build")}
    assert (asked == (~people["iscrowd"]).sum()).all()
    assert ((found["reason"] == "") == (found["probabilities"].map(len) > 0)).all()
    assert (found.loc[found["reason"] != "", "group"] == "unknown").all()


def test_without_an_audit_nothing_is_corrected(made_workspace):
    """Empty tables, not missing ones."""
    for name in ("audited", "confusion", "errors"):
        assert tables.read(made_workspace / f"data/calibrate/{name}.parquet").empty
    assert tables.read(made_workspace / "data/audit/original/prevalence.parquet").empty
