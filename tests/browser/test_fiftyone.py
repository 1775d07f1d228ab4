"""FiftyOne in a real browser, as a curator uses it: look, click a bar, reject, relabel, and run the pipeline again."""

import contextlib
import http.client
import json
import os
import re
import shutil
from urllib.parse import quote

import numpy as np
import pymongo
import pytest
from playwright.sync_api import expect

from hpefair.data import tables
from hpefair.tools.fiftyone.guard import OUTSIDE
from tests.browser import fiftyone_app as app
from tests.browser.pages import browser_page
from tests.conftest import dvc, run

pytestmark = [pytest.mark.browser, pytest.mark.pipeline]

NAME = "hpefair-test"
BUILD = """
import json
from hpefair.commands.results import review
dataset, views = review.make("hpefair-test")
import fiftyone as fo
dataset.app_config.color_scheme = fo.ColorScheme(
    show_skeletons=True, color_by="field", opacity=1.0, fields=[{"path": "people", "fieldColor": "#ff00ff"}]
)
dataset.save()
counts = {view: len(dataset.load_saved_view(view)) for view in views}
labels = "people.keypoints."
people, oks, tags = (sum(dataset.values(labels + name), []) for name in ("person_id", "oks_tinynet", "tags"))
above = {
    threshold: dataset.filter_labels("people", fo.ViewField("oks_tinynet") >= threshold).values(labels + "person_id")
    for threshold in (0.0, 0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9)
}
print(json.dumps({
    "views": counts, "images": len(dataset), "sample": dataset.load_saved_view("train").first().id,
    "oks": dict(zip(people, oks)), "tags": dict(zip(people, tags)), "workspaces": dataset.list_workspaces(),
    "above": {threshold: sum(found, []) for threshold, found in above.items()},
    "schema": sorted(dataset.get_field_schema(flat=True)),
}))
"""
DRAWN = """selector => {
  const canvases = [...document.querySelectorAll(selector + " canvas")];
  return canvases.length > 0 && canvases.every(canvas => canvas.getAttribute("canvas-loaded") === "true");
}"""


@pytest.fixture(scope="module")
def root(made_workspace, tmp_path_factory):
    """A copy of the finished workspace."""
    folder = tmp_path_factory.mktemp("review") / "w"
    shutil.copytree(made_workspace, folder, symlinks=True)
    return folder


@pytest.fixture(scope="module")
def opened(root, tmp_path_factory):
    """What the dataset holds, the App's address, and the database's."""
    folder = tmp_path_factory.mktemp("fiftyone")
    with app.served(folder, root / "data") as served:
        uri = os.environ["FIFTYONE_DATABASE_URI"]
        yield app.ask(root, uri, BUILD), served, uri


def test_everybody_is_there_with_provenance(opened, root):
    """Real and generated people, attributes, saved views; generated ones that were turned down as well."""
    found, _, _ = opened
    made = sum(
        int(tables.read(root / f"data/screen/{name}.parquet")["made"].sum()) for name in ("accepted", "rejected")
    )
    assert found["images"] == 40 + made
    assert len(found["oks"]) == 53 + made
    assert found["views"]["generated"] + found["views"]["rejected"] == made
    assert found["views"]["review_sample"] == int(
        (tables.read(root / "data/assemble/provenance.parquet").review > 0).sum()
    )
    assert {"unknown_age_band", "audit_sample", "pairs", "worst_gender_presentation_feminine_tinynet"} <= set(
        found["views"]
    )
    assert {f"people.keypoints.{name}" for name in ("contrast", "build_confidence", "fault", "ar_tinynet")} <= set(
        found["schema"]
    )
    assert found["workspaces"] == [f"fairness-{NAME}"]


def test_oks_and_errors_are_ours_for_every_person(opened, root):
    """A filter by OKS finds exactly whom our table has above; tags tell which errors there are."""
    found, _, _ = opened
    scores = tables.read(root / "data/evaluate/tinynet/people.parquet").set_index("person_id")
    shown = {name: oks for name, oks in found["oks"].items() if oks is not None}
    assert set(shown) == set(scores.index)
    np.testing.assert_array_equal([shown[name] for name in scores.index], scores["oks"])
    for threshold, people in found["above"].items():
        assert set(people) == set(scores.index[scores["oks"] >= float(threshold)])
    for error in ("jitter", "swap", "miss", "not_found"):
        tagged = {name for name, said in found["tags"].items() if f"{error}/tinynet" in said}
        assert tagged == set(scores.index[scores[f"joints_{error}"] > 0])


