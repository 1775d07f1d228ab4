"""Edit params.yaml for the user, comments and order kept (ruamel.yaml)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from hpefair import artifacts
from hpefair.machine.replacement import replacing


def register_results(dataset: str, names: Sequence[str], path: Path = artifacts.PARAMS) -> list[str]:
    """Make `predict.models` name exactly the third-party results that a dataset brought.

    Args:
        dataset: Dataset that brought them.
        names: Model names, each with `data/raw/<dataset>/results/<name>.json`.
        path: The settings file.

    Returns:
        One sentence per entry that was added or removed. A name that another model has already is qualified by the
        dataset's; entries for results that a replaced dataset no longer has are removed.
    """
    yaml, tree = _read(path)
    models = tree["predict"]["models"]
    folder = (artifacts.RAW / dataset / "results").as_posix()
    wanted = {f"{folder}/{name}.json": name for name in names}
    gone = [key for key, entry in models.items() if _gone(entry["from"], folder, set(wanted))]
    said = [f"{path.name}: predict.models.{key} removed, its results file is gone" for key in gone]
    for key in gone:
        del models[key]
    known = {entry["from"] for entry in models.values()}
    for source, name in wanted.items():
        if source in known:
            continue
        key = name if name not in models else f"{name}_{dataset}"
        models[key] = CommentedMap({"from": source, "boxes": artifacts.INGEST.as_posix()})
        models[key].fa.set_flow_style()
        said.append(f"{path.name}: predict.models.{key} reads {source}")
    if said:
        _write(path, yaml, tree)
    return said


def lay_over(changes: Mapping[str, Any], path: Path = artifacts.PARAMS) -> None:
    """Replace settings by those of a tree of the same shape; what it does not name stays.

    Args:
        changes: Settings.
        path: The settings file.
    """
    yaml, tree = _read(path)
    _lay_over(tree, changes)
    _write(path, yaml, tree)


def _lay_over(tree: Any, changes: Mapping[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, Mapping) and isinstance(tree.get(key), Mapping):
            _lay_over(tree[key], value)
        else:
            tree[key] = value


def set_values(section: str, values: Mapping[str, Any], path: Path = artifacts.PARAMS) -> list[str]:
    """Set keys of a section.

    Args:
        section: Name of the section.
        values: Value by key.
        path: The settings file.

    Returns:
        One sentence per key that changed.
    """
    yaml, tree = _read(path)
    changed = {key: value for key, value in values.items() if tree[section][key] != value}
    for key, value in changed.items():
        if isinstance(value, list):
            value = CommentedSeq(value)
            value.fa.set_flow_style()
        tree[section][key] = value
    if changed:
        _write(path, yaml, tree)
    return [f"{path.name}: {section}.{key} is {_words(value)} now" for key, value in changed.items()]


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _read(path: Path) -> tuple[YAML, Any]:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1000
    return yaml, yaml.load(path.read_text(encoding="utf-8"))


def _write(path: Path, yaml: YAML, tree: Any) -> None:
    with replacing(path) as part, part.open("w", encoding="utf-8") as file:
        yaml.dump(tree, file)
        file.flush()


def _gone(source: str, folder: str, wanted: set[str]) -> bool:
    """Whether an entry names a results file that this dataset no longer has, or one of a dataset that is gone."""
    if not source.startswith(f"{artifacts.RAW.as_posix()}/"):
        return False
    return source not in wanted and (source.startswith(f"{folder}/") or not Path(source).parents[1].exists())
