"""Assemble: three variants that differ in exposure, COCO files that others read."""

import contextlib
import io

import pytest

from hpefair.adapters import tables

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("pipeline")]


def test_variants_hold_the_same_real_people(made_workspace):
    """Only exposures and generated people differ; nothing outside the training split is used."""
    folder = made_workspace / "data/assemble"
    variants = {n: tables.read(folder / f"{n}.parquet") for n in ("original", "oversampled", "balanced")}
    real = {name: set(t.loc[~t["synthetic"], "person_id"]) for name, t in variants.items()}
    assert real["original"] == real["oversampled"] == real["balanced"]
    split = tables.read(made_workspace / "data/split/people.parquet").set_index("person_id")["split"]
    assert set(split[list(real["original"])]) == {"train"}
    assert (variants["original"]["exposure"] == 1).all()
    assert variants["oversampled"]["exposure"].max() > 1
    assert not variants["oversampled"]["synthetic"].any()
    assert variants["balanced"]["synthetic"].any()


def test_pycocotools_loads_every_variant(made_workspace):
    """Ids, boxes, masks, joints; images are where the file says."""
    from pycocotools.coco import COCO

    for name in ("original", "oversampled", "balanced"):
        with contextlib.redirect_stdout(io.StringIO()):
            coco = COCO(str(made_workspace / f"data/assemble/{name}.json"))
        assert all(coco.annToMask(a).sum() > 0 for a in coco.anns.values())
        assert all((made_workspace / image["file_name"]).exists() for image in coco.imgs.values())


def test_a_rejected_person_stays_out(workspace_copy, monkeypatch):
    """A reviewer's decision outranks the screen."""
    import json

    from hpefair.stages import assemble

    monkeypatch.chdir(workspace_copy)
    before = tables.read(workspace_copy / "data/assemble/balanced.parquet")
    person = before.loc[before["synthetic"], "person_id"].iloc[0]
    line = json.dumps({"person_id": person, "decision": "reject", "who": "t", "why": "blurred"})
    (workspace_copy / "review/decisions.jsonl").write_text(line + "\n")
    out = workspace_copy / "out"
    assemble.build(out, out, "")
    assert person not in set(tables.read(out / "balanced.parquet")["person_id"])
