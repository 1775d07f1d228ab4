"""Digests of the code that each stage executes, on which the stages depend."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from hpefair import artifacts
from hpefair.data import tables
from hpefair.settings import params
from hpefair.tools.dvc import executed_code, graph, stage

# Parts of params.yaml that count only where another part names them.
NAMED_IN: Final = {
    "attribute.face": "attribute.sources",
    "attribute.zero_shot": "attribute.sources",
    "attribute.classifier": "attribute.sources",
    "generate.diffusion": "plan.backends",
}
# The code of these parts; it counts under the same condition.
CODE_OF: Final = {
    "attribute.face": "hpefair.attributes.sources.face",
    "attribute.zero_shot": "hpefair.attributes.sources.zero_shot",
    "attribute.classifier": "hpefair.attributes.sources.classifier",
    "generate.diffusion": "hpefair.generation.diffusion",
}
# Settings that a stage reads and that may be left out, which DVC's list of parameters does not allow.
READ_BY: Final = {
    "attribute": ("attribute.face", "attribute.zero_shot", "attribute.classifier"),
    "screen": ("attribute.face", "attribute.zero_shot", "attribute.classifier"),
    "plan": ("generate.diffusion",),
    "generate": ("generate.diffusion", "generate.photos"),
}
# Modules that a stage finds by way of somebody else's registry: Great Expectations' of expectations.
REGISTERED: Final = {"validate": ("hpefair.tools.gx.expectations",)}
PER_ITEM: Final = ("train", "predict")  # whose items execute different code


def write(out: Path, work: Path, item: str) -> None:
    """Write one file per stage, of train and predict one per model: code by module, and settings that are asked for."""
    # Items become file names: an item that is not a word is refused before anything is written.
    params.load()
    package = executed_code.load()
    settings = graph.read_yaml(artifacts.PARAMS)
    sections: dict[str, set[str]] = {}
    stages = [one for one in graph.load().stages if one.word != "code"]
    for one in stages:
        sections.setdefault(one.word, set()).update(key.partition(".")[0] for key in one.params)
    sections["check"] = {executed_code.EVERY}
    written = set()
    for one in stages:
        path = out / digest_file(one.name)
        if path in written:
            continue
        written.add(path)
        asked = _asked(one.word, settings)
        named = [*_estimators(one, settings), *_classes(asked), *REGISTERED.get(one.word, ())]
        module, unasked = f"hpefair.stages.{one.word}", unasked_code(settings)
        code = executed_code.digests(package, module, named, sections[one.word], unasked)
        path.parent.mkdir(exist_ok=True)
        tables.write_json(path, {"code": code, "settings": {key: _digest(value) for key, value in asked.items()}})
    print(f"code: digests of what {len(written)} stages execute")


def digest_file(name: str) -> Path:
    """Where the digests of a stage are, from the folder of this one.

    Args:
        name: `word` or `word@item`.
    """
    word, _, item = name.partition("@")
    return Path(word, f"{item}.json") if word in PER_ITEM else Path(f"{word}.json")


def unasked_code(settings: Mapping[str, Any]) -> list[str]:
    """Modules of parts of params.yaml that no other part names."""
    return [CODE_OF[key] for key in NAMED_IN if not _is_named(key, settings)]


def _is_named(key: str, settings: Mapping[str, Any]) -> bool:
    if key not in NAMED_IN:
        return True
    names = json.dumps(graph.lookup(settings, NAMED_IN[key]))
    return f'"{key.rpartition(".")[2]}"' in names


def _asked(word: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that a stage reads because other settings name them."""
    entries = {}
    for key in READ_BY.get(word, ()):
        section, _, part = key.partition(".")
        if _is_named(key, settings) and part in settings[section]:
            entries[key] = settings[section][part]
    return entries


def _estimators(one: graph.Stage, settings: Mapping[str, Any]) -> list[str]:
    """The estimator of a trained model; of predictions the model's and the detector's; of results files none."""
    item = one.name.partition("@")[2]
    trained = settings["train"]["models"]
    names = [item] if one.word == "train" else []
    if one.word == "predict":
        sources = [Path(str(settings["predict"]["models"][item].get(key, ""))) for key in ("from", "boxes")]
        names = [source.name for source in sources if source.parent == artifacts.TRAIN]
    return [f"hpefair.estimators.{trained[name]['estimator']}" for name in names if name in trained]


def _classes(value: Any) -> list[str]:
    """Classes of hpefair that settings name, such as that of a diffusion pipeline."""
    if isinstance(value, Mapping):
        return [name for part in value.values() for name in _classes(part)]
    if isinstance(value, list):
        return [name for part in value for name in _classes(part)]
    return [value] if isinstance(value, str) and executed_code.MODULE.fullmatch(value) else []


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


if __name__ == "__main__":
    stage.main("code", write)
