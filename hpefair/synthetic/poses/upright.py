"""Poses on two feet."""

from dataclasses import replace

import numpy as np

from hpefair.synthetic.body.posture import Arm, Leg, Posture, Trunk
from hpefair.synthetic.poses.variation import pair, reaching, relaxed_arm, relaxed_leg, relaxed_trunk

Rng = np.random.Generator


def stand(rng: Rng) -> Posture:
    """Standing with hanging arms."""
    return Posture("stand", relaxed_trunk(rng), relaxed_arm(rng), relaxed_arm(rng), relaxed_leg(rng), relaxed_leg(rng))


def walk(rng: Rng) -> Posture:
    """A moment of the walking cycle."""
    phase, swing, elbow = rng.uniform(0, 2 * np.pi), rng.uniform(18, 30), rng.normal(25, 8)
    trunk = Trunk(spine_flexion=rng.normal(5, 3), spine_twist=rng.normal(0, 5), neck_twist=rng.normal(0, 12))
    return _stride(rng, "walk", phase, swing, (elbow, rng.uniform(40, 60)), trunk)


def run(rng: Rng) -> Posture:
    """A moment of the running cycle."""
    phase, swing, elbow = rng.uniform(0, 2 * np.pi), rng.uniform(32, 50), rng.normal(85, 10)
    trunk = Trunk(spine_flexion=rng.normal(14, 4), spine_twist=rng.normal(0, 5), neck_twist=rng.normal(0, 8))
    return _stride(rng, "run", phase, swing, (elbow, rng.uniform(70, 100)), trunk)


def _stride(rng: Rng, kind: str, phase: float, swing: float, bends: tuple[float, float], trunk: Trunk) -> Posture:
    limbs = [_stride_limbs(rng, phase + shift, swing, *bends) for shift in (0.0, np.pi)]
    (left_arm, left_leg), (right_arm, right_leg) = limbs
    return Posture(kind, trunk, left_arm, right_arm, left_leg, right_leg)


def _stride_limbs(rng: Rng, phase: float, swing: float, elbow: float, lift: float) -> tuple[Arm, Leg]:
    """Arm and leg of one side: the leg swings by the sine of the phase, the arm against it."""
    forward, rising = float(np.sin(phase)), float(np.cos(phase))
    knee = 6 + lift * max(0.0, rising) ** 1.5 * (1.0 if forward < 0.6 else 0.5) + 8 * max(0.0, -forward)
    leg = Leg(
        swing * forward + 3,
        max(0.0, rng.normal(2, 1.5)),
        rng.normal(5, 4),
        knee,
        5 - 25 * max(0.0, -forward),
        flat=False,
    )
    arm = Arm(
        shoulder_abduction=max(3.0, rng.normal(8, 4)), shoulder_flexion=-0.9 * swing * forward + 5,
        elbow_flexion=max(8.0, elbow - 10 * forward), swivel=rng.normal(8, 8), pronation=rng.normal(20, 12),
        curl=rng.uniform(20, 40),
    )  # fmt: skip
    return arm, leg


def arms_up(rng: Rng) -> Posture:
    """Both arms above the head."""
    arms = pair(lambda: Arm(
            shoulder_abduction=rng.normal(148, 16), shoulder_flexion=rng.normal(0, 8),
            elbow_flexion=max(4.0, rng.normal(30, 22)), swivel=rng.normal(-40, 25), pronation=rng.normal(0, 20),
            clavicle=rng.normal(18, 4),
        ))  # fmt: skip
    return replace(stand(rng), kind="arms_up", left_arm=arms[0], right_arm=arms[1])


def wave(rng: Rng) -> Posture:
    """One hand alongside the head."""
    place = (rng.uniform(0.14, 0.22), rng.uniform(0.02, 0.14), rng.uniform(0.02, 0.1))
    arm = reaching("head", place, (0.8, -1, -0.3), rng, clavicle=8, curl=5, pronation=rng.normal(0, 15))
    return replace(stand(rng), kind="wave", left_arm=arm)


