"""Poses near the ground, or on a seat."""

import numpy as np

from hpefair.synthetic.body.posture import Arm, Leg, Posture, Trunk
from hpefair.synthetic.poses.variation import pair, reaching, relaxed_arm, relaxed_trunk

Rng = np.random.Generator


def sit(rng: Rng) -> Posture:
    """On a seat, hands on the thighs, together, or hanging."""
    legs = pair(
        lambda: Leg(rng.normal(84, 5), max(0.0, rng.normal(8, 6)), rng.normal(4, 5), max(40.0, rng.normal(86, 10)))
    )
    trunk = Trunk(rng.normal(8, 8), rng.normal(0, 3), rng.normal(0, 5), rng.normal(4, 8), 0, rng.normal(0, 18))
    choice = rng.random()
    if choice < 0.65:
        arms = pair(
            lambda: reaching(
                "upperleg01.", (0.02, 0.055, rng.uniform(0.13, 0.23)), (0.6, -0.3, -0.8), rng, pronation=60, curl=18
            )
        )
    elif choice < 0.8:
        arms = pair(lambda: reaching("spine03", (0.03, 0.02, 0.13), (1, -0.5, -0.3), rng, curl=30))
    else:
        arms = pair(lambda: relaxed_arm(rng))
    return Posture("sit", trunk, *arms, *legs, support="seat")


def sit_on_floor(rng: Rng) -> Posture:
    """On the floor, legs stretched out or drawn up; hands behind, or forward."""
    style, behind = rng.random(), bool(rng.random() < 0.5)
    lean, bow = rng.normal(-15 if behind else 0, 4), rng.normal(5 if behind else 22, 7)
    if style < 0.55:
        legs = pair(lambda: Leg(rng.normal(88, 5), abs(rng.normal(10, 6)), 8, abs(rng.normal(10, 8)), 0, False))
    else:  # Knees drawn up: leaning back brings feet and seat to one level, a bowed spine brings the head forward.
        lean, bow = rng.normal(-18, 2), bow + 18
        legs = pair(lambda: Leg(rng.normal(127, 2), abs(rng.normal(8, 4)), rng.normal(4, 4), rng.normal(112, 4)))
    if behind:
        arms = pair(lambda: Arm(rng.normal(18, 5), rng.normal(-46, 5), rng.normal(38, 6), 0, 0, 0, 5))
    else:
        arms = pair(lambda: Arm(rng.normal(16, 8), rng.normal(52, 14), max(5.0, rng.normal(30, 15)), 0, 20))
    return Posture("sit_on_floor", Trunk(bow, neck_twist=rng.normal(0, 18)), *arms, *legs, pitch=lean)


def squat(rng: Rng) -> Posture:
    """A deep squat with the arms forward."""
    legs = pair(lambda: _folded_leg(rng, rng.normal(114, 8)))
    arms = pair(
        lambda: Arm(
            max(0.0, rng.normal(15, 8)), rng.normal(70, 18), max(5.0, rng.normal(40, 25)), rng.normal(0, 15), 20
        )
    )
    trunk = Trunk(rng.normal(20, 6), 0, rng.normal(0, 5), rng.normal(-10, 10), 0, rng.normal(0, 15))
    return Posture("squat", trunk, *arms, *legs, pitch=rng.normal(26, 5))


def _folded_leg(rng: Rng, hip_flexion: float) -> Leg:
    """The knee bends a little more than the hip, so that the foot comes under the body."""
    return Leg(hip_flexion, max(4.0, rng.normal(14, 6)), rng.normal(14, 6), hip_flexion + rng.normal(20, 4))


def kneel(rng: Rng) -> Posture:
    """On one knee, or on both."""
    down = Leg(rng.normal(-2, 5), rng.normal(4, 3), rng.normal(2, 3), rng.normal(94, 5), -35, False)
    up = Leg(rng.normal(85, 6), rng.normal(6, 3), rng.normal(3, 3), rng.normal(86, 5))
    both = rng.random() < 0.35
    trunk = Trunk(rng.normal(8, 6), rng.normal(0, 4), rng.normal(0, 8), rng.normal(3, 8), 0, rng.normal(0, 18))
    return Posture("kneel", trunk, relaxed_arm(rng), relaxed_arm(rng), down if both else up, down)


def crawl(rng: Rng) -> Posture:
    """On hands and knees."""
    legs = pair(lambda: Leg(rng.normal(88, 8), max(0.0, rng.normal(6, 3)), 2, rng.normal(88, 8), -40, False))
    arms = pair(lambda: Arm(max(2.0, rng.normal(8, 4)), rng.normal(86, 8), max(2.0, rng.normal(10, 6)), 0, -30, 0, 5))
    trunk = Trunk(rng.normal(2, 5), rng.normal(0, 4), rng.normal(0, 4), rng.normal(-38, 12), 0, rng.normal(0, 15))
    return Posture("crawl", trunk, *arms, *legs, pitch=rng.normal(80, 4))


def lie(rng: Rng) -> Posture:
    """On the back, the belly or the side."""
    style = rng.random()
    trunk = relaxed_trunk(rng)
    legs = pair(
        lambda: Leg(
            rng.normal(6, 8), max(2.0, rng.normal(9, 5)), rng.normal(12, 8), abs(rng.normal(12, 14)), -25, False
        )
    )
    arms = pair(
        lambda: Arm(
            rng.uniform(8, 120), rng.normal(0, 6), abs(rng.normal(20, 20)), rng.normal(0, 30), rng.normal(0, 30)
        )
    )
    if style < 0.45:
        return Posture("lie", trunk, *arms, *legs, pitch=rng.normal(-90, 3))
    if style < 0.75:
        return Posture("lie", trunk, *arms, *legs, pitch=rng.normal(90, 3))
    drawn_up = pair(lambda: Leg(rng.normal(45, 15), 0, 5, rng.normal(60, 18), -15, False))
    front = pair(lambda: Arm(10, rng.normal(60, 18), rng.normal(60, 25), 0, 0))
    return Posture("lie", trunk, *front, *drawn_up, roll=rng.normal(90, 4))
