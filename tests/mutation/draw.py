"""Which faults are tried: a seeded sample, evenly over packages, lines in each, and ways to break a line."""

import ast
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cosmic_ray.commands.init import init
from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import MutationSpec

# The core's packages, of which fewer may survive, and the others.
CORE = ("core/pose", "core/balance", "core/fairness", "core/shares", "core/uncertainty")
PACKAGES = (
    *CORE, "attributes", "generation", "screening", "training", "prediction", "data", "stages", "orchestration",
    "synthetic", "report", "tools",
)  # fmt: skip
# A decorator that is removed is mostly a cache or a compiler: slower, and the same.
NEVER = ("core/NoOp", "core/RemoveDecorator")


@dataclass(frozen=True)
class Mutant:
    """One fault.

    Attributes:
        package: One of `PACKAGES`.
        module: File, from the root of the clone.
        operator: cosmic-ray's name of what is done.
        occurrence: Which of the places in the file where it can be done.
        line: Number of the line, from 1.
        text: The line as it was.
    """

    package: str
    module: str
    operator: str
    occurrence: int
    line: int
    text: str


def draw(root: Path, packages: Sequence[str], each: int, seed: str) -> list[Mutant]:
    """So many mutants of each package.

    Args:
        root: Clone.
        packages: Of `PACKAGES`.
        each: Mutants a package; fewer where it is too small for that.
        seed: The same seed draws the same mutants of the same code.
    """
    return [mutant for package in packages for mutant in _of(root, package, each, seed)]


def _of(root: Path, package: str, each: int, seed: str) -> list[Mutant]:
    """A line of code at random, as long as it takes: then a place in it, then something that can be done there."""
    rng = random.Random(f"{seed} {package}")
    lines = [
        (path, number)
        for path in sorted((root / "hpefair" / package).rglob("*.py"))
        for number in range(1, path.read_text(encoding="utf-8").count("\n") + 1)
    ]
    rng.shuffle(lines)
    found: list[Mutant] = []
    for path, number in lines:
        if len(found) == each:
            break
        places: dict[tuple[int, int], list[MutationSpec]] = {}
        for spec in possible(path):
            if spec.start_pos[0] == number:
                places.setdefault(spec.start_pos, []).append(spec)
        if places:
            spec = rng.choice(places[rng.choice(sorted(places))])
            text = path.read_text(encoding="utf-8").splitlines()[number - 1].strip()
            module = path.relative_to(root).as_posix()
            found.append(Mutant(package, module, spec.operator_name, spec.occurrence, number, text))
    return found


@cache
def possible(path: Path) -> tuple[MutationSpec, ...]:
    """Everything that can be done to a file, but for what changes types or caches only."""
    with tempfile.TemporaryDirectory() as folder:
        base = WorkDB(Path(folder) / "work.sqlite", WorkDB.Mode.create)
        init([path], base, {})
        specs = [mutation for item in base.work_items for mutation in item.mutations]
        base.close()
    silent = [*_silent(ast.parse(path.read_text(encoding="utf-8")))]
    return tuple(
        spec
        for spec in sorted(specs, key=lambda one: (one.start_pos, one.operator_name, one.occurrence))
        if spec.operator_name not in NEVER and not any(first <= spec.start_pos < last for first, last in silent)
    )


def _silent(tree: ast.AST) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Where types are written: from, to; lines from 1, columns from 0."""
    for node in ast.walk(tree):
        parts = []
        if isinstance(node, ast.AnnAssign | ast.arg):
            parts.append(node.annotation)
        if isinstance(node, ast.FunctionDef):
            parts.append(node.returns)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp | ast.Subscript) and _is_type(node.value):
            parts.append(node.value)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            parts.extend(node.body)
        for part in parts:
            if part is not None:
                yield (part.lineno, part.col_offset), (part.end_lineno or 0, part.end_col_offset or 0)


TYPES = {"NDArray", "Mapping", "Sequence", "Callable", "Iterable", "Literal", "dict", "tuple", "list"}


def _is_type(value: ast.expr) -> bool:
    """Whether an alias like `Array = NDArray[np.float64] | None` is written here."""
    inside = [*ast.walk(value)]
    names = {node.id for node in inside if isinstance(node, ast.Name)}
    return bool(names & TYPES) and not any(isinstance(node, ast.Call) for node in inside)
