"""Remove people from everything that was derived from them."""

import shutil
from collections.abc import Sequence

import numpy as np
import pandas as pd

from hpefair import artifacts
from hpefair.data import tables
from hpefair.errors import InputError
from hpefair.ledgers import deletions
from hpefair.ledgers.deletions import Removed


def delete(persons: Sequence[str], images: Sequence[str]) -> list[str]:
    """Remove images, and those that show certain people, from every derived table, and keep them out from now on.

    A picture that shows somebody who asked to be deleted cannot be used, so everybody in it goes, and what was
    generated from them, pictures included. What DVC and its remote keep of earlier versions, and models that have
    learned from them, cannot be changed here: the answer names them.

    Args:
        persons: Person ids, `<dataset>/<annotation id>`.
        images: Image ids, `<dataset>/<image id>`.

    Returns:
        What was removed and what remains to be done, one sentence each.

    Raises:
        InputError: If there is no such person or image.
    """
    people = tables.read(artifacts.INGEST / "people.parquet")
    listed = tables.read(artifacts.INGEST / "images.parquet")
    _check(persons, set(people["person_id"]), "person")
    _check(images, set(listed["image_id"]), "image")
    shown = {*images, *people.loc[people["person_id"].isin(persons), "image_id"]}
    gone = people[people["image_id"].isin(shown)]
    children = _children(set(gone["person_id"]), shown)
    names = {*gone["person_id"], *shown, *children, *(f"generated/{child}" for child in children)}
    models = _models(names)
    deletions.remember(artifacts.DELETIONS, persons, sorted(shown))
    removed = deletions.remove(artifacts.DATA, artifacts.RAW, names)
    removed += deletions.remove_lines((artifacts.REVIEW_LABELS, artifacts.REVIEW_DECISIONS), names)
    for child in children:
        for picture in artifacts.GENERATE.glob(f"*/images/{child}.png"):
            picture.unlink()
    # What an interrupted run has made so far, and finished output that dvc has not noted yet.
    for scratch in (artifacts.SCRATCH / "scratch").glob("*"):
        shutil.rmtree(scratch)
    return _said(gone, sorted(shown), removed, children, models)


def _check(wanted: Sequence[str], known: set[str], what: str) -> None:
    missing = [name for name in wanted if name not in known]
    if missing:
        raise InputError(f"{what} {missing[0]} not found; ids look like {min(known, default='dataset/1')}")


def _children(persons: set[str], images: set[str]) -> list[str]:
    """Items that were generated from people, or hold pixels of images."""
    children: list[str] = []
    for path in sorted(artifacts.GENERATE.glob("*/generated.parquet")):
        made = tables.read(path)
        lent = (
            made["sources"]
            .map(lambda names: isinstance(names, list | np.ndarray) and not images.isdisjoint(names))
            .astype(bool)
        )
        rows = made["parent_person"].isin(persons) | made["parent_image"].isin(images) | lent
        children += made.loc[rows, "item_id"].tolist()
    return children


def _models(names: set[str]) -> list[str]:
    """Trained models whose training people include one of them."""
    models = []
    for path in sorted(artifacts.TRAIN.glob("*/model.json")):
        variant = artifacts.ASSEMBLE / tables.read_json(path)["variant"] / "people.parquet"
        if variant.exists() and tables.read(variant)["person_id"].isin(names).any():
            models.append(path.parent.name)
    return models


def _said(
    gone: pd.DataFrame,
    images: Sequence[str],
    removed: Sequence[Removed],
    children: Sequence[str],
    models: Sequence[str],
) -> list[str]:
    datasets = sorted({*gone["dataset"], *(name.partition("/")[0] for name in images)})
    rows = sum(one.rows for one in removed)
    said = [
        f"{len(images)} pictures with {len(gone)} people removed: {rows} rows of {len(removed)} files, "
        f"{len(children)} generated pictures",
        f"{artifacts.DELETIONS} keeps them out of everything that `dvc repro` builds from now on",
        f"to be rebuilt without them, because their pictures and annotations lie there: "
        f"{', '.join(str(artifacts.RAW / name) for name in datasets)} (`hpefair add … --replace`)",
    ]
    if models:
        said.append(f"trained on them, to be trained again by `dvc repro`: {', '.join(models)}")
    kept = (
        "earlier versions in the DVC cache and remote (`dvc gc --workspace`), MLflow runs, the FiftyOne database, "
        "folders of `hpefair attributes sample`, classifiers under models/"
    )
    return [*said, f"not touched: {kept}"]
