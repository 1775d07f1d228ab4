"""Pictures of single people, with the one who is meant marked."""

from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from hpefair.data import images

SIDE: Final = 384
MARGIN: Final = 0.25
MARK: Final = (255, 0, 200)


def person_picture(path: Path, person: Any) -> None:
    """Write the part of a photograph around a person, their box drawn, at no more than 384 pixels a side.

    Args:
        path: JPEG to write.
        person: A row with path (of the photograph) and bbox.
    """
    pixels = images.read_rgb(Path(person.path))
    x, y, width, height = np.asarray(person.bbox, dtype=float)
    margin = MARGIN * max(width, height) + 4
    rows = slice(max(int(y - margin), 0), min(int(y + height + margin) + 1, pixels.shape[0]))
    columns = slice(max(int(x - margin), 0), min(int(x + width + margin) + 1, pixels.shape[1]))
    part = np.ascontiguousarray(pixels[rows, columns])
    scale = SIDE / max(part.shape[:2])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=how)
    corners = (np.array([[x, y], [x + width, y + height]]) - [columns.start, rows.start]) * scale
    first, last = (tuple(int(value) for value in corner) for corner in corners)
    cv2.rectangle(part, first, last, MARK, 2)
    images.write_jpeg(path, np.asarray(part, np.uint8), 90)
