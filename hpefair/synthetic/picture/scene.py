"""A scene in exact numbers: camera, light, surroundings, lens, people. The picture depends on nothing else."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array
from hpefair.synthetic.body.rotations import UP, unit
from hpefair.synthetic.person import Colour, Person

Point = tuple[float, float, float]

NEAREST_M = 0.05


@dataclass(frozen=True)
class Camera:
    """A pinhole camera.

    Attributes:
        eye: Place in metres.
        target: Point in the middle of the picture.
        roll: Degrees the camera is turned clockwise about its axis.
        field_of_view: Vertical, degrees.
        height: Rows of the picture.
        width: Columns of the picture.
        mirrored: Whether the picture is exchanged left for right.
    """

    eye: Point
    target: Point
    roll: float
    field_of_view: float
    height: int
    width: int
    mirrored: bool = False

    @property
    def rotation(self) -> Array:
        """World to camera (3, 3); rows are the camera's right, down and forward directions."""
        forward = unit(np.subtract(self.target, self.eye))
        right = unit(np.cross(forward, UP))
        up = np.cross(right, forward)
        angle = np.radians(self.roll)
        turned_right = right * np.cos(angle) + up * np.sin(angle)
        turned_up = up * np.cos(angle) - right * np.sin(angle)
        return np.stack([-turned_right if self.mirrored else turned_right, -turned_up, forward])

    @property
    def focal(self) -> float:
        """Focal length in pixels."""
        return self.height / 2 / float(np.tan(np.radians(self.field_of_view) / 2))

    def project(self, points: NDArray[np.floating]) -> tuple[Array, Array, Array]:
        """Image columns (N,), rows (N,) and depths in metres (N,) of points (N, 3); pixel centres lie at half integers.

        Depths of points nearer than 5 cm, or behind the camera, are returned as negative infinity.
        """
        seen = (np.asarray(points, dtype=float) - np.array(self.eye)) @ self.rotation.T
        depth = np.maximum(seen[:, 2], 1e-6)
        x = self.focal * seen[:, 0] / depth + self.width / 2
        y = self.focal * seen[:, 1] / depth + self.height / 2
        return x, y, np.where(seen[:, 2] > NEAREST_M, depth, -np.inf)

    def scaled(self, factor: int) -> Self:
        """The same camera with `factor` times the pixels a side."""
        return replace(self, height=self.height * factor, width=self.width * factor)


@dataclass(frozen=True)
class Light:
    """One lamp or sun, and light from everywhere.

    Attributes:
        azimuth: Direction the light comes from, degrees from the viewer.
        elevation: Its height, degrees.
        key: Strength of the lamp.
        ambient: Strength of the light from everywhere.
        colour: Colour of the lamp.
    """

    azimuth: float
    elevation: float
    key: float
    ambient: float
    colour: Colour

    @property
    def direction(self) -> Array:
        """Unit vector (3,) towards the lamp."""
        azimuth, elevation = np.radians(self.azimuth), np.radians(self.elevation)
        return np.array([np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)])


@dataclass(frozen=True)
class Surface:
    """A floor or a wall.

    Attributes:
        kind: One of `texture.SURFACES`.
        colour: Mean reflectance.
        scale: Size of its pattern.
    """

    kind: str
    colour: Colour
    scale: float


@dataclass(frozen=True)
class Backdrop:
    """What is behind the people.

    Attributes:
        kind: room, outdoor, studio or photo.
        floor: The floor.
        wall: The wall of a room.
        wall_distance: Metres from the scene's origin to the wall.
        yaw: Direction of the wall, degrees.
        sky: Colour of the sky.
        trees: Height of the tree line, 0 for none.
        blur: Defocus in pixels of a 256-pixel picture.
        photo: File of a photograph, for the kind `photo`.
        crop: Where in the photograph: left and top shares of what is left over, zoom.
    """

    kind: str
    floor: Surface
    wall: Surface
    wall_distance: float
    yaw: float
    sky: Colour
    trees: float
    blur: float
    photo: str = ""
    crop: Point = (0.5, 0.5, 1.0)


@dataclass(frozen=True)
class Prop:
    """A thing: box, cylinder or ball.

    Attributes:
        kind: box, cylinder or ball.
        centre: Place of its centre.
        size: Extent along x, y, z in metres.
        yaw: Degrees turned about the vertical.
        colour: Reflectance.
    """

    kind: str
    centre: Point
    size: Point
    yaw: float
    colour: Colour


@dataclass(frozen=True)
class Lens:
    """What the camera does to the light.

    Attributes:
        exposure: Gain.
        defocus: Standard deviation of the blur, pixels of a 256-pixel picture.
        motion: Length of the motion blur, same pixels.
        motion_angle: Its direction, degrees.
        read_noise: Noise of black pixels, standard deviation of sRGB values in [0, 1].
        shot_noise: Additional noise variance per unit of brightness.
        jpeg_quality: Quality when the picture is written as JPEG.
        seed: Seed of the noise.
    """

    exposure: float
    defocus: float
    motion: float
    motion_angle: float
    read_noise: float
    shot_noise: float
    jpeg_quality: int
    seed: int


@dataclass(frozen=True)
class Scene:
    """Everything that is in a picture.

    Attributes:
        camera: Camera.
        light: Light.
        backdrop: Surroundings.
        props: Things.
        lens: Lens.
        people: People, the principal one first.
        span: Half extent in metres of the part of the scene that casts shadows.
        contrasts: Wanted contrast group of every person, for choosing the colours of clothes.
    """

    camera: Camera
    light: Light
    backdrop: Backdrop
    props: tuple[Prop, ...]
    lens: Lens
    people: tuple[Person, ...]
    span: float
    contrasts: tuple[str, ...]

    def with_person(self, index: int, person: Person) -> Self:
        """The scene with one person exchanged; everything else stays."""
        people = [*self.people]
        people[index] = person
        return replace(self, people=tuple(people))

    def mirrored(self) -> Self:
        """The same scene through a camera that exchanges left and right."""
        return replace(self, camera=replace(self.camera, mirrored=not self.camera.mirrored))
