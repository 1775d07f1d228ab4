"""MoveNet (Votel and Li 2021): centre-based networks on MobileNet v2; Thunder for one person, MultiPose for a picture.

The graphs come from TensorFlow Hub by way of an npm package and are run by `adapters.tfjs_graph`.
"""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hpefair.adapters.tfjs_graph import Graph
from hpefair.errors import ToolError
from hpefair.judges.protocol import Found, Sighting
from hpefair.judges.window import around, whole

Pixels = NDArray[np.uint8]
Array = NDArray[np.float64]

ROOM: Final = 1.25  # side of the square over the box's longer side
FAINTEST: Final = 0.3  # score of the surest joint below which nobody is there: the threshold of its model card
CROWD_SIZE: Final = (256, 256)  # larger ones find smaller people, and people where there are none
SUREST_DOUBT: Final = 0.2  # score below which a detection is none
BOX, SCORE = slice(51, 55), 55  # after 17 times y, x, score: y, x, y, x and a score


class MoveNet:
    """Judge `movenet`."""

    name = "movenet"

    def __init__(self, model: Path, model_id: str) -> None:
        """Load a single-person model.

        Args:
            model: Its `model.json`; the weights lie beside it.
            model_id: What reports call it.

        Raises:
            ToolError: If it cannot be loaded.
        """
        self.model_id = model_id
        self._graph = Graph(model)
        if self._graph.size is None:
            raise ToolError(f"{model} takes pictures of any size: it is no single-person MoveNet")
        self._size = self._graph.size[::-1]

    def look(self, pixels: Pixels, bbox: Array) -> Sighting | None:
        """See `protocol.Judge`."""
        window = around(bbox, ROOM, self._size)
        found = self._graph(window.cut(pixels)[None])[0].reshape(17, 3).astype(float)
        if found[:, 2].max() < FAINTEST:
            return None
        points = window.back(found[:, 1::-1] * self._size)
        return Sighting(np.column_stack([points, found[:, 2].clip(0, 1)]))


class MoveNetCrowd:
    """Counter `movenet-multipose`: up to six people, as large in the picture as in generated ones."""

    def __init__(self, model: Path, model_id: str) -> None:
        """Load the multi-person model.

        Args:
            model: Its `model.json`; the weights lie beside it.
            model_id: What reports call it.

        Raises:
            ToolError: If it cannot be loaded.
        """
        self.model_id = model_id
        self._graph = Graph(model)

    def count(self, pixels: Pixels) -> list[Found]:
        """See `protocol.Counter`."""
        window = whole(pixels, CROWD_SIZE)
        rows = self._graph(window.cut(pixels)[None])[0][0].astype(float)
        found = []
        for row in rows[np.argsort(-rows[:, SCORE], kind="stable")]:
            if row[SCORE] >= SUREST_DOUBT:
                corners = window.back(row[BOX].reshape(2, 2)[:, ::-1] * CROWD_SIZE)
                found.append(Found(np.concatenate([corners[0], corners[1] - corners[0]]), min(float(row[SCORE]), 1.0)))
        return found
