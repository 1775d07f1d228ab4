"""One estimator on one variant of the training set."""

from pathlib import Path

import torch
from rich.console import Console
from rich.progress import Progress

from hpefair import artifacts, params
from hpefair.adapters import dvc_stage, tables
from hpefair.core.pose.skeletons import skeleton
from hpefair.errors import InputError
from hpefair.estimators.protocol import build as build_estimator
from hpefair.training import weights
from hpefair.training.engine import Recipe, fit


def build(out: Path, work: Path, item: str) -> None:
    """Write weights, the model's description, and the training curve."""
    settings = params.load().train
    wanted = settings.models[item]
    people = tables.read(artifacts.ASSEMBLE / f"{wanted.variant}.parquet")
    if people.empty or (people["synthetic"].all() and wanted.variant != "synthetic_only"):
        raise InputError("nobody is left to train on: see split and assemble in params.yaml")
    # One thread a process: two OpenMP threads were measured to cost more than they bring on small maps.
    torch.set_num_threads(1)
    torch.manual_seed(wanted.seed)
    joints = skeleton("coco_17")
    size = (settings.engine.input_width, settings.engine.input_height)
    model = build_estimator(wanted.estimator, size, joints)
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"train {item}", total=settings.engine.steps)
        recipe = Recipe(settings.engine, wanted.seed, joints)
        curve = fit(model, people, recipe, work, lambda step, loss: bar.update(task, completed=step + 1))
    tables.write(out / "curve.parquet", curve)
    card = {
        **wanted.model_dump(),
        **settings.engine.model_dump(),
        "skeleton": joints.name,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "real_people": int((~people["synthetic"]).sum()),
        "synthetic_people": int(people["synthetic"].sum()),
    }
    weights.save(out, model, card)
    print(f"train {item}: loss {curve['loss'].iloc[-50:].mean():.3f} after {len(curve)} steps")


if __name__ == "__main__":
    dvc_stage.main("train", build, resumable=True)
