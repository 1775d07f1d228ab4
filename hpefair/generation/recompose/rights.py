"""Licences of pictures made from other pictures: which may be mixed, and what the result is to be named after."""

from collections.abc import Iterable

from hpefair.data.licences import contains_any


def derived_from(names: Iterable[str]) -> str:
    """Licence text of a picture made of pictures under these licences, the strictest first."""
    return f"derived from: {', '.join(sorted(set(names), key=lambda name: (_rank(name), name)))}"


def may_mix(names: Iterable[str]) -> bool:
    """Whether one picture may be made of pictures under these licences.

    ShareAlike asks that the result is under the same licence, which without NonCommercial permits what NonCommercial
    forbids: the two cannot both be kept (Creative Commons, licence compatibility chart).
    """
    known = set(names)
    free_alike = any(_alike(name) and not _noncommercial(name) for name in known)
    return not (free_alike and any(_noncommercial(name) for name in known))


def _rank(name: str) -> int:
    """Strictest first: both conditions, ShareAlike, NonCommercial, attribution, anything else."""
    if _alike(name) or _noncommercial(name):
        return 0 if _alike(name) and _noncommercial(name) else 1 if _alike(name) else 2
    return 3 if "attribution" in name.lower() or "by" in name.lower().replace("-", " ").split() else 4


def _alike(name: str) -> bool:
    return contains_any(name, ("ShareAlike", "Share Alike", "-SA"))


def _noncommercial(name: str) -> bool:
    return contains_any(name, ("NonCommercial", "Non-Commercial", "-NC"))
