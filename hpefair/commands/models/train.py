"""Train an estimator on annotated folders, with no pipeline around it."""

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
from rich.table import Table

from hpefair import workspace
from hpefair.attributes import given
from hpefair.core.fairness.objectives import Choice
from hpefair.core.labels.membership import membership, membership_rows
from hpefair.core.pose.skeletons import COCO_17
from hpefair.core.splits import unit_hash
from hpefair.data import images, label_files, tables
from hpefair.data.coco import records, text
from hpefair.data.coco.columns import read_people
from hpefair.data.coco.folder import find_images
from hpefair.data.coco.people import people_table
from hpefair.data.coco.tables import attribute_rows, label_rows
from hpefair.data.other_formats import recognise
from hpefair.errors import HpefairError, InputError
from hpefair.estimators.protocol import Option
from hpefair.machine import file_digests, memory, progress
from hpefair.schema import PERCEIVED, UNKNOWN
from hpefair.settings.training import ObjectiveName, TrainEngine

DEFAULTS: Final = TrainEngine(
    input_width=96, input_height=128, steps=3000, batch=32, learning_rate=0.004, weight_decay=0.05, clip_norm=5.0,
    average=0.99, precision="fp32", checkpoint_every=200, validate_every=500, keep="worst_group", min_support=20,
    rotation_degrees=30, scale_jitter=0.25, colour_jitter=0.25, half_body=0.0,
)  # fmt: skip
NEED_GROUPS: Final = ("reweighting", "group_dro", "variance")
CURVES: Final = ("curve", "curve_by_group", "validation")
SALT: Final = "validation"
NOTHING: Final = pd.DataFrame(columns=["person_id", "attribute", "probabilities"])


@dataclass(frozen=True)
class Request:
    """What is to be trained.

    Attributes:
        folders: Annotated folders.
        labels: Label file of each folder that has one, by position.
        annotations: Annotation file of each folder that has several, by position.
        estimator: Name of the estimator.
        options: Its options.
        settings: Of the engine.
        objective: Whose loss counts how much.
        by: Attribute that groups are of, or several joined by dots; empty for none.
        validation: Share of the pictures that is validated on.
        seed: Seed.
    """

    folders: Sequence[Path]
    labels: Sequence[Path | None]
    annotations: Sequence[Path | None]
    estimator: str
    options: Mapping[str, Option]
    settings: TrainEngine
    objective: ObjectiveName
    by: str
    validation: float
    seed: int


def train(request: Request, out: Path, track: Any = None) -> pd.DataFrame:
    """Train, or go on where an interrupted call with the same request was; write weights, description and curves.

    Args:
        request: What is to be trained.
        out: Folder to write; replaced at the end.
        track: Called after every step with the number of steps done and its numbers.

    Returns:
        The last validation by group: group, n, ar, oks; empty without validation people.

    Raises:
        InputError: If nobody is left to train on, or groups are wanted that nobody labelled.
    """
    import torch

    from hpefair.estimators.protocol import make
    from hpefair.prediction import weights
    from hpefair.training import processes
    from hpefair.training.engine import Recipe, fit

    out = out.resolve()
    _check(request, out)
    people = pd.concat(
        [_read(*three) for three in zip(request.folders, request.labels, request.annotations, strict=True)],
        ignore_index=True,
    )
    torch.set_num_threads(1)
    memory.keep_freed()
    torch.manual_seed(request.seed)
    size = (request.settings.input_width, request.settings.input_height)
    model = make(request.estimator, size, COCO_17, request.options)
    data = _training_set(people, request, str(model.scope) == "image")
    work = out.parent / f".{out.name}.work"
    try:
        work.mkdir(parents=True, exist_ok=True)
        work /= _key(request, data, work / "digests.sqlite")
        work.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {out} cannot be written ({error.strerror}): name another folder") from error
    recipe = Recipe(request.settings, request.seed, COCO_17, Choice(request.objective))
    with progress.bar(request.settings.steps, f"training {request.estimator}") as advance:
        on_step = _Told(advance, track)
        try:
            curves = fit(model, data, recipe, work, on_step).tables()
        except KeyboardInterrupt:
            print(
                f"stopped after step {on_step.done}; run the same command to continue from the last checkpoint",
                file=sys.stderr,
            )
            raise
    if processes.first():
        part = work / "out"
        part.mkdir(exist_ok=True)
        weights.save(part, model, _card(request, model, data.people))
        for name in CURVES:
            tables.write(part / f"{name}.parquet", curves[name])
        if out.exists():
            shutil.rmtree(out)
        part.rename(out)
        shutil.rmtree(work.parent, ignore_errors=True)
    last = curves["validation"]
    return last[last["step"] == last["step"].max()]


