"""Hair and the cut of clothes, drawn at random; people are always dressed."""

from typing import Final

import numpy as np

from hpefair.synthetic.body.posture import Posture
from hpefair.synthetic.clothes.colour import NATURAL_HAIR, from_hex, triple
from hpefair.synthetic.person import Hair, Outfit

Rng = np.random.Generator

HAIR_STYLES: Final = {
    "feminine": {"long": 0.32, "bob": 0.22, "bun": 0.14, "short": 0.16, "afro": 0.08, "cap": 0.08},
    "masculine": {"short": 0.58, "afro": 0.12, "bald": 0.12, "cap": 0.12, "bob": 0.06},
}
NATURAL_SHARES: Final = (0.30, 0.22, 0.18, 0.12, 0.08, 0.06, 0.04)
BEARD_SHARE: Final = 0.3
LOWERS: Final = {
    "feminine": {"trousers": 0.52, "shorts": 0.16, "skirt": 0.16, "dress": 0.16},
    "masculine": {"trousers": 0.70, "shorts": 0.30, "skirt": 0.0, "dress": 0.0},
}
PATTERNS: Final = {"plain": 0.52, "horizontal": 0.14, "vertical": 0.07, "plaid": 0.11, "dots": 0.07, "block": 0.09}
LOWER_PATTERNS: Final = {"plain": 0.78, "plaid": 0.08, "vertical": 0.07, "dots": 0.07}

# A skirt follows the pelvis and would float in poses far from upright: shorts take its place there.
SKIRTED_TILT: Final = 40.0


def draw_hair(rng: Rng, gender: str) -> Hair:
    """Hair; its colour is drawn alike for every skin tone."""
    style = _choice(rng, HAIR_STYLES[gender])
    natural = from_hex(NATURAL_HAIR[int(rng.choice(len(NATURAL_HAIR), p=NATURAL_SHARES))])
    greying, lengths, recession, beard, thickness = (float(value) for value in rng.uniform(size=5))
    length = {"long": 0.30 + 0.14 * lengths, "bob": 0.52 + 0.06 * lengths, "bun": 0.60}.get(style, 1.0)
    return Hair(style, triple(natural), greying, length, 0.8 + 0.4 * thickness, 0.035 * recession, beard < BEARD_SHARE)


def draw_outfit(rng: Rng, gender: str, posture: Posture) -> Outfit:
    """The cut of the clothes."""
    sleeve = _choice(rng, {"none": 0.12, "short": 0.48, "long": 0.40})
    lower = _choice(rng, LOWERS[gender])
    numbers = rng.uniform(size=9)
    tilted = abs(posture.pitch) > SKIRTED_TILT or abs(posture.roll) > SKIRTED_TILT
    if lower in ("skirt", "dress") and (
        tilted or posture.support != "floor" or posture.kind in ("sit_on_floor", "kick", "squat")
    ):
        lower = "shorts"
    hems = {"trousers": 0.02 + 0.2 * numbers[0], "shorts": 0.95 + 0.55 * numbers[0]}
    waist = 2.3 + 0.4 * numbers[1]
    hem = 1.75 + 0.4 * numbers[2] if numbers[3] < 0.7 else waist - 0.05
    return Outfit(
        sleeve={"none": -0.02, "short": 0.45 + 0.3 * float(numbers[4]), "long": 1.86}[sleeve],
        neckline=4.2 + 0.3 * float(numbers[5]),
        hem=float(hem),
        waist=float(waist),
        lower=lower,
        lower_hem=float(hems.get(lower, 0.35 + numbers[0])),
        looseness=float(rng.beta(1.5, 2.2)),
        shoe_height=float((0.0, 0.12, -0.02)[int(rng.integers(3))]),
        top_pattern=_choice(rng, PATTERNS),
        lower_pattern=_choice(rng, LOWER_PATTERNS),
        pattern_scale=0.7 + 0.9 * float(numbers[6]),
        pattern_edge=0.15 + 0.2 * float(numbers[7]),
    )


def _choice(rng: Rng, shares: dict[str, float]) -> str:
    names = list(shares)
    return names[int(rng.choice(len(names), p=np.array(list(shares.values())) / sum(shares.values())))]
