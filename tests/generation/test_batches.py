"""Batches: killed ones go on, nothing is made twice or lost, and every backend's rows look alike."""

import json

import numpy as np
import pandas as pd
import pytest

from hpefair.core.splits import unit_hash
from hpefair.data.coco import masks
from hpefair.generation import batches
from hpefair.generation.protocol import AnnotatedPerson, Made
from hpefair.generation.records import COLUMNS
from hpefair.schema import PERCEIVED


class Drawer:
    """A backend that draws a square, refuses every third item, and counts what it is asked."""

    def __init__(self, batch=1, dies_at=None):
        self.batch, self.dies_at, self.asked = batch, dies_at, []

    def make(self, items):
        found = []
        for item in items:
            self.asked.append(item.item_id)
            if self.dies_at is not None and len(self.asked) > self.dies_at:
                raise KeyboardInterrupt
            found.append("no paint left" if item.number % 3 == 2 else square(item))
        return found


def square(item):
    pixels = np.random.default_rng(item.seed).integers(0, 255, (40, 30, 3)).astype(np.uint8)
    mask = np.zeros((40, 30), bool)
    mask[5:35, 5:25] = True
    person = AnnotatedPerson(
        np.tile([10.0, 10, 2], (17, 1)), mask, np.array([5.0, 5, 20, 30]), dict.fromkeys(PERCEIVED, "unknown"), mask
    )
    return Made(pixels, person, "drawn", "free", others=(person,), sources=("d/1",), model="m@1", prompt="a square")


@pytest.fixture
def wanted():
    rows = [
        {"item_id": f"diffusion_low_{k}", "backend": "diffusion", "cell": "low", "number": k, "wanted_contrast": "low"}
        for k in range(7)
    ]
    table = pd.DataFrame(rows)
    return table.assign(seed=[int(unit_hash("s", name) * 2**53) for name in table["item_id"]])


def run(wanted, folder, backend, monkeypatch):
    monkeypatch.setattr(batches, "open_backend", lambda name, settings: backend)
    monkeypatch.setattr(batches.params, "load", lambda: None)
    return batches.make_all(wanted, ["contrast"], folder / "out", folder / "seen", folder / "work")


@pytest.mark.parametrize("batch", [1, 3])
def test_every_item_is_made_once_or_refused_with_a_reason(wanted, tmp_path, monkeypatch, batch):
    backend = Drawer(batch)
    made = run(wanted, tmp_path, backend, monkeypatch)
    assert backend.asked == wanted["item_id"].tolist()
    assert made["item_id"].tolist() == wanted["item_id"].tolist()
    assert made["made"].tolist() == [True, True, False, True, True, False, True]
    assert set(made.loc[~made["made"], "reason"]) == {"no paint left"}
    assert set(COLUMNS) <= {*made.columns}
    good = made[made["made"]].iloc[0]
    assert good["path"] == str(tmp_path / "seen/diffusion_low_0.png")
    assert (tmp_path / "out/diffusion_low_0.png").exists()
    mask = masks.decode(good["segmentation"], 40, 30)
    assert mask.sum() == good["area"] == 600
    (other,) = json.loads(good["others"])
    assert other["bbox"] == [5.0, 5.0, 20.0, 30.0]
    assert list(good["sources"]) == ["d/1"]


def test_a_killed_batch_goes_on(wanted, tmp_path, monkeypatch):
    """What was finished is not made again, what was not is; the result is that of one go."""
    with pytest.raises(KeyboardInterrupt):
        run(wanted, tmp_path / "killed", Drawer(2, dies_at=5), monkeypatch)
    second = Drawer(2)
    resumed = run(wanted, tmp_path / "killed", second, monkeypatch)
    assert second.asked == wanted["item_id"].tolist()[4:]
    whole = run(wanted, tmp_path / "whole", Drawer(1), monkeypatch)
    drop = ["seconds", "path"]
    pd.testing.assert_frame_equal(resumed.drop(columns=drop), whole.drop(columns=drop))
    for name in whole.loc[whole["made"], "item_id"]:
        one, other = (tmp_path / place / f"out/{name}.png" for place in ("killed", "whole"))
        assert one.read_bytes() == other.read_bytes()


def test_a_picture_that_was_lost_is_made_again(wanted, tmp_path, monkeypatch):
    """Its row alone is no proof that an item is finished."""
    run(wanted, tmp_path, Drawer(), monkeypatch)
    (tmp_path / "out/diffusion_low_3.png").unlink()
    again = Drawer()
    run(wanted, tmp_path, again, monkeypatch)
    assert again.asked == ["diffusion_low_3"]
    assert (tmp_path / "out/diffusion_low_3.png").exists()


def test_an_empty_shard_is_no_fault(wanted, tmp_path, monkeypatch):
    assert run(wanted.iloc[:0], tmp_path, Drawer(), monkeypatch).empty
