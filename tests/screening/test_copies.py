"""Nothing twice, nothing memorized, nothing out of the held-out pictures."""

import numpy as np
import pandas as pd
import pytest

from hpefair.data import images
from hpefair.screening.copies import copy_faults
from hpefair.settings.params import load
from tests.screening.injected import saved_again
from tests.screening.rows import rendered


@pytest.fixture
def screen(project):
    return load(project / "params.yaml").screen


def photo(folder, name, seed, noise=0.0):
    """A picture of coarse patches; the same seed shows the same thing, noise aside."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (8, 6, 3)).repeat(20, axis=0).repeat(20, axis=1)
    pixels = np.clip(coarse + np.random.default_rng(99).normal(0, noise, coarse.shape), 0, 255).astype(np.uint8)
    images.write_png(folder / name, pixels)
    return str(folder / name)


def people(*paths, box=(20.0, 20.0, 80.0, 120.0)):
    return pd.DataFrame({"path": paths, "bbox": [list(box)] * len(paths)})


def test_copies_and_duplicates_are_named(tmp_path, screen):
    """A noisy copy of a photographed person, the mirror image of one, a held-out picture, the same picture twice."""
    real = people(photo(tmp_path, "real.png", 1))
    held_out = [photo(tmp_path, "test.png", 2)]
    mirrored = images.read_rgb(tmp_path / "real.png")[:, ::-1]
    images.write_png(tmp_path / "mirrored.png", np.ascontiguousarray(mirrored))
    made = people(
        photo(tmp_path, "new.png", 3),
        photo(tmp_path, "copy.png", 1, noise=4),
        str(tmp_path / "mirrored.png"),
        photo(tmp_path, "leak.png", 2, noise=4),
        photo(tmp_path, "again.png", 3, noise=4),
    )
    made.at[2, "bbox"] = [20.0, 20.0, 80.0, 120.0]
    found = [fault for fault, _ in copy_faults(made, real, held_out, screen)]
    assert found == ["", "copy", "copy", "copy", "duplicate"]


def test_a_moved_crop_is_still_a_copy(tmp_path, screen):
    """The person was cut out of the picture elsewhere, the box with it."""
    real = people(photo(tmp_path, "real.png", 1))
    pixels = images.read_rgb(tmp_path / "real.png")[8:, 6:]
    images.write_png(tmp_path / "cut.png", np.ascontiguousarray(pixels))
    made = people(str(tmp_path / "cut.png"), box=(14.0, 12.0, 80.0, 120.0))
    assert copy_faults(made, real, [], screen)[0][0] == "copy"


def test_a_copy_that_was_saved_again_is_still_one(tmp_path, screen):
    """A rendered person after JPEG, mirrored, with pixels cut off; somebody else is none."""
    row, other = rendered(tmp_path, {}, 40), rendered(tmp_path, {}, 41)
    taken = saved_again(row, tmp_path, cut=4, mirrored=True)
    made = pd.DataFrame({"path": [taken.path, other.path], "bbox": [taken.bbox, other.bbox]})
    real = pd.DataFrame({"path": [row.path], "bbox": [row.bbox]})
    assert [fault for fault, _ in copy_faults(made, real, [], screen)] == ["copy", ""]


def test_nobody_to_compare_with(tmp_path, screen):
    made = people(photo(tmp_path, "new.png", 3))
    nobody = made.iloc[:0]
    assert copy_faults(made, nobody, [], screen) == [("", "")]
    assert copy_faults(nobody, made, [], screen) == []
