"""Outputs that may be replaced: those that hpefair wrote. Whatever else lies there is somebody's, and is left alone."""

from collections.abc import Set
from pathlib import Path
from typing import Final

from hpefair.errors import InputError

MARK: Final = "written by hpefair"  # in every file that a command writes to a place of the user's choice
NAMED: Final = 3  # files that a refusal names


def check_file(path: Path, option: str = "--out", mark: str = MARK) -> None:
    """Refuse to replace a file that hpefair did not write.

    Args:
        path: File to write.
        option: The option that named it, for the message.
        mark: Text that hpefair's own files of this kind hold.

    Raises:
        InputError: If it is a folder, or a file without the mark.
    """
    if path.is_dir():
        raise InputError(f"{option} {path} is a folder: name a file")
    if path.exists() and mark.encode() not in path.read_bytes():
        raise InputError(f"{option} {path} exists and was not written by this hpefair: name another file")


def check_folder(path: Path, note: str, own: Set[str], option: str = "--out") -> None:
    """Refuse to replace a folder that holds anything that hpefair did not write.

    Args:
        path: Folder to write.
        note: File that hpefair's own folders of this kind hold.
        own: Names at the top of such a folder.
        option: The option that named it, for the message.

    Raises:
        InputError: If it is a file, or a folder without the note, or with something else in it.
    """
    if not path.exists():
        return
    if not path.is_dir():
        raise InputError(f"{option} {path} is a file: name a folder")
    there = {one.name for one in path.iterdir()}
    strange = sorted(there - own if note in there else there)
    if strange:
        raise InputError(
            f"{option} {path} holds {', '.join(strange[:NAMED])}, which hpefair did not write: name another folder"
        )


def sign(path: Path) -> None:
    """Put the mark behind a picture, where decoders no longer look.

    Args:
        path: A PNG or JPEG file that is finished.
    """
    with path.open("ab") as file:
        file.write(MARK.encode())
