"""Where the report's numbers come from: the graph of stages as a picture, with the digests that DVC keeps."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any, Final

from hpefair import artifacts
from hpefair.tools.dvc import graph as dvc_graph
from hpefair.tools.dvc import lock

STAGE: Final = "report"
CODE: Final = "code"
RAW: Final = "raw"  # what `hpefair add` has put there
BOX: Final = (136, 40)
GAP: Final = (14, 26)
LANE: Final = 28  # width of the place through which an edge passes a row of boxes
WAY: Final = " to "
SHOWN: Final = 8  # digits of a digest


def lineage(root: Path = Path()) -> dict[str, Any]:
    """The graph up to the report.

    Digests are taken from the locks of the stages that the report reads, and of what those read: the same on every
    machine that has come this far.

    Args:
        root: Workspace.

    Returns:
        `lineage_figure`, an SVG, and `lineage_rows`: stage, path, digest of every output.
    """
    graph = dvc_graph.load(root)
    # Digests of code are in the graph to say what runs again: they change without a number in the report.
    graph = dvc_graph.Graph(tuple(stage for stage in graph.stages if stage.word != CODE))
    ways = {stage.name: set(graph.upstream(stage)) for stage in graph.stages}
    named = _nodes({stage.name: stage.word for stage in graph.stages}, ways)
    above: dict[str, set[str]] = {RAW: set()}
    outs: dict[str, list[str]] = {RAW: [artifacts.RAW.as_posix()]}
    for stage in graph.stages:
        node = named[stage.name]
        above.setdefault(node, set()).update({named[one] for one in ways[stage.name]} - {node} or {RAW})
        outs.setdefault(node, []).extend(stage.outs)
    known = _digests(root, graph)
    kept = {word: _kept(paths, known) for word, paths in outs.items()}
    rows = [{"stage": word, "path": path, "digest": known[path]} for word, paths in kept.items() for path in paths]
    digests = {word: [str(row["digest"])[:SHOWN] for row in rows if row["stage"] == word] for word in outs}
    return {"lineage_figure": _picture(_direct(above), digests), "lineage_rows": rows}


def _kept(paths: list[str], known: Mapping[str, str]) -> list[str]:
    """Where DVC's digests of outputs are: at the outputs, or at the folder of them that another stage reads whole."""
    folders = ([path] if path in known else [one for one in known if path.startswith(f"{one}/")] for path in paths)
    return list(dict.fromkeys(one for ones in folders for one in ones))


def _nodes(words: Mapping[str, str], above: Mapping[str, set[str]]) -> dict[str, str]:
    """Box of each stage: one per word, but one per item where items of a word follow from one another.

    The audit of the balanced data follows from that of the original; in one box they would be a circle.
    """
    apart = {word for name, word in words.items() if any(words[one] == word for one in _ancestors(name, above))}
    return {name: name.replace("@", " ") if word in apart else word for name, word in words.items()}


def _direct(above: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Edges that no longer way goes along, so that the picture can be read."""
    return {
        word: {one for one in ones if not any(one in _ancestors(other, above) for other in ones - {one})}
        for word, ones in above.items()
    }


def _ancestors(word: str, above: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(above[word])
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += above[one]
    return found


def _digests(root: Path, graph: dvc_graph.Graph) -> dict[str, str]:
    """Path to digest, as far as the stages right above the report tell."""
    locked = lock.digests(root / lock.LOCK)
    reads = [name for name in graph.upstream(graph.stage(STAGE)) if name in locked]
    return {path: digest for name in reads for path, digest in locked[name].items() if digest}


def _picture(above: Mapping[str, set[str]], digests: Mapping[str, list[str]]) -> str:
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
    boxes = "".join(_box(word, places[word], digests.get(word, [])) for word in depth)
    return (
        f'<svg role="img" aria-label="Graph of stages; the table below lists their outputs and digests" '
        f'viewBox="0 0 {width} {height}" width="{width}" font-family="inherit">{lines}{boxes}</svg>'
    )


def _width(name: str) -> int:
    """Of a box, or of the place through which an edge goes, with its gap."""
    return LANE if WAY in name else BOX[0] + GAP[0]


def _depths(above: Mapping[str, set[str]]) -> dict[str, int]:
    """Row of each stage: below everything it reads from."""
    depth: dict[str, int] = {}
    for word in above:  # dvc.yaml is not in order
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


def _box(word: str, place: tuple[float, float], digests: list[str]) -> str:
    x, y = place
    middle, text = x + BOX[0] / 2, '<text x="{:.0f}" y="{:.0f}" text-anchor="middle" {}>{}</text>'
    said = " ".join([*digests[:1], *([f"+ {len(digests) - 1}"] if len(digests) > 1 else [])]) or "this page"
    box = f'<rect x="{x:.0f}" y="{y:.0f}" width="{BOX[0]}" height="{BOX[1]}" rx="7" fill="#fff" stroke="#1c2530"/>'
    name = text.format(middle, y + 17, 'font-size="13" font-weight="600"', escape(word))
    return box + name + text.format(middle, y + 32, 'font-size="11" fill="#52606d"', escape(said))
