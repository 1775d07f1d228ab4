"""Write the shares of a dataset as a reference population for others."""

from pathlib import Path

import pandas as pd

from hpefair import artifacts
from hpefair.data import tables
from hpefair.errors import InputError
from hpefair.machine import own_outputs
from hpefair.schema import ATTRIBUTES, MEASURED, PERCEIVED

HEADER = "attribute,group,share\n"


def write_reference(dataset: str, out: Path) -> list[str]:
    """Write attribute, group and share of everybody whose value is known.

    Args:
        dataset: A dataset under data/raw.
        out: CSV file, under expectations/references for use in params.yaml.

    Returns:
        What was written, one sentence each.

    Raises:
        InputError: If there is no such dataset, or nobody's value of anything is known.
    """
    own_outputs.check_file(out, mark=HEADER)
    people = tables.read(artifacts.AUDIT / "original" / "people.parquet")
    own = people[people["dataset"] == dataset]
    if own.empty:
        raise InputError(f"dataset {dataset} not found; datasets here: {', '.join(sorted(people['dataset'].unique()))}")
    parts = []
    for attribute in (*PERCEIVED, *MEASURED):
        known = own.loc[own[attribute].isin(ATTRIBUTES[attribute]), attribute]
        if len(known):
            share = known.value_counts(normalize=True).reindex(ATTRIBUTES[attribute], fill_value=0.0)
            parts.append(pd.DataFrame({"attribute": attribute, "group": share.index, "share": share.to_numpy()}))
    if not parts:
        raise InputError(f"no attribute is known of any person in {dataset}; add a label file")
    tables.write_text_atomically(out, pd.concat(parts).to_csv(index=False, float_format="%.6f"))
    return [f"{out}: shares of {len(parts)} attributes among {len(own)} people of {dataset}"]
