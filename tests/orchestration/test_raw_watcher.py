"""New raw data are noticed once, after restarts as well; a repository that cannot be reached is tried again."""

import asyncio

import pytest

from hpefair.errors import ToolError
from hpefair.orchestration.raw_watcher import RawDataTrigger
from tests.orchestration.conftest import git
from tests.waiting import PATIENCE_S, wait_for


def push(origin, tmp_path, name, text):
    """Commit a file to the origin's main branch, from a clone."""
    first = tmp_path / "first"
    (first / name).write_text(text)
    git(first, "add", "--force", name)
    git(first, "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-q", "-m", name)
    git(first, "push", "--quiet", origin.repository, "HEAD:refs/heads/main")
    return git(first, "rev-parse", "HEAD")


def test_a_changed_pointer_is_news_and_nothing_else_is(origin, tmp_path):
    watch = RawDataTrigger(origin.repository, "main", str(tmp_path / "memory"), 0.1)
    assert watch.look() == {}
    push(origin, tmp_path, "params.yaml", "seed: 9\n")
    assert watch.look() == {}
    pointer = (tmp_path / "first/data/raw.dvc").read_text()
    commit = push(origin, tmp_path, "data/raw.dvc", pointer + "# new\n")
    again = RawDataTrigger(**watch.serialize()[1])
    found = again.look()
    assert found["commit"] == commit
    assert again.look() == found  # until it is announced
    again.remember(found["raw"])
    assert again.look() == {}


def test_it_goes_on_when_the_repository_is_away(origin, tmp_path, caplog):
    """As the triggerer runs it: an event comes as soon as there is news again."""
    watch = RawDataTrigger(origin.repository, "main", str(tmp_path / "memory"), 0.05)
    watch.look()
    pointer = (tmp_path / "first/data/raw.dvc").read_text()
    commit = push(origin, tmp_path, "data/raw.dvc", pointer + "# new\n")
    (tmp_path / "origin.git").rename(tmp_path / "away")
    with pytest.raises(ToolError):
        watch.look()

    async def first_event():
        events = watch.run()
        waiting = asyncio.ensure_future(anext(events))

        def looked() -> bool:
            return waiting.done() or caplog.text.count("the repository cannot be looked at") >= 2

        await asyncio.to_thread(wait_for, looked, "two looks at a repository that is away")
        assert not waiting.done()
        (tmp_path / "away").rename(tmp_path / "origin.git")
        await asyncio.wait({waiting}, timeout=PATIENCE_S)
        assert waiting.done(), f"waited {PATIENCE_S} s for an event after the repository was there again"
        return waiting.result()

    assert asyncio.run(first_event()).payload["commit"] == commit
