"""Licences of pictures made from other pictures: which may be mixed, and what the result is to be named after."""

from collections.abc import Iterable
from typing import Final

STRICTEST_FIRST: Final = ("NonCommercial-ShareAlike", "ShareAlike", "NonCommercial", "Attribution")


def derived_from(names: Iterable[str]) -> str:
    """Licence text of a picture made of pictures under these licences, the strictest first."""
    return f"derived from: {', '.join(sorted(set(names), key=lambda name: (_rank(name), name)))}"


def may_mix(names: Iterable[str]) -> bool:
    """Whether one picture may be made of pictures under these licences.

    ShareAlike asks that the result is under the same licence, which without NonCommercial permits what NonCommercial
    forbids: the two cannot both be kept (Creative Commons, licence compatibility chart).
    """
    known = set(names)
    free_alike = any("ShareAlike" in name and "NonCommercial" not in name for name in known)
    return not (free_alike and any("NonCommercial" in name for name in known))


def _rank(name: str) -> int:
    return next((rank for rank, word in enumerate(STRICTEST_FIRST) if word in name), len(STRICTEST_FIRST))
