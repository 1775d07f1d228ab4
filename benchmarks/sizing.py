"""What a million people cost, stage by stage: CPU seconds of two sizes of the built-in sample, and the slope between.

A stage has a fixed cost (starting Python, loading networks) and one per person; two sizes tell them apart. Judges are
left out. Training costs what its steps cost, however many people there are.
"""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import rows
import yaml

from hpefair.cli.demo import create_workspace
from hpefair.tools.dvc import cli, graph

PROJECT = Path(__file__).resolve().parent.parent
SIZES = (150, 600)
MILLION = 1_000_000


def measured(root: Path, images: int) -> tuple[pd.Series, int]:
    """CPU seconds of every stage word on a sample of that many images, and how many people are in it."""
    create_workspace(PROJECT, root)
    called(root, [sys.executable, "-m", "hpefair", "add", "sample", "--number", str(images)])
    path = root / "params.yaml"
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    tree["screen"] |= {"judges": [], "counter": "", "pairs": 0}
    tree["train"]["engine"] |= {"steps": 100, "checkpoint_every": 100, "validate_every": 100}
    path.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    spent: dict[str, float] = {}
    for stage in graph.load(root).stages:
        # The stage alone, not dvc's own second around it.
        cost = called(root, [sys.executable, *stage.cmd.split()[1:]])
        spent[stage.word] = spent.get(stage.word, 0.0) + cost
    people = len(pd.read_parquet(root / "data/ingest/people.parquet"))
    return pd.Series(spent), people


def called(root: Path, command: list[str]) -> float:
    """Run a command in a workspace; its CPU seconds, those of its processes included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=root, env={**cli.environment(), "PYTHONPATH": ""}, check=True, stdout=2)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Two workspaces, and the table."""
    wanted = rows.arguments(__doc__ or "")
    os.environ["DVC_NO_ANALYTICS"] = "1"
    with tempfile.TemporaryDirectory() as scratch:
        (small, few), (large, many) = (measured(Path(scratch) / str(size), size) for size in SIZES)
    out = []
    for word in large.index:
        slope = (large[word] - small[word]) / (many - few)
        out.append(rows.row(f"{word}: fixed", small[word] - slope * few, "CPU s"))
        if word != "train":
            out.append(rows.row(f"{word}: per million people", slope * MILLION / 3600, "core hours"))
    rows.report(f"sizing, {few} and {many} people", out, wanted.json)


if __name__ == "__main__":
    main()
