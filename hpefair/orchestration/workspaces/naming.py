"""Names of runs as folders and branches."""

import hashlib
import re


def safe(name: str) -> str:
    """A name that git, DVC and every file system take, and another one for every other name; run ids hold colons.

    >>> safe("manual_1")
    'manual_1'
    >>> safe("..") != safe(".")
    True
    """
    plain = re.sub(r"[^A-Za-z0-9_-]", "-", name)
    return plain if plain == name and name else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