def hands_on_hips(rng: Rng) -> Posture:
    """One or both hands on the hips."""
    arms = pair(
        lambda: reaching(
            "upperleg01.", (0.045, 0.075, 0.015), (1, 0.1, -0.55), rng, pronation=rng.normal(40, 10), curl=35
        )
    )
    other = relaxed_arm(rng) if rng.random() < 0.4 else arms[1]
    return replace(stand(rng), kind="hands_on_hips", left_arm=arms[0], right_arm=other)


def phone(rng: Rng) -> Posture:
    """A hand at the ear, the head leaning to it."""
    arm = reaching("head", (0.055, 0.015, 0.055), (0.55, -1, 0.2), rng, curl=45, clavicle=4)
    trunk = replace(relaxed_trunk(rng), neck_flexion=rng.normal(5, 4), neck_side=rng.normal(6, 3))
    return replace(stand(rng), kind="phone", left_arm=arm, trunk=trunk)


def arms_crossed(rng: Rng) -> Posture:
    """Forearms crossed before the chest."""
    arms = [
        reaching("spine02", (-0.055, 0.015 * sign, 0.115 + 0.012 * sign), (1, -0.8, 0.1), rng, curl=25)
        for sign in (1, -1)
    ]
    return replace(stand(rng), kind="arms_crossed", left_arm=arms[0], right_arm=arms[1])


def arms_wide(rng: Rng) -> Posture:
    """Arms stretched sideways, legs together or apart."""
    arms = pair(lambda: Arm(
            shoulder_abduction=rng.normal(100, 18), shoulder_flexion=rng.normal(0, 8),
            elbow_flexion=max(2.0, rng.normal(9, 8)), swivel=rng.normal(0, 10), pronation=0, clavicle=8, curl=5,
        ))  # fmt: skip
    abduction = rng.uniform(3, 26)
    legs = pair(lambda: Leg(rng.normal(2, 4), max(1.0, rng.normal(abduction, 3)), rng.normal(10, 5)))
    return Posture("arms_wide", relaxed_trunk(rng), *arms, *legs)


def reach(rng: Rng) -> Posture:
    """One arm, sometimes both, stretched forwards or upwards."""
    arm = Arm(
        shoulder_abduction=max(0.0, rng.normal(8, 8)), shoulder_flexion=rng.normal(105, 28),
        elbow_flexion=max(3.0, rng.normal(20, 15)), swivel=rng.normal(0, 12), pronation=rng.normal(10, 20), clavicle=4,
    )  # fmt: skip
    other = replace(arm, elbow_flexion=arm.elbow_flexion + 8) if rng.random() < 0.4 else relaxed_arm(rng)
    return replace(stand(rng), kind="reach", left_arm=arm, right_arm=other)


def lunge(rng: Rng) -> Posture:
    """One leg forward and bent, the other stretched back."""
    front = Leg(rng.normal(60, 8), rng.normal(4, 3), rng.normal(3, 3), rng.normal(62, 8))
    back = Leg(rng.normal(-24, 5), rng.normal(4, 3), rng.normal(4, 3), rng.normal(14, 8), -25, flat=False)
    return replace(stand(rng), kind="lunge", left_leg=front, right_leg=back)


def bend(rng: Rng) -> Posture:
    """Bending over from the hips."""
    legs = pair(
        lambda: Leg(rng.normal(34, 8), max(1.0, rng.normal(6, 3)), rng.normal(6, 4), max(0.0, rng.normal(14, 8)))
    )
    arms = pair(lambda: Arm(max(0.0, rng.normal(8, 5)), rng.normal(60, 20), max(3.0, rng.normal(15, 8)), 0, 0, 0, 20))
    trunk = Trunk(rng.normal(58, 12), rng.normal(0, 5), rng.normal(0, 8), rng.normal(-8, 12), 0, rng.normal(0, 12))
    return Posture("bend", trunk, *arms, *legs, pitch=rng.normal(18, 6))
