"""Every kind of pose with its share, and drawing one: left and right are exchanged by a fair coin."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from hpefair.synthetic.body.posture import Posture
from hpefair.synthetic.poses import athletic, low, upright

Rng = np.random.Generator

KINDS: Final[Mapping[str, Callable[[Rng], Posture]]] = MappingProxyType(
    {
        kind.__name__: kind
        for kind in (
            upright.stand, upright.walk, upright.run, upright.arms_up, upright.wave, upright.hands_on_hips,
            upright.phone, upright.arms_crossed, upright.arms_wide, upright.reach, upright.lunge, upright.bend,
            low.sit, low.sit_on_floor, low.squat, low.kneel, low.crawl, low.lie,
            athletic.climb, athletic.handstand, athletic.cartwheel, athletic.jump, athletic.dive, athletic.somersault,
            athletic.kick, athletic.arabesque,
        )
    }
)  # fmt: skip

# Everyday poses prevail, as in COCO; about one in eight is tilted by more than 60 degrees, as sports photographs are.
SHARES: Final[Mapping[str, float]] = MappingProxyType(
    {
        "stand": 12, "walk": 12, "run": 6, "arms_up": 4, "wave": 4, "hands_on_hips": 4, "phone": 3, "arms_crossed": 4,
        "arms_wide": 3, "reach": 5, "lunge": 3, "bend": 4, "sit": 10, "sit_on_floor": 3, "squat": 3, "kneel": 3,
        "crawl": 2, "lie": 4, "climb": 2, "handstand": 2, "cartwheel": 2, "jump": 3, "dive": 2, "somersault": 1,
        "kick": 2, "arabesque": 1,
    }
)  # fmt: skip


def draw_posture(rng: Rng, kind: str = "") -> Posture:
    """A posture of a kind, or of a kind drawn by its share.

    Raises:
        ValueError: If there is no such kind.
    """
    names = list(KINDS)
    weights = np.array([SHARES[name] for name in names], dtype=float)
    drawn = names[int(rng.choice(len(names), p=weights / weights.sum()))]
    mirror = bool(rng.random() < 0.5)
    if kind and kind not in KINDS:
        raise ValueError(f"Expected a kind of pose among {', '.join(KINDS)} but got {kind!r}")
    posture = KINDS[kind or drawn](rng)
    return posture.mirrored() if mirror else posture
