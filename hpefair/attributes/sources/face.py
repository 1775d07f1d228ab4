"""Apparent age band and gender presentation from the face, by a pretrained network that needs no download."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from hpefair.arrays import Array, Pixels
from hpefair.attributes.sources.source import Judgements, Sight, cannot_tell, told
from hpefair.core.pose.skeletons import COCO_17
from hpefair.runtimes.dlib_faces import Face, FaceNetworks

ATTRIBUTES: Final = ("gender_presentation", "age_band")
AGE_LIMITS: Final = (13, 18, 40, 60)  # first year of teen, adult, middle and older

FACE_JOINTS: Final = tuple(COCO_17.index(name) for name in ("nose", "left_eye", "right_eye"))
EARS: Final = tuple(COCO_17.index(name) for name in ("left_ear", "right_ear"))
SHOULDERS: Final = tuple(COCO_17.index(name) for name in ("left_shoulder", "right_shoulder"))
HEAD_SIDE_PX: Final = 256  # a head is enlarged to this, so that its face exceeds the 80 pixels of the detector
HEADS: Final = 2.2  # side of the square cut out, in head heights


class FaceSource:
    """The source `face`.

    Attributes:
        model_id: Package and version.
        attributes: gender_presentation and age_band.
    """

    attributes: tuple[str, ...] = ATTRIBUTES

    def __init__(self, min_face_px: float) -> None:
        """Load the networks.

        Args:
            min_face_px: Smaller faces, in pixels of the image, cannot be judged.
        """
        self.networks = FaceNetworks()
        self.model_id = self.networks.model_id
        self.min_face_px = min_face_px

    def judge(self, people: Sequence[Sight]) -> list[Judgements]:
        """Age band and gender presentation of people whose face is found where their keypoints say it is."""
        return [self._judge(person) for person in people]

    def _judge(self, person: Sight) -> Judgements:
        place = head(person.keypoints)
        if isinstance(place, str):
            return cannot_tell(ATTRIBUTES, place)
        centre, height = place
        if height < self.min_face_px:
            return cannot_tell(ATTRIBUTES, "the face is smaller than attribute.face.min_face_px")
        pixels = cut_out(person.pixels, centre, HEADS * height, HEAD_SIDE_PX)
        middle = np.full(2, HEAD_SIDE_PX / 2)
        central_face = min(self.networks.find(pixels), key=lambda face: _off_centre(face, middle), default=None)
        if central_face is None or _off_centre(central_face, middle) > 0.5:
            return cannot_tell(ATTRIBUTES, "no face is found where the keypoints say it is")
        return self.read(pixels, central_face)

    def portrait(self, pixels: Pixels) -> Judgements:
        """Judgements of a picture (H, W, 3) that shows one face and little else, without keypoints."""
        height, width = pixels.shape[:2]
        square = cut_out(pixels, np.array([width / 2, height / 2]), max(height, width), HEAD_SIDE_PX)
        faces = self.networks.find(square)
        return self.read(square, faces[0]) if faces else cannot_tell(ATTRIBUTES, "no face is found")

    def read(self, pixels: Pixels, face: Face) -> Judgements:
        """Judgements of one face that was found in pixels (H, W, 3)."""
        feminine, masculine = self.networks.genders(pixels, [face])[0]
        bands = age_bands(self.networks.ages(pixels, [face])[0])
        return {
            "gender_presentation": told("gender_presentation", np.array([feminine, masculine])),
            "age_band": told("age_band", bands),
        }


def age_bands(years: Array) -> Array:
    """Probability of each age band (5,) from that of every year (81,)."""
    return np.add.reduceat(years, (0, *AGE_LIMITS))


def head(keypoints: Array) -> tuple[Array, float] | str:
    """Centre (2,) of the face and height of the head in pixels, or why there is no face to see.

    The height is the largest of what ears (0.75 of it apart from the front), eyes (0.3) and the way from shoulders to
    eyes (1.2) say, proportions of adult heads (Farkas 1994); turned heads foreshorten the first two.

    Args:
        keypoints: COCO-17 keypoints (17, 3).
    """
    face = [keypoints[joint, :2] for joint in FACE_JOINTS if keypoints[joint, 2] == 2]
    if len(face) < 2:
        return "fewer than two of nose and eyes are visible"
    centre = np.mean(face, axis=0)
    guesses = [_apart(keypoints, FACE_JOINTS[1:]) / 0.3, _apart(keypoints, EARS) / 0.75]
    shoulders = keypoints[list(SHOULDERS)]
    if (shoulders[:, 2] > 0).all():
        guesses.append(float(np.linalg.norm(shoulders[:, :2].mean(axis=0) - centre)) / 1.2)
    return centre, max(guesses)


def _apart(keypoints: Array, pair: Sequence[int]) -> float:
    one, two = keypoints[list(pair)]
    return float(np.linalg.norm(one[:2] - two[:2])) if one[2] > 0 and two[2] > 0 else 0.0


def cut_out(pixels: Pixels, centre: Array, side: float, size: int) -> Pixels:
    """A square of the picture around a point, resampled to (size, size, 3); black beyond the border."""
    scale = size / side
    if scale < 1:  # warping does not average: shrink first
        pixels = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        centre, scale = centre * scale, 1.0
    matrix = np.array([[scale, 0, size / 2 - scale * centre[0]], [0, scale, size / 2 - scale * centre[1]]])
    return np.asarray(cv2.warpAffine(pixels, matrix, (size, size), flags=cv2.INTER_CUBIC), np.uint8)


def _off_centre(face: Face, point: Array) -> float:
    """Distance of a point from the middle of a face, in sides of its box."""
    x, y, width, height = face.box
    return float(np.abs(point - (x + width / 2, y + height / 2)).max() / max(width, height))
