"""The body model: shape variables in, a resting body out; stature and volume measured on it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from hpefair.arrays import Array, Floats
from hpefair.core.pose.skeletons import COCO_17
from hpefair.synthetic.body.phenotype import coefficients

Triangles = NDArray[np.int32]

ASSET: Final = Path(__file__).parent / "asset" / "body.npz"
SURFACES: Final = ("body", "tights", "skirt", "hair", "left_eye", "right_eye")
FIELDS: Final = ("arm", "level", "scalp", "ear", "part")

# Where COCO annotators click, seen from Anny's regressor: outside pose models put hips and shoulders higher on renders
# than the regressor does, and on photographs where annotators do. Parts of stature, upwards along the bone's rest axis.
KEYPOINT_LIFT: Final = {"hip": ("pelvis", 0.020), "shoulder": ("clavicle", 0.0075)}


@dataclass(frozen=True)
class BodyModel:
    """A linear shape space over the MakeHuman base mesh, with its skeleton; metres, Y up, facing +Z.

    Attributes:
        template: Points (P, 3): the drawn vertices, then the head of every bone.
        basis: Shape basis (R, 3P).
        projection: Coordinates of every macro target in the basis (K, R).
        masks: Anchors of every macro target (K, A).
        sliders: Offsets beyond the macro targets: rows and offsets (n, 3) by name.
        surfaces: Vertex range of each surface.
        faces: Triangles (F, 3) of each surface, indices into the points.
        bones: Bone names, parents first.
        parents: Parent of every bone, -1 for the root.
        weights: Skinning weights (N, B), sparse.
        regressor: Weights (17, N) of the COCO keypoints, sparse.
        fields: Surface coordinates (N,) by name, see `asset.fields`.
        lips: How much lip every vertex is (N,), 0 to 1.
        neutral: The neutral young adult at rest (N, 3): texture coordinates of skin and cloth.
    """

    template: Floats
    basis: Floats
    projection: Array
    masks: NDArray[np.uint8]
    sliders: Mapping[str, tuple[NDArray[np.int64], Floats]]
    surfaces: Mapping[str, slice]
    faces: Mapping[str, Triangles]
    bones: tuple[str, ...]
    parents: NDArray[np.int16]
    weights: Any
    regressor: Any
    fields: Mapping[str, Floats]
    lips: Floats
    neutral: Floats

    @property
    def n_vertices(self) -> int:
        """Number of drawn vertices N."""
        return len(self.lips)

    def bone(self, name: str) -> int:
        """Index of a bone."""
        return self.bones.index(name)

    def rest(self, phenotype: Mapping[str, float], sliders: Mapping[str, float]) -> Floats:
        """Points (P, 3) at rest: vertices, then bone heads.

        Args:
            phenotype: Macro variables, see `phenotype.coefficients`.
            sliders: Strength of each slider, 0 for none, 1 for MakeHuman's own full strength.
        """
        shape = (coefficients(phenotype, self.masks) @ self.projection).astype(np.float32)
        # einsum, not a BLAS product: its order of sums does not depend on the number of threads.
        points = self.template + np.einsum("r,rp->p", shape, self.basis).reshape(-1, 3)
        for name, strength in sliders.items():
            rows, offsets = self.sliders[name]
            points[rows] += np.float32(strength) * offsets
        return points


@cache
def load_body() -> BodyModel:
    """The body model of the package; read once per process."""
    with np.load(ASSET) as arrays:
        return _read({name: arrays[name] for name in arrays.files})


@cache
def neutral_face() -> Mapping[str, Array]:
    """Places (3,) of the face on the neutral body: nose, left eye, left ear, left pupil."""
    body = load_body()
    nose, eye, _, ear = (body.regressor @ body.neutral)[:4]
    return {"nose": nose, "eye": eye, "ear": ear, "pupil": body.neutral[body.surfaces["left_eye"]].mean(axis=0)}


def _read(arrays: Mapping[str, Any]) -> BodyModel:
    bones = tuple(str(name) for name in arrays["bones"])
    n = len(arrays["lips"])
    faces = {name: arrays[f"faces_{name}"].astype(np.int32) for name in SURFACES}
    weights = _csr(arrays, "weights", (n, len(bones)))
    body = BodyModel(
        template=arrays["points"],
        basis=arrays["basis"].astype(np.float32) * arrays["basis_scale"][:, None],
        projection=arrays["projection"].astype(float),
        masks=arrays["masks"],
        sliders={name: _slider(arrays, name) for name in _slider_names(arrays)},
        surfaces={name: slice(int(f.min()), int(f.max()) + 1) for name, f in faces.items()},
        faces=faces,
        bones=bones,
        parents=arrays["parents"],
        weights=sp.diags(1 / np.asarray(weights.sum(axis=1)).ravel()).dot(weights).astype(np.float32).tocsr(),
        regressor=_csr(arrays, "keypoints", (COCO_17.size, n)),
        fields={name: arrays[f"field_{name}"] for name in FIELDS},
        lips=arrays["lips"].astype(np.float32) / 255,
        neutral=arrays["points"][:n],
    )
    return _with_neutral(body)


def _with_neutral(body: BodyModel) -> BodyModel:
    return replace(body, neutral=body.rest({"age": 2 / 3}, {})[: body.n_vertices])


def _slider_names(arrays: Mapping[str, Any]) -> list[str]:
    return [
        key.removeprefix("slider_").removesuffix("_rows") for key in arrays if key.endswith("_rows") and "slider" in key
    ]


def _slider(arrays: Mapping[str, Any], name: str) -> tuple[NDArray[np.int64], Floats]:
    rows = arrays[f"slider_{name}_rows"].astype(np.int64)
    return rows, arrays[f"slider_{name}_offsets"].astype(np.float32)


def _csr(arrays: Mapping[str, Any], name: str, shape: tuple[int, int]) -> Any:
    cells = (arrays[f"{name}_rows"].astype(np.int32), arrays[f"{name}_columns"].astype(np.int32))
    return sp.csr_matrix((arrays[f"{name}_values"], cells), shape=shape)


def stature(points: Floats, body: BodyModel) -> float:
    """Height in metres of a resting body, crown to sole."""
    heights = points[body.surfaces["body"], 1]
    return float(heights.max() - heights.min())


def volume(points: NDArray[Any], faces: Triangles) -> float:
    """Volume of a closed mesh in cubic metres, by the divergence theorem."""
    a, b, c = (points[faces[:, k]].astype(float) for k in range(3))
    return float(abs(np.einsum("ij,ij->", a, np.cross(b, c))) / 6)
