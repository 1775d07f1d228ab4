"""Faults of the machine end a stage with one line; faults of a file set that file aside."""

import errno
import os
import shutil

import pytest
from PIL import Image, UnidentifiedImageError

from hpefair.data import images, label_files
from hpefair.errors import DiskError, InputError
from hpefair.machine import disk_faults, failure_log, writable

OF_MACHINE = [
    errno.EIO, errno.ESTALE, errno.EACCES, errno.EMFILE, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENFILE,
    errno.EPERM,
]  # fmt: skip


@pytest.mark.parametrize("number", OF_MACHINE, ids=errno.errorcode.get)
def test_the_machines_fault_is_raised_not_told_of_the_file(number, tmp_path, monkeypatch):
    """A picture is not to be quarantined for it."""
    path = tmp_path / "a.jpg"
    path.write_bytes(b"")

    def fail(*_, **__):
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(images.Image, "open", fail)
    with pytest.raises(OSError, match=os.strerror(number)):
        images.fault(path, 1, 1, 10)
    with pytest.raises(OSError, match=os.strerror(number)):
        images.size(path)


@pytest.mark.parametrize(
    "error", [OSError("image file is truncated (3 bytes not processed)"), UnidentifiedImageError("cannot identify")]
)
def test_pillows_own_errors_are_of_the_file(error, tmp_path, monkeypatch):
    monkeypatch.setattr(images.Image, "open", lambda _: (_ for _ in ()).throw(error))
    assert "cannot be decoded" in images.fault(tmp_path / "a.jpg", 1, 1, 10)


def test_a_name_that_is_no_file_is_of_the_file():
    """So is whatever else a library makes of what a file holds."""
    for number in (
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.ENAMETOOLONG,
        errno.ELOOP,
        errno.EINVAL,
        errno.ENXIO,
    ):
        assert not disk_faults.of_the_machine(OSError(number, ""))


def test_a_header_that_leads_nowhere_is_of_the_file(tmp_path):
    """A BigTIFF whose first table lies at 2^62: Pillow's seek is refused with EINVAL."""
    path = tmp_path / "a.tif"
    path.write_bytes(b"II+\0\x08\0\0\0" + (2**62).to_bytes(8, "little") + bytes(64))
    with pytest.raises(OSError, match="Invalid argument"):
        Image.open(path)
    assert "cannot be decoded" in images.fault(path, 1, 1, 10)
    assert images.size(path) is None


@pytest.mark.parametrize(
    "error",
    [ConnectionRefusedError(errno.ECONNREFUSED, "refused"), TimeoutError(errno.ETIMEDOUT, "timed out"),
     OSError("<urlopen error [Errno 110] Connection timed out>"), FileExistsError(errno.EEXIST, "exists"),
     BrokenPipeError(errno.EPIPE, "broken pipe"), OSError(errno.EADDRINUSE, "in use")],
)  # fmt: skip
def test_what_is_no_disk_is_no_fault_of_a_disk(error, tmp_path, monkeypatch, capsys):
    """Its traceback is kept for whoever mends it."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit), failure_log.one_line_errors("stage train"):
        raise error
    assert "met something unforeseen" in capsys.readouterr().err
    assert (tmp_path / ".hpefair/failure.log").exists()


def wrapped(number):
    try:
        try:
            raise OSError(number, os.strerror(number), "data/raw/x/labels.csv")
        except OSError as error:
            raise InputError("labels.csv cannot be read as a table") from error
    except InputError as error:
        return error


@pytest.mark.parametrize("number", OF_MACHINE, ids=errno.errorcode.get)
@pytest.mark.parametrize("how", ["plain", "refusal", "library", "words"])
def test_every_way_up_is_one_line_that_says_what_to_do(number, how, tmp_path, monkeypatch, capsys):
    """Raised as it is, behind a refusal, wrapped by a library, or only in its words; exit code 1: it may pass."""
    monkeypatch.chdir(tmp_path)
    plain = OSError(number, os.strerror(number), "data/raw/x/labels.csv")
    library = RuntimeError("PytorchStreamWriter failed writing file data/0: file write failed")
    library.__context__ = plain
    words = RuntimeError(f"I/O error: whatever (os error {number})")
    error = {"plain": plain, "refusal": wrapped(number), "library": library, "words": words}[how]
    with pytest.raises(SystemExit) as stop, failure_log.one_line_errors("stage train"):
        raise error
    assert stop.value.code == DiskError.exit_code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "fault of hpefair" not in line
    assert disk_faults.ADVICE[number] in line
    assert ("labels.csv" in line) == (how != "words")
    assert "again" in line


def test_a_full_disk_is_said_whatever_a_library_makes_of_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    usage = shutil.disk_usage(tmp_path)._replace(free=100)
    monkeypatch.setattr(disk_faults.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(SystemExit), failure_log.one_line_errors("stage train"):
        raise RuntimeError("unexpected pos 832 vs 726")
    assert "the disk is full" in capsys.readouterr().err


def test_what_is_no_fault_of_the_disk_stays_a_refusal(tmp_path, monkeypatch, capsys):
    """An absent label file is the user's to mend: exit code 2, in its own words."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop, failure_log.one_line_errors("stage ingest"):
        label_files.load(tmp_path / "none.csv")
    assert stop.value.code == 2
    assert "none.csv cannot be read as a table" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_found_before_the_work(tmp_path, monkeypatch):
    writable.check(tmp_path / "new/deep")
    assert list((tmp_path / "new/deep").iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError, match="file"):
        writable.check(tmp_path / "file")
    usage = shutil.disk_usage(tmp_path)._replace(free=writable.LEAST_FREE - 1)
    monkeypatch.setattr(writable.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(DiskError, match="the disk is full"):
        writable.check(tmp_path)


def test_room_is_claimed_before_a_file_is_mapped(tmp_path):
    """And nothing is left of one for which there is none."""
    writable.reserve(tmp_path / "a.npy", 4096)
    assert (tmp_path / "a.npy").stat().st_blocks * 512 >= 4096
    with pytest.raises(DiskError):
        writable.reserve(tmp_path / "b.npy", 2**62)
    assert not (tmp_path / "b.npy").exists()


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EBADF, errno.EINVAL])
def test_a_file_system_that_reserves_nothing_is_no_fault(number, tmp_path, monkeypatch):
    """NFS 3 and many others."""

    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(writable.os, "posix_fallocate", refuse)
    (tmp_path / "a.npy").write_bytes(b"header")
    writable.reserve(tmp_path / "a.npy", 4096)
    assert (tmp_path / "a.npy").read_bytes() == b"header"
