"""The built-in sample through the real pipeline, every backend and check included: what was planted is repaired.

A gate that fails, a plan, people of three kinds, a gate that passes.
"""

import shutil

import pandas as pd
import pytest
import yaml

from hpefair.cli.demo import create_workspace
from hpefair.data import tables
from tests.conftest import PROJECT, commit, dvc, run

pytestmark = pytest.mark.pipeline

PLANTED = {("age_band", "child"), ("age_band", "older"), ("build", "large"), ("contrast", "low")}
SMALL = {
    "class": "hpefair.generation.diffusion.pose_pipeline.PoseDiffusionPipeline",
    "weights": "models/diffusion/tiny",
    "license": "ours",
    "conditions": ["skeleton", "parts"],
}


@pytest.fixture(scope="module")
def repaired(tmp_path_factory, judges):
    """A workspace with the sample and a small diffusion model of its own, run up to the gate of the balanced data."""
    root = tmp_path_factory.mktemp("sample") / "w"
    create_workspace(PROJECT, root)
    shutil.copytree(judges, root / "models/judges", dirs_exist_ok=True)
    run(root, "add", "sample", "--number", "300")
    path = root / "params.yaml"
    tree = yaml.safe_load(path.read_text())
    # Cheapest, so it is asked as often as its share allows; what so small a model paints, judges refuse.
    tree["plan"]["backends"]["diffusion"] = {"cost": 0.1, "rate": 0.9, "seconds": 0.1, "share": 0.04}
    tree["generate"]["diffusion"] |= {"pipelines": {"control": SMALL}, "size": 32, "steps": 2}
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    commit(root, "sample")
    dvc(root, "repro", "--quiet", "split", "calibrate")
    run(root, "generation", "train-tiny", "--side", "32", "--steps", "3", "--device", "cpu")
    dvc(root, "repro", "--quiet", "gate@original", "gate@balanced")
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
    assert run(repaired, "plan", "--audit", "balanced").stdout.strip() == "nothing to repair within the limits"


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


def test_every_backend_was_asked_and_answered(repaired):
    """Attempts of all three, accepted people of at least two, everybody's origin kept, quotas filled."""
    made = pd.concat([tables.read(path) for path in repaired.glob("data/generate/*/generated.parquet")])
    assert set(made["backend"]) == {"recompose", "render", "diffusion"}
    diffused = made[(made["backend"] == "diffusion") & made["made"]]
    assert len(diffused)
    assert diffused["model"].str.startswith("tiny@").all()
    assert diffused["license"].str.contains("ours").all()
    assert not diffused["age_band"].isin(["child", "teen"]).any(), "a diffusion model painted a minor"
    provenance = tables.read(repaired / "data/assemble/provenance.parquet")
    assert {"recompose", "render"} <= set(provenance["backend"])
    quota = tables.read(repaired / "data/plan/quota.parquet")
    accepted = tables.read(repaired / "data/screen/accepted.parquet").groupby("cell").size()
    cells = made.assign(person_id="generated/" + made["item_id"])[["person_id", "cell"]]
    kept = provenance.merge(cells, on="person_id")
    wanted = quota.set_index("cell")["generate"]
    for cell, number in kept.groupby("cell").size().items():
        assert number == min(wanted[cell], accepted[cell])
