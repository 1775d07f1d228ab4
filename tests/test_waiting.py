"""Waits of tests: what is true is returned, and a bound that is passed says what was waited for."""

import subprocess
import sys

import pytest

from tests import waiting


def test_what_is_true_in_the_end_is_returned():
    answers = iter([0, "", "there"])
    assert waiting.wait_for(lambda: next(answers), "an answer", 20, every=0) == "there"


def test_a_bound_that_is_passed_says_what_was_waited_for(tmp_path):
    """And what was there instead."""
    log = tmp_path / "server.log"
    log.write_text("it is full")
    with pytest.raises(AssertionError, match=r"waited 0 s for a cat; what was there in the end: \[\](?s:.)*it is full"):
        waiting.wait_for(list, "a cat", 0, shown=lambda: waiting.end_of(log))
    assert "is not there" in waiting.end_of(tmp_path / "other.log")


def test_a_process_that_does_not_end_is_named_and_ended():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    waiting.running(process, "nothing")
    with pytest.raises(AssertionError, match="for the end of a patient process"):
        waiting.ended(process, "a patient process", 0)
    assert waiting.ended(process, "a killed process") < 0
    with pytest.raises(AssertionError, match="it ended with -9 while its answer was waited for"):
        waiting.running(process, "its answer")
    process.stdin.close()