def asked(served, path, method="GET", body=None, **headers):
    """Status and body of one request, with the headers given and no others."""
    host = served.address.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=60)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body=json.dumps(body) if body is not None else None, headers=names)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_nobody_without_the_token_gets_in(opened, root, tmp_path):
    """Files, decisions, foreign origins and hosts; with the token all of it works, for pictures of the workspace."""
    _, served, uri = opened
    port = served.address.rpartition(":")[2]
    picture = quote(str(sorted((root / "data/raw/tiny/images").iterdir())[0].resolve()))
    cookie = f"hpefair-app-{port}={served.token}"
    flag = {
        "operator_uri": "@hpefair/review/flag", "dataset_name": NAME, "request_target": "python",
        "params": {"reviewer": "mallory", "reason": "x"},
    }  # fmt: skip
    (tmp_path / "secret.png").write_bytes(b"not of the workspace")
    assert asked(served, "/fiftyone")[0] == 200
    for path in ("/", f"/datasets/{NAME}", f"/media?filepath={picture}", f"/?token={'x' * 43}"):
        assert asked(served, path)[0] == 401, path
    assert asked(served, "/operators/execute", "POST", flag)[0] == 401
    assert asked(served, "/operators/execute", "POST", flag, Cookie=f"hpefair-app-{port}=forged")[0] == 401
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
        assert asked(served, "/operators/execute", "POST", flag, Cookie=cookie, Origin=origin)[0] == 403, origin
    assert asked(served, "/", Cookie=cookie, Host=f"evil.example:{port}")[0] == 421
    assert asked(served, f"/media?filepath={picture}", Cookie=cookie)[0] == 200
    for path in ("/etc/passwd", quote(str(tmp_path / "secret.png")), f"{quote(str(root / 'data'))}/../params.yaml"):
        assert asked(served, f"/media?filepath={path}", Cookie=cookie) == (403, OUTSIDE.encode()), path
    files = {"operator_uri": "@voxel51/operators/list_files", "params": {"path": {"absolute_path": "/etc"}}}
    assert asked(served, "/operators/execute", "POST", files, Cookie=cookie)[0] == 403
    # Nobody is selected: the operator itself says so, and no decision is left for the tests below.
    assert b"nobody" in asked(served, "/operators/execute", "POST", flag, Cookie=cookie, Origin=served.address)[1]
    assert asked(served, "/operators/resolve-type", "POST", flag, Cookie=cookie, Origin=served.address)[0] == 200
    with pytest.raises(pymongo.errors.OperationFailure), contextlib.closing(stranger(uri)) as client:
        client.list_database_names()


def stranger(uri):
    """A client of the database that knows no password."""
    return pymongo.MongoClient(f"mongodb://{uri.rpartition('@')[2]}", serverSelectionTimeoutMS=5000)


