"""Edit params.yaml for the user, comments and order kept (ruamel.yaml)."""

from collections.abc import Sequence
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from hpefair import artifacts


def register_results(dataset: str, names: Sequence[str], path: Path = artifacts.PARAMS) -> list[str]:
    """Name third-party results under `predict.models`, so that they are evaluated.

    Args:
        dataset: Dataset that brought them.
        names: Model names, each with `data/raw/<dataset>/results/<name>.json`.
        path: The settings file.

    Returns:
        One sentence per model that was added.
    """
    if not names:
        return []
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1000
    tree = yaml.load(path.read_text(encoding="utf-8"))
    models = tree["predict"]["models"]
    said = []
    for name in names:
        source = f"{(artifacts.RAW / dataset / 'results' / name).as_posix()}.json"
        if models.get(name, {}).get("from") == source:
            continue
        models[name] = CommentedMap({"from": source})
        models[name].fa.set_flow_style()
        said.append(f"params.yaml: predict.models.{name} reads {source}")
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        yaml.dump(tree, file)
    part.replace(path)
    return said
