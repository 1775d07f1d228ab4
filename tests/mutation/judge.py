"""One mutant at a time in a clone of its own: the nearest tests, then, if it survives, those of its whole package."""

import json
import os
import shlex
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome

from tests.mutation.draw import Mutant
from tests.mutation.nearest import nearest, package_tests

EQUIVALENT = Path(__file__).with_name("equivalent.yaml")
PYTEST = "-m pytest -x -q --no-header -p no:cacheprovider -m 'not services'"


@dataclass(frozen=True)
class Judged:
    """A mutant and what became of it.

    Attributes:
        mutant: The fault.
        outcome: killed, survived, equivalent (its reason is in equivalent.yaml) or undecided (it cannot be made).
        by: Which tests decided: nearest or package.
        diff: What was changed.
    """

    mutant: Mutant
    outcome: str
    by: str
    diff: str


def judge(clone: Path, mutant: Mutant, limit_s: float) -> Judged:
    """Make it, ask, and put the file back.

    Args:
        clone: A clone that nobody else works in.
        mutant: The fault.
        limit_s: Seconds for the nearest tests; whoever takes longer counts as killed, as it hangs. The package has four
            times as long.
    """
    if reason(mutant):
        return Judged(mutant, "equivalent", "", reason(mutant))
    outcome, diff = _ask(clone, mutant, nearest(clone, mutant.module), limit_s)
    if outcome != "survived":
        return Judged(mutant, outcome, "nearest", diff)
    outcome, diff = _ask(clone, mutant, package_tests(clone, mutant.package), 4 * limit_s)
    return Judged(mutant, outcome, "package", diff)


def reason(mutant: Mutant) -> str:
    """Why a mutant changes nothing that anybody can see; empty where it may."""
    listed = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) or []
    same = (one for one in listed if (one["module"], one["line"]) == (mutant.module, mutant.text))
    return next((one["reason"] for one in same if one["operator"] in (mutant.operator, "any")), "")


def passes(clone: Path, files: list[str]) -> str:
    """What tests say that fail without any fault; empty where all pass."""
    command = [sys.executable, *shlex.split(PYTEST.replace(" -x", "")), "-n", "2", "--dist", "loadfile", *files]
    done = subprocess.run(command, cwd=clone, env=environment(), capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout[-3000:]


def environment() -> dict[str, str]:
    """The environment of tests that are to be asked about one clone only."""
    return {**os.environ, "PYTHONPATH": ""}


def _ask(clone: Path, mutant: Mutant, tests: list[str], limit_s: float) -> tuple[str, str]:
    """Outcome of some tests with the fault in place, and the fault as a diff."""
    if not tests:
        return "survived", ""
    # A process of its own: cosmic-ray works in the current folder.
    words = [sys.executable, "-m", "tests.mutation.judge", json.dumps(asdict(mutant)), str(limit_s), *tests]
    done = subprocess.run(words, cwd=clone, env=environment(), capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return found["outcome"], found["diff"]


def main(mutant: Mutant, limit_s: float, tests: list[str]) -> dict[str, str]:
    """In the clone: make the fault, run tests, put the file back."""
    spec = MutationSpec(Path(mutant.module), mutant.operator, mutant.occurrence, (mutant.line, 0), (mutant.line, 1))
    result = mutate_and_test([spec], f"{sys.executable} {PYTEST} {' '.join(tests)}", limit_s)
    if result.worker_outcome is not WorkerOutcome.NORMAL:
        return {"outcome": "undecided", "diff": result.output or ""}
    outcome = "survived" if result.test_outcome is TestOutcome.SURVIVED else "killed"
    return {"outcome": outcome, "diff": result.diff or ""}


if __name__ == "__main__":
    print(json.dumps(main(Mutant(**json.loads(sys.argv[1])), float(sys.argv[2]), sys.argv[3:])))
