"""Built-in people: CPU milliseconds per picture by back end, peak memory, and two processes against one.

Default crowds, 256 x 256 pixels. The peer of numba is the numpy back end; of two processes, one.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.rows import report, row

PICTURES = 60
CHILD = """
import json, resource, sys, time
from hpefair.synthetic.picture.photograph import photograph
from hpefair.synthetic.picture.staging import Setting, stage
from hpefair.synthetic.streams import Streams
back_end, samples, number = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
def draw(name):
    return photograph(stage(Streams(1, name), Setting(size=256)), samples, back_end)
for k in range(4):
    draw(f"warm {k}")
start, people = time.process_time(), 0
for k in range(number):
    people += len(draw(str(k)).people)
seconds = time.process_time() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"ms": 1000 * seconds / number, "people": people / number, "mb": peak}))
"""


def started(back_end: str, samples: int, number: int) -> subprocess.Popen:
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    command = [sys.executable, "-c", CHILD, back_end, str(samples), str(number)]
    root = Path(__file__).resolve().parent.parent
    return subprocess.Popen(command, env=environment, cwd=root, stdout=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen) -> dict:
    out, _ = process.communicate()
    return json.loads(out)


def processor() -> str:
    """Name of the processor, where the system tells."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]}, {len(names)} cores" if names else platform.processor()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    options = parser.parse_args()
    rows, measured = [], {}
    for samples in (1, 2):
        for back_end in ("numpy", "numba"):
            measured[back_end, samples] = min(
                (finished(started(back_end, samples, PICTURES)) for _ in range(3)), key=lambda m: m["ms"]
            )
        for back_end in ("numpy", "numba"):
            one = measured[back_end, samples]
            peer = ("numpy", measured["numpy", samples]["ms"]) if back_end == "numba" else ("", float("nan"))
            rows.append(row(f"{back_end}, {samples} samples a side", one["ms"], "CPU ms a picture", *peer))
            rows.append(row(f"{back_end}, {samples} samples a side", one["mb"], "MB peak"))
    alone = measured["numba", 1]["ms"]
    pair = [finished(process) for process in [started("numba", 1, 2 * PICTURES) for _ in range(2)]]
    rate = sum(1 / one["ms"] for one in pair) / (1 / alone)
    rows.append(row("two processes, rate by CPU time", rate, "times one"))
    rows.append(row("people a picture", measured["numba", 1]["people"], ""))
    report(f"Built-in people on {processor()}, {time.strftime('%Y-%m-%d')}", rows, options.json)


if __name__ == "__main__":
    main()
