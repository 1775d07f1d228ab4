"""Subjects given to the pictures of a workspace, to see what a stage makes of them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from hpefair.data import tables

Write = Callable[[Path, Path, str], None]


def with_subjects(root: Path, write: Write, item: str, table: str) -> Iterator[pd.DataFrame]:
    """A table of a stage where each picture has a subject of its own, then where two subjects share all pictures."""
    path = root / "data/ingest/images.parquet"
    images = tables.read(path)
    halves = np.where(np.arange(len(images)) % 2, "ada", "ben")
    for name, subjects in (("each", images["image_id"].astype(str)), ("halves", halves)):
        path.unlink()
        tables.write(path, images.assign(subject_id=subjects))
        write(root / name, root / name, item)
        yield tables.read(root / name / f"{table}.parquet")
