"""Put a COCO folder under data/raw, versioned by DVC, pixels included."""

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hpefair import artifacts
from hpefair.core.pose.skeletons import skeleton
from hpefair.data import label_files
from hpefair.data.coco import records
from hpefair.data.coco import results as coco_results
from hpefair.data.coco.folder import readable
from hpefair.data.other_formats import recognise
from hpefair.data.population_file import read_population
from hpefair.errors import InputError
from hpefair.machine import progress
from hpefair.settings import params, params_file
from hpefair.synthetic.dataset import PLANTED_BIAS, Request, make_dataset
from hpefair.tools.dvc import cli

SAMPLE = "sample"
SAMPLE_PLAN = {"attributes": ["age_band", "build", "contrast"]}
PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
RESULTS_FOLDERS = ("predictions", "results")
DISCOVERED_COVERAGE = 0.5  # a discovered results file must cover this share of the images


@dataclass(frozen=True)
class Source:
    """A dataset as the user has it.

    Attributes:
        name: Name under data/raw.
        annotations: COCO keypoints file.
        images: Folder that `file_name` is relative to.
        labels: Optional label file.
        results: Third-party results files by model name.
        original: The annotation file as it came, where `annotations` was made from it; it is kept alongside.
    """

    name: str
    annotations: Path
    images: Path
    labels: Path | None
    results: Mapping[str, Path]
    original: Path | None = None


def add(source: Source, replace: bool = False) -> list[str]:
    """Check a dataset, copy it into the workspace, track it with DVC, register its results in params.yaml.

    Args:
        source: What to add.
        replace: Replace a dataset of the same name.

    Returns:
        What was done, one sentence each.

    Raises:
        InputError: If the dataset, labels or results cannot be used; nothing is copied then.
    """
    tree = records.load_dataset(source.annotations)
    joints = skeleton(params.load().ingest.skeleton)
    records.check_categories(tree, joints, source.annotations)
    ids = records.declared_ids(tree)
    for path in source.results.values():
        coco_results.load(path, joints, ids, records.person_ids(tree))
    if source.labels:
        label_files.load(source.labels)
    if source.name == "generated":
        raise InputError(f"the name {source.name!r} is reserved for generated people: pass another --name")
    target = artifacts.RAW / source.name
    if target.exists() and not replace:
        raise InputError(f"{target} exists already; pass --replace to replace it, or --name to add a second dataset")
    named = [image.get("file_name") if isinstance(image, dict) else None for image in tree["images"]]
    there = [str(name) for name in named if readable(source.images, name)]
    copied = sorted(set(there))
    _copy(source, copied, target)
    cli.add(artifacts.RAW)
    said = [f"{target}: {len(copied)} images, {len(tree['annotations'])} annotations, tracked by data/raw.dvc"]
    if absent := len(named) - len(there):
        said.append(f"not in {source.images}: {absent} of {len(named)} images listed; ingest quarantines them")
    said += _unnamed(source.images, copied)
    return said + params_file.register_results(source.name, sorted(source.results))


def opened(folder: Path, annotations: Path | None) -> tuple[Path, Path | None, list[str]]:
    """The annotation file of a folder as a COCO file with the joints that are ingested.

    The file, the one that it had to be made from, if any, and what that took.

    Args:
        folder: The dataset folder.
        annotations: Its annotation file, where it has several.

    Raises:
        InputError: If it holds none that is understood.
    """
    joints = skeleton(params.load().ingest.skeleton)
    target = artifacts.SCRATCH / "converted" / f"{word(folder.resolve().name)}.json"
    given = annotations or recognise.find(folder)
    coco, said = recognise.as_coco(given, folder, joints, target)
    return coco, None if coco == given else given, said


