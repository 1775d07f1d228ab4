"""Lab, blur, truncation, view, pose: each against something that is known."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from skimage.color import rgb2lab

from hpefair.attributes.measured import context
from hpefair.attributes.measured.lab import to_lab
from hpefair.attributes.measured.pose_kind import pose_kind
from hpefair.attributes.measured.sharpness import blur
from hpefair.attributes.measured.truncation import truncation
from hpefair.attributes.measured.trunk import facing, view
from hpefair.synthetic.body.build_reference import outlines
from hpefair.synthetic.picture.staging import Setting, stage
from hpefair.synthetic.poses.kinds import KINDS
from hpefair.synthetic.streams import Streams
from tests.attributes.sources.test_body_build import body
from tests.synthetic.scenes import picture


def test_lab_equals_scikit_image():
    """Every grey, and colours at random: within a thousandth."""
    grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None, None], 3, axis=2)
    colours = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    for pixels in (grey, colours):
        assert np.abs(to_lab(pixels) - rgb2lab(pixels)).max() < 1e-3


def test_blur_tells_sharper_from_softer():
    """Built-in people, blurred more and more: the value rises every time, and is near the blur itself."""
    for number in range(6):
        drawn = picture(number, size=200, crowds=(1.0,))
        mask = drawn.people[0].mask
        if mask.sum() < 2000:
            continue
        values = [
            blur(to_lab(drawn.pixels if not s else cv2.GaussianBlur(drawn.pixels, (0, 0), s))[..., 0], mask)
            for s in (0, 1, 2, 3)
        ]
        assert (np.diff(values) > 0).all()
        assert values[2] == pytest.approx(2.2, abs=0.8)
    assert np.isnan(blur(np.full((60, 60), 50, np.float32), np.ones((60, 60), bool)))
    assert [context.blur(v) for v in (1.0, 1.25, 2.0, float("nan"))] == ["sharp", "soft", "blurred", "unknown"]


@pytest.mark.parametrize(
    ("rows", "columns", "upwards", "end"),
    [
        (slice(20, 60), slice(20, 60), (0, -1), "whole"),
        (slice(0, 40), slice(20, 60), (0, -1), "head"),
        (slice(60, 100), slice(20, 60), (0, -1), "legs"),
        (slice(20, 60), slice(0, 40), (0, -1), "side"),
        (slice(20, 60), slice(0, 40), (-1, 0), "head"),
        (slice(0, 40), slice(20, 60), (0, 1), "legs"),
    ],
)
def test_truncation_names_the_end_that_is_cut(rows, columns, upwards, end):
    """Upright, lying, upside down."""
    mask = np.zeros((100, 100), bool)
    mask[rows, columns] = True
    found, contact = truncation(mask, upwards)
    assert found == end
    assert (contact == 0) == (end == "whole")


def test_truncated_by_a_corner_only_is_whole():
    """A hand at the border does not cut a person off."""
    mask = np.zeros((100, 100), bool)
    mask[20:80, 20:80] = True
    mask[40:44, 80:] = True
    assert truncation(mask, (0, -1))[0] == "whole"


@pytest.mark.parametrize(
    ("yaw", "expected"),
    [(0.0, "front"), (30.0, "front"), (-30.0, "front"), (90.0, "side"), (-90.0, "side"), (180.0, "back")],
)
def test_view_of_bodies_of_known_yaw(yaw, expected):
    """At least seven bodies of eight."""
    found = [view(body(number, facing=yaw).keypoints) for number in range(8)]
    assert found.count(expected) >= 7


def test_facing_without_hips_and_with_nothing():
    """Shoulders and face will do; one shoulder will not."""
    keypoints = body(0).keypoints.copy()
    whole = facing(keypoints)
    keypoints[[11, 12], 2] = 0
    assert facing(keypoints) == pytest.approx(whole, abs=0.3)
    keypoints[5, 2] = 0
    assert facing(keypoints) is None
    assert view(keypoints) == "unknown"


def test_pose_kinds_of_built_in_poses():
    """Who sits or crouches is bent, who stands is extended, most of the time."""
    found: dict[str, list[str]] = {}
    for number in range(60):
        kind = ("stand", "sit")[number % 2]
        scene = stage(Streams(3, f"p {number}"), Setting(size=160, crowds=(1.0,)), {"pose": kind})
        scene = replace(scene, people=(replace(scene.people[0], facing=0.0),), props=())
        found.setdefault(kind, []).append(pose_kind(outlines(scene)[0].keypoints))
    assert {"stand", "sit"} <= set(KINDS)
    assert found["stand"].count("extended") > 0.7 * sum(kind != "unknown" for kind in found["stand"])
    assert found["sit"].count("bent") > 0.7 * sum(kind != "unknown" for kind in found["sit"])
    assert pose_kind(np.zeros((17, 3))) == "unknown"
