"""What one module defines, and which names each definition uses; read from its text, nothing is imported."""

import ast
import hashlib
from dataclasses import dataclass, field
from typing import Final, cast

# Statements of a module that run whenever it is imported, and what a name means that another module brought.
ALWAYS: Final = ""
Use = tuple[str, str]  # a name of this module, and the attribute that is read from it; "" for the name itself


@dataclass
class Definition:
    """A function, a class, a constant, or everything that runs on import.

    Attributes:
        digest: Of what is executed: comments, docstrings and layout are not in it.
        uses: Names that it reads, with the attribute read from each.
        words: Strings in it; some name a file or a module.
        imports: Local name to the dotted names that it stands for within, by imports of its own.
        rules: Digest of its functions alone, where it is a class.
        fields: Classes that its fields have, where it is a class.
    """

    digest: str
    uses: set[Use] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    imports: dict[str, set[str]] = field(default_factory=dict)
    rules: str = ""
    fields: set[str] = field(default_factory=set)


@dataclass
class Module:
    """Definitions of a module by name, and local name to dotted name of what it imports."""

    definitions: dict[str, Definition]
    imports: dict[str, str]


def read(source: str, name: str, package: bool = False) -> Module:
    """Read a module.

    Args:
        source: Its text.
        name: Its dotted name, from which relative imports start.
        package: Whether it is the `__init__` of a package.

    Returns:
        Its definitions; under `ALWAYS` the statements that run on import, where there are any.
    """
    tree = ast.parse(source)
    home = name if package else name.rpartition(".")[0]
    keep_docstrings = "__doc__" in source
    imports: dict[str, str] = {}
    parts: dict[str, list[ast.stmt]] = {}
    for statement in tree.body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            imports |= _imported(statement, home)
        elif _only_for_type_checkers(statement):
            if otherwise := cast(ast.If, statement).orelse:
                parts.setdefault(ALWAYS, []).extend(otherwise)
        elif keep_docstrings or not _is_string(statement):
            for defined in _defined(statement) or [ALWAYS]:
                parts.setdefault(defined, []).append(statement)
            imports |= _imported_within(statement, home)
    return Module({key: _definition(body, home, keep_docstrings) for key, body in parts.items()}, imports)


def _defined(statement: ast.stmt) -> list[str]:
    """Names that a statement of a module defines; empty for what has to run whoever asks."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
        targets = [statement.target]
    else:
        return []
    flat = [one for target in targets for one in (target.elts if isinstance(target, ast.Tuple) else [target])]
    # `numba.config.X = …` changes somebody else's state, so it defines nothing.
    names = [one.id for one in flat if isinstance(one, ast.Name)]
    return names if len(names) == len(flat) else []


def _only_for_type_checkers(statement: ast.stmt) -> bool:
    test = statement.test if isinstance(statement, ast.If) else None
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def _definition(body: list[ast.stmt], home: str, keep_docstrings: bool) -> Definition:
    for node in (node for one in body for node in ast.walk(one)):
        # Docstrings, and strings that stand alone, are not executed.
        if not keep_docstrings and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            node.body = [one for one in node.body if not _is_string(one)]
    dumped = "\n".join(ast.dump(one) for one in body)
    definition = Definition(hashlib.sha256(dumped.encode()).hexdigest())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for one in body:
        _collect(one, home, definition)
        if isinstance(one, ast.ClassDef):
            rules = "\n".join(ast.dump(node) for node in one.body if isinstance(node, functions))
            definition.rules = hashlib.sha256(rules.encode()).hexdigest()
            kinds = (node.annotation for node in one.body if isinstance(node, ast.AnnAssign))
            definition.fields = {kind.id for kind in kinds if isinstance(kind, ast.Name)}
    return definition


def _is_string(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _collect(statement: ast.stmt, home: str, definition: Definition) -> None:
    read_from: set[int] = set()  # names of which only an attribute is read
    for node in ast.walk(statement):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for local, dotted in _imported(node, home).items():
                definition.imports.setdefault(local, set()).add(dotted)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            definition.uses.add((node.value.id, node.attr))
            read_from.add(id(node.value))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            definition.words.add(node.value)
    names = (node for node in ast.walk(statement) if isinstance(node, ast.Name) and id(node) not in read_from)
    definition.uses |= {(node.id, "") for node in names}


def _imported_within(statement: ast.stmt, home: str) -> dict[str, str]:
    """What a statement of a module imports for all of it, such as an import below `try`; functions keep theirs."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {}
    inner = (node for node in ast.walk(statement) if isinstance(node, (ast.Import, ast.ImportFrom)))
    return {local: dotted for node in inner for local, dotted in _imported(node, home).items()}


def _imported(node: ast.Import | ast.ImportFrom, home: str) -> dict[str, str]:
    """Local name to dotted name."""
    if isinstance(node, ast.Import):
        return dict(_plain(alias) for alias in node.names)
    parents = home.split(".")
    base = ".".join(parents[: len(parents) - node.level + 1]) if node.level else ""
    prefix = ".".join(part for part in (base, node.module or "") if part)
    return {alias.asname or alias.name: f"{prefix}.{alias.name}" for alias in node.names}


def _plain(alias: ast.alias) -> tuple[str, str]:
    # `import a.b` binds a, and runs b: the whole dotted name is kept under one that nobody can write.
    return (alias.asname, alias.name) if alias.asname else (f"import {alias.name}", alias.name)
