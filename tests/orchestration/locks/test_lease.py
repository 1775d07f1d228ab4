"""Leases: one attempt at a time, nothing left running, whoever is killed."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from hpefair.orchestration.locks import lease, process_group
from tests.conftest import PROJECT
from tests.waiting import ended, gone, last_words, wait_for

SHELL = "sleep 301 & echo $! > child.txt; echo $$ > shell.txt; wait"


def launch(root, script, *owner):
    """The launcher, in the background, as an operator starts it."""
    return subprocess.Popen(
        [sys.executable, "-m", "hpefair.orchestration.locks.lease", "stage", *owner, "--", "sh", "-c", script],
        cwd=root, env={**os.environ, "PYTHONPATH": str(PROJECT)}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def written(root, name):
    """The process whose number the script wrote."""
    path = root / name
    wait_for(lambda: path.exists() and path.read_text().strip(), f"the script to write {name}")
    return psutil.Process(int(path.read_text()))


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", 137)])
def test_the_exit_code_is_passed_on_and_the_lease_given_back(tmp_path, script, code):
    process = launch(tmp_path, script)
    last_words(process, f"a launcher of `{script}`")
    assert process.returncode == code
    assert not list((tmp_path / lease.LEASES).glob("*"))


def test_a_polite_request_ends_the_whole_group(tmp_path):
    process = launch(tmp_path, SHELL)
    child = written(tmp_path, "child.txt")
    process.send_signal(signal.SIGTERM)
    last_words(process, "a launcher that was asked to end")
    assert process.returncode == 128 + signal.SIGTERM
    assert gone(child)


def test_what_went_to_a_session_of_its_own_is_ended_too(tmp_path):
    """As the workers of torchrun do, and whatever its parent left behind."""
    process = launch(tmp_path, "(setsid sleep 304 & echo $! > child.txt); echo $$ > shell.txt; sleep 305")
    child = written(tmp_path, "child.txt")
    written(tmp_path, "shell.txt")
    process.send_signal(signal.SIGTERM)
    last_words(process, "a launcher that was asked to end")
    assert gone(child)


def test_what_runs_ends_with_its_owner(tmp_path):
    """A supervisor that is killed cannot end anything; the launcher sees it."""
    owner = subprocess.Popen(["sleep", "302"])
    process = launch(tmp_path, SHELL, "--owner", str(owner.pid))
    child = written(tmp_path, "child.txt")
    owner.kill()
    owner.wait()
    last_words(process, "a launcher whose owner was killed")
    assert gone(child)


def test_what_a_killed_launcher_left_is_ended_by_the_next_attempt(tmp_path):
    """The command dies with its launcher; of what the command started, the next attempt takes care."""
    first = launch(tmp_path, SHELL)
    child, shell = written(tmp_path, "child.txt"), written(tmp_path, "shell.txt")
    first.kill()
    first.wait()
    wait_for(lambda: gone(shell), "the command of the killed launcher to end")
    assert not gone(child)
    second = launch(tmp_path, "exit 0")
    said = last_words(second, "the next attempt")
    assert "earlier attempt" in said
    assert second.returncode == 0
    assert gone(child)


def test_the_latest_attempt_wins(tmp_path):
    """Whoever starts an attempt has given up the one before, even if that is alive."""
    first = launch(tmp_path, SHELL)
    child = written(tmp_path, "child.txt")
    second = launch(tmp_path, "exit 0")
    assert ended(second, "the second attempt") == 0
    assert ended(first, "the first attempt, which the second ends") != 0
    assert gone(child)
    assert not list((tmp_path / lease.LEASES).glob("*"))


def test_another_host_is_believed_while_it_gives_signs_of_life(tmp_path):
    """Its processes cannot be seen from here; a lease that is not renewed has lost its holder."""
    path = tmp_path / lease.LEASES / "stage.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"host": "elsewhere", "boot": "", "group": os.getpgid(0), "started": 0, "launcher": 1}))
    assert ended(launch(tmp_path, "exit 0"), "a launcher that is refused") == lease.HELD_ELSEWHERE
    os.utime(path, (time.time() - 2 * lease.SILENT_S,) * 2)
    assert ended(launch(tmp_path, "exit 0"), "a launcher after a lease that was not renewed") == 0
    assert process_group.exists(os.getpgid(0))


def test_a_number_that_was_given_away_again_is_left_alone(tmp_path):
    """The group of the lease is led by another process now."""
    stranger = subprocess.Popen(["sleep", "303"], start_new_session=True)
    path = tmp_path / lease.LEASES / "stage.json"
    path.parent.mkdir(parents=True)
    mine = {"host": os.uname().nodename, "boot": lease._boot(), "group": stranger.pid, "started": 1.0, "launcher": 1}
    path.write_text(json.dumps(mine))
    assert ended(launch(tmp_path, "exit 0"), "a launcher after a lease of a number that was given away again") == 0
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()
