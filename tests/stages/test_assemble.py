"""Assemble: three variants that differ in exposure, COCO files that others read."""

import contextlib
import io

import pytest

from hpefair.data import tables

pytestmark = pytest.mark.pipeline


def test_variants_hold_the_same_real_people(made_workspace):
    """Only exposures and generated people differ; nothing outside the training split is used."""
    folder = made_workspace / "data/assemble"
    variants = {n: tables.read(folder / f"{n}/people.parquet") for n in ("original", "oversampled", "balanced")}
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
    before = tables.read(workspace_copy / "data/assemble/balanced/people.parquet")
    person = before.loc[before["synthetic"], "person_id"].iloc[0]
    line = json.dumps({"person_id": person, "decision": "reject", "who": "t", "why": "blurred"})
    (workspace_copy / "review/decisions.jsonl").write_text(line + "\n")
    out = workspace_copy / "out"
    assemble.write(out, out, "")
    assert person not in set(tables.read(out / "balanced/people.parquet")["person_id"])


def test_where_everything_comes_from_is_kept(made_workspace):
    """Backend, licence, seed, parents and lenders of every generated person; all of them are training images."""
    folder = made_workspace / "data/assemble"
    provenance = tables.read(folder / "provenance.parquet")
    balanced = tables.read(folder / "balanced/people.parquet")
    assert set(provenance["person_id"]) == set(balanced.loc[balanced["synthetic"], "person_id"])
    assert set(provenance["backend"]) == {"recompose"}
    assert (provenance["license"] != "").all()
    split = tables.read(made_workspace / "data/split/images.parquet").set_index("image_id")["split"]
    lent = {name for names in provenance["sources"] for name in names}
    assert set(split[list(lent)]) == {"train"}
    only = tables.read(folder / "synthetic_only/people.parquet")
    assert set(only["person_id"]) == set(provenance["person_id"])
    assert only["exposure"].mean() == pytest.approx(1)


def test_everybody_in_a_generated_picture_is_annotated(made_workspace):
    """Whoever stands alongside is in the COCO file, and is shown no more often for it."""
    import json

    accepted = tables.read(made_workspace / "data/screen/accepted.parquet").set_index("item_id")
    balanced = tables.read(made_workspace / "data/assemble/balanced/people.parquet")
    tree = json.loads((made_workspace / "data/assemble/balanced.json").read_text())
    names = {annotation["hpefair_id"] for annotation in tree["annotations"]}
    for person in balanced.loc[balanced["synthetic"], "person_id"]:
        others = json.loads(accepted.loc[person.removeprefix("generated/"), "others"])
        assert {f"{person}/{k}" for k in range(1, len(others) + 1)} <= names
    assert not balanced["person_id"].str.match(r"generated/.*/").any()


def test_whoever_is_gone_takes_the_descendants_along(workspace_copy, monkeypatch):
    """A parent who left the training split, and a picture that lent its background: what was made of them goes."""
    from hpefair.stages import assemble

    monkeypatch.chdir(workspace_copy)
    before = tables.read(workspace_copy / "data/assemble/provenance.parquet")
    gone = before["parent_person"].iloc[0]
    path = workspace_copy / "data/split/people.parquet"
    split = tables.read(path)
    path.unlink()
    tables.write(path, split.assign(split=split["split"].mask(split["person_id"] == gone, "sealed")))
    out = workspace_copy / "out"
    assemble.write(out, out, "")
    after, refused = tables.read(out / "provenance.parquet"), tables.read(out / "refused.parquet")
    assert gone not in set(after["parent_person"])
    assert set(before.loc[before["parent_person"] == gone, "person_id"]) <= set(refused["person_id"])
    assert set(refused["reason"]) == {"made from somebody who is not there any more"}


def test_review_bounds_the_faults_that_slipped_in(workspace_copy, monkeypatch):
    """Nobody looked: no bound; half of the sample looked at, nobody bad: Clopper and Pearson's."""
    import json

    from scipy.stats import binomtest

    from hpefair.stages import assemble

    monkeypatch.chdir(workspace_copy)
    assert tables.read_json(workspace_copy / "data/assemble/defects.json")["bound"] == 1
    provenance = tables.read(workspace_copy / "data/assemble/provenance.parquet")
    sample = provenance.loc[provenance["review"] > 0, "person_id"]
    rows = [{"person_id": name, "decision": "accept", "who": "t", "why": ""} for name in sample]
    (workspace_copy / "review/decisions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = workspace_copy / "out"
    assemble.write(out, out, "")
    found = tables.read_json(out / "defects.json")
    expected = binomtest(0, len(rows), alternative="less").proportion_ci(0.95, "exact").high
    assert found["reviewed"] == len(rows) > 0
    assert found["bound"] == pytest.approx(expected)
