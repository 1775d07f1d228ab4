"""A file is complete or absent, and an earlier one stays where writing fails."""

import pytest

from hpefair.machine.replacement import replacing


def test_the_file_appears_at_the_end_of_the_block(tmp_path):
    path = tmp_path / "folder/a.txt"
    with replacing(path) as part:
        part.write_text("new")
        assert not path.exists()
        assert part.parent == path.parent, "a rename within one folder is atomic"
    assert path.read_text() == "new"
    assert [one.name for one in path.parent.iterdir()] == ["a.txt"]


def write_half(part, folder):
    """Write something, and fail."""
    part.write_text("half")
    folder.read_text()


def test_an_error_leaves_the_earlier_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(IsADirectoryError), replacing(path) as part:
        write_half(part, tmp_path)
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]
