"""One image with its people, read once for everything that looks at it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpefair.arrays import Array, Mask, Pixels
from hpefair.attributes.measured import contrast
from hpefair.attributes.measured.truncation import truncation
from hpefair.attributes.sources.source import Sight
from hpefair.data import images
from hpefair.data.coco import masks as coco_masks

Window = tuple[slice, slice]


@dataclass(frozen=True)
class Picture:
    """An image and everybody in it.

    Attributes:
        pixels: RGB (H, W, 3).
        people: People rows of the image, crowds included.
        keypoints: Keypoints (N, 17, 3).
        masks: Mask (H, W) of each person; None where nobody drew one.
        garments: Clothing (H, W) of each person by garment parsing; None where there is none.
        layers: How many people's masks cover each pixel (H, W).
    """

    pixels: Pixels
    people: pd.DataFrame
    keypoints: Array
    masks: tuple[Mask | None, ...]
    garments: tuple[Mask | None, ...]
    layers: NDArray[np.uint16]

    @classmethod
    def read(cls, path: str, people: pd.DataFrame) -> "Picture":
        """Read an image file and draw its people's masks."""
        pixels = images.read_rgb(Path(path))
        size = pixels.shape[:2]
        masks = tuple(coco_masks.decode(text, *size) for text in people["segmentation"])
        parsed = people["garments"] if "garments" in people else [""] * len(people)
        garments = tuple(coco_masks.decode_parts(text, *size) for text in parsed)
        layers = np.zeros(size, np.uint16, order="F")  # as pycocotools lays masks out
        for mask in masks:
            if mask is not None:
                layers += mask
        keypoints = np.array([np.asarray(points, dtype=float) for points in people["keypoints"]]).reshape(-1, 17, 3)
        return cls(pixels, people, keypoints, masks, garments, layers)

    def window(self, bbox: Array) -> Window:
        """Rows and columns around a box; empty where it lies outside the picture."""
        return contrast.window(bbox, self.pixels.shape)

    def others(self, index: int, window: Window) -> Mask:
        """Union of everybody else's masks in a window."""
        mask = self.masks[index]
        layers = self.layers[window]
        return np.ascontiguousarray(layers > (0 if mask is None else mask[window]))

    def upwards(self, index: int) -> tuple[float, float]:
        """Unit vector from the hips of a person to the shoulders; up where they are not labelled."""
        ends = []
        for pair in ((5, 6), (11, 12)):
            points = self.keypoints[index, list(pair)]
            seen = points[points[:, 2] > 0, :2]
            ends.append(seen.mean(axis=0) if len(seen) else None)
        if ends[0] is None or ends[1] is None or np.allclose(ends[0], ends[1]):
            return 0.0, -1.0
        way = (ends[0] - ends[1]) / np.linalg.norm(ends[0] - ends[1])
        return float(way[0]), float(way[1])

    def cut(self, index: int) -> tuple[str, float]:
        """`truncation.truncation` of a person that has a mask."""
        mask = self.masks[index]
        if mask is None:
            raise ValueError(f"Expected a mask of person {index} but got none")
        return truncation(mask, self.upwards(index))

    def sights(self) -> tuple[list[str], list[Sight]]:
        """Ids of the people who are not crowds, and what a source gets to see of them."""
        names, sights = [], []
        for index, person in enumerate(self.people.itertuples()):
            bbox = np.asarray(person.bbox, dtype=float)
            rows, columns = self.window(bbox)
            if person.iscrowd or rows.start >= rows.stop or columns.start >= columns.stop:
                continue
            mask = self.masks[index]
            sight = Sight(
                pixels=np.ascontiguousarray(self.pixels[rows, columns]),
                keypoints=self.keypoints[index] - np.array([columns.start, rows.start, 0.0]),
                bbox=bbox - np.array([columns.start, rows.start, 0, 0]),
                mask=None if mask is None else np.ascontiguousarray(mask[rows, columns]),
                others=self.others(index, (rows, columns)),
            )
            names.append(str(person.person_id))
            sights.append(sight)
        return names, sights
