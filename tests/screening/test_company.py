"""As many people as are annotated, no more and no fewer."""

import numpy as np

from hpefair.judges.protocol import Found
from hpefair.screening.company import count_fault

BOXES = np.array([[10.0, 10, 40, 90], [100.0, 20, 30, 80]])
BOTH = np.array([True, True])


def found(*boxes):
    return [Found(np.array(box, float), 0.9) for box in boxes]


def test_everybody_found_is_no_fault():
    """Counters draw boxes around joints: a little smaller, a little off; a body may be found in two parts."""
    assert count_fault(found([12, 14, 34, 80], [98, 25, 32, 70]), BOXES, BOTH) == ("", "")
    assert count_fault(found([12, 14, 34, 80], [98, 25, 32, 70], [14, 60, 30, 38]), BOXES, BOTH) == ("", "")


def test_strangers_and_missing_people_are_faults():
    assert count_fault(found([12, 14, 34, 80], [98, 25, 32, 70], [160, 10, 40, 90]), BOXES, BOTH) == (
        "count",
        "3 people are seen, 2 annotated",
    )
    assert count_fault(found([12, 14, 34, 80]), BOXES, BOTH)[1] == "1 of 2 annotated people are not seen"
    assert count_fault([], BOXES, BOTH)[1] == "2 of 2 annotated people are not seen"


def test_nobody_small_or_hidden_is_expected_to_be_found():
    assert count_fault(found([12, 14, 34, 80]), BOXES, np.array([True, False])) == ("", "")
