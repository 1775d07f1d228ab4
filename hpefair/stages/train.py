"""One estimator on one variant of the training set."""

import sys
from pathlib import Path

import torch

from hpefair import artifacts
from hpefair.core.fairness.objectives import Choice
from hpefair.core.labels.membership import membership
from hpefair.core.pose.skeletons import skeleton
from hpefair.data import tables
from hpefair.data.training_rows import read_variant
from hpefair.errors import InputError
from hpefair.estimators.protocol import make as make_estimator
from hpefair.machine import memory, progress
from hpefair.prediction import weights
from hpefair.settings import params
from hpefair.tools.dvc import stage
from hpefair.training import processes
from hpefair.training.engine import Recipe, fit
from hpefair.training.training_set import Membership, TrainingSet


def write(out: Path, work: Path, item: str) -> None:
    """Write weights, the model's description, and curves of training, by group, and of validation.

    HPEFAIR_PROCESSES trains with as many processes side by side. It is not a setting: the result is the same up to the
    order in which numbers are added.
    """
    if processes.wanted() > 1:
        processes.launch("hpefair.stages.train", [item, str(out), str(work)])
    else:
        _build(out, work, item)


def _build(out: Path, work: Path, item: str) -> None:
    settings = params.load().train
    wanted = settings.models[item]
    # One thread a process: two OpenMP threads were measured to cost more than they bring on small maps.
    torch.set_num_threads(1)
    memory.keep_freed()
    torch.manual_seed(wanted.seed)
    joints = skeleton("coco_17")
    size = (settings.engine.input_width, settings.engine.input_height)
    model = make_estimator(wanted.estimator, size, joints, wanted.options)
    data = _read(wanted.variant, settings.objective.by, str(model.scope) == "image")
    numbers = settings.objective.model_dump(exclude={"by"})
    recipe = Recipe(settings.engine, wanted.seed, joints, Choice(wanted.objective, **numbers))
    with progress.bar(settings.engine.steps, f"train {item}") as advance:
        curves = fit(model, data, recipe, work, lambda step, values: advance(step)).tables()
    if not processes.first():
        return
    for name, table in curves.items():
        tables.write(out / f"{name}.parquet", table)
    synthetic = data.people.loc[data.people["exposure"] > 0, "synthetic"]
    card = {
        **wanted.model_dump(),
        **settings.engine.model_dump(),
        **({f"objective_{name}": value for name, value in settings.objective.model_dump().items()}),
        "input_width": model.size[0],
        "input_height": model.size[1],
        "skeleton": joints.name,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "real_people": int((~synthetic).sum()),
        "synthetic_people": int(synthetic.sum()),
    }
    weights.save(out, model, card)
    curve = curves["curve"]
    print(f"train {item}: loss {curve['loss'].iloc[-50:].mean():.3f} after {len(curve)} steps")


def _read(variant: str, by: str, everybody: bool) -> TrainingSet:
    people, validation = read_variant(artifacts.ASSEMBLE / variant, everybody)
    if not (people["exposure"] > 0).any() or (people["synthetic"].all() and variant != "synthetic_only"):
        raise InputError(
            f"no training person left in the variant {variant}: see split.fractions and assemble.forbid_licenses in "
            "params.yaml"
        )
    rows = tables.read(artifacts.ASSEMBLE / variant / "groups.parquet")
    who = [Membership(*membership(rows, part["person_id"], by)) for part in (people, validation)]
    return TrainingSet(people, who[0], validation, who[1])


if __name__ == "__main__":
    if processes.inside():
        _build(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[1])
    else:
        stage.main("train", write, resumable=True)
