"""BlazePose (Bazarevsky et al. 2020): 33 landmarks of one person, the model out of MediaPipe's wheel, run by LiteRT.

No detector: the square comes from the known box, and a second pass is centred and turned by the network's own alignment
points, as MediaPipe's tracking does.
"""

from pathlib import Path
from typing import Final

import numpy as np

from hpefair.arrays import Array, Pixels
from hpefair.judges.protocol import Sighting
from hpefair.judges.window import Window, around
from hpefair.runtimes.tfjs.graph import Graph
from hpefair.runtimes.tflite import TfliteNetwork

SIZE: Final = (256, 256)
ROOM: Final = 1.25  # side of the square over the box's longer side, and over the circle about the body
PRESENT: Final = 0.5
LANDMARKS, VALUES = 39, 5
# COCO-17 among BlazePose's 33 landmarks, and its two alignment points: mid-hip, a point on the circle around the body.
COCO_LANDMARKS: Final = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
MID_HIP, RIM = 33, 34


class BlazePose:
    """Judge `blazepose`."""

    name = "blazepose"

    def __init__(self, model: Path, model_id: str) -> None:
        """Load the landmark model.

        Args:
            model: `pose_landmark_full.tflite`.
            model_id: What reports call it.

        Raises:
            ToolError: If it cannot be loaded.
        """
        self.model_id = model_id
        self._network = TfliteNetwork(model) if model.suffix == ".tflite" else Graph(model)

    def look(self, pixels: Pixels, bbox: Array) -> Sighting | None:
        """See `protocol.Judge`."""
        window = around(bbox, ROOM, SIZE)
        seen = None
        for _ in range(2):
            points, visible, present = self._run(pixels, window)
            if present < PRESENT:
                break
            seen = np.column_stack([points, visible])[list(COCO_LANDMARKS)]
            (x, y), (rim_x, rim_y) = points[MID_HIP], points[RIM]
            angle = float(np.pi / 2 - np.arctan2(y - rim_y, rim_x - x))
            side = max(2 * ROOM * float(np.hypot(rim_x - x, rim_y - y)), 1.0)
            window = Window(x, y, side / SIZE[0], SIZE, angle)
        return None if seen is None else Sighting(seen)

    def _run(self, pixels: Pixels, window: Window) -> tuple[Array, Array, float]:
        """Landmarks (39, 2) in the picture, how visible they are (39,), and how surely somebody is there."""
        outputs = {one.shape: one for one in self._network(window.cut(pixels)[None].astype(np.float32) / 255)}
        landmarks = outputs[1, LANDMARKS * VALUES].reshape(LANDMARKS, VALUES).astype(float)
        visible = 1 / (1 + np.exp(-landmarks[:, 3]))
        return window.back(landmarks[:, :2]), visible, float(outputs[1, 1][0, 0])
