"""A graph as a picture: boxes in rows, each below everything it follows from, and curves that pass between boxes."""

from collections.abc import Mapping
from html import escape
from typing import Final

BOX: Final = (136, 40)
GAP: Final = (14, 26)
LANE: Final = 28  # width of the place through which an edge passes a row of boxes
WAY: Final = " to "


def picture(above: Mapping[str, set[str]], said: Mapping[str, str], label: str) -> str:
    """Draw a graph without circles.

    Args:
        above: Name of each box to the names of those right above it.
        said: Second line of each box.
        label: What somebody who does not see the picture is told.

    Returns:
        An SVG.
    """
    depth = _depths(above)
    edges = [(one, word) for word, ones in above.items() for one in sorted(ones)]
    rows: dict[int, list[str]] = {}
    for word, level in depth.items():
        rows.setdefault(level, []).append(word)
    for one, word in edges:  # a longer way goes through a place of its own in every row between, not behind a box
        for level in range(depth[one] + 1, depth[word]):
            rows[level].append(f"{one}{WAY}{word}@{level}")
    widest = max(sum(_width(name) for name in row) for row in rows.values())
    places = {}
    for level, names in rows.items():
        x = GAP[0] + (widest - sum(_width(name) for name in names)) / 2
        for name in names:
            places[name] = (x, level * (BOX[1] + GAP[1]) + 4.0)
            x += _width(name)
    width, height = widest + GAP[0], len(rows) * (BOX[1] + GAP[1])
    lines = "".join(_line(one, word, depth, places) for one, word in edges)
    boxes = "".join(_box(word, places[word], said.get(word, "")) for word in depth)
    return (
        f'<svg role="img" aria-label="{escape(label)}" '
        f'viewBox="0 0 {width} {height}" width="{width}" font-family="inherit">{lines}{boxes}</svg>'
    )


def direct(above: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Edges that no longer way goes along, so that the picture can be read."""
    return {
        word: {one for one in ones if not any(one in ancestors(other, above) for other in ones - {one})}
        for word, ones in above.items()
    }


def ancestors(word: str, above: Mapping[str, set[str]]) -> set[str]:
    """Everything from which a box follows, in however many steps."""
    reached: set[str] = set()
    waiting = list(above[word])
    while waiting:
        one = waiting.pop()
        if one not in reached:
            reached.add(one)
            waiting += above[one]
    return reached


def _width(name: str) -> int:
    """Of a box, or of the place through which an edge goes, with its gap."""
    return LANE if WAY in name else BOX[0] + GAP[0]


def _depths(above: Mapping[str, set[str]]) -> dict[str, int]:
    """Row of each box: below everything it follows from."""
    depth: dict[str, int] = {}
    for word in above:  # which need not be in order
        _depth(word, above, depth)
    return {word: depth[word] for word in above}


def _depth(word: str, above: Mapping[str, set[str]], depth: dict[str, int]) -> int:
    if word not in depth:
        depth[word] = max((_depth(one, above, depth) for one in sorted(above[word])), default=-1) + 1
    return depth[word]


def _line(one: str, word: str, depth: Mapping[str, int], places: Mapping[str, tuple[float, float]]) -> str:
    """From below one box to the top of the other, straight down past the rows between."""
    x, y = places[one][0] + BOX[0] / 2, places[one][1] + BOX[1]
    path = f"M{x:.0f} {y:.0f}"
    for level in range(depth[one] + 1, depth[word] + 1):
        between = level < depth[word]
        left, top = places[f"{one}{WAY}{word}@{level}" if between else word]
        to_x, half = left + (LANE if between else BOX[0]) / 2, (y + top) / 2
        path += f" C{x:.0f} {half:.0f} {to_x:.0f} {half:.0f} {to_x:.0f} {top:.0f}"
        path += f" V{top + BOX[1]:.0f}" if between else ""
        x, y = to_x, top + BOX[1]
    return f'<path d="{path}" fill="none" stroke="#9aa7b4" stroke-width="1.2"/>'


def _box(word: str, place: tuple[float, float], said: str) -> str:
    x, y = place
    middle, text = x + BOX[0] / 2, '<text x="{:.0f}" y="{:.0f}" text-anchor="middle" {}>{}</text>'
    box = f'<rect x="{x:.0f}" y="{y:.0f}" width="{BOX[0]}" height="{BOX[1]}" rx="7" fill="#fff" stroke="#1c2530"/>'
    name = text.format(middle, y + 17, 'font-size="13" font-weight="600"', escape(word))
    return box + name + text.format(middle, y + 32, 'font-size="11" fill="#52606d"', escape(said))
