"""Where the report's numbers come from: the graph of stages as a picture, with the digests that DVC keeps."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from hpefair import artifacts
from hpefair.report import graph_picture
from hpefair.tools.dvc import graph as dvc_graph
from hpefair.tools.dvc import lock

STAGE: Final = "report"
CODE: Final = "code"
RAW: Final = "raw"  # what `hpefair add` has put there
SHOWN: Final = 8  # digits of a digest
LABEL: Final = "Graph of stages; the table below lists their outputs and digests"


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
    said = {word: _said(ones) for word, ones in digests.items()}
    drawn = graph_picture.picture(graph_picture.direct(above), said, LABEL)
    return {"lineage_figure": drawn, "lineage_rows": rows}


def _said(digests: list[str]) -> str:
    """First digest of a box, and how many more there are."""
    return " ".join([*digests[:1], *([f"+ {len(digests) - 1}"] if len(digests) > 1 else [])]) or "this page"


def _kept(paths: list[str], known: Mapping[str, str]) -> list[str]:
    """Where DVC's digests of outputs are: at the outputs, or at the folder of them that another stage reads whole."""
    folders = ([path] if path in known else [one for one in known if path.startswith(f"{one}/")] for path in paths)
    return list(dict.fromkeys(one for ones in folders for one in ones))


def _nodes(words: Mapping[str, str], above: Mapping[str, set[str]]) -> dict[str, str]:
    """Box of each stage: one per word, but one per item where items of a word follow from one another.

    The audit of the balanced data follows from that of the original; in one box they would be a circle.
    """
    apart = {
        word for name, word in words.items() if any(words[one] == word for one in graph_picture.ancestors(name, above))
    }
    return {name: name.replace("@", " ") if word in apart else word for name, word in words.items()}


def _digests(root: Path, graph: dvc_graph.Graph) -> dict[str, str]:
    """Path to digest, as far as the stages right above the report tell."""
    locked = lock.digests(root / lock.LOCK)
    reads = [name for name in graph.upstream(graph.stage(STAGE)) if name in locked]
    return {path: digest for name in reads for path, digest in locked[name].items() if digest}
