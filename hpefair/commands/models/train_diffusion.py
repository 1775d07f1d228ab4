"""Train a small pose-conditioned diffusion model on a dataset's own people, and write it as a pipeline."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from hpefair import artifacts
from hpefair.attributes import given
from hpefair.core.pose.skeletons import COCO_17
from hpefair.data import tables
from hpefair.data.coco import records, text
from hpefair.data.coco.columns import read_people
from hpefair.data.coco.folder import find_annotations, find_images
from hpefair.data.coco.people import people_table
from hpefair.data.coco.tables import attribute_rows
from hpefair.data.licences import contains_any
from hpefair.errors import InputError
from hpefair.generation.diffusion import training_record
from hpefair.generation.diffusion.pose_pipeline import CONDITIONS, FOLD, untrained
from hpefair.generation.diffusion.tiny_data import cut
from hpefair.generation.diffusion.tiny_training import Recipe, fit
from hpefair.generation.parents import MINORS
from hpefair.machine import own_outputs
from hpefair.settings import params

FEWEST: Final = 16
SIDES: Final = 4 * FOLD  # two halvings of a folded picture
CLAIM: Final = "sample.json"  # which `hpefair sample` writes first of all
DOTTED: Final = "hpefair.generation.diffusion.pose_pipeline.PoseDiffusionPipeline"
INDEX: Final = "model_index.json"  # of a diffusers pipeline: its parts by name


@dataclass(frozen=True)
class Source:
    """Whom to learn from.

    Attributes:
        people: Rows path, image_id, bbox, keypoints, segmentation, garments, iscrowd, wanted.
        builtin: Whether they never existed.
    """

    people: pd.DataFrame
    builtin: bool


def train(
    source: Source, out: Path, side: int, recipe: Recipe, device: str, on_step: Callable[[int, float, float], None]
) -> list[str]:
    """Train, or go on with a training that was interrupted, and write a folder that loads as a pipeline.

    Args:
        source: Whom to learn from.
        out: Folder to write; an older model in it is replaced when the new one is complete.
        side: Pixels a side.
        recipe: How long to train.
        device: `cpu`, `cuda`, …
        on_step: Called with the step, its loss and the share of the training that is over.

    Returns:
        What was made, one sentence each.

    Raises:
        InputError: If the side does not fit, or there is hardly anybody to learn from.
    """
    if side < SIDES or side % SIDES:
        raise InputError(f"--side must be a multiple of {SIDES}, not {side}")
    _check_out(out)
    crops = cut(source.people, side)
    if len(crops) < FEWEST:
        raise InputError(
            f"{len(crops)} people are permitted and large enough for training; at least {FEWEST} are needed"
        )
    work = out.with_name(out.name + ".training")
    learnt = source.people[source.people["wanted"]]
    record = training_record.record(learnt["image_id"], source.builtin) | {
        "people": len(crops), "side": side, "seed": recipe.seed, "batch": recipe.batch,
    }  # fmt: skip
    _claim(work, record)
    pipeline = untrained(side, recipe.seed)
    pipeline.to(device)
    steps = fit(pipeline, crops, recipe, work / "checkpoint.pt", on_step)
    _write(out, work, pipeline.to("cpu"), {**record, "steps": steps})
    return [
        f"{out}: {len(crops)} people, {steps} steps",
        f"name it under generate.diffusion.pipelines.control: class {DOTTED}, conditions [{', '.join(CONDITIONS)}], "
        f"and size {side}",
    ]


def from_folder(folder: Path) -> Source:
    """Everybody of a COCO folder but those in pictures of known minors.

    Raises:
        InputError: If the folder cannot be read.
    """
    annotations = find_annotations(folder)
    tree, checked = text.load_dataset(annotations), records.Checked()
    records.check_categories(tree, COCO_17, annotations)
    records.check_images(tree["images"], checked)
    accepted = read_people(tree["annotations"], records.Scope.of(tree, checked, COCO_17), checked)
    name = folder.resolve().name
    people: pd.DataFrame = people_table(accepted, name, COCO_17).to_pandas()
    values = given.person_values(people, attribute_rows(accepted, name, checked))
    people = people.merge(values[["person_id", "age_band"]], on="person_id", validate="1:1")
    root = find_images(folder, annotations)
    files = {f"{name}/{image['id']}": records.inside(root, image["file_name"]) for image in checked.images}
    people["path"] = people["image_id"].map(lambda image: str(files[image] or ""))
    people = people[people["path"] != ""]
    return Source(people.assign(wanted=_among_grown_ups(people)), (folder / CLAIM).exists())


def from_stages() -> Source:
    """The training split but pictures of known minors, and pictures whose licence forbids derived works.

    Raises:
        MissingArtifactError: If a stage has not run yet.
    """
    forbidden = params.load().generate.forbid_licenses
    split = tables.read(artifacts.SPLIT / "images.parquet")
    images = tables.read(artifacts.INGEST / "images.parquet")
    train = images.merge(split[split["split"] == "train"][["image_id"]], on="image_id", validate="1:1")
    train = train[~train["license"].map(lambda name: contains_any(name, forbidden)).astype(bool)]
    people = tables.read(artifacts.INGEST / "people.parquet")
    people = people.merge(train[["image_id", "path"]], on="image_id", validate="m:1")
    attributes = tables.read(artifacts.CALIBRATE / "attributes.parquet")[["person_id", "age_band"]]
    people = people.merge(attributes, on="person_id", how="left", validate="1:1")
    return Source(people.assign(wanted=_among_grown_ups(people)), builtin=False)


def _among_grown_ups(people: pd.DataFrame) -> pd.Series:
    """Whoever shares no picture with a known minor, whose pixels would be learnt from other people's crops."""
    return ~people["age_band"].isin(MINORS).groupby(people["image_id"]).transform("any")


def _check_out(out: Path) -> None:
    """An older pipeline is replaced, with whatever its index names; nothing else is."""
    index = out / INDEX
    parts = tables.read_json(index) if index.is_file() else {}
    own = {INDEX, training_record.NAME, *(parts if isinstance(parts, dict) else ())}
    own_outputs.check_folder(out, training_record.NAME, own)


def _claim(work: Path, record: dict[str, object]) -> None:
    """A checkpoint of other people or another recipe is no beginning."""
    note = work / "claim.json"
    if note.exists() and tables.read_json(note) != record:
        shutil.rmtree(work)
    tables.write_json_atomically(note, record)


def _write(out: Path, work: Path, pipeline: object, record: dict[str, object]) -> None:
    """Write everything alongside its place, then put it there."""
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    pipeline.save_pretrained(part, safe_serialization=True)  # type: ignore[attr-defined]
    tables.write_json_atomically(part / training_record.NAME, record)
    if out.exists():
        shutil.rmtree(out)
    part.rename(out)
    shutil.rmtree(work)
