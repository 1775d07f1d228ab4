"""How many commits of the history would have run a stage again: by folders of code, and by what a stage executes.

    python benchmarks/reruns.py --until HEAD

A commit counts by folders where it touches a file of a folder of code that `dvc.yaml` named, at that commit, as a
dependency of the stage; where `dvc.yaml` names digests instead, it counts by digests in both columns. It counts by
digests where `hpefair.tools.dvc.executed_code` gives another answer before and after it.
"""

import argparse
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.rows import report, row
from hpefair.machine import progress
from hpefair.tools.dvc import executed_code

STAGES = ("train", "split", "generate")
# Where all of params.yaml was one class, and what ran a stage, in earlier layouts of the package.
SETTINGS = ("hpefair.settings.pipeline", "hpefair.sections", "hpefair.params")
RUNNERS = ("hpefair.tools.dvc.stage", "hpefair.adapters.dvc_stage")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    parser.add_argument("--until", default="HEAD", help="last commit that is looked at")
    options = parser.parse_args()
    commits = git("rev-list", "--reverse", "--first-parent", options.until).split()
    folders, digests = dict.fromkeys(STAGES, 0), dict.fromkeys(STAGES, 0)
    before: dict[str, Any] = {}
    for number, commit in enumerate(progress.track(commits, "reading commits")):
        now = state(commit)
        touched = git("show", "--first-parent", "--name-only", "--format=", commit).split() if number else []
        for stage in STAGES:
            if not number or stage not in now or stage not in before:
                continue
            changed = now[stage]["digest"] != before[stage]["digest"]
            named = now[stage]["folders"]
            folders[stage] += any(path.startswith(one) for path in touched for one in named) if named else changed
            digests[stage] += changed
        before = now
    rows = [row("commits", len(commits), "commits")]
    for stage in STAGES:
        rows += [
            row(f"{stage}: by folders of code", folders[stage], "commits"),
            row(f"{stage}: by what it executes", digests[stage], "commits"),
        ]
    report(f"Commits that run a stage again, until {options.until}", rows, options.json)


def state(commit: str) -> dict[str, Any]:
    """For each stage the folders of code that it depended on, and a digest of what it executes."""
    files = tree(commit)
    if "dvc.yaml" not in files:
        return {}
    declared = yaml.safe_load(files["dvc.yaml"])["stages"]
    package = executed_code.Package({path: text for path, text in files.items() if path.startswith("hpefair/")})
    executed_code.SETTINGS = (next((name for name in SETTINGS if defines(package, name)), ""), "Params")
    executed_code.NOT_COUNTED = (*RUNNERS, "hpefair.settings.refusals")
    return {stage: of(stage, declared[stage], package, files) for stage in STAGES if stage in declared}


def defines(package: executed_code.Package, name: str) -> bool:
    """Whether a module is where the class of all settings is."""
    return name in package and "Params" in package[name].definitions


def of(stage: str, entry: dict[str, Any], package: executed_code.Package, files: dict[str, bytes]) -> dict[str, Any]:
    """Folders and digest of one stage."""
    entry = entry.get("do", entry)
    folders = [dep for dep in entry.get("deps", []) if dep.startswith("hpefair")]
    estimator = yaml.safe_load(files["params.yaml"])["train"].get("models", {}).get("original", {}).get("estimator")
    folders = [dep.replace("${item.estimator}", str(estimator)) for dep in folders]
    named = [f"hpefair.estimators.{estimator}"] if stage == "train" else []
    sections = {str(key).partition(".")[0] for key in entry.get("params", [])}
    found = executed_code.digests(package, f"hpefair.stages.{stage}", named, sections)
    # Without the names of modules, so that a file that moves is not another one.
    known = sorted(found.values())
    return {"folders": folders, "digest": hashlib.sha256(json.dumps(known).encode()).hexdigest()}


BLOBS: dict[str, bytes] = {}


def tree(commit: str) -> dict[str, bytes]:
    """Path and content of the files that matter, of a commit."""
    rows = [line.split(maxsplit=3) for line in git("ls-tree", "-r", commit).splitlines()]
    wanted = {
        path: blob for _, _, blob, path in rows if path.startswith("hpefair/") or path in ("dvc.yaml", "params.yaml")
    }
    if absent := [blob for blob in wanted.values() if blob not in BLOBS]:
        said = subprocess.run(
            ["git", "cat-file", "--batch"], input="\n".join(absent).encode(), capture_output=True, check=True
        )
        rest = said.stdout
        for blob in absent:
            head, _, rest = rest.partition(b"\n")
            size = int(head.split()[2])
            BLOBS[blob], rest = rest[:size], rest[size + 1 :]
    return {path: BLOBS[blob] for path, blob in wanted.items()}


def git(*words: str) -> str:
    """What git prints."""
    return subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main()
