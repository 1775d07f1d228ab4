"""The built-in sample through the real pipeline, every check of the screen included: what was planted is repaired."""

import shutil

import pytest

from hpefair.cli.demo import create_workspace
from hpefair.data import tables
from tests.conftest import PROJECT, dvc, run

pytestmark = pytest.mark.pipeline

PLANTED = {("age_band", "child"), ("age_band", "older"), ("build", "large"), ("contrast", "low")}


@pytest.fixture(scope="module")
def repaired(tmp_path_factory, judges):
    """A workspace with the sample, run up to the gate of the balanced data."""
    root = tmp_path_factory.mktemp("sample") / "w"
    create_workspace(PROJECT, root)
    shutil.copytree(judges, root / "models/judges", dirs_exist_ok=True)
    run(root, "add", "sample", "--number", "300")
    dvc(root, "repro", "gate@balanced", "gate@original")
    return root


def short(root, variant):
    shares = tables.read(root / f"data/audit/{variant}/shares.parquet")
    rows = shares[shares["short"] & (shares["scope"] == "train")]
    return set(zip(rows["attribute"], rows["group"], strict=True))


def test_the_audit_names_exactly_what_was_planted(repaired):
    assert short(repaired, "original") == PLANTED
    assert short(repaired, "balanced") == set()


def test_the_gates_see_it_too(repaired):
    verdicts = {
        v: tables.read_json(repaired / f"data/gate/{v}/decision.json")["verdict"] for v in ("original", "balanced")
    }
    assert verdicts == {"original": "FAIL", "balanced": "PASS"}


def test_every_generated_person_is_who_was_asked_for(repaired):
    """Wanted groups, measured contrast included; only in training; nobody real behind those who were drawn."""
    accepted = tables.read(repaired / "data/screen/accepted.parquet")
    assert len(accepted) > 50
    for attribute in ("age_band", "build", "contrast"):
        assert (accepted[attribute] == accepted[f"wanted_{attribute}"]).all()
    rates = tables.read(repaired / "data/screen/rates.parquet")
    drawn = rates[rates["backend"] == "render"]
    assert drawn["accepted"].sum() >= 0.9 * drawn["attempts"].sum()
    people = tables.read(repaired / "data/assemble/people.parquet")
    made = people[people["synthetic"]]
    assert set(made["split"]) == {"train"}
    rendered = made["person_id"].str.startswith("generated/render")
    assert rendered.sum() > 20
    assert (made["root_person"] == made["person_id"])[rendered].all()
    assert (made.loc[rendered, "age_band_source"] == "generated").all()
    real = people.loc[~people["synthetic"], "person_id"]
    assert set(made.loc[~rendered, "root_person"]) <= set(real)
    assert made.loc[~rendered, "age_band_source"].str.startswith("labels").all()


def test_added_people_are_not_all_alike(repaired):
    """Added children are not all large, added large people not all of low contrast."""
    quota = tables.read(repaired / "data/plan/quota.parquet")
    child = quota[quota["age_band"] == "child"]
    assert child.loc[child["build"] == "large", "generate"].sum() < 0.95 * child["generate"].sum()
    assert (quota["generate"] > 0).sum() >= 6
