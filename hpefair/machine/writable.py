"""Folders that can be written, and disks with room left: found before the work, not after it."""

import errno
import os
import shutil
import uuid
from pathlib import Path
from typing import Final

from hpefair.machine import disk_faults

CANNOT: Final = frozenset({errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.EINVAL})  # reserve nothing, then
LEAST_FREE: Final = 2**20  # bytes; a disk with less holds no table


def check(*folders: Path) -> None:
    """Make folders that are absent, and try each one by writing a byte and asking for room.

    Args:
        folders: Folders that will be written to.

    Raises:
        DiskError: If one cannot be written, or its disk is full.
    """
    for folder in folders:
        trial = folder / f".trial-{uuid.uuid4().hex[:8]}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            try:
                with trial.open("wb") as file:
                    file.write(b"0")
                    file.flush()
                    os.fsync(file.fileno())
            finally:
                trial.unlink(missing_ok=True)
            if shutil.disk_usage(folder).free < LEAST_FREE:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
        except OSError as error:
            raise disk_faults.told(error, folder) from error


def reserve(path: Path, size: int) -> None:
    """Claim disk space for a file that is then mapped into memory.

    Without it a full disk ends the process with SIGBUS in the middle of an assignment, and no word.

    Args:
        path: File; made, or grown to the size.
        size: Bytes.

    Raises:
        DiskError: If there is no room.
    """
    try:
        # Not to append: the C library's own way, where a file system has none, reads as well.
        with path.open("r+b" if path.exists() else "w+b") as file:
            os.posix_fallocate(file.fileno(), 0, max(size, 1))
    except OSError as error:
        if error.errno in CANNOT:
            return
        path.unlink(missing_ok=True)
        raise disk_faults.told(error, path) from error
