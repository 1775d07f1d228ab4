"""The full loop with all backends: a gate that fails, a plan, people of three kinds, a gate that passes."""

import pandas as pd
import pytest
import yaml

from hpefair.data import tables
from tests.conftest import PROJECT, commit, create_workspace, dvc, run, shrink

pytestmark = pytest.mark.pipeline

SMALL = {
    "class": "hpefair.generation.diffusion.pose_pipeline.PoseDiffusionPipeline",
    "weights": "models/diffusion/tiny",
}


@pytest.fixture(scope="module")
def repaired(tmp_path_factory):
    """A workspace with the built-in sample, a small diffusion model of its own, and the whole repair done by dvc."""
    root = tmp_path_factory.mktemp("all") / "w"
    create_workspace(PROJECT, root)
    shrink(root)
    run(root, "add", "sample", "--number", "80")
    path = root / "params.yaml"
    tree = yaml.safe_load(path.read_text())
    each = {"cost": 1, "rate": 0.5, "seconds": 0.1, "share": 0.4}
    tree["plan"] |= {"attributes": ["contrast"], "backends": dict.fromkeys(("recompose", "render", "diffusion"), each)}
    tree["generate"]["size"] = 128
    tree["generate"]["diffusion"] |= {
        "pipelines": {"control": {**SMALL, "license": "ours", "conditions": ["skeleton", "parts"]}},
        "size": 32,
        "steps": 2,
    }
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    commit(root, "sample")
    dvc(root, "repro", "--quiet", "split", "calibrate")
    run(root, "generation", "train-tiny", "--side", "32", "--steps", "3", "--device", "cpu")
    dvc(root, "repro", "--quiet", "gate@original", "gate@balanced")
    return root


def test_the_gate_fails_before_and_passes_after(repaired):
    verdicts = [
        tables.read_json(repaired / f"data/gate/{name}/decision.json")["verdict"] for name in ("original", "balanced")
    ]
    assert verdicts == ["FAIL", "PASS"]
    assert run(repaired, "plan", "--audit", "balanced").stdout.strip() == "nothing to repair within the limits"


def test_every_backend_was_asked_and_answered(repaired):
    """Attempts of all three, accepted people of at least two, everybody's origin kept, quotas filled."""
    made = tables.read(repaired / "data/generate/s0/generated.parquet")
    assert set(made["backend"]) == {"recompose", "render", "diffusion"}
    diffused = made[(made["backend"] == "diffusion") & made["made"]]
    assert len(diffused)
    assert diffused["model"].str.startswith("tiny@").all()
    assert (diffused["license"].str.contains("ours")).all()
    provenance = tables.read(repaired / "data/assemble/provenance.parquet")
    assert {"recompose", "render"} <= set(provenance["backend"])
    quota = tables.read(repaired / "data/plan/quota.parquet")
    accepted = tables.read(repaired / "data/screen/accepted.parquet").groupby("cell").size()
    kept = provenance.merge(
        made.assign(person_id="generated/" + made["item_id"])[["person_id", "cell"]], on="person_id"
    )
    wanted = quota.set_index("cell")["generate"]
    for cell, number in kept.groupby("cell").size().items():
        assert number == min(wanted[cell], accepted[cell])


def test_minors_are_not_diffused(repaired):
    """Nobody whom a diffusion model painted is labelled a minor."""
    made = tables.read(repaired / "data/generate/s0/generated.parquet")
    diffused = made[(made["backend"] == "diffusion") & made["made"]]
    assert not diffused["age_band"].isin(["child", "teen"]).any()
    assert isinstance(diffused, pd.DataFrame)