def add_sample(number: int, seed: int, replace: bool = False) -> list[str]:
    """Make the built-in sample with its planted bias, add it, and let the plan repair what was planted.

    Args:
        number: Number of images.
        seed: Seed of the set.
        replace: Replace a dataset named `sample`.

    Returns:
        What was done, one sentence each.

    Raises:
        InputError: If there is a dataset named `sample`, and it is not to be replaced.
    """
    params.load()  # outside a workspace: said before minutes of drawing, not after
    if number < 1:
        raise InputError(f"--number must be at least 1, not {number}")
    if (artifacts.RAW / SAMPLE).exists() and not replace:
        raise InputError(f"{artifacts.RAW / SAMPLE} exists already; pass --replace to replace it")
    made = artifacts.SCRATCH / f"sample-{number}-{seed}"
    request = Request(number, seed, shares=read_population(PLANTED_BIAS))
    said = make_dataset(made, request)
    source = Source(SAMPLE, made / "annotations.json", made / "images", made / "labels.csv", {})
    said += add(source, replace)
    shutil.rmtree(made)
    return said + params_file.set_values("plan", SAMPLE_PLAN)


def discover(folder: Path) -> tuple[Path | None, dict[str, Path], list[str]]:
    """Label file and results files that lie in a COCO folder.

    Args:
        folder: The dataset folder.

    Returns:
        The one label file at its top level, results files under predictions/ or results/ that cover at least half of
        the images, and a sentence on each file left out.
    """
    annotations, _, _ = opened(folder, None)
    joints = skeleton(params.load().ingest.skeleton)
    tree = records.load_dataset(annotations)
    ids, persons = records.declared_ids(tree), records.person_ids(tree)
    notes: list[str] = []
    tables = [path for path in sorted(folder.iterdir()) if path.suffix in (".csv", ".parquet")]
    labels = [path for path in tables if label_files.columns(path)]
    notes += [
        f"left out {path.name}: it is no table of labels (docs/guides/data.md)" for path in tables if path not in labels
    ]
    if len(labels) > 1:
        notes.append(f"several label files ({', '.join(path.name for path in labels)}): none used, pass --labels")
    results: dict[str, Path] = {}
    for path in sorted(path for name in RESULTS_FOLDERS for path in folder.glob(f"{name}/*.json")):
        try:
            covered = len(set(coco_results.load(path, joints, ids, persons).coco_image_id))
        except InputError as error:
            notes.append(f"left out {path.name}: {str(error).removeprefix(f'{path} ').removeprefix(f'{path}, ')}")
            continue
        if covered < DISCOVERED_COVERAGE * len(ids):
            notes.append(f"left out {path.name}: it covers {covered} of {len(ids)} images")
        elif word(path.stem) in results:
            notes.append(f"left out {path.name}: {results[word(path.stem)].name} has the same name as a word")
        else:
            results[word(path.stem)] = path
    return (labels[0] if len(labels) == 1 else None), results, notes


def word(name: str) -> str:
    """A name as one lower-case word, fit for stage names: `movenet-lightning` becomes `movenet_lightning`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "dataset"


def _unnamed(folder: Path, copied: Sequence[str]) -> list[str]:
    """A sentence on pictures that lie alongside those that were copied."""
    taken = {folder / name for name in copied}
    beside = {path for parent in {path.parent for path in taken} for path in parent.iterdir()} - taken
    pictures = sorted(path.name for path in beside if path.suffix.lower() in PICTURES)
    if not pictures:
        return []
    return [f"left out, as the annotations do not name them: {len(pictures)} pictures, such as {pictures[0]}"]


def _copy(source: Source, names: Sequence[str], target: Path) -> None:
    """Copy a dataset next to its place and rename it in; images that cannot be read are left to ingest's quarantine."""
    part = target.with_name(f".{source.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    (part / "images").mkdir(parents=True)
    shutil.copyfile(source.annotations, part / "annotations.json")
    if source.original:
        (part / "source").mkdir()
        shutil.copyfile(source.original, part / "source" / source.original.name)
    if source.labels:
        shutil.copyfile(source.labels, part / f"labels{source.labels.suffix}")
    for name, path in source.results.items():
        (part / "results").mkdir(exist_ok=True)
        shutil.copyfile(path, part / "results" / f"{name}.json")
    for name in progress.track(names, f"copying {source.name}"):
        copy = part / "images" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source.images / name, copy)
    if target.is_symlink():
        target.unlink()  # what it points to is somebody's
    elif target.exists():
        shutil.rmtree(target)
    part.rename(target)
