"""What each file of tests costs: `pytest -p tests.cost …`, then `python -m tests.cost`.

Processor time of this process and of those it waited for, which a busy machine changes less than time on the clock.
What a fixture of the whole session makes is counted where it is asked for first.
"""

import json
import os
import resource
import sys
from collections import defaultdict
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("HPEFAIR_TEST_COST", "test-cost"))
_before = 0.0


def spent() -> float:
    """Seconds of processor time so far, ended children included."""
    parts = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(part.ru_utime + part.ru_stime for part in parts)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Begin to count."""
    global _before
    _before = spent()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note one step of one test, where it ran."""
    global _before
    if "PYTEST_XDIST_WORKER_COUNT" in os.environ and "PYTEST_XDIST_WORKER" not in os.environ:
        return
    now = spent()
    row = {"test": report.nodeid, "wall": report.duration, "processor": now - _before}
    _before = now
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")


def main(number: int) -> None:
    """Print the dearest files."""
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for path in FOLDER.glob("*.jsonl"):
        for row in map(json.loads, path.read_text().splitlines()):
            for place, name in enumerate(("processor", "wall")):
                sums[row["test"].partition("::")[0]][place] += row[name]
    print(f"{len(sums)} files: {sum(cost for cost, _ in sums.values()):.0f} s of processor time\n")
    print("| file | processor, s | clock, s |\n|---|---|---|")
    for name, (processor, wall) in sorted(sums.items(), key=lambda item: -item[1][0])[:number]:
        print(f"| `{name}` | {processor:.0f} | {wall:.0f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
