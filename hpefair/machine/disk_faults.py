"""Faults of reading and writing: those of the machine end a stage, those of a file set the file aside.

A truncated picture stays truncated; a disk that fails for a moment does not. Were both taken for faults of the file, a
moment of bad disk would shrink a dataset for good.
"""

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hpefair import artifacts
from hpefair.errors import DiskError

# What is a fault of the machine, and what to do. Whatever else a library raises (an impossible seek in a broken header
# is EINVAL) says something about the file.
ADVICE: Final = {
    errno.ENOSPC: "the disk is full: free space there",
    errno.EDQUOT: "the disk quota is used up: free space there, or ask for more",
    errno.EROFS: "the file system is read-only: mount it writable, or work elsewhere",
    errno.EACCES: "permission is denied: give this user the right to read and write there",
    errno.EPERM: "the operation is not permitted: give this user the right to read and write there",
    errno.EMFILE: "too many files are open: raise the limit (`ulimit -n`)",
    errno.ENFILE: "too many files are open on this machine: raise its limit, or end other programs",
    errno.ESTALE: "the network mount was lost: mount it again",
    errno.EIO: "the disk failed to read or write: check the disk or the mount",
    errno.ENOMEM: "memory is short: end other programs, or use a larger machine",
    errno.ETIMEDOUT: "the network mount did not answer: check the mount",
    errno.EFBIG: "the file is larger than this file system or limit allows (`ulimit -f`)",
}
FULL: Final = 2**16  # bytes: a disk with less left is full, whatever a library makes of it
IN_WORDS: Final = re.compile(r"\b(?:errno|os error) (\d+)\b", re.IGNORECASE)


def of_the_machine(error: BaseException) -> bool:
    """Whether an error of reading or writing says nothing about the file: Pillow's own carry no number."""
    if not isinstance(error, OSError) or error.errno not in ADVICE:
        return False
    # The same number comes from servers that do not answer, where there is no file.
    return error.errno != errno.ETIMEDOUT or error.filename is not None


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Errors of reading a file that is open do not say which; within, they do."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = str(path)
        raise


def told(error: OSError, place: Path | str = "") -> DiskError:
    """The error as one line that says where, what, and what to do."""
    return _line(error.errno or errno.EIO, str(error.filename or place or "a file"))


def found(error: BaseException) -> DiskError | None:
    """The fault of the machine behind an unforeseen error, or None.

    Libraries wrap such errors, or put the number into words; and a few say nothing where a disk is full.
    """
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        if isinstance(one, OSError) and of_the_machine(one):
            return told(one)
        named = IN_WORDS.search(str(one))
        if named and int(named[1]) in ADVICE and int(named[1]) != errno.ETIMEDOUT:
            return _line(int(named[1]), "a file")
        one = one.__cause__ or one.__context__
    for folder in (Path(), artifacts.SCRATCH, artifacts.DATA):
        if folder.exists() and shutil.disk_usage(folder).free < FULL:
            return _line(errno.ENOSPC, str(folder.resolve()))
    return None


def _line(number: int, place: str) -> DiskError:
    what = ADVICE.get(number, f"{os.strerror(number)}: check the disk or the mount")
    return DiskError(f"{place}: {what}, then run the same command again; nothing of this was cached")
