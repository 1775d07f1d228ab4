"""Find the shape variables with which the body model has the wanted stature and body mass index."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from hpefair.arrays import Floats
from hpefair.synthetic.body.body import load_body, stature, volume
from hpefair.synthetic.body.coarse import coarse_body

Rest = Callable[[Mapping[str, float], Mapping[str, float]], Floats]

DENSITY: Final = 985.0  # kg/m³ of a living body, lungs half filled
CORPULENCE_RANGE: Final = (-1.6, 2.2)
BMI_TOLERANCE: Final = 0.15
COARSE_RATIO: Final = 0.929  # coarse volume over exact volume, typically

# What one unit of corpulence beyond MakeHuman's own weight range adds: fat where people carry it.
FAT: Final = {
    "belly": 0.5, "hip_depth": 0.5, "upper_arm_fat": 1.0, "thigh_fat": 0.8, "shin_fat": 0.7, "forearm_fat": 0.6,
    "fat_face": 0.9, "double_chin": 0.9, "buttocks": 0.7, "torso_depth": 0.5, "hip_width": 0.4, "torso_width": 0.4,
}  # fmt: skip
# Sliders that look wrong when overdone stop at these strengths.
CEILINGS: Final = {"fat_face": 1.0, "double_chin": 1.0, "shin_fat": 1.0, "forearm_fat": 1.0}
THIN: Final = {"thin_torso": 0.7, "thin_hips": 0.7, "thin_limbs": 1.0}


@dataclass(frozen=True)
class Fit:
    """Shape variables of one person.

    Attributes:
        phenotype: MakeHuman's macro variables.
        sliders: Strengths of the sliders.
        stature_m: Stature of the resting mesh.
        bmi: BMI of the resting mesh, from its volume.
    """

    phenotype: Mapping[str, float]
    sliders: Mapping[str, float]
    stature_m: float
    bmi: float


def fit(phenotype: Mapping[str, float], sliders: Mapping[str, float], stature_m: float, bmi: float) -> Fit:
    """Solve for MakeHuman's height, and for corpulence along one path from thin through MakeHuman's weight to fat.

    Stature is linear in height; BMI grows monotonically along the path.

    Args:
        phenotype: Macro variables but height and weight.
        sliders: Strengths of sliders that corpulence does not move.
        stature_m: Wanted stature.
        bmi: Wanted BMI.

    Returns:
        The variables, and what they measure; a wanted BMI outside the reachable range gives the nearest.
    """
    return _fit(tuple(sorted(phenotype.items())), tuple(sorted(sliders.items())), stature_m, bmi)


@lru_cache(maxsize=256)
def _fit(
    phenotype: tuple[tuple[str, float], ...], sliders: tuple[tuple[str, float], ...], stature_m: float, bmi: float
) -> Fit:
    path = _Path(dict(phenotype), dict(sliders), stature_m)
    wanted = bmi * COARSE_RATIO
    made = path.exact(path.nearest(wanted))
    # The coarse mesh is off by a nearly constant factor: measure it once, search once more.
    return path.exact(path.nearest(wanted * bmi / made.bmi)) if abs(made.bmi - bmi) > BMI_TOLERANCE else made


@dataclass
class _Path:
    """Bodies of one stature, from thin to fat."""

    phenotype: dict[str, float]
    sliders: dict[str, float]
    stature_m: float

    def nearest(self, bmi: float) -> float:
        """Corpulence whose coarse BMI is the wanted one, or the end of the path nearest to it."""
        ends = [self.coarse_bmi(end) - bmi for end in CORPULENCE_RANGE]
        if ends[0] >= 0 or ends[1] <= 0:
            return CORPULENCE_RANGE[0] if ends[0] >= 0 else CORPULENCE_RANGE[1]
        from scipy.optimize import brentq  # slow to load, needed by few who import this

        root: float = brentq(lambda q: self.coarse_bmi(q) - bmi, *CORPULENCE_RANGE, xtol=1e-2, rtol=1e-2)
        return root

    def coarse_bmi(self, corpulence: float) -> float:
        """BMI of the coarse mesh."""
        coarse = coarse_body()
        phenotype, sliders = self.variables(corpulence)
        points, height = self._tall(coarse.rest, coarse.stature, phenotype, sliders)[:2]
        return coarse.volume(points) * DENSITY / height**2

    def exact(self, corpulence: float) -> Fit:
        """Variables and measures of the full mesh."""
        body = load_body()
        phenotype, sliders = self.variables(corpulence)
        points, height, share = self._tall(body.rest, lambda p: stature(p, body), phenotype, sliders)
        mass = volume(points, body.faces["body"]) * DENSITY
        return Fit({**phenotype, "height": share}, sliders, height, mass / height**2)

    def variables(self, corpulence: float) -> tuple[dict[str, float], dict[str, float]]:
        """Macro variables but height, and sliders, at a place on the path."""
        weight = float(np.interp(corpulence, [0.0, 0.35, 0.65, 1.0], [0.0, 0.5, 1.05, 1.4]))
        fat, thin = max(0.0, (corpulence - 0.6) / 0.4), max(0.0, -corpulence)
        extra = {name: min(fat * full, CEILINGS.get(name, np.inf)) for name, full in FAT.items()} if fat else {}
        extra |= {name: thin * full for name, full in THIN.items()} if thin else {}
        return {**self.phenotype, "weight": weight}, {**self.sliders, **extra}

    def _tall(
        self, rest: Rest, height_of: Callable[[Floats], float], phenotype: dict[str, float], sliders: dict[str, float]
    ) -> tuple[Floats, float, float]:
        """Points of the wanted stature, their height, and the height variable: stature is linear in it."""
        short, tall = (rest({**phenotype, "height": height}, sliders) for height in (0.0, 1.0))
        least, most = height_of(short), height_of(tall)
        share = (self.stature_m - least) / (most - least)
        points = short + np.float32(share) * (tall - short)
        return points, height_of(points), float(share)