def test_a_curator_changes_what_is_trained_on(opened, root, chromium, tmp_path):
    """A bar shows its people; three are rejected, ten relabelled; the pipeline follows, and attribution rests."""
    _, served, uri = opened
    confusion = len(tables.read(root / "data/calibrate/confusion.parquet"))
    assembled = set(tables.read(root / "data/assemble/provenance.parquet")["person_id"])
    with browser_page(chromium, 1700, 1200) as (page, outside):
        app.open_view(page, served, NAME, "train", f"fairness-{NAME}")
        page.wait_for_selector(".js-plotly-plot .bars .point path", timeout=app.LIMIT_MS)
        _the_panel_agrees(page, root)
        page.screenshot(path=str(tmp_path / "panel.png"))
        app.click_bar(page, 1)
        _exactly_the_people_of_the_bar(page, root)
        app.open_view(page, served, NAME, "review-sample", f"fairness-{NAME}")
        app.pick(page, 3)
        form = app.operate(page, "Reject people")
        expect(form.get_by_text(re.compile(r"\b3 people"))).to_be_visible(timeout=app.LIMIT_MS)
        page.screenshot(path=str(tmp_path / "reject.png"))
        app.fill(page, form, "ab", "left arm grows out of the hip")
        app.open_view(page, served, NAME, "audit-sample", f"fairness-{NAME}")
        app.pick(page, 10)
        form = app.operate(page, "Relabel people")
        app.fill(page, form, "ab", "", ["gender presentation", "feminine"])
        page.screenshot(path=str(tmp_path / "relabelled.png"))
        assert all("fonts.googleapis.com" in url for url in outside), outside
    said = run(root, "review", "--export", env={"FIFTYONE_DATABASE_URI": uri}).stdout
    assert "3 decisions" in said
    assert "10 labels" in said
    assert "nothing new" in run(root, "review", "--export", env={"FIFTYONE_DATABASE_URI": uri}).stdout
    decided = [json.loads(line) for line in (root / "review/decisions.jsonl").read_text().splitlines() if line.strip()]
    assert {(row["decision"], row["who"], row["why"]) for row in decided} == {
        ("reject", "ab", "left arm grows out of the hip")
    }
    done = dvc(root, "repro", "assemble").stdout
    assert "Stage 'attribute@s0' didn't change, skipping" in done
    assert "Running stage 'calibrate'" in done
    after = set(tables.read(root / "data/assemble/provenance.parquet")["person_id"])
    rejected = {row["person_id"] for row in decided}
    assert len(rejected) == 3
    assert rejected <= assembled
    assert not rejected & after
    counted = tables.read(root / "data/calibrate/confusion.parquet")
    assert (confusion, int(counted["people"].sum())) == (0, 10)


def test_skeletons_are_visible_on_the_picture(opened, chromium, tmp_path):
    """Limbs in magenta: far more coloured pixels than seventeen dots could give.

    The last test: all browsers of one App share what is open, and an open picture covers the grid.
    """
    from PIL import Image

    found, served, _ = opened
    with browser_page(chromium, 1500) as (page, outside):
        page.goto(
            f"{served.address}/datasets/{NAME}?token={served.token}&view=train&id={found['sample']}",
            wait_until="domcontentloaded",
        )
        page.wait_for_function(DRAWN, arg="[data-cy=modal-looker-container]", timeout=app.LIMIT_MS)
        page.screenshot(path=str(tmp_path / "modal.png"))
    pixels = np.asarray(Image.open(tmp_path / "modal.png").convert("RGB")).astype(int)
    magenta = (pixels[..., 0] > 200) & (pixels[..., 1] < 60) & (pixels[..., 2] > 200)
    assert magenta.sum() > 3000, magenta.sum()
    # Fonts are all the App asks the outside for, and it is refused here without harm.
    assert all("fonts.googleapis.com" in url for url in outside), outside


def _the_panel_agrees(page, root):
    """The table's first row is everybody, by our own number."""
    table = tables.read(root / "data/evaluate/original/by_group.parquet")
    everybody = table[(table["attribute"] == "all") & (table["metric"] == "ar")].iloc[0]
    words = page.locator("[data-cy=panel-content-hpefair] table tbody tr").first.inner_text().split()
    assert words[:3] == ["all", str(everybody.n_people), f"{everybody.value:.3f}"]


def _exactly_the_people_of_the_bar(page, root):
    """The second bar is the first group of the first attribute: its measured people's images, no others."""
    scores = tables.read(root / "data/evaluate/original/people.parquet")
    attributes = tables.read(root / "data/calibrate/attributes.parquet")
    people = scores.merge(attributes, on="person_id")
    first = sorted(tables.read(root / "data/evaluate/original/by_group.parquet")["attribute"].unique())
    attribute = next(name for name in first if name != "all")
    table = tables.read(root / "data/evaluate/original/by_group.parquet")
    group = table[(table["attribute"] == attribute) & (table["metric"] == "ar") & (table["n_people"] > 0)].iloc[0][
        "group"
    ]
    members = people[people[attribute] == group]
    app.shows(page, members["image_id"].nunique())
