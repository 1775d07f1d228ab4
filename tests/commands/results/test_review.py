"""`hpefair review --generated`: what a person sees before people are assembled; rebuilt whenever it is lost."""

import json
import shutil
import subprocess
import sys

import pandas as pd
import pytest

from hpefair.schema import PERCEIVED
from tests.conftest import environment, run

ASK = """
import json
from pathlib import Path
from hpefair.tools.fiftyone import server as fiftyone_server
with fiftyone_server.database(Path("fiftyone.db")):
    import fiftyone as fo
    dataset = fo.load_dataset("batch")
    views = {name: len(dataset.load_saved_view(name)) for name in dataset.list_saved_views()}
    screened = dataset.count_values("people.keypoints.screened")
    counted = {"images": len(dataset), "accepted": views["accepted"], "rejected": views["rejected"]}
    print(json.dumps({**counted, "screened": screened}))
"""

pytestmark = pytest.mark.pipeline


def ask(root):
    """What the database holds, read by a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=root, env=environment(), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_a_lost_database_is_rebuilt_from_the_files(workspace_copy):
    """Accepted and rejected people, with a link to the accepted ones; the same after the database is gone."""
    words = ["review", "--generated", "--no-launch", "--name", "batch", "--app", "http://127.0.0.1:1"]
    said = run(workspace_copy, *words).stdout.strip().splitlines()[-1]
    assert said.endswith("; once `hpefair app` serves it: http://127.0.0.1:1/datasets/batch?view=accepted")
    first = ask(workspace_copy)
    assert first["accepted"] > 0
    assert first["images"] == first["accepted"] + first["rejected"]
    assert f"{first['accepted']} accepted and {first['rejected']} rejected" in said
    shutil.rmtree(workspace_copy / "fiftyone.db")
    run(workspace_copy, *words)
    assert ask(workspace_copy) == first


PUBLIC = """
import json
from pathlib import Path
from hpefair.tools.fiftyone import server as fiftyone_server
with fiftyone_server.database(Path("fiftyone.db"), public=True):
    import fiftyone as fo
    import fiftyone.core.odm as odm
    from hpefair.tools.fiftyone import decisions
    decisions.record("here", [decisions.Decision("tiny/1", "flag", "ab")])
    dataset = fo.load_dataset("public")
    kept = {name: odm.get_db_client()[name].list_collection_names() for name in ("fiftyone", "fiftyone-public")}
    print(json.dumps({
        "fields": sorted(dataset.get_field_schema(flat=True)), "views": list(dataset.list_saved_views()),
        "rows": dataset.info["rows"], "kept": kept,
    }))
"""


def test_a_public_dataset_says_nothing_of_how_single_people_appear(workspace_copy, monkeypatch):
    """No perceived attribute, no view by one, no number of a group that is too small; measured ones stay."""
    for name in ("FIFTYONE_DATABASE_NAME", "FIFTYONE_DATABASE_URI"):
        monkeypatch.delenv(name, raising=False)
    said = run(workspace_copy, "review", "--public", "--no-launch", "--name", "public").stdout
    assert "once `hpefair app --public` serves it" in said
    done = subprocess.run(
        [sys.executable, "-c", PUBLIC],
        cwd=workspace_copy,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout.strip().splitlines()[-1])
    for name in PERCEIVED:
        assert not [field for field in found["fields"] if name in field]
        assert not [view for view in found["views"] if name in view]
    assert "people.keypoints.contrast" in found["fields"]
    assert any(view.startswith("lowest_contrast") for view in found["views"])
    # An App lists all datasets that are kept alongside its own; decisions are kept with the others, in one place.
    assert found["kept"]["fiftyone"] == ["hpefair.review"]
    assert "datasets" in found["kept"]["fiftyone-public"]
    assert "hpefair.review" not in found["kept"]["fiftyone-public"]
    numbers = [row["n_people"] for row in found["rows"]]
    assert None in numbers
    assert {row["verdict"] for row in found["rows"] if row["n_people"] is None} == {""}
    assert min(number for number in numbers if number is not None) >= 5


def test_nobody_to_review_is_an_exit_code_of_its_own(workspace_copy):
    """Schedulers skip the question then."""
    for name in ("accepted", "rejected"):
        path = workspace_copy / f"data/screen/{name}.parquet"
        table = pd.read_parquet(path).iloc[:0]
        path.unlink()
        table.to_parquet(path)
    done = run(workspace_copy, "review", "--generated", "--no-launch", expect=4)
    assert "no generated people to review" in done.stdout + done.stderr