def _check(request: Request, out: Path) -> None:
    """Refuse what would cost a training only to fail, or overwrite something that is no model.

    Raises:
        InputError: If there is such a thing.
    """
    names = [folder.resolve().name for folder in request.folders]
    if len(set(names)) < len(names):
        raise InputError(
            f"two folders are called {max(names, key=names.count)}: their people would be mixed up; rename one"
        )
    if any(folder.resolve().is_relative_to(out) for folder in request.folders):
        raise InputError(f"--out {out} holds the data: name another folder")
    if Path.cwd().is_relative_to(out):
        raise InputError(f"--out {out} is the current folder, or holds it: it would be replaced; name another folder")
    foreign = _foreign(out)
    if foreign:
        raise InputError(f"--out {out} holds what no training wrote ({foreign}): name another folder")
    if request.objective in NEED_GROUPS and not request.by:
        raise InputError(f"--objective {request.objective} is about groups: name an attribute with --by")
    if request.settings.batch < int(os.environ.get("WORLD_SIZE", "1")):
        raise InputError(f"--batch {request.settings.batch} is smaller than the number of processes")


def _foreign(out: Path) -> str:
    """Something in the way that is no part of a trained model; empty where there is nothing to lose."""
    if not out.exists():
        return ""
    if not out.is_dir():
        return out.name
    own = {"weights.safetensors", "model.json", *(f"{name}.parquet" for name in CURVES)}
    others = sorted(path.name for path in out.iterdir() if path.name not in own)
    if others or not any(out.iterdir()):
        return ", ".join(others[:3])
    try:
        card = tables.read_json(out / "model.json")
    except HpefairError:
        card = None
    return "" if isinstance(card, dict) and {"estimator", "skeleton"} <= set(card) else "model.json"


class _Told:
    """What is said after every step: to the bar, to the tracker, and once where an earlier call had come."""

    def __init__(self, advance: Callable[[int], None], track: Any) -> None:
        self.advance, self.track, self.done = advance, track, 0

    def __call__(self, step: int, values: Mapping[str, float]) -> None:
        if not self.done and step > 1:
            print(f"continuing after step {step - 1}", file=sys.stderr)
        self.done = step
        self.advance(step)
        if self.track:
            self.track(step, values)


def _key(request: Request, data: Any, memory: Path) -> str:
    """Identity of a training: the request, and everybody who is learnt from or validated on."""
    digest = hashlib.sha256(repr(request).encode())
    for part, who in ((data.people, data.membership), (data.validation, data.validation_membership)):
        digest.update(part.drop(columns=["segmentation", "garments"], errors="ignore").to_json().encode())
        digest.update(who.values.tobytes())
        paths = sorted(set(part["path"]))
        for path, content in zip(paths, file_digests.digests([Path(one) for one in paths], memory), strict=True):
            digest.update(f"{path} {content}".encode())
    return digest.hexdigest()[:16]


def table(validation: pd.DataFrame) -> Table:
    """The last validation for the terminal."""
    shown = Table(title="On validation people", title_justify="left", show_edge=False)
    for column in ("group", "people", "AR", "mean OKS"):
        shown.add_column(column, justify="left" if column == "group" else "right")
    grouped = (validation["group"] != UNKNOWN).sum() > 1  # without --by everybody is of unknown group
    for row in validation.itertuples():
        if row.n and (grouped or row.group != UNKNOWN):
            shown.add_row(str(row.group), f"{row.n:.0f}", f"{row.ar:.3f}", f"{row.oks:.3f}")
    return shown


