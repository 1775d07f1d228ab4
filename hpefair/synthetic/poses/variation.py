"""How poses vary: small deviations every posture shares, and limbs that just hang."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from hpefair.synthetic.body.posture import Arm, Leg, Reach, Trunk

Rng = np.random.Generator
Limb = TypeVar("Limb", Arm, Leg)


def pair(draw: Callable[[], Limb]) -> tuple[Limb, Limb]:
    """Two limbs of the same kind, drawn one after the other: left and right."""
    return draw(), draw()


def relaxed_trunk(rng: Rng) -> Trunk:
    """A nearly upright trunk; the head looks around."""
    return Trunk(
        spine_flexion=rng.normal(4, 4), spine_side=rng.normal(0, 4), spine_twist=rng.normal(0, 6),
        neck_flexion=rng.normal(2, 7), neck_side=rng.normal(0, 5), neck_twist=rng.normal(0, 18),
    )  # fmt: skip


def relaxed_arm(rng: Rng) -> Arm:
    """An arm that hangs."""
    return Arm(
        shoulder_abduction=max(2.0, rng.normal(9, 5)), shoulder_flexion=rng.normal(3, 10),
        elbow_flexion=max(5.0, rng.normal(22, 12)), swivel=rng.normal(10, 12), pronation=rng.normal(20, 20),
        curl=rng.uniform(8, 28),
    )  # fmt: skip


def relaxed_leg(rng: Rng) -> Leg:
    """A leg that stands."""
    return Leg(
        hip_flexion=rng.normal(2, 3), hip_abduction=max(1.0, rng.normal(5, 3)), hip_rotation=rng.normal(9, 6),
        knee_flexion=max(0.0, rng.normal(4, 4)),
    )  # fmt: skip


def straight_leg(rng: Rng, abduction: float = 6.0, flexion: float = 0.0) -> Leg:
    """A stretched leg with a pointed foot."""
    return Leg(
        hip_flexion=rng.normal(flexion, 8), hip_abduction=max(0.0, rng.normal(abduction, 5)),
        hip_rotation=rng.normal(8, 6), knee_flexion=max(0.0, rng.normal(8, 8)),
        ankle_flexion=rng.normal(-25, 10), flat=False,
    )  # fmt: skip


def reaching(
    landmark: str, offset: tuple[float, float, float], pole: tuple[float, float, float], rng: Rng, **angles: float
) -> Arm:
    """An arm whose wrist reaches a place, give or take a hundredth of the stature."""
    out, up, forward = (float(value + rng.normal(0, 0.006)) for value in offset)
    return Arm(reach=Reach(landmark, (out, up, forward), pole), **angles)
