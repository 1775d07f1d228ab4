"""Poses of sports: tilted, inverted, in the air, on a wall."""

from dataclasses import replace

import numpy as np

from hpefair.synthetic.body.posture import Arm, Leg, Posture, Trunk
from hpefair.synthetic.poses.variation import pair, reaching, straight_leg

Rng = np.random.Generator


def _overhead(rng: Rng) -> Arm:
    return Arm(
        shoulder_abduction=rng.normal(8, 5), shoulder_flexion=rng.normal(166, 6),
        elbow_flexion=max(2.0, rng.normal(8, 6)), swivel=0, pronation=rng.normal(0, 15), clavicle=10, curl=8,
    )  # fmt: skip


def climb(rng: Rng) -> Posture:
    """On a wall, both hands high at different heights, knees out."""
    arms = pair(
        lambda: reaching(
            "head",
            (rng.uniform(0.05, 0.16), rng.uniform(-0.05, 0.22), rng.uniform(0.1, 0.2)),
            (1, -1, -0.2),
            rng,
            clavicle=12,
            curl=60,
        )
    )
    legs = pair(
        lambda: Leg(rng.uniform(15, 85), rng.uniform(15, 40), rng.uniform(15, 40), rng.uniform(30, 100), -10, False)
    )
    trunk = Trunk(rng.normal(4, 6), rng.normal(0, 8), rng.normal(0, 6), rng.normal(-18, 10), 0, rng.normal(0, 18))
    return Posture(
        "climb", trunk, *arms, *legs, pitch=rng.normal(4, 6), support="air", clearance=rng.uniform(0.15, 0.5)
    )


def handstand(rng: Rng) -> Posture:
    """Upside down on the hands."""
    split = rng.uniform(0, 60)
    legs = straight_leg(rng, 6, split), straight_leg(rng, 6, -0.5 * split)
    trunk = Trunk(rng.normal(-4, 5), rng.normal(0, 4), rng.normal(0, 5), rng.normal(-25, 10))
    return Posture(
        "handstand", trunk, _overhead(rng), _overhead(rng), *legs, pitch=180 + rng.normal(0, 8), roll=rng.normal(0, 6)
    )


def cartwheel(rng: Rng) -> Posture:
    """Turning sideways over the hands, legs spread."""
    arms = pair(
        lambda: replace(_overhead(rng), shoulder_abduction=rng.normal(150, 12), shoulder_flexion=rng.normal(0, 8))
    )
    legs = pair(lambda: straight_leg(rng, rng.uniform(30, 58)))
    roll = rng.uniform(70, 180)
    return Posture("cartwheel", Trunk(rng.normal(0, 5), rng.normal(8, 6)), *arms, *legs, roll=roll)


def jump(rng: Rng) -> Posture:
    """In the air, limbs anywhere, somewhat tilted."""
    arms = pair(lambda: Arm(rng.uniform(10, 160), rng.normal(20, 30), abs(rng.normal(30, 25)), rng.normal(0, 20), 0, 6))
    legs = pair(
        lambda: Leg(rng.normal(30, 30), rng.uniform(0, 35), rng.normal(8, 8), abs(rng.normal(45, 35)), -25, False)
    )
    trunk = Trunk(rng.normal(5, 12), rng.normal(0, 8), rng.normal(0, 12), rng.normal(0, 10), 0, rng.normal(0, 15))
    return Posture(
        "jump",
        trunk,
        *arms,
        *legs,
        pitch=rng.normal(5, 18),
        roll=rng.normal(0, 15),
        support="air",
        clearance=rng.uniform(0.05, 0.4),
    )


def dive(rng: Rng) -> Posture:
    """Flying flat or head first, arms stretched."""
    legs = pair(lambda: straight_leg(rng, 5, -4))
    trunk = Trunk(rng.normal(-6, 8), rng.normal(0, 5), rng.normal(0, 8), rng.normal(-20, 12))
    return Posture(
        "dive", trunk, _overhead(rng), _overhead(rng), *legs, pitch=rng.uniform(65, 150), roll=rng.normal(0, 12),
        support="air", clearance=rng.uniform(0.1, 0.5),
    )  # fmt: skip


def somersault(rng: Rng) -> Posture:
    """Tucked in the air, at any angle."""
    legs = pair(lambda: Leg(rng.normal(112, 8), max(0.0, rng.normal(8, 4)), 4, rng.normal(115, 10), -20, False))
    arms = pair(lambda: reaching("upperleg01.", (0.0, 0.05, 0.17), (1, 0.2, -0.2), rng, curl=45))
    trunk = Trunk(rng.normal(45, 8), 0, rng.normal(0, 4), rng.normal(25, 8))
    return Posture(
        "somersault",
        trunk,
        *arms,
        *legs,
        pitch=rng.uniform(0, 360),
        roll=rng.normal(0, 10),
        support="air",
        clearance=rng.uniform(0.2, 0.6),
    )


def kick(rng: Rng) -> Posture:
    """Balancing on one leg, the other high, the trunk leaning away."""
    if rng.random() < 0.5:
        high = Leg(rng.normal(95, 18), rng.normal(10, 6), rng.normal(5, 5), abs(rng.normal(15, 12)), -20, False)
        pitch, roll = rng.normal(-20, 8), 0.0
        standing = Leg(-pitch * 0.8, 5, 10, 8)
    else:  # a side kick, or the arabesque of a dancer
        high = Leg(rng.normal(0, 10), rng.normal(62, 6), rng.normal(10, 8), abs(rng.normal(10, 8)), -20, False)
        pitch, roll = rng.normal(0, 5), -rng.uniform(15, 45)
        standing = Leg(0, -roll * 0.9, 8, 8)
    arms = pair(lambda: Arm(rng.uniform(20, 110), rng.normal(10, 20), abs(rng.normal(30, 20)), 0, 0))
    return Posture(
        "kick", Trunk(rng.normal(8, 8), neck_twist=rng.normal(0, 12)), *arms, high, standing, pitch=pitch, roll=roll
    )


def arabesque(rng: Rng) -> Posture:
    """Standing on one leg, trunk and other leg level."""
    pitch = rng.uniform(50, 85)
    high = straight_leg(rng, 4, -12)
    standing = Leg(min(pitch * 1.0, 88.0), 2, 5, abs(rng.normal(6, 4)))
    arms = pair(lambda: Arm(rng.uniform(60, 110), rng.normal(10, 20), abs(rng.normal(8, 6)), 0, 0))
    return Posture(
        "arabesque", Trunk(rng.normal(-6, 6), neck_flexion=rng.normal(-25, 8)), *arms, high, standing, pitch=pitch
    )
