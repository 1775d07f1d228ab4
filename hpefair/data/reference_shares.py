"""Reference shares that params.yaml names: uniform, given, from a file, or as in another dataset."""

from pathlib import Path

import pandas as pd

from hpefair.errors import InputError, SettingsError
from hpefair.schema import ATTRIBUTES
from hpefair.settings.pipeline import Audit, ReferenceDataset, ReferenceFile, check_reference

COLUMNS = ("attribute", "group", "share")


def reference_shares(settings: Audit, attribute: str, people: pd.DataFrame) -> dict[str, float] | None:
    """Reference share of each known group of an attribute; None where params name no reference.

    Args:
        settings: The audit section of params.yaml.
        attribute: The attribute.
        people: Real people with their dataset and attributes, for a reference that is a dataset.

    Raises:
        InputError: If a file cannot be used.
        SettingsError: If a dataset holds nobody whose value is known.
    """
    reference = settings.reference.get(attribute)
    if isinstance(reference, ReferenceFile):
        return read(Path(reference.file), attribute)
    if isinstance(reference, ReferenceDataset):
        return _of_dataset(reference.dataset, attribute, people)
    if reference == "uniform":
        groups = ATTRIBUTES[attribute]
        return {group: 1 / len(groups) for group in groups}
    return dict(reference) if isinstance(reference, dict) else None


def read(path: Path, attribute: str) -> dict[str, float]:
    """Reference shares of one attribute in a CSV file with columns attribute, group, share.

    Raises:
        InputError: If the file is missing or no table, or does not name every group once with shares that add up to 1.
    """
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a table: {' '.join(str(error).split())}") from error
    if not set(COLUMNS) <= set(table.columns):
        raise InputError(f"{path} needs the columns {', '.join(COLUMNS)}")
    rows = table[table["attribute"] == attribute]
    if rows["group"].duplicated().any():
        raise InputError(f"{path} names a group of {attribute} twice")
    shares = dict(zip(rows["group"], pd.to_numeric(rows["share"], errors="coerce").astype(float), strict=True))
    try:
        check_reference(attribute, shares)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error
    return shares


def _of_dataset(dataset: str, attribute: str, people: pd.DataFrame) -> dict[str, float]:
    values = people.loc[people["dataset"] == dataset, attribute]
    known = values[values.isin(ATTRIBUTES[attribute])]
    if known.empty:
        raise SettingsError(
            f"audit.reference.{attribute}: {attribute} is not known of any person of dataset {dataset}; "
            f"datasets here: {', '.join(sorted(people['dataset'].unique()))}"
        )
    counts = known.value_counts(normalize=True)
    return {group: float(counts.get(group, 0.0)) for group in ATTRIBUTES[attribute]}
