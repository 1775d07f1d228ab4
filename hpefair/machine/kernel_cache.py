"""Where compiled kernels are kept: by the content of the code, so that every clone and workspace shares them.

Numba keeps them next to each source file. A workspace carries its own copy of hpefair, and every DAG run is a clone of
its own; each would compile everything again. `hpefair/__init__.py` names this class to numba.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from numba.core.caching import InTreeCacheLocator
from platformdirs import user_cache_path

PACKAGE = Path(__file__).resolve().parent.parent


class SharedKernels(InTreeCacheLocator):
    """Numba's locator with another folder: the user's cache, by the content of all files that hold kernels.

    A kernel may call one of another file, which numba's own check of freshness does not see; this one does.
    """

    def __init__(self, py_func: Callable[..., Any], py_file: str) -> None:
        super().__init__(py_func, py_file)
        inside = Path(py_file).resolve().parent.relative_to(PACKAGE)
        self._cache_path = str(user_cache_path("hpefair") / "kernels" / content() / inside)

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> "SharedKernels | None":
        """A locator for a kernel of hpefair; None for others' and where the user's cache cannot be written."""
        if not Path(py_file).resolve().is_relative_to(PACKAGE):
            return None
        locator: SharedKernels | None = super().from_function(py_func, py_file)
        return locator


@cache
def content() -> str:
    """Hash of every file of the package that uses numba."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_bytes()
        if b"numba" in text:
            digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + text)
    return digest.hexdigest()[:16]
