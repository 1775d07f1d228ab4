"""A drawn body whose joints are coloured by how well each is found, one per group."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from hpefair.core.pose.skeletons import COCO_17

# Where each joint of COCO lies on a body that faces the reader, so its left is on the right; the body is 100 by 200.
PLACES: Final[Mapping[str, tuple[float, float]]] = {
    "nose": (50, 22), "left_eye": (55, 16), "right_eye": (45, 16), "left_ear": (63, 20), "right_ear": (37, 20),
    "left_shoulder": (68, 48), "right_shoulder": (32, 48), "left_elbow": (80, 76), "right_elbow": (20, 76),
    "left_wrist": (87, 104), "right_wrist": (13, 104), "left_hip": (61, 108), "right_hip": (39, 108),
    "left_knee": (64, 148), "right_knee": (36, 148), "left_ankle": (66, 188), "right_ankle": (34, 188),
}  # fmt: skip
# Cividis (Nunez, Anderton and Renslow, PLoS ONE 2018): as even to people who see colours differently.
SCALE: Final = (
    "#00224e",
    "#123570",
    "#3b496c",
    "#575d6d",
    "#707173",
    "#8a8678",
    "#a59c74",
    "#c3b369",
    "#e1cc55",
    "#fee838",
)
WIDTH, HEIGHT, LEGEND = 132, 252, 46


def bodies(title: str, values: Sequence[tuple[str, Mapping[str, float | None]]]) -> str:
    """One body per group, with a number at every joint.

    Args:
        title: What is drawn, for those who cannot see it.
        values: Group and joint to a share in [0, 1]; None or absent where nothing is known.

    Returns:
        SVG.
    """
    per_row = 5
    rows = [values[start : start + per_row] for start in range(0, len(values), per_row)]
    width, height = WIDTH * min(len(values), per_row), HEIGHT * len(rows) + LEGEND
    drawn = [
        f'<g transform="translate({WIDTH * column} {HEIGHT * number})">{_body(group, joints)}</g>'
        for number, row in enumerate(rows)
        for column, (group, joints) in enumerate(row)
    ]
    width = max(width, 330)
    return (
        f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {width} {height}" width="{width}" '
        f'font-family="inherit" font-size="9">{"".join(drawn)}{_legend(HEIGHT * len(rows))}</svg>'
    )


def _body(group: str, joints: Mapping[str, float | None]) -> str:
    lines = "".join(
        '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="#9aa7b4" stroke-width="5" stroke-linecap="round"/>'.format(
            *_place(COCO_17.joints[a]), *_place(COCO_17.joints[b])
        )
        for a, b in COCO_17.limbs
    )
    style = 'text-anchor="middle" font-size="13" font-weight="600"'
    name = f'<text x="{WIDTH / 2}" y="{HEIGHT - 14}" {style}>{escape(group)}</text>'
    return lines + "".join(_joint(joint, joints.get(joint)) for joint in COCO_17.joints) + name


def _joint(joint: str, value: float | None) -> str:
    x, y = _place(joint)
    face = joint in COCO_17.joints[:5]
    radius = 5 if face else 9.5
    fill, ink = ("#ffffff", "#1c2530") if value is None else _colours(value)
    number = "" if face else f'<text x="{x}" y="{y + 3}" text-anchor="middle" fill="{ink}">{_percent(value)}</text>'
    return f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{fill}" stroke="#1c2530" stroke-width=".7"/>{number}'


def _legend(top: float) -> str:
    boxes = "".join(
        f'<rect x="{90 + 15 * n}" y="{top + 8}" width="15" height="12" fill="{colour}"/>'
        for n, colour in enumerate(SCALE)
    )
    ends = f'<text x="84" y="{top + 18}" text-anchor="end" font-size="11">0 % found</text>'
    return boxes + ends + f'<text x="246" y="{top + 18}" font-size="11">100 % found</text>'


def _place(joint: str) -> tuple[float, float]:
    x, y = PLACES[joint]
    return x * 1.1 + (WIDTH - 110) / 2, y * 1.1 + 4


def _colours(value: float) -> tuple[str, str]:
    """Fill, and ink that can be read on it."""
    step = min(int(max(value, 0) * len(SCALE)), len(SCALE) - 1)
    return SCALE[step], "#ffffff" if step < 5 else "#1c2530"


def _percent(value: float | None) -> str:
    return "?" if value is None else f"{100 * value:.0f}"
