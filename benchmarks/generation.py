"""Generated images per second of one CPU core, and attempts per accepted image, by backend and cell.

An attempt is one item given to a backend, made and written as PNG, as the generate stage does; what it makes is
accepted by the screen as params.yaml sets it (`hpefair.screening.screener`), copies left out; without fetched judges
(`hpefair judges fetch`) nobody looks at poses, and the title says so. The peer is the least that any image pipeline
does: Pillow decodes the same photographs, cuts the same windows and writes them as PNG; for rendered people, who have
no photograph, their own pictures.

`recompose` needs real people with masks (`--data` or HPEFAIR_TEST_DATA: a folder that holds coco_kp/) and is left out
without. Intervals are Wilson's over attempts, which share parents where there are few: they are a little too narrow.
"""

import argparse
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import real_people
from benchmarks.rows import cpu_seconds, report, row
from hpefair.core.shares.representation import share_interval
from hpefair.generation.protocol import Backend, Item, Made
from hpefair.generation.records import record
from hpefair.generation.render import Render
from hpefair.judges.catalogue import FOLDER
from hpefair.schema import ATTRIBUTES
from hpefair.screening.screener import Screener
from hpefair.settings.params import Params
from hpefair.settings.params import load as load_params

ROOT = Path(__file__).resolve().parent.parent
PEER = "Pillow: decode, crop, write"
SEED = 4000
Cell = Mapping[str, str]
CONTRAST: tuple[Cell, ...] = tuple({"contrast": group} for group in ATTRIBUTES["contrast"])
RENDERED: tuple[Cell, ...] = tuple(
    {"age_band": age, "contrast": contrast} for age in ("child", "older") for contrast in ATTRIBUTES["contrast"]
)


@dataclass(frozen=True)
class Attempt:
    """One item: why it was not accepted, or ""; whether it was made; its CPU seconds, and the peer's."""

    reason: str
    made: bool
    seconds: float
    peer: float


@dataclass(frozen=True)
class Bench:
    """Settings, a folder for pictures, and the photograph of each real image."""

    settings: Params
    folder: Path
    photographs: dict[str, str]
    screener: Screener

    def attempts(self, backend: Backend, name_of: str, cell: Cell, number: int) -> list[Attempt]:
        """Ask a backend for a cell, in batches of its liking."""
        name = "_".join(cell.values())
        items = [Item(f"{name}_{k}", cell, SEED + k, k) for k in range(number)]
        found = []
        for start in range(0, number, backend.batch):
            batch = items[start : start + backend.batch]
            begun = time.process_time()
            made = backend.make(batch)
            for item, one in zip(batch, made, strict=True):
                record(item, one, self.folder, self.folder)
            seconds = (time.process_time() - begun) / len(batch)
            found += [self._judged(one, item, seconds, name_of) for item, one in zip(batch, made, strict=True)]
        return found

    def _judged(self, made: Made | str, item: Item, seconds: float, backend: str) -> Attempt:
        if isinstance(made, str):
            return Attempt(made, False, seconds, float("nan"))
        path = self.folder / f"{item.item_id}.png"
        written = SimpleNamespace(**record(item, made, self.folder, self.folder), backend=backend)
        settings = self.settings.model_copy(
            update={"plan": self.settings.plan.model_copy(update={"attributes": tuple(item.wanted)})}
        )
        self.screener.settings = settings
        reason = self.screener.screen(written).fault[1]
        source = Path(self.photographs.get(made.parent_image, path))
        peer = cpu_seconds(lambda: _plain(source, made.pixels.shape, self.folder / "plain.png"))
        return Attempt(reason, True, seconds, peer)


def _plain(source: Path, shape: Sequence[int], out: Path) -> None:
    """Pillow's work on a picture: decode it, cut a window of the wanted shape, write it."""
    with Image.open(source) as picture:
        picture.convert("RGB").crop((0, 0, shape[1], shape[0])).save(out)


def rows_of(name: str, found: Sequence[Attempt]) -> list[dict]:
    """CPU time and attempts of one backend and cell."""
    accepted = sum(one.reason == "" for one in found)
    if not accepted:
        return [row(f"{name}: accepted", 0, f"of {len(found)} attempts")]
    spent = 1000 * sum(one.seconds for one in found) / accepted
    peer = 1000 * float(np.nanmean([one.peer for one in found]))
    low, high = share_interval(accepted, len(found), 1.0, 0.95)
    interval = f"[{1 / high:.2f}, {1 / low:.2f}] of {len(found)}"
    tried = row(name, len(found) / accepted, f"attempts an accepted image {interval}")
    return [row(name, spent, "CPU ms an accepted image", PEER, peer), {**tried, "low": 1 / high, "high": 1 / low}]


def rates(name: str, found: Sequence[Attempt]) -> list[dict]:
    """Images a second of one core, over the cells of contrast."""
    seconds = sum(one.seconds for one in found)
    counted = {"made": sum(one.made for one in found), "accepted": sum(one.reason == "" for one in found)}
    return [row(f"{name}, contrast cells", n / seconds, f"{what} images a CPU second") for what, n in counted.items()]


def backends(bench: Bench, data: Path | None) -> dict[str, tuple[Backend, tuple[Cell, ...]]]:
    """Every backend that can be had, with its cells; warm."""
    settings = bench.settings
    render = Render(
        settings.attribute, settings.generate.size, settings.generate.max_tries, settings.screen.min_keypoints
    )
    found: dict[str, tuple[Backend, tuple[Cell, ...]]] = {"render": (render, (*CONTRAST, *RENDERED))}
    if data or os.environ.get(real_people.VARIABLE):
        from hpefair.generation.recompose.recompose import Recompose

        people, photographs = real_people.coco(real_people.folder_of(data), settings.attribute)
        bench.photographs.update(zip(photographs["image_id"].astype(str), photographs["path"], strict=True))
        backend = Recompose(people, photographs, settings.attribute.contrast, settings.generate)
        found["recompose"] = (backend, CONTRAST)
    for backend, cells in found.values():
        backend.make([Item("warm", cells[0], 1)])  # compiles
    return found


def _screened(settings: Params) -> tuple[Params, str]:
    """Settings with the judges that are here, and in words whether they are."""
    os.chdir(ROOT)
    if all((FOLDER / name).is_dir() for name in {*settings.screen.judges, settings.screen.counter}):
        return settings, "poses judged"
    nobody = settings.screen.model_copy(update={"judges": (), "counter": ""})
    return settings.model_copy(update={"screen": nobody}), "poses not judged"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help=f"folder of real people; else the variable {real_people.VARIABLE}")
    parser.add_argument("--number", type=int, default=40, help="attempts per cell")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    options = parser.parse_args()
    settings, judged = _screened(load_params(ROOT / "params.yaml"))
    rows, reasons = [], []
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(settings, Path(scratch), {}, Screener(settings))
        for name, (backend, cells) in backends(bench, options.data).items():
            of_contrast: list[Attempt] = []
            for cell in cells:
                found = bench.attempts(backend, name, cell, options.number)
                rows += rows_of(f"{name}, {' '.join(cell.values())}", found)
                of_contrast += found if cell in CONTRAST else []
                told = Counter(re.sub(r"\d{4,}", "somebody", one.reason) for one in found if one.reason).most_common(3)
                reasons += [f"{name}, {' '.join(cell.values())}: {n} x {reason}" for reason, n in told]
            rows += rates(name, of_contrast)
    report(f"Generation, {settings.generate.size} px renders, COCO people recomposed, {judged}", rows, options.json)
    print("Not accepted:", *reasons, sep="\n  ")


if __name__ == "__main__":
    main()
