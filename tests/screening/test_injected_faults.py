"""Faults put into rendered people are found and named; people without fault are let in, whoever they are."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hpefair.judges.panel import Panel
from hpefair.screening.copies import copy_faults
from hpefair.screening.screener import Screener
from tests.screening import injected
from tests.screening.rows import rendered, settings

JUDGES = ("movenet", "blazepose", "movenet_multipose")
AGES = ("child", "adult", "older")
N = 24


@pytest.fixture(scope="module")
def screener(project, judges):
    """All checks, judges and counter included."""
    everything = settings(project, judges=JUDGES, counter="movenet_multipose")
    made = Screener(everything)
    made.__dict__["_panel"] = Panel(JUDGES, judges)
    from hpefair.judges.opening import open_counter

    made.__dict__["_counter"] = open_counter("movenet_multipose", judges)
    return made


@pytest.fixture(scope="module")
def people(project, tmp_path_factory):
    """Rendered people, evenly of three ages, of every contrast."""
    folder = tmp_path_factory.mktemp("people")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        return [
            rendered(
                folder,
                {"age_band": AGES[k % 3], "contrast": ("low", "mid", "high")[(k // 3) % 3], "pose": "stand"},
                k + 40,
            )
            for k in range(N)
        ]


def faults(screener, rows):
    return [screener.screen(row).fault[0] for row in rows]


def test_people_without_fault_are_let_in(screener, people):
    """At least 70 % of them; a screen that rejects everything protects nobody."""
    found = faults(screener, people)
    assert np.mean([fault == "" for fault in found]) >= 0.7
    for age in AGES:
        own = [fault for fault, row in zip(found, people, strict=True) if row.age_band == age]
        assert np.mean([fault == "" for fault in own]) >= 0.6


@pytest.mark.parametrize("fault", ["swapped_limbs", "swapped_sides", "shifted"])
def test_wrong_poses_are_found(screener, people, fault):
    rng = np.random.default_rng(0)
    found = faults(screener, [getattr(injected, fault)(row, rng) for row in people])
    # An annotation alongside the person leaves the person without one.
    assert np.mean([name in ("pose", "limbs", "annotation", "attribute", "count") for name in found]) >= 0.9
    assert np.mean([name in ("pose", "count") for name in found]) > 0.3  # by looking, not by comparing numbers


def test_wrong_attributes_are_found(screener, people):
    found = faults(screener, [injected.wrong_attribute(row, None) for row in people])
    assert np.mean([name == "attribute" for name in found]) >= 0.9


def test_people_without_annotation_are_found(screener, people, tmp_path):
    """Somebody who was pasted alongside; the same two people, both annotated, are no fault."""
    made = []
    for row, other in zip(people, [*people[1:], people[0]], strict=True):
        guest, shown, _, size = injected.extra_person(row, other, tmp_path)
        if shown > 0.2 * size[0] * size[1] and min(size) >= 40:  # else hardly anybody was put in
            made.append(guest)
    found = faults(screener, made)
    assert len(made) >= N / 3
    assert np.mean([name == "count" for name in found]) >= 0.9


def test_copies_are_found(people, project):
    """The second half repeats the first, or shows people who were photographed."""
    screen = settings(project).screen
    half = N // 2
    table = pd.DataFrame({"path": [row.path for row in people], "bbox": [row.bbox for row in people]})
    twice = pd.concat([table[:half], table[:half]], ignore_index=True)
    duplicates = [fault for fault, _ in copy_faults(twice, table[:0], [], screen)]
    assert duplicates == [""] * half + ["duplicate"] * half
    memorized = [fault for fault, _ in copy_faults(table[half:], table, [], screen)]
    assert set(memorized) == {"copy"}
    fresh = [fault for fault, _ in copy_faults(table[half:], table[:half], [], screen)]
    assert fresh.count("") >= 0.9 * half
    assert all(Path(path).exists() for path in table["path"])
