"""The code that a stage executes, as digests: its module, what that uses of other modules, and the files they open.

A stage of dvc.yaml depends on such digests and not on folders, so that it runs again when code changes that it
executes, and for no other reason. The unit is the definition: a function, a class or a constant of a module counts
where something that counts uses its name. What a module does on import counts wherever the module is imported.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Final

from hpefair.errors import InputError
from hpefair.tools.dvc import definitions
from hpefair.tools.dvc.definitions import ALWAYS, Module, Use

PACKAGE: Final = Path(__file__).resolve().parents[2]
# All of params.yaml as one class: of it, a stage uses the sections that dvc.yaml lists, by their value and their type.
SETTINGS: Final = ("hpefair.settings.pipeline", "Params")
MODULE: Final = re.compile(r"hpefair(\.\w+)+(:\w+)?")
# What runs a stage does not compute what it writes: it calls `write`, and puts the finished folder in its place. What
# is said of settings that are refused is said instead of running.
NOT_COUNTED: Final = ("hpefair.tools.dvc.stage", "hpefair.settings.refusals")
EVERY: Final = "*"  # section that stands for all of them
TEMPLATES: Final = {".j2", ".css", ".html"}  # files that name other files
DATA_FILE: Final = re.compile(r"[\w.-]+\.\w+")
Key = tuple[str, str]  # module and definition


class Package:
    """A package as text; a module is parsed when it is asked for.

    Attributes:
        files: Path of every file that is not a Python module, and its content.
    """

    def __init__(self, texts: Mapping[str, bytes]) -> None:
        """Sort the files of a package.

        Args:
            texts: Path from the folder above the package, and content.
        """
        self.files = {path: text for path, text in texts.items() if not path.endswith(".py")}
        self._texts = {_dotted(path): (path, text) for path, text in texts.items() if path.endswith(".py")}
        self._read: dict[str, Module] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._texts

    def __getitem__(self, name: str) -> Module:
        if name not in self._read:
            path, text = self._texts[name]
            try:
                self._read[name] = definitions.read(text.decode("utf-8"), name, path.endswith("/__init__.py"))
            except SyntaxError as error:
                raise InputError(f"{path}, line {error.lineno}: {error.msg}; mend the code") from error
        return self._read[name]


def load(root: Path = PACKAGE) -> Package:
    """Read a package.

    Args:
        root: Folder of the package.
    """
    paths = [path for path in sorted(root.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    return Package({path.relative_to(root.parent).as_posix(): path.read_bytes() for path in paths})


def digests(
    package: Package,
    stage: str,
    named: Collection[str] = (),
    sections: Collection[str] = (),
    unasked: Collection[str] = (),
) -> dict[str, str]:
    """Digests of what a stage executes.

    Args:
        package: The package.
        stage: Dotted name of the stage's module.
        named: Dotted names of modules and classes that its settings name: an estimator, the class of a pipeline.
        sections: Sections of params.yaml that it reads; `EVERY` for all of them.
        unasked: Modules and packages that settings could ask for and do not: of them only what runs on import counts.

    Returns:
        Module, or path of a file, to the digest of what is executed of it.

    Raises:
        KeyError: If the package has no such module.
    """
    walk = Walk(package, frozenset(sections), tuple(unasked))
    walk.whole(stage)
    for name in named:
        walk.target(name)
    return walk.result()


class Walk:
    """Definitions that are reached, from each to those it uses."""

    def __init__(self, package: Package, sections: frozenset[str], unasked: tuple[str, ...] = ()) -> None:
        """Begin with nothing.

        Args:
            package: The package.
            sections: See `digests`.
            unasked: See `digests`.
        """
        self.package, self.sections, self.unasked = package, sections, unasked
        self.imported: set[str] = set()
        self.reached: set[Key] = set()
        self.files: set[str] = set()
        self.paths: dict[str, list[str]] = {}
        for path in package.files:
            self.paths.setdefault(path.rpartition("/")[2], []).append(path)

    def result(self) -> dict[str, str]:
        """See `digests`."""
        parts: dict[str, list[str]] = {}
        for module, name in sorted(self.reached):
            definition = self.package[module].definitions[name]
            # Fields of the class of all settings count by their sections, its rules for every stage that loads it.
            digest = definition.rules if (module, name) == SETTINGS else definition.digest
            parts.setdefault(module, []).append(f"{name} {digest}")
        out = {module: _short("\n".join(rows).encode()) for module, rows in parts.items()}
        return out | {path: _short(self.package.files[path]) for path in sorted(self.files)}

    def whole(self, module: str) -> None:
        """Everything that a module defines."""
        self.touched(module)
        for name in self.package[module].definitions:
            self.definition(module, name)

    def touched(self, module: str) -> None:
        """What runs when a module is imported: its statements, those of its packages, and those of its imports."""
        parts = module.split(".")
        for name in (".".join(parts[:length]) for length in range(1, len(parts) + 1)):
            if name in self.package and name not in self.imported:
                self.imported.add(name)
                if ALWAYS in self.package[name].definitions:
                    self.definition(name, ALWAYS)
                for dotted in self.package[name].imports.values():
                    other = self._split(dotted)[0]
                    if other is not None and other not in NOT_COUNTED:
                        self.touched(other)

    def definition(self, module: str, name: str) -> None:
        """One definition of a module, and all that it uses."""
        if (module, name) in self.reached:
            return
        self.reached.add((module, name))
        self.touched(module)
        definition = self.package[module].definitions[name]
        for local, attribute in self._wanted(module, name):
            self._use(module, definition.imports, local, attribute)
        own = [dotted for ones in definition.imports.values() for dotted in ones]
        for dotted in own:  # run for their effect, whoever uses their names
            other = self._split(dotted)[0]
            if other is not None and other not in NOT_COUNTED:
                self.touched(other)
        # `import a.b` is used as `a.b.c`, by a name that nobody follows: all of it counts.
        plain = [one for local, ones in definition.imports.items() if local.startswith("import ") for one in ones]
        plain += [one for local, one in self.package[module].imports.items() if local.startswith("import ")]
        for dotted in plain:
            self.target(dotted)
        for word in definition.words:
            self._string(word)

    def _wanted(self, module: str, name: str) -> Iterable[Use]:
        """What a definition uses; of the class of all settings the sections that are asked for, and its rules."""
        definition = self.package[module].definitions[name]
        if (module, name) != SETTINGS or EVERY in self.sections:
            return definition.uses
        others = definition.fields - {one.rstrip("_").capitalize() for one in self.sections}
        return {one for one in definition.uses if one[0] not in others}

    def target(self, dotted: str) -> None:
        """What a dotted name means: a module, or something that a module defines or imports itself."""
        module, rest = self._split(dotted)
        if module is None or module in NOT_COUNTED:
            return
        first = rest.partition(".")[0]
        if any(module == one or module.startswith(f"{one}.") for one in self.unasked):
            self.touched(module)
        elif not first:
            self.whole(module)
        elif first in self.package[module].definitions:
            self.definition(module, first)
        elif first in self.package[module].imports:
            self.target(self.package[module].imports[first])
        else:  # made in a way that is not seen here
            self.whole(module)

    def _use(self, module: str, imports: Mapping[str, set[str]], local: str, attribute: str) -> None:
        known = self.package[module]
        meant = {*imports.get(local, ()), *([known.imports[local]] if local in known.imports else [])}
        for dotted in meant:
            self.target(f"{dotted}.{attribute}" if attribute else dotted)
        if not meant and local in known.definitions:
            self.definition(module, local)

    def _split(self, dotted: str) -> tuple[str | None, str]:
        """The longest beginning of a dotted name that is a module, and the rest."""
        parts = dotted.split(".")
        for length in range(len(parts), 0, -1):
            name = ".".join(parts[:length])
            if name in self.package:
                return name, ".".join(parts[length:])
        return None, dotted

    def _string(self, word: str) -> None:
        """A module that a string names, or a file of the package, and the files that are named in that."""
        if MODULE.fullmatch(word):
            self.target(word.replace(":", "."))
        for path in self.paths.get(word.rpartition("/")[2], ()):
            if path in self.files:
                continue
            self.files.add(path)
            if Path(path).suffix in TEMPLATES:
                for other in DATA_FILE.findall(self.package.files[path].decode("utf-8")):
                    self._string(other)


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
