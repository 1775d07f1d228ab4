"""Labels from the geometry itself: keypoints with visibility, masks, boxes, garments, depth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array, Mask
from hpefair.core.pose.skeletons import COCO_17
from hpefair.data.coco import masks as coco_masks
from hpefair.synthetic.body.figure import Figure
from hpefair.synthetic.clothes.garments import HAIR, LOWER, PART, TOP
from hpefair.synthetic.picture.geometry import Geometry
from hpefair.synthetic.picture.raster import Projected, Raster, first_hits, rasterize
from hpefair.synthetic.picture.scene import Scene

FACE: Final = 5  # the first keypoints are those of the face
FACE_DEPTH_M: Final = 0.025  # a joint of the face may lie this far under the surface that is seen
LIMB_RADII: Final = 1.5  # other joints: this many times the distance to their own surface …
LIMB_SLACK_M: Final = 0.03  # … plus the thickness of clothes
HAIR_COVER_M: Final = 0.075  # an ear under hair is covered, not turned away

VISIBLE, HIDDEN, ABSENT = 2, 1, 0


@dataclass(frozen=True)
class PersonLabels:
    """Exact labels of one person; coordinates in pixels, pixel centres at half integers.

    Attributes:
        keypoints: COCO-17 keypoints (17, 3): x, y, v.
        joints: The same joints (17, 3) in the scene, metres.
        mask: Pixels (H, W) that show the person.
        amodal: Pixels (H, W) the person would cover if nothing were before it.
        bbox: Box (4,) x, y, width, height around the mask and every visible joint; zeros where nothing is seen.
        garments: Visible pixels (H, W) of `top` and `lower`.
        stature_m: Stature of the mesh.
        bmi: BMI of the mesh.
    """

    keypoints: Array
    joints: Array
    mask: Mask
    amodal: Mask
    bbox: Array
    garments: Mapping[str, Mask]
    stature_m: float
    bmi: float


def label_people(
    scene: Scene, geometry: Geometry, flat: Projected, seen: Raster, back_end: str, factor: int
) -> tuple[PersonLabels, ...]:
    """Labels of everybody.

    Args:
        scene: The scene.
        geometry: Its triangles.
        flat: The triangles on the image plane of the raster.
        seen: The raster, `factor` times as fine as the picture.
        back_end: Rasterizer.
        factor: Samples per pixel side.
    """
    owner = np.where(seen.triangle >= 0, geometry.owner[seen.triangle], -1).astype(np.int16)
    material = np.where(seen.triangle >= 0, geometry.material[seen.triangle], -1)
    alone = len(geometry.figures) == 1 and not scene.props
    masks = majority(owner, range(len(geometry.figures)), factor)
    labels = []
    for index, (figure, mask) in enumerate(zip(geometry.figures, masks, strict=True)):
        amodal = mask if alone else _amodal(scene, geometry, index, back_end, factor) | mask
        keypoints = _keypoints(scene, geometry, flat, figure, index, factor)
        own = np.where(owner == index, material, -1).astype(np.int16)
        garments = dict(zip(("top", "lower"), majority(own, (TOP, LOWER), factor), strict=True))
        box = _box(mask, keypoints)
        worn = {name: garment & mask for name, garment in garments.items()}
        labels.append(PersonLabels(keypoints, figure.joints, mask, amodal, box, worn, figure.stature_m, figure.bmi))
    return tuple(labels)


def majority(samples: NDArray[np.int16], codes: Sequence[int], factor: int) -> list[Mask]:
    """Pixels (H, W) of each code: at least half their samples (H f, W f) carry it; a tie goes to the first."""
    if factor == 1:
        return [samples == code for code in codes]
    counts = np.stack([_per_pixel(samples == code, factor) for code in codes])
    first = counts.argmax(axis=0)
    return [(counts[k] * 2 >= factor * factor) & (first == k) for k in range(len(codes))]


def _per_pixel(samples: Mask, factor: int) -> NDArray[np.int32]:
    """How many samples (H f, W f) of each pixel are true, (H, W).

    Added slice by slice: numpy sums over two short axes several times as slowly.
    """
    height, width = samples.shape[0] // factor, samples.shape[1] // factor
    counts = np.zeros((height, width), np.int32)
    for row in range(factor):
        for column in range(factor):
            counts += samples[row::factor, column::factor]
    return counts


def _amodal(scene: Scene, geometry: Geometry, index: int, back_end: str, factor: int) -> Mask:
    camera = scene.camera.scaled(factor)
    seen = rasterize(geometry.projected(camera, only=index), camera.height, camera.width, back_end)
    return majority((seen.triangle >= 0).astype(np.int16), [1], factor)[0]


def _keypoints(scene: Scene, geometry: Geometry, flat: Projected, figure: Figure, index: int, factor: int) -> Array:
    """Keypoints (17, 3); joints outside the picture, and joints of the face turned away, are zeros as in COCO."""
    x, y, depth = scene.camera.project(figure.joints)
    inside = (x >= 0) & (x < scene.camera.width) & (y >= 0) & (y < scene.camera.height) & np.isfinite(depth)
    triangles, inverse_depths = first_hits(flat, np.stack([x, y], axis=1)[inside] * factor)
    keypoints = np.zeros((COCO_17.size, 3))
    for k, triangle, inverse_depth in zip(np.flatnonzero(inside), triangles, inverse_depths, strict=True):
        gap = depth[k] - 1 / inverse_depth if triangle >= 0 else 0.0
        v = _visibility(geometry, figure, index, int(k), int(triangle), float(gap))
        if v != ABSENT:
            keypoints[k] = x[k], y[k], v
    return keypoints


def _visibility(geometry: Geometry, figure: Figure, index: int, k: int, triangle: int, gap: float) -> int:
    """V of a joint inside the picture from what is seen there, `gap` metres before it."""
    scale = figure.stature_m / 1.7
    reach = FACE_DEPTH_M * scale if k < FACE else LIMB_RADII * figure.radii[k] + LIMB_SLACK_M * scale
    own = triangle < 0 or geometry.owner[triangle] == index
    if own and gap < reach:
        return VISIBLE
    own_head = own and (geometry.material[triangle] == HAIR or geometry.values[geometry.faces[triangle, 0], PART] == 0)
    # Annotators leave out the far eye and ear of a turned head, but mark an ear under hair.
    if k < FACE and own_head and gap >= HAIR_COVER_M * scale:
        return ABSENT
    return HIDDEN


def _box(mask: Mask, keypoints: Array) -> Array:
    x, y, width, height = coco_masks.box(mask)
    if not width:
        return np.zeros(4)
    visible = keypoints[keypoints[:, 2] == VISIBLE, :2]
    left, top = np.floor(np.min([[x, y], *visible], axis=0))
    right, bottom = np.ceil(np.max([[x + width, y + height], *visible], axis=0))
    return np.array([left, top, right - left, bottom - top])
