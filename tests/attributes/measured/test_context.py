"""Scale, visibility, crowding, brightness, posture."""

import numpy as np
import pandas as pd
import pytest

from hpefair.attributes.measured import context


@pytest.mark.parametrize(
    ("function", "value", "group"),
    [
        (context.scale, 96**2 - 1, "small"),
        (context.scale, 96**2, "medium"),
        (context.scale, 192**2, "large"),
        (context.visibility, 0, "unknown"),
        (context.visibility, 5, "few"),
        (context.visibility, 6, "half"),
        (context.visibility, 17, "most"),
        (context.crowding, 0.0, "alone"),
        (context.crowding, 0.1, "touching"),
        (context.crowding, 0.9, "crowded"),
        (context.brightness, 10.0, "dark"),
        (context.brightness, 50.0, "mid"),
        (context.brightness, 90.0, "bright"),
        (context.posture, 29.9, "upright"),
        (context.posture, 30.0, "leaning"),
        (context.posture, 180.0, "lying"),
        (context.posture, float("nan"), "unknown"),
    ],
)
def test_bins(function, value, group):
    """Edges belong to the upper group."""
    assert function(value) == group


def test_overlap_is_per_image():
    """People of other images do not crowd anybody."""
    people = pd.DataFrame(
        {"image_id": ["a", "a", "b"], "bbox": [[0, 0, 10, 10], [5, 0, 10, 10], [0, 0, 10, 10]]}, index=[7, 3, 5]
    )
    assert context.largest_overlap(people).tolist() == pytest.approx([1 / 3, 1 / 3, 0])


def test_trunk_tilt_is_the_angle_to_the_vertical():
    """Standing, bent by 45 degrees, lying, upside down; one shoulder is enough, none is not."""
    people = np.zeros((5, 17, 3))
    for person, (x, y) in enumerate([(0, -10), (10, -10), (10, 0), (0, 10), (0, -10)]):
        people[person, [11, 12]] = [50, 50, 2]
        people[person, 6] = [50 + x, 50 + y, 2]
    people[4, 6, 2] = 0
    np.testing.assert_allclose(context.trunk_tilt(people), [0, 45, 90, 180, np.nan])
