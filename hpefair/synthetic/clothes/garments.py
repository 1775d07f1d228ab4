"""Clothes, shoes and hair: helper meshes of the body, let out along their normals and cut at surface coordinates."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hpefair.arrays import Floats
from hpefair.synthetic.body.body import BodyModel, load_body, neutral_face
from hpefair.synthetic.body.mesh import Triangles, cut, normals
from hpefair.synthetic.clothes.texture import noise3
from hpefair.synthetic.person import Hair, Outfit, Person

MATERIALS: Final = ("skin", "top", "lower", "shoe", "hair", "eye", "prop")
SKIN, TOP, LOWER, SHOE, HAIR, EYE, PROP = range(len(MATERIALS))

# Columns of vertex values.
POSITION, NEUTRAL, PART, SCALP, LIPS = slice(0, 3), slice(3, 6), 6, 7, 8
COLUMNS: Final = 9

COVERED_MARGIN: Final = 0.06  # skin this far under a garment's edge is left out: it would only poke through
CAP_EDGE_M: Final = 0.028  # a cap sits this far above the hairline
HAIR_THICKNESS: Final = {"short": 0.012, "afro": 0.045, "cap": 0.014, "bob": 0.016, "long": 0.015, "bun": 0.012}


@dataclass(frozen=True)
class Layer:
    """One mesh of one material.

    Attributes:
        values: Vertex values (N, 9): position, neutral position, part, scalp, lips.
        faces: Triangles (F, 3).
        material: Index into `MATERIALS`.
    """

    values: Floats
    faces: Triangles
    material: int


def layers(person: Person, posed: Floats, stature_m: float) -> list[Layer]:
    """Everything that is drawn of a person.

    Args:
        person: The person.
        posed: Posed vertices (N, 3) of the body model.
        stature_m: Stature, the unit of cloth thickness.
    """
    dress = _Dresser(load_body(), posed, stature_m / 1.7)
    parts = [dress.body(person.outfit), *dress.eyes(), dress.top(person.outfit), *dress.lower(person.outfit)]
    return [part for part in (*parts, dress.shoes(person.outfit), *dress.hair(person.worn_hair)) if len(part.faces)]


@cache
def _trunk_and_legs() -> Triangles:
    """Triangles of the tights without the arms."""
    body = load_body()
    faces = body.faces["tights"]
    legs: Triangles = faces[(body.fields["arm"][faces] < -0.05).all(axis=1)]
    return legs


@cache
def _head_faces() -> Triangles:
    body = load_body()
    faces = body.faces["body"]
    head: Triangles = faces[
        (body.fields["scalp"][faces] > -0.06).any(axis=1) & (body.fields["part"][faces] == 0).all(axis=1)
    ]
    return head


@cache
def _static_values() -> Floats:
    """Vertex values but positions (N, 6)."""
    body = load_body()
    fields = (body.fields["part"], body.fields["scalp"], body.lips)
    return np.concatenate([body.neutral, *(field[:, None] for field in fields)], axis=1).astype(np.float32)


@cache
def _hair_relief() -> Floats:
    """Thickness of hair relative to its mean (N,): tufts."""
    return 1 + 0.25 * noise3(load_body().neutral, 45.0, octaves=2)


class _Dresser:
    """Cuts layers around one posed body."""

    def __init__(self, body: BodyModel, posed: Floats, scale: float) -> None:
        self._body, self._posed, self._scale = body, posed, np.float32(scale)
        self._arm, self._level = body.fields["arm"], body.fields["level"]
        self._tights = normals(posed, body.faces["tights"])

    def body(self, outfit: Outfit) -> Layer:
        """Skin that no garment covers."""
        faces = self._body.faces["body"]
        hidden = self._covered(outfit)
        return self._layer(self._posed, faces[~hidden[faces].all(axis=1)], SKIN)

    def _covered(self, outfit: Outfit) -> NDArray[np.bool_]:
        arm, level, margin = self._arm, self._level, COVERED_MARGIN
        top = (arm < outfit.sleeve - 0.08) & (level > outfit.hem + margin)
        top &= (level < outfit.neckline - 0.25) | (arm > 0.05)
        lower = (arm < 0) & (level < outfit.waist - margin) & (level > outfit.lower_hem + margin)
        shoes = (arm < 0) & (level < outfit.shoe_height - 0.1)
        covered: NDArray[np.bool_] = top | shoes | (lower if outfit.lower in ("trousers", "shorts") else False)
        return covered

    def eyes(self) -> list[Layer]:
        """Eyeballs."""
        return [self._layer(self._posed, self._body.faces[side], EYE) for side in ("left_eye", "right_eye")]

    def top(self, outfit: Outfit) -> Layer:
        """Shirt, blouse or the upper part of a dress."""
        arm, level = self._arm, self._level
        loose = 0.006 + 0.016 * outfit.looseness * np.clip(1.2 - np.abs(level - 2.9) / 1.6, 0.2, 1)
        loose = np.where(arm > 0, 0.005 + 0.014 * outfit.looseness * np.clip(arm, 0, 1), loose)
        edge = np.minimum.reduce([outfit.sleeve - arm, level - outfit.hem, outfit.neckline - level])
        return self._cut(self._let_out(self._tights, loose), self._body.faces["tights"], edge, TOP)

    def lower(self, outfit: Outfit) -> list[Layer]:
        """Trousers, shorts, or a skirt with briefs under it."""
        arm, level = self._arm, self._level
        if outfit.lower in ("trousers", "shorts"):
            loose = 0.004 + 0.020 * outfit.looseness * np.clip((2 - level) / 1.6, 0, 1)
            edge = np.where(arm > -0.05, -1, np.minimum(outfit.waist - level, level - outfit.lower_hem))
            return [self._cut(self._let_out(self._tights, loose), _trunk_and_legs(), edge, LOWER)]
        material = TOP if outfit.lower == "dress" else LOWER
        skirt = self._body.faces["skirt"]
        hanging = self._let_out(normals(self._posed, skirt), np.full(len(level), 0.006))
        briefs = np.where(arm > -0.05, -1, np.minimum(outfit.waist - level, level - 1.7))
        close = self._let_out(self._tights, np.full(len(level), 0.003))
        return [
            self._cut(hanging, skirt, level - outfit.lower_hem, material),
            self._cut(close, _trunk_and_legs(), briefs, material),
        ]

    def shoes(self, outfit: Outfit) -> Layer:
        """Shoes."""
        thick = self._let_out(self._tights, np.full(len(self._level), 0.007))
        return self._cut(thick, _trunk_and_legs(), outfit.shoe_height - self._level, SHOE)

    def hair(self, hair: Hair) -> list[Layer]:
        """A cap of hair over the scalp, strips of long hair, a bun."""
        if hair.style == "bald":
            return []
        parts = [self._scalp(hair)]
        if hair.style in ("long", "bob", "bun"):
            parts.append(self._strips(hair))
        if hair.style == "bun":
            parts.append(self._bun())
        return parts

    def _scalp(self, hair: Hair) -> Layer:
        scalp, neutral = self._body.fields["scalp"], self._body.neutral
        edge = scalp - hair.recession * np.clip((neutral[:, 2] - 0.02) / 0.08, 0, 1)
        if hair.style == "cap":
            edge = edge - CAP_EDGE_M
        if hair.style in ("short", "cap", "afro"):
            edge = np.where(self._body.fields["ear"] > 0, -0.01, edge)
        rise = 0.15 + 0.85 * np.sqrt(np.clip(edge / 0.025, 0, 1))
        relief = 1.0 if hair.style == "cap" else _hair_relief()
        thickness = HAIR_THICKNESS[hair.style] * hair.thickness * rise * relief
        outward = normals(self._posed, _head_faces())
        return self._cut(self._let_out(outward, thickness), _head_faces(), edge, HAIR)

    def _strips(self, hair: Hair) -> Layer:
        """MakeHuman's hair helper, without the strips that hang over the face."""
        x, y, z = self._body.neutral.T
        face = neutral_face()
        behind = np.where(y > face["eye"][1] + 0.06, 0.05, face["ear"][2] + 0.018 - z)
        faces = self._body.faces["hair"]
        lifted = self._let_out(normals(self._posed, faces), np.full(len(x), 0.004))
        return self._cut(lifted, faces, np.minimum(y - hair.length, behind), HAIR)

    def _bun(self) -> Layer:
        """A ball at the back of the head."""
        neutral, scalp = self._body.neutral, self._body.fields["scalp"]
        back = int(np.argmin(np.where(scalp > 0, neutral[:, 2] - 0.3 * neutral[:, 1], 9.0)))
        ball, faces = sphere(8, 12)
        values = np.zeros((len(ball), COLUMNS), np.float32)
        values[:, POSITION] = self._posed[back] + ball * np.float32(0.042) * self._scale
        values[:, NEUTRAL] = ball * np.float32(0.05)
        values[:, SCALP] = 0.1
        return Layer(values, faces, HAIR)

    def _let_out(self, outward: Floats, metres: NDArray[np.floating]) -> Floats:
        return self._posed + outward * (metres.astype(np.float32) * self._scale)[:, None]

    def _layer(self, points: Floats, faces: Triangles, material: int) -> Layer:
        """A layer with only the vertices that its triangles use."""
        used, renumbered = _used(len(points), faces)
        return Layer(np.concatenate([points[used], _static_values()[used]], axis=1), renumbered, material)

    def _cut(self, points: Floats, faces: Triangles, level: NDArray[np.floating], material: int) -> Layer:
        """The part of a layer where a level of the whole body (N,) is not negative."""
        whole = self._layer(points, faces, material)
        used, _ = _used(len(points), faces)
        return Layer(*cut(whole.values, whole.faces, level[used].astype(np.float32)), material)


def _used(n: int, faces: Triangles) -> tuple[NDArray[np.bool_], Triangles]:
    """Which of `n` vertices triangles use, and the triangles numbered among those."""
    used = np.zeros(n, bool)
    used[faces] = True
    return used, (np.cumsum(used) - 1)[faces].astype(np.int32)


def sphere(rows: int, columns: int) -> tuple[Floats, Triangles]:
    """Unit sphere: points (N, 3) and outward triangles."""
    polar = np.linspace(0, np.pi, rows + 1)[:, None]
    around = np.linspace(0, 2 * np.pi, columns + 1)[None, :-1]
    points = np.stack(
        np.broadcast_arrays(np.sin(polar) * np.cos(around), np.cos(polar) + 0 * around, np.sin(polar) * np.sin(around)),
        axis=-1,
    )
    faces = [
        triangle
        for i in range(rows)
        for j in range(columns)
        for a, b in [(i * columns + j, i * columns + (j + 1) % columns)]
        for triangle in ((a, b, a + columns), (b, b + columns, a + columns))
    ]
    return points.reshape(-1, 3).astype(np.float32), np.array(faces, np.int32)
