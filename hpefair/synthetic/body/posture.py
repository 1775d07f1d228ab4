"""Posture: anatomical joint angles that mean the same for every body, within the normal range of motion."""

from dataclasses import dataclass, replace
from typing import Any, Final, Self

# Normal ranges of motion in degrees (American Academy of Orthopaedic Surgeons, 1965, rounded; shoulder and hip ranges
# include the movement of the shoulder girdle and of the pelvis, and reach what gymnasts reach).
LIMITS: Final = {
    "hip_flexion": (-35.0, 130.0),
    "hip_abduction": (-25.0, 70.0),
    "hip_rotation": (-40.0, 45.0),
    "knee_flexion": (0.0, 150.0),
    "ankle_flexion": (-50.0, 25.0),
    "shoulder_abduction": (0.0, 175.0),
    "shoulder_flexion": (-60.0, 175.0),
    "elbow_flexion": (0.0, 150.0),
    "swivel": (-80.0, 80.0),
    "pronation": (-80.0, 80.0),
    "clavicle": (-5.0, 25.0),
    "curl": (0.0, 80.0),
    "spine_flexion": (-30.0, 85.0),
    "spine_side": (-35.0, 35.0),
    "spine_twist": (-45.0, 45.0),
    "neck_flexion": (-55.0, 50.0),
    "neck_side": (-40.0, 40.0),
    "neck_twist": (-75.0, 75.0),
}


def bounded(name: str, degrees: float) -> float:
    """An angle within its range of motion."""
    low, high = LIMITS[name]
    return float(min(max(degrees, low), high))


class Bounded:
    """Angles that are clipped to `LIMITS` when they are set."""

    def __post_init__(self) -> None:
        for name in LIMITS:
            if hasattr(self, name):
                object.__setattr__(self, name, bounded(name, getattr(self, name)))


@dataclass(frozen=True)
class Reach:
    """A place for the wrist, in the frame of the unposed trunk.

    Attributes:
        landmark: Bone whose head is the origin; a trailing dot stands for the arm's own side.
        offset: Outwards to the arm's own side, upwards, forwards; parts of stature.
        pole: Direction in which the elbow points, same axes.
    """

    landmark: str
    offset: tuple[float, float, float]
    pole: tuple[float, float, float]


@dataclass(frozen=True)
class Arm(Bounded):
    """One arm; degrees. Where `reach` is set, shoulder and elbow follow from it."""

    shoulder_abduction: float = 9.0
    shoulder_flexion: float = 3.0
    elbow_flexion: float = 22.0
    swivel: float = 10.0
    pronation: float = 20.0
    clavicle: float = 0.0
    curl: float = 15.0
    reach: Reach | None = None


@dataclass(frozen=True)
class Leg(Bounded):
    """One leg; degrees. `flat` keeps the sole level, `ankle_flexion` is used otherwise."""

    hip_flexion: float = 2.0
    hip_abduction: float = 4.0
    hip_rotation: float = 8.0
    knee_flexion: float = 4.0
    ankle_flexion: float = 0.0
    flat: bool = True


@dataclass(frozen=True)
class Trunk(Bounded):
    """Spine and neck; degrees, flexion forwards, side and twist towards the person's left."""

    spine_flexion: float = 4.0
    spine_side: float = 0.0
    spine_twist: float = 0.0
    neck_flexion: float = 2.0
    neck_side: float = 0.0
    neck_twist: float = 0.0


@dataclass(frozen=True)
class Posture:
    """A whole posture.

    Attributes:
        kind: Name of the kind of pose it was drawn from.
        trunk: Spine and neck.
        left_arm: The person's left arm.
        right_arm: The person's right arm.
        left_leg: The person's left leg.
        right_leg: The person's right leg.
        pitch: Tilt of the whole body forwards, degrees: 0 upright, 90 prone, -90 supine, 180 upside down.
        roll: Tilt of the whole body towards its left, degrees.
        support: What carries the body: `floor`, `seat`, or `air`.
        clearance: Height of the lowest point above the floor where the support is `air`, in parts of stature.
    """

    kind: str
    trunk: Trunk = Trunk()
    left_arm: Arm = Arm()
    right_arm: Arm = Arm()
    left_leg: Leg = Leg()
    right_leg: Leg = Leg()
    pitch: float = 0.0
    roll: float = 0.0
    support: str = "floor"
    clearance: float = 0.0

    def mirrored(self) -> Self:
        """The same posture with left and right exchanged."""
        trunk = self.trunk
        return replace(
            self,
            trunk=replace(
                trunk, spine_side=-trunk.spine_side, spine_twist=-trunk.spine_twist, neck_side=-trunk.neck_side,
                neck_twist=-trunk.neck_twist,
            ),
            left_arm=self.right_arm,
            right_arm=self.left_arm,
            left_leg=self.right_leg,
            right_leg=self.left_leg,
            roll=-self.roll,
        )  # fmt: skip

    def angles(self) -> dict[str, float]:
        """Every bounded angle by dotted name, `left_arm.elbow_flexion` for one."""
        parts: dict[str, Any] = {
            name: getattr(self, name) for name in ("trunk", "left_arm", "right_arm", "left_leg", "right_leg")
        }
        return {
            f"{part}.{name}": getattr(value, name)
            for part, value in parts.items()
            for name in LIMITS
            if hasattr(value, name)
        }
