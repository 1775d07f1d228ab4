"""Which tests are asked first: the module's own, then those that import it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

MOST = 8  # files of tests
FURTHEST = 6  # imports between a module and its tests


def nearest(root: Path, module: str) -> list[str]:
    """Files of tests of a module, the nearest first.

    Args:
        root: Clone.
        module: File, from the root.

    Returns:
        Those named after it in the folder that mirrors its own, then those that import it, nearer folders first; where
        there are none, those that import what imports it.
    """
    place = Path("tests", *Path(module).parts[1:]).with_suffix("")
    own = [
        *root.glob(f"{place.parent}/test_{place.name}.py"),
        *sorted(root.glob(f"{place.parent}/test_{place.name}_*.py")),
    ]
    files = [path.relative_to(root).as_posix() for path in own]
    dotted = module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    names = {dotted}
    for _ in range(FURTHEST):
        asking = [test for test, imported in _tests(root).items() if imported & names]
        asking.sort(key=lambda test: (-_shared(test, place), test))
        files += [test for test in asking if test not in files]
        if files:
            break
        names |= {one for one, imported in _modules(root).items() if imported & names}
    return files[:MOST]


def package_tests(root: Path, package: str) -> list[str]:
    """The folder of tests that mirrors a package."""
    return [f"tests/{package}"] if (root / "tests" / package).is_dir() else []


def _shared(test: str, place: Path) -> int:
    """How many folders a file of tests shares with the one that mirrors a module."""
    shared = 0
    for one, other in zip(Path(test).parent.parts, place.parent.parts, strict=False):
        if one != other:
            break
        shared += 1
    return shared


@cache
def _tests(root: Path) -> dict[str, frozenset[str]]:
    found = _imports(root, "tests", "test_*.py")
    return {test: names for test, names in found.items() if not test.startswith("tests/services/")}


@cache
def _modules(root: Path) -> dict[str, frozenset[str]]:
    found = _imports(root, "hpefair", "*.py")
    return {
        path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): names for path, names in found.items()
    }


def _imports(root: Path, folder: str, pattern: str) -> dict[str, frozenset[str]]:
    """By file: every module that it imports, and everything that may be a module."""
    return {
        path.relative_to(root).as_posix(): frozenset(_imported(ast.parse(path.read_text(encoding="utf-8"))))
        for path in sorted((root / folder).rglob(pattern))
    }


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
