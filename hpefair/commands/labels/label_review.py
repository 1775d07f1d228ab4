"""Export people for a label review, and take in what the reviewers saw."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hpefair import artifacts, workspace
from hpefair.attributes.label_reviews import standing
from hpefair.core.labels.reviewed_sample import audit_order
from hpefair.data import label_files, tables
from hpefair.data.person_pictures import person_picture
from hpefair.errors import InputError
from hpefair.ledgers import review_labels
from hpefair.machine import own_outputs, progress
from hpefair.report import label_form
from hpefair.schema import PERCEIVED, groups_of

FORM = "review.html"
TABLE = "review.csv"


def export(out: Path, number: int, attributes: Sequence[str]) -> list[str]:
    """Write the people that a label review of `number` people still lacks: pictures, a form for a browser, a CSV file.

    What models said is not shown: who sees a guess tends to agree with it.

    Args:
        out: Folder to write; must not hold an earlier export.
        number: Size of the review; the first so many people in its order, those already seen included.
        attributes: Attributes to ask about.

    Returns:
        What was written, one sentence each.

    Raises:
        InputError: If an attribute is none that people can be asked about, or the folder holds an export.
    """
    if number < 1:
        raise InputError(f"--number must be at least 1, not {number}")
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out}: name a folder, not a file")
    strange = [name for name in attributes if name not in PERCEIVED]
    if strange:
        raise InputError(
            f"{strange[0]} is not an attribute that a review asks about; attributes: {', '.join(PERCEIVED)}"
        )
    own_outputs.check_folder(out, TABLE, frozenset({TABLE, FORM, "people", ".gitignore"}))
    if (out / TABLE).exists():
        raise InputError(f"{out} holds an export already: import {out / TABLE}, or choose another folder")
    people = _people()
    chosen = people.iloc[audit_order(list(people["person_id"]))[:number]]
    asked = _still_to_ask(chosen, attributes)
    rows: list[dict[str, Any]] = []
    for place, person in enumerate(progress.track(list(asked.itertuples()), "cutting out people"), start=1):
        name = f"people/{place:05d}.jpg"
        person_picture(out / name, person)
        rows.append({"person_id": person.person_id, "picture": name, **dict.fromkeys(attributes, "")})
    columns = ["person_id", "picture", *attributes]
    tables.write_text_atomically(out / TABLE, pd.DataFrame(rows, columns=columns).to_csv(index=False))
    groups = {name: groups_of(name) for name in attributes}
    tables.write_text_atomically(out / ".gitignore", "*\n")  # pictures of people do not belong into a repository
    tables.write_text_atomically(out / FORM, label_form.page(rows, groups, TABLE))
    return [
        f"{out}: {len(rows)} of the first {len(chosen)} people in the order of the review are still to be looked at",
        f"open {out / FORM} in a browser, or fill {out / TABLE}; leave empty who was not looked at, and write unknown "
        "where nothing can be told",
        f"then: hpefair attributes import {out / TABLE} --reviewer NAME",
    ]


def take_in(path: Path, reviewer: str) -> list[str]:
    """Append what a reviewer saw to review/labels.jsonl.

    Args:
        path: CSV with person_id and a column for each attribute; empty cells were not looked at.
        reviewer: Who looked; initials will do.

    Returns:
        What was taken in, one sentence each.

    Raises:
        InputError: If the file is no such table, or holds a person or a group that does not exist; nothing is taken
            in then.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a table: {' '.join(str(error).split())}") from error
    attributes = [name for name in table.columns if name in PERCEIVED]
    if "person_id" not in table or not attributes:
        raise InputError(f"{path} needs the column person_id, and one of {', '.join(PERCEIVED)}")
    known = set(_people()["person_id"])
    rows = [
        {"person_id": _person(record["person_id"], known, path, line), "attribute": name, "reviewer": reviewer,
         "group": _group(record[name], name, path, line)}
        for line, record in enumerate(table.to_dict(orient="records"), start=2)
        for name in attributes
        if record[name].strip()
    ]  # fmt: skip
    if table["person_id"].duplicated().any():
        raise InputError(f"{path} names {table.loc[table['person_id'].duplicated(), 'person_id'].iloc[0]} twice")
    review_labels.append(artifacts.REVIEW_LABELS, rows)
    told = {name: sum(row["attribute"] == name for row in rows) for name in attributes}
    said = ", ".join(f"{name} of {count}" for name, count in told.items())
    return [
        f"{artifacts.REVIEW_LABELS}: {said} people; `dvc repro` calibrates and corrects with them",
        *standing(list(known), review_labels.read(artifacts.REVIEW_LABELS)),
    ]


def _people() -> pd.DataFrame:
    """Evaluable people with their picture's path, size and everybody's box."""
    people = tables.read(artifacts.INGEST / "people.parquet")
    people = people[workspace.evaluable(people)]
    images = tables.read(artifacts.INGEST / "images.parquet")[["image_id", "path"]]
    return people.merge(images, on="image_id", validate="m:1").reset_index(drop=True)


def _still_to_ask(people: pd.DataFrame, attributes: Sequence[str]) -> pd.DataFrame:
    """People of whom at least one of the attributes was not looked at yet."""
    seen = review_labels.read(artifacts.REVIEW_LABELS)
    done = [set(seen.loc[seen["attribute"] == name, "person_id"]) for name in attributes]
    complete = set.intersection(*done) if done else set()
    return people[~np.isin(people["person_id"], list(complete))]


def _person(name: str, known: set[str], path: Path, line: int) -> str:
    if name not in known:
        raise InputError(f"{path}, line {line}: no person in the data has the id {name!r}")
    return name


def _group(given: str, attribute: str, path: Path, line: int) -> str:
    group = label_files.group_of(attribute, given)
    if group is None:
        raise InputError(f"{path}, line {line}: {attribute} has no group {given!r}; {', '.join(groups_of(attribute))}")
    return group
