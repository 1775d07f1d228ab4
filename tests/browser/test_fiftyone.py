"""The FiftyOne dataset opened in a real browser: skeletons are drawn on the pictures."""

import json
import subprocess
import sys

import pytest

from hpefair.adapters import fiftyone_server
from tests.browser.pages import browser_page
from tests.conftest import environment

pytestmark = [pytest.mark.browser, pytest.mark.pipeline, pytest.mark.xdist_group("pipeline")]

# In a process of its own: FiftyOne reads the database's address once, when it is imported.
BUILD = """
import json
from hpefair.commands import review
dataset, views = review.build("hpefair-test")
import fiftyone as fo
dataset.app_config.color_scheme = fo.ColorScheme(
    show_skeletons=True, color_by="field", opacity=1.0, fields=[{"path": "people", "fieldColor": "#ff00ff"}]
)
dataset.save()
counts = {view: len(dataset.load_saved_view(view)) for view in views}
print(json.dumps({
    "views": counts, "images": len(dataset), "sample": dataset.first().id, "people": dataset.count("people.keypoints"),
    "oks": dataset.bounds("people.keypoints.oks_tinynet"), "schema": sorted(dataset.get_field_schema(flat=True)),
    "parents": dataset.count_values("people.keypoints.parent_person"),
}))
from hpefair.adapters import fiftyone_server
import sys
sys.modules["fiftyone.core.odm.database"]._disconnect()
"""
DRAWN = """selector => {
  const canvases = [...document.querySelectorAll(selector + " canvas")];
  return canvases.length > 0 && canvases.every(canvas => canvas.getAttribute("canvas-loaded") === "true");
}"""


@pytest.fixture(scope="module")
def opened(made_workspace, tmp_path_factory):
    """The dataset built from the workspace, and the App's address."""
    folder = tmp_path_factory.mktemp("fiftyone")
    with fiftyone_server.database(folder / "db") as uri:
        env = environment() | {"FIFTYONE_DATABASE_URI": uri, "HOME": str(folder)}
        done = subprocess.run(
            [sys.executable, "-c", BUILD], cwd=made_workspace, env=env, text=True, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        with fiftyone_server.app(fiftyone_server.free_port(), folder) as address:
            yield json.loads(done.stdout.strip().splitlines()[-1]), address


def test_the_dataset_holds_everyone_with_provenance(opened, made_workspace):
    """Real and generated images, attributes, OKS of each model, parents, saved views."""
    from hpefair.adapters import tables

    found, _ = opened
    made = int(tables.read(made_workspace / "data/assemble/people.parquet")["synthetic"].sum())
    assert found["images"] == 40 + made
    assert found["people"] == len(tables.read(made_workspace / "data/assemble/people.parquet"))
    assert found["views"]["generated"] == made
    assert any(name.startswith("worst_contrast") for name in found["views"])
    assert {"people.keypoints.gender_presentation", "people.keypoints.contrast_delta_e", "tinynet"} <= set(
        found["schema"]
    )
    assert 0 <= found["oks"][0] < found["oks"][1] <= 1
    assert sum(count for parent, count in found["parents"].items() if parent) == made


def test_skeletons_are_visible_on_the_picture(opened, chromium, tmp_path):
    """Limbs in magenta: far more coloured pixels than seventeen dots could give."""
    import numpy as np
    from PIL import Image

    found, address = opened
    with browser_page(chromium, 1500) as (page, outside):
        page.goto(f"{address}/datasets/hpefair-test?view=train&id={found['sample']}", wait_until="domcontentloaded")
        page.wait_for_function(DRAWN, arg="[data-cy=modal-looker-container]", timeout=90_000)
        page.screenshot(path=str(tmp_path / "modal.png"))
    pixels = np.asarray(Image.open(tmp_path / "modal.png").convert("RGB")).astype(int)
    magenta = (pixels[..., 0] > 200) & (pixels[..., 1] < 60) & (pixels[..., 2] > 200)
    assert magenta.sum() > 3000, magenta.sum()
    # Fonts are all the App asks the outside for, and it is refused here without harm.
    assert all("fonts.googleapis.com" in url for url in outside), outside
