"""Derive the reference of the attribute source `build`: `python -m hpefair.synthetic.body.build_reference`.

The reference population is the built-in one: three builds, two gender presentations and five age bands in equal shares,
at random in clothes, pose, view and camera, whoever passes the gates of `hpefair.attributes.sources.body_build`.
Equal shares, because any real distribution would put its own prior into every measurement. ANSUR II was the other
candidate: measured naked, of one profession, without keypoints; its waists put the cuts near BMI 22.7 and 30.4, so it
serves as a check.

Keypoints are moved as COCO's annotators move them. Cuts and noise are those under which normal noise around the index
explains the builds best: P(slim) = Phi((slim_below - index) / sigma), P(large) = Phi((index - large_from) / sigma).
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import ndtr

from hpefair.arrays import Array, Mask
from hpefair.attributes.sources.body_build import Index, Reference, index
from hpefair.core.pose.skeletons import COCO_17
from hpefair.machine import worker_pool
from hpefair.schema import ATTRIBUTES
from hpefair.synthetic.labels import PersonLabels, label_people
from hpefair.synthetic.picture.geometry import gather
from hpefair.synthetic.picture.raster import rasterize
from hpefair.synthetic.picture.scene import Scene
from hpefair.synthetic.picture.staging import Setting, stage
from hpefair.synthetic.streams import Streams

SIZE: Final = 288
DRAWS: Final = 4  # of the annotators' noise for each person
# Of COCO's own spread of each joint, a third is shared by left and right and a quarter is the joint's alone: this
# reproduces the spread of face, shoulder, hip and leg proportions in COCO.
SHARED, OWN = 0.33, 0.25


@dataclass(frozen=True)
class Seen:
    """A person as annotators would mark it: mask and others' masks (H, W), keypoints (17, 3), true build."""

    mask: Mask
    others: Mask
    keypoints: Array
    build: int


def outlines(scene: Scene) -> tuple[PersonLabels, ...]:
    """Exact labels of everybody in a scene, without painting the picture."""
    geometry = gather(scene)
    flat = geometry.projected(scene.camera)
    seen = rasterize(flat, scene.camera.height, scene.camera.width)
    return label_people(scene, geometry, flat, seen, "numba", 1)


def annotated(keypoints: Array, area: float, rng: np.random.Generator) -> Array:
    """Keypoints (17, 3) moved as annotators move them."""
    pairs = np.arange(17) + 1
    pairs = np.where(np.arange(17) == 0, 0, pairs // 2)
    noise = SHARED * rng.normal(size=(9, 2))[pairs] + OWN * rng.normal(size=(17, 2))
    spread = np.asarray(COCO_17.sigmas) * np.sqrt(area / 2)
    moved = keypoints.copy()
    moved[:, :2] += noise * spread[:, None] * (keypoints[:, 2:] > 0)
    return moved


def measured(number: int) -> list[tuple[float, int, int]]:
    """Index, sides and true build of everybody in one scene who passes the gates, for every draw of noise."""
    rng = np.random.default_rng(number)
    return [
        (build_index.value, build_index.sides, person.build)
        for person in people(number)
        for _ in range(DRAWS)
        if isinstance(build_index := _index(person, rng), Index)
    ]


def people(number: int) -> Iterator[Seen]:
    """Everybody in one scene of the reference population."""
    scene = stage(Streams(11, f"image {number}"), Setting(size=SIZE))
    labels = outlines(scene)
    for place, (person, own) in enumerate(zip(scene.people, labels, strict=True)):
        others = np.zeros_like(own.mask)
        for other, neighbour in enumerate(labels):
            others |= neighbour.mask if other != place else False
        yield Seen(own.mask, others, own.keypoints, ATTRIBUTES["build"].index(person.labels["build"]))


def _index(person: Seen, rng: np.random.Generator) -> Index | str:
    return index(person.mask, person.others, annotated(person.keypoints, float(person.mask.sum()), rng))


def fit(values: Array, builds: NDArray[np.int64]) -> Reference:
    """Cuts and noise of highest likelihood, every build counting alike."""
    weight = 1 / np.bincount(builds, minlength=3)[builds]

    def loss(parameters: Array) -> float:
        slim, not_large = (ndtr((cut - values) / np.exp(parameters[2])) for cut in parameters[:2])
        chances = np.stack([slim, not_large - slim, 1 - not_large], axis=1).clip(1e-4, 1)
        return float(-(weight * np.log(chances[np.arange(len(values)), builds])).sum())

    start = [*np.quantile(values, [1 / 3, 2 / 3]), np.log(0.06)]
    optimum = minimize(loss, start, method="Nelder-Mead", options={"maxiter": 2000, "xatol": 1e-4})
    return Reference(float(optimum.x[0]), float(optimum.x[1]), float(np.exp(optimum.x[2])))


def derive(scenes: int, workers: int = 2) -> dict[int, tuple[Reference, int]]:
    """Reference, and number of measurements behind it, for indices measured on two sides and on one.

    Args:
        scenes: Scenes to draw.
        workers: Processes.
    """
    rows: list[Any] = []
    for measurements in worker_pool.run(measured, list(range(scenes)), workers, "measuring people"):
        rows += measurements
    table = np.array(sorted(rows))
    out = {}
    for sides in (2, 1):
        own = table[table[:, 1] == sides]
        out[sides] = fit(own[:, 0], own[:, 2].astype(np.int64)), len(own)
    return out


def main() -> None:
    """Print the constants for `hpefair.attributes.sources.body_build.REFERENCES`."""
    parser = argparse.ArgumentParser(description="Derive the reference of the attribute source build.")
    parser.add_argument("--scenes", type=int, default=13000, help="scenes to draw; the shipped constants used 13,000")
    for sides, (reference, number) in derive(parser.parse_args().scenes).items():
        print(f"{sides} sides, {number} measurements: {reference}")


if __name__ == "__main__":
    main()
