"""All triangles of a scene in one list, and who owns them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Floats
from hpefair.synthetic.body.figure import Figure, build_figure
from hpefair.synthetic.body.mesh import Triangles, normals
from hpefair.synthetic.body.rotations import UP, turn
from hpefair.synthetic.clothes.garments import COLUMNS, NEUTRAL, POSITION, PROP, sphere
from hpefair.synthetic.picture.raster import Projected
from hpefair.synthetic.picture.scene import Camera, Prop, Scene

NOBODY: Final = -1
_BOX = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)], np.float32)
_BOX_FACES = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4],
     [1, 5, 7], [1, 7, 3]], np.int32,
)  # fmt: skip


@dataclass(frozen=True)
class Geometry:
    """Triangles of a scene.

    Attributes:
        values: Vertex values (N, 9), see `garments`.
        normals: Vertex normals (N, 3).
        faces: Triangles (F, 3).
        material: Material of each triangle (F,).
        owner: Person of each triangle (F,), `NOBODY` for things.
        thing: Thing of each triangle (F,), -1 for people.
        figures: The people.
    """

    values: Floats
    normals: Floats
    faces: Triangles
    material: NDArray[np.int8]
    owner: NDArray[np.int16]
    thing: NDArray[np.int16]
    figures: tuple[Figure, ...]

    def projected(self, camera: Camera, only: int | None = None) -> Projected:
        """The triangles on a camera's image plane; all of them, or those of one person."""
        x, y, depth = camera.project(self.values[:, POSITION])
        faces = self.faces if only is None else self.faces[self.owner == only]
        return Projected(x, y, 1 / depth, faces)


def gather(scene: Scene) -> Geometry:
    """Build everybody and everything of a scene."""
    figures = tuple(build_figure(person) for person in scene.people)
    meshes = [
        (layer.values, layer.faces, layer.material, index, -1)
        for index, figure in enumerate(figures)
        for layer in figure.layers
    ]
    meshes += [(*prop_mesh(prop), PROP, NOBODY, index) for index, prop in enumerate(scene.props)]
    offsets = np.cumsum([0, *(len(values) for values, *_ in meshes)])
    counts = [len(faces) for _, faces, *_ in meshes]
    values = np.concatenate([values for values, *_ in meshes])
    faces = np.concatenate([mesh[1] + offset for mesh, offset in zip(meshes, offsets[:-1], strict=True)])
    return Geometry(
        values=values,
        normals=normals(values[:, POSITION], faces),
        faces=faces.astype(np.int32),
        material=np.repeat([mesh[2] for mesh in meshes], counts).astype(np.int8),
        owner=np.repeat([mesh[3] for mesh in meshes], counts).astype(np.int16),
        thing=np.repeat([mesh[4] for mesh in meshes], counts).astype(np.int16),
        figures=figures,
    )


def prop_mesh(prop: Prop) -> tuple[Floats, Triangles]:
    """Vertex values and triangles of a thing; edges of boxes and rims of cylinders are sharp."""
    points, faces = {"box": _box, "cylinder": _cylinder, "ball": lambda: sphere(10, 16)}[prop.kind]()
    if prop.kind == "ball":
        points = points / 2
    values = np.zeros((len(points), COLUMNS), np.float32)
    sized = points * np.array(prop.size, np.float32)
    values[:, POSITION] = sized @ turn(UP, prop.yaw).T.astype(np.float32) + np.array(prop.centre, np.float32)
    values[:, NEUTRAL] = sized
    return values, faces


def _box() -> tuple[Floats, Triangles]:
    return _BOX[_BOX_FACES].reshape(-1, 3), np.arange(3 * len(_BOX_FACES), dtype=np.int32).reshape(-1, 3)


def _cylinder(sides: int = 16) -> tuple[Floats, Triangles]:
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    ring = np.stack([np.cos(angle), 0 * angle, np.sin(angle)], axis=1) / 2
    half = np.array([0, 0.5, 0])
    low, high = ring - half, ring + half
    points = np.concatenate([low, high, low, high, [[0, -0.5, 0], [0, 0.5, 0]]]).astype(np.float32)
    faces = []
    for i in range(sides):
        j = (i + 1) % sides
        faces += [(i, i + sides, j), (j, i + sides, j + sides)]
        faces += [(2 * sides + i, 2 * sides + j, 4 * sides), (3 * sides + j, 3 * sides + i, 4 * sides + 1)]
    return points, np.array(faces, np.int32)
