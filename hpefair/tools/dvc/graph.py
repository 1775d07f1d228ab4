"""dvc.yaml as a graph of stages, `foreach` expanded; standard library and yaml only.

DVC's own resolver is not a public API. A contract test holds this one against `dvc stage list` and `dvc dag`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
TEMPLATE = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True)
class Stage:
    """One stage instance.

    Attributes:
        name: `word` or `word@item`.
        cmd: Shell command.
        deps: Paths it reads.
        outs: Paths it writes.
        params: Keys of params.yaml it depends on.
        desc: One sentence for people.
    """

    name: str
    cmd: str
    deps: tuple[str, ...]
    outs: tuple[str, ...]
    params: tuple[str, ...]
    desc: str

    @property
    def word(self) -> str:
        """Stage word without the item."""
        return self.name.partition("@")[0]


@dataclass(frozen=True)
class Graph:
    """Stages in the order of dvc.yaml, and who feeds whom."""

    stages: tuple[Stage, ...]

    def stage(self, name: str) -> Stage:
        """A stage by name.

        Raises:
            KeyError: If there is none.
        """
        return next(stage for stage in self.stages if stage.name == name)

    def upstream(self, stage: Stage) -> tuple[str, ...]:
        """Names of the stages whose outputs a stage reads, in graph order."""
        return tuple(
            other.name
            for other in self.stages
            if other != stage and any(_overlap(dep, out) for dep in stage.deps for out in other.outs)
        )


def load(root: Path = Path()) -> Graph:
    """Read dvc.yaml and params.yaml of a workspace.

    Args:
        root: Workspace folder.

    Returns:
        The expanded graph.
    """
    pipeline, params = read_yaml(root / "dvc.yaml"), read_yaml(root / "params.yaml")
    stages: list[Stage] = []
    for word, entry in pipeline["stages"].items():
        if "foreach" not in entry:
            stages.append(_stage(word, entry, params))
            continue
        items = _resolve(entry["foreach"], params)
        pairs = items.items() if isinstance(items, Mapping) else ((str(item), item) for item in items)
        for key, item in pairs:
            stages.append(_stage(f"{word}@{key}", entry["do"], {**params, "key": key, "item": item}))
    return Graph(tuple(stages))


def read_yaml(path: Path) -> Any:
    """What a YAML file holds."""
    # PyYAML's own parser takes a tenth of a second for these two files, which a scheduler spends again and again.
    return yaml.load(path.read_text(encoding="utf-8"), LOADER)  # noqa: S506 - both are safe loaders


def _stage(name: str, entry: Mapping[str, Any], scope: Mapping[str, Any]) -> Stage:
    resolved = _resolve(entry, scope)
    return Stage(
        name=name,
        cmd=resolved["cmd"],
        deps=tuple(resolved.get("deps", ())),
        outs=tuple(_path(out) for out in resolved.get("outs", ())),
        params=tuple(resolved.get("params", ())),
        desc=resolved.get("desc", ""),
    )


def _resolve(value: Any, scope: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        return {key: _resolve(item, scope) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolve(item, scope) for item in value]
    if not isinstance(value, str):
        return value
    whole = TEMPLATE.fullmatch(value)
    if whole:
        return lookup(scope, whole.group(1))
    return TEMPLATE.sub(lambda found: str(lookup(scope, found.group(1))), value)


def lookup(tree: Mapping[str, Any], dotted: str) -> Any:
    """Value at a dotted path of a settings tree."""
    value: Any = tree
    for part in dotted.split("."):
        value = value[part]
    return value


def _path(out: Any) -> str:
    return out if isinstance(out, str) else next(iter(out))


def _overlap(one: str, other: str) -> bool:
    """Whether one path is the other, or lies inside it; on strings, for schedulers ask this thousands of times."""
    a, b = f"{one.rstrip('/')}/", f"{other.rstrip('/')}/"
    return a.startswith(b) or b.startswith(a)
