"""As many people as are annotated, no more and no fewer."""

from dataclasses import replace

import numpy as np
import pandas as pd

from hpefair.attributes.measured.picture import Picture
from hpefair.judges.protocol import Found
from hpefair.screening.company import company_fault, count_fault

BOXES = np.array([[10.0, 10, 40, 90], [100.0, 20, 30, 80]])
BOTH = np.array([True, True])
BODIES = np.zeros((120, 220), bool)
BODIES[10:100, 10:50] = BODIES[20:100, 100:130] = True


def found(*boxes):
    return [Found(np.array(box, float), 0.9) for box in boxes]


def test_everybody_found_is_no_fault():
    """Counters draw boxes around joints: a little smaller, a little off; a body may be found in two parts."""
    assert count_fault(found([12, 14, 34, 80], [98, 25, 32, 70]), BOXES, BOTH, BODIES) == ("", "")
    assert count_fault(found([12, 14, 34, 80], [98, 25, 32, 70], [14, 60, 30, 38]), BOXES, BOTH, BODIES) == ("", "")


def test_strangers_and_missing_people_are_faults():
    assert count_fault(found([12, 14, 34, 80], [98, 25, 32, 70], [160, 10, 40, 90]), BOXES, BOTH, BODIES) == (
        "count",
        "somebody is seen who is not among the 2 annotated",
    )
    assert count_fault(found([12, 14, 34, 80]), BOXES, BOTH, BODIES)[1] == "1 of 2 annotated people are not seen"
    assert count_fault([], BOXES, BOTH, BODIES)[1] == "2 of 2 annotated people are not seen"


def test_nobody_small_or_hidden_is_expected_to_be_found():
    assert count_fault(found([12, 14, 34, 80]), BOXES, np.array([True, False]), BODIES) == ("", "")


def test_somebody_behind_is_told_by_joints():
    """The box is nearly that of an annotated person; the joints are alongside that person, or on the body."""
    behind = np.column_stack([np.full(17, 55.0), np.linspace(15, 95, 17), np.full(17, 0.9)])
    own = behind - [25, 0, 0]
    boxes, alone = BOXES[:1], np.array([True])
    (one,) = found([14, 12, 44, 86])
    assert count_fault([replace(one, keypoints=own)], boxes, alone, BODIES) == ("", "")
    assert count_fault([replace(one, keypoints=behind)], boxes, alone, BODIES)[0] == "count"


class Shy:
    """Finds nobody in a picture of the whole, and the person in a part of it; in mirror images the one at the left."""

    model_id = "shy"

    def count(self, pixels):
        if pixels.shape[1] < 220:
            return found([10, 10, 40, 90])
        return found([90, 20, 30, 80]) if pixels[0, 0, 0] else []


def test_whoever_is_missed_is_looked_for_again():
    """The second is found in the mirror image, the first in the surroundings."""
    people = pd.DataFrame({"bbox": list(BOXES), "area": [3600.0, 2400.0]})
    pixels = np.zeros((120, 220, 3), np.uint8)
    pixels[0, -1] = 1
    keypoints = np.full((2, 17, 3), 2.0)
    picture = Picture(pixels, people, keypoints, (BODIES, None), (None, None), BODIES.astype(np.uint16))
    assert company_fault(Shy(), picture, 0.2) == ("", "")
    assert company_fault(Shy(), picture, 0.95)[1] == "2 of 2 annotated people are not seen"
