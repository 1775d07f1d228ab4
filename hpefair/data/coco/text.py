"""COCO files whose annotations stay text until they are looked at: a third of the time, less than half the memory."""

import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypedDict

import msgspec

from hpefair.data.coco import records
from hpefair.data.coco.records import Record

PART: Final = 512  # annotations decoded at once: what fits in the cache
READ_AHEAD: Final = 2**22  # bytes
PARTS_HELD: Final = 64  # of the file in memory, some 20 MB


class Image(TypedDict, total=False):
    """What is used of an image record, of whatever type; the addresses that COCO adds are skipped."""

    id: Any
    file_name: Any
    width: Any
    height: Any
    license: Any
    subject_id: Any


class Frame(msgspec.Struct, gc=False):
    """A COCO file whose records are not decoded yet."""

    images: list[Image]
    annotations: list[msgspec.Raw]
    categories: Any = None
    licenses: Any = None


class Entries(Sequence[Any]):
    """Annotations of a file: text that is decoded when asked for, or values that are decoded already."""

    def __init__(self, entries: list[Any], file: mmap.mmap | None = None) -> None:
        self._entries = entries
        self._file = file

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, row: Any) -> Any:
        return _record(self._entries[row])

    def parts(self) -> Iterator[tuple[int, list[Any]]]:
        """Row of the first, and text or values, of a few annotations at a time; the file is let go of behind them."""
        for start in range(0, len(self), PART):
            if self._file and not start % (PARTS_HELD * PART):
                self._file.madvise(mmap.MADV_DONTNEED)
            yield start, self._entries[start : start + PART]
        if self._file:
            self._file.madvise(mmap.MADV_DONTNEED)


def load_dataset(path: Path) -> Record:
    """Read a COCO keypoints file and check its frame, as `records.load_dataset` does; annotations stay `Entries`.

    Raises:
        InputError: If it is not a COCO keypoints dataset, or holds no image or no annotation.
    """
    tree = _frame(path)
    if tree is None or not tree["images"] or not tree["annotations"]:
        tree = records.load_dataset(path)  # says what is wrong, or takes what is not quite JSON as well
        tree["annotations"] = Entries(tree["annotations"])
    return tree


def _frame(path: Path) -> Record | None:
    """The file's lists; None where it is anything else than JSON with them."""
    try:
        with path.open("rb") as file:
            while file.read(READ_AHEAD):  # a disk that fails is an error here; in mapped memory it ends the process
                pass
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        frame = msgspec.json.decode(data, type=Frame)
    except (OSError, ValueError, RecursionError):  # an empty file, DecodeError and UnicodeDecodeError are ValueErrors
        return None
    return {
        "images": frame.images,
        "annotations": Entries(frame.annotations, data),
        "categories": frame.categories,
        "licenses": frame.licenses,
    }


def joined(entries: Sequence[msgspec.Raw | bytes]) -> bytes:
    """Texts as one JSON list."""
    return b"[" + b",".join(entries) + b"]"


def _record(entry: Any) -> Any:
    """A record as Python values: text is decoded, what a lenient reading has decoded already is left."""
    return records.decode(bytes(entry)) if isinstance(entry, msgspec.Raw) else entry
