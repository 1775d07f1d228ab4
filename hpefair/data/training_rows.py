"""Training sets out of what the assemble stage wrote."""

from pathlib import Path

import pandas as pd

from hpefair.data import tables


def read_variant(folder: Path, everybody: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """People of a variant and of the validation split.

    Args:
        folder: Of a variant, in the output of assemble.
        everybody: Whether crowds, people without keypoints and people alongside generated ones are wanted, with exposure
            0, as systems that see whole pictures need them.

    Returns:
        Both with person_id, image_id, path, keypoints, bbox, area, iscrowd; the former with exposure and synthetic.
    """
    people = tables.read(folder / "people.parquet").assign(iscrowd=False)
    validation = tables.read(folder / "validation.parquet").assign(iscrowd=False)
    if not everybody:
        return people, validation
    others = tables.read(folder / "others.parquet")
    beside = others[others["path"].isin(people["path"])].assign(exposure=0.0)
    beside["synthetic"] = beside["path"].map(people.groupby("path")["synthetic"].first()).astype(bool)
    more = others[others["path"].isin(validation["path"])]
    return (
        pd.concat([people, beside], ignore_index=True),
        pd.concat([validation, more], ignore_index=True),
    )
