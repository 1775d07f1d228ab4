"""Licence names as datasets write them."""

from collections.abc import Sequence


def contains_any(name: str, words: Sequence[str]) -> bool:
    """Whether a licence name contains one of the words, whatever their case."""
    return any(word.lower() in name.lower() for word in words)
