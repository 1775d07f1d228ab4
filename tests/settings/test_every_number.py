"""Numbers of params.yaml do something: with another value, what the stage writes is another.

Each stage is called in this process, in a copy of the finished workspace, once as it is and once per number. What a
stage only notes of its settings (model.json, about.json) counts for nothing. What the numbers mean is tested where each
is used; here a setting that is not passed on is found.
"""

import importlib
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from hpefair.machine import worker_pool

pytestmark = pytest.mark.pipeline

NOTES = {"model.json", "about.json"}
SHORT = {"train.engine.steps": 4, "train.engine.validate_every": 2, "train.engine.checkpoint_every": 2}
SHOWN = {"report.gallery.photographs": True}
BOTH = {"plan.backends.render": {"cost": 1, "rate": 0.9, "seconds": 0.1, "share": 0.7}}
FRACTIONS = {"train": 0.55, "val": 0.10, "test": 0.22, "sealed": 0.13}
# Stage: the settings that all of its cases share, and per case a key and another value.
CHANGES: dict[str, tuple[dict[str, Any], list[tuple[str, Any]]]] = {
    "attribute@s0": (
        {},
        [("attribute.contrast.low_below", 24), ("attribute.contrast.high_from", 90), ("attribute.min_area_px", 1e5)],
    ),
    "split": (
        {},
        [
            ("split.fractions", FRACTIONS | {"train": 0.50, "val": 0.15}),
            ("split.fractions", FRACTIONS | {"test": 0.15, "sealed": 0.20}),
        ],
    ),
    "audit@original": ({}, [("audit.coverage.min_people", 1), ("audit.confidence", 0.5)]),
    "plan": (
        BOTH,
        [
            ("plan.margin", 0.0), ("plan.max_repeats", 2), ("plan.max_synthetic_share", 0.05),
            ("plan.cost_resample", 0.01), ("plan.cost_per_second", 50), ("plan.assurance", 0.5),
            ("plan.backends.recompose.cost", 50), ("plan.backends.recompose.rate", 0.2),
            ("plan.backends.recompose.seconds", 500), ("plan.backends.recompose.share", 0.05),
            ("plan.backends.render.cost", 50), ("plan.backends.render.rate", 0.2),
            ("plan.backends.render.seconds", 500), ("plan.backends.render.share", 0.05), ("generate.seed", 8),
        ],
    ),
    "screen": (
        {"screen.pairs": 0},
        [
            ("screen.min_keypoints", 17), ("screen.duplicate_delta_e", 80), ("screen.copy_delta_e", 80),
            ("screen.confidence", 0.5), ("screen.pairs", 1),
        ],
    ),
    "train@original": (
        SHORT,
        [
            ("train.engine.input_width", 48), ("train.engine.input_height", 64), ("train.engine.steps", 5),
            ("train.engine.batch", 4), ("train.engine.learning_rate", 0.01), ("train.engine.weight_decay", 0.9),
            ("train.engine.clip_norm", 0.01), ("train.engine.average", 0.1), ("train.engine.validate_every", 1),
            ("train.engine.rotation_degrees", 0), ("train.engine.scale_jitter", 0),
            ("train.engine.colour_jitter", 0), ("train.engine.half_body", 1), ("train.models.original.seed", 2),
        ],
    ),
    "predict@original": ({}, [("predict.engine.flip_test", False), ("predict.engine.scales", [1.3])]),
    "evaluate@original": (
        {},
        [
            ("evaluate.resamples", 50), ("evaluate.confidence", 0.5), ("evaluate.min_support", 1),
            ("evaluate.tolerance", 0.9), ("evaluate.power", 0.1), ("evaluate.seed", 6),
        ],
    ),
    "compare": ({}, [("compare.tolerance", 0.9)]),
    "report": (SHOWN, [("report.min_cell", 1), ("report.public", False), ("report.gallery.pictures", 1)]),
}  # fmt: skip
CASES = [(stage, key, value) for stage, (_, changes) in CHANGES.items() for key, value in changes]


@pytest.fixture(scope="module")
def root(made_workspace, tmp_path_factory):
    """A copy for all cases; its settings are put back after each."""
    root = tmp_path_factory.mktemp("numbers") / "w"
    shutil.copytree(made_workspace, root, symlinks=True, ignore=shutil.ignore_patterns("cache", ".git"))
    return root


@pytest.fixture
def written(root, tmp_path, monkeypatch):
    """What a stage writes with some settings changed, file by file."""
    monkeypatch.chdir(root)
    # Processes take longer to start than these stages to work.
    monkeypatch.setattr(worker_pool, "run", lambda function, items, workers, what: map(function, items))
    before = Path("params.yaml").read_text()

    def write(stage: str, changes: dict[str, Any]) -> dict[str, bytes]:
        tree = yaml.safe_load(before)
        for key, value in changes.items():
            *path, last = key.split(".")
            node = tree
            for word in path:
                node = node[word]
            node[last] = value
        Path("params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
        word, _, item = stage.partition("@")
        out = tmp_path / f"out{len(list(tmp_path.iterdir()))}"
        (out / "work").mkdir(parents=True)
        importlib.import_module(f"hpefair.stages.{word}").write(out, out / "work", item)
        shutil.rmtree(out / "work")
        files = (path for path in out.rglob("*") if path.is_file() and path.name not in NOTES)
        return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}

    yield write
    Path("params.yaml").write_text(before)


@pytest.fixture(scope="module")
def as_it_is():
    """What each stage writes with the settings that its cases share; made when it is first asked for."""
    known: dict[str, dict[str, bytes]] = {}

    def remembered(stage: str, write) -> dict[str, bytes]:
        if stage not in known:
            known[stage] = write(stage, CHANGES[stage][0])
            assert write(stage, CHANGES[stage][0]) == known[stage], "the same settings, the same bytes"
        return known[stage]

    return remembered


@pytest.mark.parametrize(("stage", "key", "value"), CASES, ids=[f"{key}={value}" for _, key, value in CASES])
def test_another_number_another_result(written, as_it_is, stage, key, value):
    """In at least one file."""
    before = as_it_is(stage, written)
    assert written(stage, CHANGES[stage][0] | {key: value}) != before
