"""MoveNet (Votel and Li 2021): centre-based networks on MobileNet v2; Thunder for one person, MultiPose for a picture.

The graphs come from TensorFlow Hub by way of an npm package and are run by `runtimes.tfjs.graph`.
"""

from pathlib import Path
from typing import Final

import numpy as np

from hpefair.arrays import Array, Pixels
from hpefair.core.pose.geometry import box_overlap
from hpefair.errors import ToolError
from hpefair.judges.protocol import Found, Sighting
from hpefair.judges.window import Window, around, whole
from hpefair.runtimes.tfjs.graph import Graph

ROOM: Final = 1.25  # side of the square over the box's longer side
FAINTEST: Final = 0.3  # score of the surest joint below which nobody is there: the threshold of its model card
CROWD_SIZE: Final = (256, 256)  # larger ones find smaller people, and people where there are none
SUREST_DOUBT: Final = 0.2  # score below which a detection is none to a judge,
COUNTED: Final = 0.1  # and to a counter, whose user may ask for more
JOINTS, BOX, SCORE = slice(0, 51), slice(51, 55), 55  # 17 times y, x, score; y, x, y, x; a score


class MoveNet:
    """Judge `movenet`."""

    name = "movenet"

    def __init__(self, model: Path, model_id: str) -> None:
        """Load a single-person model.

        Args:
            model: Its `model.json`; the weights lie alongside it.
            model_id: What reports call it.

        Raises:
            ToolError: If it cannot be loaded.
        """
        self.model_id = model_id
        self._graph = Graph(model)
        if self._graph.size is None:
            raise ToolError(
                f"{model} takes pictures of any size: not a single-person MoveNet; run `hpefair judges fetch` again"
            )
        self._size = self._graph.size[::-1]

    def look(self, pixels: Pixels, bbox: Array) -> Sighting | None:
        """See `protocol.Judge`."""
        window = around(bbox, ROOM, self._size)
        joints = self._graph(window.cut(pixels)[None])[0].reshape(17, 3).astype(float)
        if joints[:, 2].max() < FAINTEST:
            return None
        points = window.back(joints[:, 1::-1] * self._size)
        return Sighting(np.column_stack([points, joints[:, 2].clip(0, 1)]))


class MoveNetCrowd:
    """Judge and counter `movenet_multipose`: up to six people, as large in the picture as in generated ones."""

    name = "movenet_multipose"

    def __init__(self, model: Path, model_id: str) -> None:
        """Load the multi-person model.

        Args:
            model: Its `model.json`; the weights lie alongside it.
            model_id: What reports call it.

        Raises:
            ToolError: If it cannot be loaded.
        """
        self.model_id = model_id
        self._graph = Graph(model)

    def look(self, pixels: Pixels, bbox: Array) -> Sighting | None:
        """See `protocol.Judge`; of everybody in the box's surroundings, the one whose box fits best."""
        people = self._see(pixels, around(bbox, ROOM, CROWD_SIZE), SUREST_DOUBT)
        if not people:
            return None
        fits = box_overlap(np.stack([person.bbox for person, _ in people]), bbox[None])[:, 0]
        return people[int(fits.argmax())][1] if fits.max() > 0 else None

    def count(self, pixels: Pixels) -> list[Found]:
        """See `protocol.Counter`."""
        return [person for person, _ in self._see(pixels, whole(pixels, CROWD_SIZE), COUNTED)]

    def _see(self, pixels: Pixels, window: Window, least: float) -> list[tuple[Found, Sighting]]:
        """Everybody in a window whose score is at least so high, the surest first."""
        rows = self._graph(window.cut(pixels)[None])[0][0].astype(float)
        rows = rows[rows[:, SCORE] >= least]
        people = []
        for row in rows[np.argsort(-rows[:, SCORE], kind="stable")]:
            low, high = window.back(row[BOX].reshape(2, 2)[:, ::-1] * window.size)
            joints = row[JOINTS].reshape(17, 3)
            points = window.back(joints[:, 1::-1] * window.size)
            sighting = Sighting(np.column_stack([points, joints[:, 2].clip(0, 1)]))
            box, score = np.concatenate([low, high - low]), min(float(row[SCORE]), 1.0)
            people.append((Found(box, score, sighting.keypoints), sighting))
        return people
