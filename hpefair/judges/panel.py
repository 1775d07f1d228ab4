"""The judges that settings name, asked together."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hpefair.arrays import Array, Pixels
from hpefair.errors import MissingArtifactError
from hpefair.judges.catalogue import CATALOGUE, FOLDER
from hpefair.judges.model_file import ModelFile
from hpefair.judges.opening import open_judge
from hpefair.judges.protocol import Judge
from hpefair.judges.results_file import ResultsFile


class Panel:
    """Several judges.

    A name is that of the catalogue, or a folder with a `judge.json` (a model file and how to feed it) or a
    `results.json` (what a model that ran elsewhere saw).
    """

    def __init__(self, names: Sequence[str], folder: Path = FOLDER) -> None:
        """Load the judges.

        Args:
            names: Their names.
            folder: Folder with one folder per judge.

        Raises:
            HpefairError: If one is not there or cannot be used.
        """
        self._judges: list[Judge | ResultsFile] = [_open(name, folder) for name in names]

    @property
    def model_ids(self) -> tuple[str, ...]:
        """Whom the panel consists of."""
        return tuple(judge.model_id for judge in self._judges)

    def look(self, item_id: str, pixels: Pixels, bbox: Array) -> Array:
        """What every judge sees of the person in a box.

        Args:
            item_id: The generated item, which results files are asked by.
            pixels: Picture (H, W, 3).
            bbox: Box (4,) in pixels.

        Returns:
            Joints (J, 17, 3): x, y, score; NaN of judges who see nobody.
        """
        joints = []
        for judge in self._judges:
            seen = judge.of(item_id, bbox) if isinstance(judge, ResultsFile) else judge.look(pixels, bbox)
            joints.append(np.full((17, 3), np.nan) if seen is None else seen.keypoints)
        return np.array(joints).reshape(-1, 17, 3)


def _open(name: str, folder: Path) -> Judge | ResultsFile:
    own, results = folder / name / "judge.json", folder / name / "results.json"
    if name in CATALOGUE:
        return open_judge(name, folder)
    if own.exists():
        return ModelFile(own)
    if results.exists():
        return ResultsFile(results)
    raise MissingArtifactError(
        f"screen.judges names {name}, but {folder / name} holds neither judge.json nor results.json, and there is no "
        f"such judge to fetch ({', '.join(CATALOGUE)})"
    )
