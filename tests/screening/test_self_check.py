"""The screen checks itself: the same scene with one factor changed; one that refuses a group is found out."""

import pytest

from hpefair.machine import worker_pool
from hpefair.screening import self_check
from hpefair.screening.screener import Finding
from hpefair.settings import params


@pytest.fixture
def settings(project):
    """The settings that hpefair comes with, with nobody to judge or count, and pictures of 96 pixels."""
    found = params.load(project / "params.yaml")
    screen = found.screen.model_copy(update={"judges": (), "counter": "", "judged": ("recompose",)})
    generate = found.generate.model_copy(update={"size": 96})
    return found.model_copy(update={"screen": screen, "generate": generate})


def kinds():
    return sorted(self_check.CHANGES)


def test_a_screen_that_refuses_children_is_found_out(settings, tmp_path, monkeypatch):
    """By every scene; nobody else's acceptance changes. Poses are judged, and nobody is wanted to be somebody."""
    seen = []

    class Unfair:
        """Refuses children."""

        def __init__(self, settings):
            seen.append((settings.screen.judged, settings.plan.attributes))

        def screen(self, row):
            """By the name of the picture."""
            assert row.backend == "render"
            return Finding(("pose", "a child") if "age_band_child" in row.item_id else ("", ""))

    monkeypatch.setattr(self_check, "Screener", Unfair)
    monkeypatch.setattr(worker_pool, "run", lambda function, items, workers, what: map(function, items))
    found = self_check.paired_acceptance(settings, tmp_path, 2).set_index(["factor", "group"])
    assert seen == [(("render",), ())]
    assert sorted(found.index) == kinds()
    assert (found["n_scenes"] == 2).all()
    refused = found.loc[("age_band", "child")]
    assert (refused["difference"], refused["difference_low"], refused["difference_high"]) == (-1, -1, -1)
    assert refused["degraded"] == 1
    assert (found["difference"].drop(("age_band", "child")) == 0).all()


def test_the_screen_itself_lets_everybody_in(settings, tmp_path):
    """In a process of its own, as the stage has it; what was drawn lies where it was asked for."""
    found = self_check.paired_acceptance(settings, tmp_path, 1).set_index(["factor", "group"])
    assert sorted(found.index) == kinds()
    assert (found["difference"] == 0).all()
    drawn = {path.stem for path in (tmp_path / "pairs").rglob("*") if path.suffix in (".png", ".jpg")}
    assert any("before" in name for name in drawn)
    assert any("age_band_child" in name for name in drawn)


def test_no_scenes_are_an_empty_table(settings, tmp_path):
    """As where nobody was generated."""
    assert self_check.paired_acceptance(settings, tmp_path, 0).empty
