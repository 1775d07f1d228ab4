"""Kill a pipeline at work, many times: byte-identical in the end, nobody left behind, and what each kill costs.

    python benchmarks/kills.py --kills 30 --seed 1

Runs the whole pipeline on a drawn dataset once in one go, and once with kills over all stages: of dvc alone, of a
stage's process alone, of everything at once; in the middle, or within 50 ms after a stage has put its output in its
place.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.rows import report, row
from hpefair.tools.dvc import graph as dvc_graph
from tests import tiny_dataset
from tests.conftest import dvc, make_workspace
from tests.pipeline import kills


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        plain, hurt = Path(scratch) / "plain", Path(scratch) / "hurt"
        make_workspace(plain, tiny_dataset.write(Path(scratch) / "data"))
        shutil.copytree(plain, hurt, symlinks=True)
        seconds = in_one_go(plain)
        done = [once(hurt, *one, seconds, rng) for one in kills.draw(rng, list(seconds), options.kills)]
        dvc(hurt, "repro", "--quiet")
        same = kills.contents(plain) == kills.contents(hurt)
    hit = [one for one in done if one.hit]
    rows = [
        row("kills", len(hit), f"of {len(done)} tried"),
        row("  right after a stage's end", sum(one.moment == "end" for one in hit), "kills"),
        row("outputs byte-identical", float(same), "1: yes"),
        row("processes left behind", sum(len(one.orphans) for one in done), "processes"),
        row("finished stages computed again", sum(one.repeated for one in done), "stages"),
        row("finished items at kills", sum(one.finished for one in done), "items"),
        row("  made once more", sum(one.redone for one in done), "items"),
    ]
    report(f"Kills, seed {options.seed}", rows, options.json)
    if not same or any(one.orphans or one.repeated or one.redone for one in done):
        sys.exit("a kill cost more than the work that was not finished")


def in_one_go(root: Path) -> dict[str, float]:
    """Seconds of every stage, in the pipeline's order."""
    seconds = {}
    for stage in dvc_graph.load(root).stages:
        start = time.monotonic()
        dvc(root, "repro", "--quiet", stage.name)
        seconds[stage.name] = time.monotonic() - start
    return seconds


def once(root: Path, stage: str, victim: str, moment: str, seconds: dict[str, float], rng: random.Random) -> kills.Kill:
    """One kill, with everything above the stage up to date."""
    graph = dvc_graph.load(root)
    if above := graph.upstream(graph.stage(stage)):
        dvc(root, "repro", "--quiet", *above)
    delay = rng.uniform(0, seconds[stage] * 0.7) if moment == "middle" else rng.uniform(0, kills.SOON_S)
    found = kills.kill(root, stage, victim, moment, delay)
    print(f"{stage}: {victim}, {moment} + {delay:.2f} s{'' if found.hit else ' (nobody there any more)'}", flush=True)
    if found.repeated or found.redone or found.orphans:
        print(f"computed again: {found.repeated}, items made once more: {found.redone}, left: {found.orphans}")
        print(found.said, flush=True)
    return found


if __name__ == "__main__":
    main()