def _read(folder: Path, labels: Path | None, annotations: Path | None) -> pd.DataFrame:
    """Everybody of a folder whose picture can be read: ids, path, keypoints, bbox, area, iscrowd, attributes."""
    with tempfile.TemporaryDirectory() as scratch:
        given_file = annotations or recognise.find(folder)
        coco, notes = recognise.as_coco(given_file, folder, COCO_17, Path(scratch) / "annotations.json")
        for note in notes:
            print(note)
        return _read_coco(coco, folder, labels)


def _read_coco(annotations: Path, folder: Path, labels: Path | None) -> pd.DataFrame:
    tree, checked = text.load_dataset(annotations), records.Checked()
    records.check_categories(tree, COCO_17, annotations)
    records.check_images(tree["images"], checked)
    people = read_people(tree["annotations"], records.Scope.of(tree, checked, COCO_17), checked)
    name = folder.resolve().name
    rows: pd.DataFrame = people_table(people, name, COCO_17).to_pandas()
    told = [label_rows(label_files.load(labels), rows, name, labels.name, checked)] if labels else []
    every = pd.concat([*told, attribute_rows(people, name, checked)], ignore_index=True)
    rows = rows.merge(given.person_values(rows, every), on="person_id", validate="1:1")
    try:
        root = find_images(folder, annotations)
    except InputError as error:
        raise InputError(f"{folder} holds no pictures: put them into {folder / 'images'}") from error
    files = {image["id"]: records.inside(root, image["file_name"]) for image in checked.images}
    paths = {f"{name}/{number}": path for number, path in files.items() if path and images.readable(path)}
    rows["path"] = rows["image_id"].map(paths).map(lambda path: None if pd.isna(path) else str(path))
    left_out = len(checked.rejects) + int(rows["path"].isna().sum())
    if left_out:
        print(f"{folder}: {left_out} records left out; `hpefair add` and `dvc repro ingest` list each with its reason")
    return rows[rows["path"].notna()]


def _training_set(people: pd.DataFrame, request: Request, everybody: bool) -> Any:
    from hpefair.training.training_set import Membership, TrainingSet

    evaluable = workspace.evaluable(people)
    shown = people.assign(exposure=evaluable.astype(float), synthetic=False)
    shown = shown if everybody else shown[evaluable]
    held = shown["image_id"].map(lambda name: unit_hash(SALT, str(name))) < request.validation
    parts = [shown[~held].reset_index(drop=True), shown[held].reset_index(drop=True)]
    if not (parts[0]["exposure"] > 0).any() and (parts[1]["exposure"] > 0).any():
        raise InputError("all people fall into validation, none are left for training: pass --validation 0")
    if not (parts[0]["exposure"] > 0).any():
        raise InputError("no training person left: the folders hold no readable picture of a person with keypoints")
    if not request.by:
        who = [Membership.of_nobody(len(part)) for part in parts]
        return TrainingSet(parts[0], who[0], parts[1], who[1])
    names = request.by.split(".")
    if set(names) - set(PERCEIVED):
        raise InputError(
            f"--by {request.by}: expected one or several of {', '.join(PERCEIVED)}; what is measured needs the pipeline"
        )
    unknown = [name for name in names if (people[name] == UNKNOWN).all()]
    if unknown:
        raise InputError(
            f"--by {request.by}: no person has a label of {', '.join(unknown)}; pass --labels, or use --by ''"
        )
    rows = membership_rows(people, NOTHING, names)
    who = [Membership(*membership(rows, part["person_id"], request.by)) for part in parts]
    return TrainingSet(parts[0], who[0], parts[1], who[1])


def _card(request: Request, model: Any, people: pd.DataFrame) -> dict[str, Any]:
    return {
        "estimator": request.estimator,
        "options": dict(request.options),
        "variant": "folders",
        "objective": request.objective,
        "by": request.by,
        "seed": request.seed,
        **request.settings.model_dump(),
        "input_width": model.size[0],
        "input_height": model.size[1],
        "skeleton": COCO_17.name,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "real_people": int((people["exposure"] > 0).sum()),
        "synthetic_people": 0,
        "trained_on": [folder.resolve().name for folder in request.folders],
    }
