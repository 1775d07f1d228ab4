"""Digests follow content; a file that rests is read once."""

import hashlib
import os
import time

import pytest

from hpefair.machine import file_digests

OLD = time.time() - 3600


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Two files that have rested long enough."""
    monkeypatch.setattr(file_digests, "SETTLED_NS", 0)
    out = [tmp_path / name for name in ("a.txt", "b.txt")]
    for path in out:
        path.write_text(path.name)
    return out


def test_it_is_sha256_in_the_given_order(files, tmp_path):
    """With memory, without, and with a memory that is no database."""
    wanted = [hashlib.sha256(path.read_bytes()).hexdigest() for path in reversed(files)]
    (tmp_path / "broken").write_text("no database " * 200)
    for memory in (tmp_path / "m.sqlite", tmp_path / "m.sqlite", tmp_path / "broken", tmp_path / "a.txt/none"):
        assert file_digests.digests(list(reversed(files)), memory) == wanted


def test_a_touch_changes_nothing_and_other_content_does(files, tmp_path):
    memory = tmp_path / "m.sqlite"
    before = file_digests.digests(files, memory)
    os.utime(files[0], (OLD, OLD))
    assert file_digests.digests(files, memory) == before
    files[0].write_text("A.txt")  # the same size
    os.utime(files[0], (OLD, OLD))  # and the same time
    assert file_digests.digests(files, memory) != before


def test_a_resting_file_is_not_read_again(files, tmp_path, monkeypatch):
    """Until its state changes."""
    memory = tmp_path / "m.sqlite"
    before = file_digests.digests(files, memory)
    read = []
    plain = hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda file, how: read.append(file.name) or plain(file, how))
    assert file_digests.digests(files, memory) == before
    assert read == []
    os.utime(files[1])
    assert file_digests.digests(files, memory) == before
    assert read == [str(files[1])]


def test_a_young_file_is_read_again(files, tmp_path, monkeypatch):
    """Two changes within one tick of the clock look the same from outside."""
    memory = tmp_path / "m.sqlite"
    monkeypatch.setattr(file_digests, "SETTLED_NS", 3600 * 10**9)
    file_digests.digests(files, memory)
    state = file_digests._state(files[0])
    files[0].write_text("A.txt")
    monkeypatch.setattr(file_digests, "_state", lambda path: state)
    assert file_digests.digests(files[:1], memory) == [hashlib.sha256(b"A.txt").hexdigest()]
