"""PoseNet (Papandreou et al., PersonLab, 2018): heatmaps and short-range offsets on MobileNet v1, one person decoded.

Only the offsets refine the peaks; the mid-range displacements, which tell people apart, are not needed in a crop.
"""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array, Pixels
from hpefair.judges.protocol import Sighting
from hpefair.judges.window import around
from hpefair.runtimes.tfjs.graph import Graph

SIZE: Final = (257, 257)  # 16 times 16 and one, so that the outermost cells lie on the outermost pixels
STRIDE: Final = 16
ROOM: Final = 1.25
FAINTEST: Final = 0.3  # score of the surest joint below which nobody is there
HEATMAPS, OFFSETS = 17, 34  # channels


class PoseNet:
    """Judge `posenet`."""

    name = "posenet"

    def __init__(self, model: Path, model_id: str) -> None:
        """Load the model.

        Args:
            model: Its `model.json`; the weights lie alongside it.
            model_id: What reports call it.

        Raises:
            ToolError: If it cannot be loaded.
        """
        self.model_id = model_id
        self._graph = Graph(model)

    def look(self, pixels: Pixels, bbox: Array) -> Sighting | None:
        """See `protocol.Judge`."""
        window = around(bbox, ROOM, SIZE)
        outputs = {one.shape[-1]: one[0] for one in self._graph(window.cut(pixels)[None] / 127.5 - 1)}
        points, score = decode(outputs[HEATMAPS], outputs[OFFSETS])
        if score.max() < FAINTEST:
            return None
        return Sighting(np.column_stack([window.back(points), score]))


def decode(heatmaps: NDArray[np.float32], offsets: NDArray[np.float32]) -> tuple[Array, Array]:
    """Joints from the strongest cells.

    Args:
        heatmaps: Logits (h, w, 17).
        offsets: Pixels from each cell to the joint (h, w, 34): first all y, then all x.

    Returns:
        Joints (17, 2) in pixels of the crop, and their scores (17,).
    """
    height, width, joints = heatmaps.shape
    flat = heatmaps.reshape(height * width, joints)
    best = flat.argmax(axis=0)
    rows, columns, which = best // width, best % width, np.arange(joints)
    y = rows * STRIDE + offsets[rows, columns, which]
    x = columns * STRIDE + offsets[rows, columns, which + joints]
    score = 1 / (1 + np.exp(-flat[best, which].astype(float)))
    return np.column_stack([x, y]).astype(float) + 0.5, score
