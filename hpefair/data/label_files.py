"""Label files (CSV or Parquet) that came with a dataset: one row per person or per image."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pandas as pd

from hpefair.errors import InputError
from hpefair.schema import ATTRIBUTES, PERCEIVED, UNKNOWN

PERSON_KEYS: Final = ("person_id", "annotation_id")
IMAGE_KEY: Final = "image_id"

# Words other datasets use; documented in docs/guides/data.md.
COLUMN_ALIASES: Final[Mapping[str, str]] = {"gender": "gender_presentation", "age": "age_band"}
VALUE_ALIASES: Final[Mapping[str, Mapping[str, str]]] = {
    "gender_presentation": {
        **dict.fromkeys(("woman", "female", "f", "girl"), "feminine"),
        **dict.fromkeys(("man", "male", "m", "boy"), "masculine"),
    }
}
AGE_BANDS: Final = ((13, "child"), (18, "teen"), (40, "adult"), (60, "middle"), (200, "older"))
LONGEST_HEADER: Final = 1 << 16  # bytes; JSON in one line is a header of ten thousand columns to a CSV reader


def columns(path: Path) -> tuple[str, dict[str, str]] | None:
    """Key column and attribute columns of a table, or None where it is not a label file.

    Args:
        path: CSV or Parquet.

    Returns:
        The key column, and a mapping from column to attribute.
    """
    try:
        names = list(_read(path).columns)
    except InputError:
        return None
    keys = [name for name in (*PERSON_KEYS, IMAGE_KEY) if name in names]
    attributes = {name: COLUMN_ALIASES.get(name, name) for name in names}
    attributes = {name: attribute for name, attribute in attributes.items() if attribute in PERCEIVED}
    return (keys[0], attributes) if keys and attributes else None


def load(path: Path) -> pd.DataFrame:
    """Read labels as given.

    Args:
        path: CSV or Parquet with `person_id` (COCO annotation id) or `image_id`, and attribute columns.

    Returns:
        Long table: level (`person` or `image`), source_id (int), attribute, group; group is missing where the value
        is not in the vocabulary, with the value kept in `given`.

    Raises:
        InputError: If the file cannot be read, has no key or attribute column, or keys that are not integers.
    """
    table = _read(path)
    layout = columns(path)
    if layout is None:
        raise InputError(
            f"{path} is not a label file: it needs a column person_id or image_id, and one of {', '.join(PERCEIVED)}"
        )
    key, attributes = layout
    ids = pd.to_numeric(table[key], errors="coerce")
    if ids.isna().any() or (ids % 1 != 0).any():
        raise InputError(f"{path}: column {key} must hold integer COCO ids")
    level = "image" if key == IMAGE_KEY else "person"
    parts = []
    for column, attribute in attributes.items():
        values = table[column].astype(object).where(table[column].notna(), "").map(str)
        groups = {value: group_of(attribute, value) for value in values.unique()}
        parts.append(
            pd.DataFrame(
                {
                    "level": level,
                    "source_id": ids.astype("int64"),
                    "attribute": attribute,
                    "given": values,
                    "group": values.map(groups),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _read(path: Path) -> pd.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        with path.open("rb") as file:
            header = file.readline(LONGEST_HEADER + 1)
        if len(header) > LONGEST_HEADER or header.lstrip()[:1] in (b"{", b"["):
            raise ValueError("the first line names no columns")
        return pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a table: {error}") from error


def group_of(attribute: str, given: str) -> str | None:
    """Group that a given word or age in years stands for; None where the vocabulary has none."""
    value = given.strip().lower()
    if value in ("", UNKNOWN):
        return UNKNOWN
    value = VALUE_ALIASES.get(attribute, {}).get(value, value)
    if attribute == "age_band" and value.replace(".", "", 1).isdecimal():
        return next(band for limit, band in AGE_BANDS if float(value) < limit or limit == AGE_BANDS[-1][0])
    return value if value in ATTRIBUTES[attribute] else None
