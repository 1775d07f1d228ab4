"""The audit of attributes from export to corrected shares, and deletion, in a real workspace."""

import csv
import json

import numpy as np
import pandas as pd
import pytest
import yaml

from hpefair.data import tables
from tests.conftest import dvc, run

pytestmark = pytest.mark.pipeline


def fill(path, value_of):
    """Fill an exported CSV file as an auditor would."""
    rows = list(csv.DictReader(path.open()))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows({**row, **value_of(row["person_id"])} for row in rows)
    return rows


def test_an_audit_corrects_shares_without_running_attribution_again(workspace_copy):
    """Half of the feminine labels are wrong, says the auditor; a click re-runs calibrate, never attribute."""
    people = tables.read(workspace_copy / "data/calibrate/attributes.parquet").set_index("person_id")
    before = tables.read(workspace_copy / "data/audit/original/shares.parquet")
    said = run(workspace_copy, "attributes", "sample", "--out", "a", "--number", "45", "--ask", "gender_presentation")
    assert "45 of the first 45 people" in said.stdout.replace("\n", " ")

    def seen(name):
        given = people.loc[name, "gender_presentation"]
        number = int(name.partition("/")[2])
        return {"gender_presentation": "masculine" if given == "feminine" and number % 2 else given}

    rows = fill(workspace_copy / "a/review.csv", seen)
    assert (workspace_copy / "a" / rows[0]["picture"]).exists()
    run(workspace_copy, "attributes", "import", "a/review.csv", "--reviewer", "ab")
    status = json.loads(dvc(workspace_copy, "status", "--json").stdout)
    assert "calibrate" in status
    assert not any(name.startswith("attribute") for name in status)
    dvc(workspace_copy, "repro", "audit", "--quiet")
    audited = tables.read(workspace_copy / "data/calibrate/audited.parquet")
    assert len(audited) == 45
    after = tables.read(workspace_copy / "data/audit/original/shares.parquet")
    key = ["scope", "attribute", "group"]
    one, two = (t.set_index(key).loc[("all", "gender_presentation", "feminine")] for t in (before, after))
    assert one["basis"] == "bounds"
    assert two["basis"] == "audit"
    assert two["n_audited"] == 45
    truth = pd.Series([seen(name)["gender_presentation"] for name in people.index]).value_counts()
    truth = truth["feminine"] / truth[["feminine", "masculine"]].sum()
    assert two["corrected"] < two["share_known"] - 0.1
    assert two["corrected_low"] <= truth <= two["corrected_high"]
    assert two["bound_high"] - two["bound_low"] < 0.5
    shown = run(workspace_copy, "attributes", "show").stdout
    assert "prediction powered" in shown
    assert "gender_presentation" in shown


def test_who_was_looked_at_already_is_not_asked_again(workspace_copy):
    """A larger audit contains a smaller one, and a filled export is not overwritten."""
    run(workspace_copy, "attributes", "sample", "--out", "a", "--number", "6", "--ask", "build")
    first = fill(workspace_copy / "a/review.csv", lambda _: {"build": "average"})
    run(workspace_copy, "attributes", "import", "a/review.csv")
    run(workspace_copy, "attributes", "sample", "--out", "b", "--number", "10", "--ask", "build")
    second = list(csv.DictReader((workspace_copy / "b/review.csv").open()))
    assert len(second) == 4
    assert not {row["person_id"] for row in first} & {row["person_id"] for row in second}
    assert "holds an export already" in run(workspace_copy, "attributes", "sample", "--out", "b", expect=2).stderr


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("tiny/1,p.jpg,gigantic", "line 2: build has no group 'gigantic'"),
        ("tiny/99999,p.jpg,slim", "line 2: no person in the data has the id 'tiny/99999'"),
    ],
)
def test_a_bad_table_takes_nothing_in(made_workspace, tmp_path, row, message):
    """With the line that is wrong, and no traceback."""
    (tmp_path / "review.csv").write_text(f"person_id,picture,build\n{row}\n")
    done = run(made_workspace, "attributes", "import", str(tmp_path / "review.csv"), expect=2)
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert (made_workspace / "review/labels.jsonl").read_text().strip() == ""


