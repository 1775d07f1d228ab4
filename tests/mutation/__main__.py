"""`make mutants`: draw, judge, and say how many of each package no test noticed."""

import argparse
import contextlib
import json
import os
import queue
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from tests.mutation.draw import CORE, PACKAGES, Mutant, draw
from tests.mutation.judge import Judged, judge, passes
from tests.mutation.nearest import nearest

PROJECT = Path(__file__).resolve().parents[2]
DIGITS = 6  # of the commit's hash


def main() -> None:
    """Judge a sample of the last commit's mutants; what was judged before with this seed is not judged again."""
    asked = _arguments()
    commit = _git(PROJECT, "rev-parse", "HEAD")
    seed = asked.seed or commit[:DIGITS]
    ledger = asked.out / f"{commit[:12]}-{seed}-{asked.each}.jsonl"
    asked.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        clones = [_clone(Path(folder) / f"clone{number}") for number in range(asked.jobs)]
        mutants = draw(clones[0], asked.packages, asked.each, seed)
        known = _known(ledger)
        waiting = [mutant for mutant in mutants if mutant not in known]
        print(f"commit {commit[:12]}, seed {seed}: {len(mutants)} mutants, {len(waiting)} to judge", flush=True)
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"  # kernels of broken code are not kept
        os.environ["HPEFAIR_TEST_WORKSPACE"] = f"{folder}/workspace"
        if waiting and not asked.trust:
            _check(clones[0], waiting)
        for judged in _all(clones, waiting, asked.limit):
            known[judged.mutant] = judged
            with ledger.open("a") as file:
                file.write(json.dumps(asdict(judged)) + "\n")
            place = f"{judged.mutant.module}:{judged.mutant.line}"
            print(f"{len(known)}/{len(mutants)} {judged.outcome} {place} {judged.mutant.operator}", flush=True)
    print(table([known[mutant] for mutant in mutants if mutant in known]))


def table(judged: Sequence[Judged]) -> str:
    """Markdown: by package, decided mutants and how many of them survived; then the survivors."""
    lines = ["| package | decided | survived | share | equivalent | undecided |", "|---|---|---|---|---|---|"]
    groups = {
        **{package: [one for one in judged if one.mutant.package == package] for package in PACKAGES},
        "all of core": [one for one in judged if one.mutant.package in CORE],
        "the rest": [one for one in judged if one.mutant.package not in CORE],
    }
    for name, group in groups.items():
        count = Counter(one.outcome for one in group)
        decided = count["killed"] + count["survived"]
        share = f"{count['survived'] / decided:.0%}" if decided else ""
        lines.append(
            f"| {name} | {decided} | {count['survived']} | {share} | {count['equivalent']} | {count['undecided']} |"
        )
    for one in judged:
        if one.outcome == "survived":
            lines += ["", f"{one.mutant.module}:{one.mutant.line} {one.mutant.operator}", one.diff]
    return "\n".join(lines)


def _all(clones: Sequence[Path], mutants: Sequence[Mutant], limit_s: float) -> Iterator[Judged]:
    """Verdicts on all mutants, in order; one mutant at a time in each clone."""
    free: queue.Queue[Path] = queue.Queue()
    for clone in clones:
        free.put(clone)

    def one(mutant: Mutant) -> Judged:
        clone = free.get()
        try:
            return judge(clone, mutant, limit_s)
        finally:
            free.put(clone)

    with ThreadPoolExecutor(len(clones)) as pool:
        yield from pool.map(one, mutants)


def _check(clone: Path, mutants: Sequence[Mutant]) -> None:
    """Stop where a test fails without any fault: it would count every mutant as killed."""
    files = sorted({test for mutant in mutants for test in nearest(clone, mutant.module)})
    print(f"{len(files)} files of tests, without any fault first", flush=True)
    if said := passes(clone, files):
        raise SystemExit(f"tests fail without any fault; mend them first\n{said}")


def _known(ledger: Path) -> dict[Mutant, Judged]:
    """What was judged before."""
    found = {}
    with contextlib.suppress(FileNotFoundError):
        for line in ledger.read_text().splitlines():
            row = json.loads(line)
            mutant = Mutant(**row.pop("mutant"))
            found[mutant] = Judged(mutant, **row)
    return found


def _clone(place: Path) -> Path:
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(place)], check=True)
    return place


def _git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--seed", default="", help=f"the first {DIGITS} digits of the commit's hash by default")
    parser.add_argument("--each", type=int, default=18, help="mutants a package")
    parser.add_argument("--limit", type=float, default=120, help="seconds that the nearest tests of one may take")
    parser.add_argument("--jobs", type=int, default=2, help="clones to work in")
    parser.add_argument("--packages", nargs="+", default=list(PACKAGES), choices=PACKAGES, metavar="PACKAGE")
    parser.add_argument("--trust", action="store_true", help="do not run the tests without any fault first")
    parser.add_argument("--out", type=Path, default=PROJECT / "mutants", help="folder of what was judged")
    return parser.parse_args()


if __name__ == "__main__":
    main()
