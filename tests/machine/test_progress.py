"""Progress: lines where nobody watches a terminal, none for work that is soon done."""

import pytest

from hpefair.machine import progress


@pytest.fixture
def at_once(monkeypatch):
    """No wait between two lines."""
    monkeypatch.setattr(progress, "EVERY_S", 0.0)


def test_every_item_comes_and_lines_say_how_far(at_once, capsys):
    assert list(progress.track(["a", "b", "c"], "looking")) == ["a", "b", "c"]
    said = capsys.readouterr()
    assert said.err.splitlines() == ["looking: 0 of 3", "looking: 1 of 3", "looking: 2 of 3"]
    assert said.out == ""


def test_items_without_a_length_are_counted_all_the_same(at_once, capsys):
    assert list(progress.track(iter("ab"), "reading")) == ["a", "b"]
    assert list(progress.track(iter("ab"), "reading", 2)) == ["a", "b"]
    assert capsys.readouterr().err.splitlines() == ["reading: 0", "reading: 1", "reading: 0 of 2", "reading: 1 of 2"]


def test_steps_are_told_by_whoever_does_them(at_once, capsys):
    with progress.bar(900, "train balanced") as advance:
        advance(300)
    assert capsys.readouterr().err == "train balanced: 300 of 900\n"


def test_a_line_comes_at_most_every_quarter_of_a_minute(capsys, monkeypatch):
    now = 0.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    with progress.bar(100, "long") as advance:
        for step in range(1, 101):
            now = 1.0 * step
            advance(step)
    assert [int(line.split()[1]) for line in capsys.readouterr().err.splitlines()] == [15, 30, 45, 60, 75, 90]