def test_deleting_a_person_leaves_no_trace_in_derived_files(workspace_copy):
    """No table, record or picture names them or what was made from them; they stay out when everything is rebuilt."""
    made = tables.read_folder(workspace_copy / "data/generate", "generated.parquet", ["s0"])
    parent = made.loc[made["made"] & (made["parent_person"] != ""), "parent_person"].iloc[0]
    child = made.loc[made["parent_person"] == parent, "item_id"].iloc[0]
    coco = tables.read_json(workspace_copy / "data/raw/tiny/annotations.json")
    said = " ".join(run(workspace_copy, "attributes", "delete", "--person", parent).stdout.split())
    assert "1 pictures with " in said
    assert "to be rebuilt without them, because their pictures and annotations lie there: data/raw/tiny" in said
    assert "to be trained again by `dvc repro`: " in said
    for path in [*(workspace_copy / "data").rglob("*.parquet"), *(workspace_copy / "data").rglob("*.json")]:
        if "raw" in path.parts:
            continue
        text = pd.read_parquet(path).to_json() if path.suffix == ".parquet" else path.read_text()
        for name in (parent, child):
            assert f'"{name}"' not in text.replace("\\/", "/"), path
    assert not list((workspace_copy / "data/generate").rglob(f"{child}.png"))
    dvc(workspace_copy, "repro", "audit@original", "--quiet")
    assert parent not in set(tables.read(workspace_copy / "data/audit/original/people.parquet")["person_id"])
    rejects = tables.read(workspace_copy / "data/ingest/rejects.parquet")
    assert (rejects["reason"] == "deleted on request").sum() >= 1
    image = "tiny/" + str(next(a["image_id"] for a in coco["annotations"] if f"tiny/{a['id']}" == parent))
    assert image not in set(tables.read(workspace_copy / "data/ingest/images.parquet")["image_id"])


def test_deleting_needs_somebody(made_workspace):
    """A name that nobody has, or no name."""
    assert "person tiny/0 not found" in run(
        made_workspace, "attributes", "delete", "--person", "tiny/0", expect=2
    ).stderr.replace("\n", " ")
    assert "no person or image named" in run(made_workspace, "attributes", "delete", expect=2).stderr


def test_a_dataset_can_be_the_reference_of_another(workspace_copy):
    """Written to a file, named in params.yaml, used by the audit."""
    out = "expectations/references/tiny.csv"
    run(workspace_copy, "attributes", "reference", "tiny", "--out", out)
    params = (workspace_copy / "params.yaml").read_text()
    assert "build: uniform" in params
    changed = params.replace("contrast: uniform", f"contrast: {{file: {out}}}")
    changed = changed.replace("gender_presentation: uniform", "gender_presentation: {dataset: tiny}")
    (workspace_copy / "params.yaml").write_text(changed)
    dvc(workspace_copy, "repro", "audit@original", "--quiet")
    shares = tables.read(workspace_copy / "data/audit/original/shares.parquet")
    for attribute in ("contrast", "gender_presentation"):
        rows = shares[(shares["scope"] == "all") & (shares["attribute"] == attribute) & (shares["group"] != "unknown")]
        np.testing.assert_allclose(rows["reference"], rows["share_known"], atol=1e-6)


def test_drift_is_measured_from_a_release(workspace_copy):
    """Open before the first release; the same data have not drifted."""
    suite = workspace_copy / "expectations/balance.yaml"
    tree = yaml.safe_load(suite.read_text())
    kwargs = {"attribute": "contrast", "scope": "all", "maximum": 0.6}
    tree["expectations"].append({"expectation": "expect_drift_since_release_to_be_at_most", "kwargs": kwargs})
    suite.write_text(yaml.safe_dump(tree))
    dvc(workspace_copy, "repro", "validate@original", "--quiet")
    results = tables.read_json(workspace_copy / "data/validate/original/results.json")["balance"][-1]
    assert results["verdict"] == "INCONCLUSIVE"
    assert "record --release" in results["result"]["details"]["rows"][0]["needs"]
    run(workspace_copy, "record", "--release", "original")
    dvc(workspace_copy, "repro", "validate@original", "--quiet")
    assert tables.read_json(workspace_copy / "data/validate/original/results.json")["balance"][-1]["verdict"] == "PASS"
