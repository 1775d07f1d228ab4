"""Leak-free splits: an image's split follows from its own name, so assignments never move."""

import hashlib
from collections.abc import Mapping, Sequence


def assign(keys: Sequence[str], salt: str, fractions: Mapping[str, float]) -> list[str]:
    """Split of each key by a salted hash.

    Adding, removing or relabelling data never moves an existing key. Pass the subject id where subjects are known, and
    the image id elsewhere: people who share a key share a split.

    Args:
        keys: One key per row.
        salt: Changes all assignments.
        fractions: Split to share, in order, adding up to 1.

    Returns:
        One split per key.

    >>> halves = {"train": 0.5, "test": 0.5}
    >>> assign(["a", "b"], "salt", halves) == assign(["a", "b", "c"], "salt", halves)[:2]
    True
    """
    names, ends, total = list(fractions), [], 0.0
    for share in fractions.values():
        total += share
        ends.append(total)
    return [_place(unit_hash(salt, key), names, ends) for key in keys]


def unit_hash(*parts: str) -> float:
    """Number in [0, 1) that depends on nothing but the parts (SHA-256, first 8 bytes)."""
    return int(hexadecimal(*parts), 16) / 2**64


def hexadecimal(*parts: str) -> str:
    """Sixteen hexadecimal digits that depend on nothing but the parts (SHA-256, first 8 bytes)."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def deal(keys: Sequence[str], shards: Sequence[str]) -> list[str]:
    """Shard of each key, by a hash, independent of which other keys exist."""
    return [shards[int(unit_hash("shard", key) * len(shards))] for key in keys]


def _place(value: float, names: Sequence[str], ends: Sequence[float]) -> str:
    for name, end in zip(names, ends, strict=True):
        if value < end:
            return name
    return names[-1]
