"""What the screen finds: faults put into generated people, and people without fault, by group; with intervals.

People are rendered (every combination of age, build, gender presentation, skin tone and contrast once; any pose and
view) and, where HPEFAIR_TEST_DATA names a folder with coco_kp/, recomposed from real ones. Judges and counter are asked
about everybody. HPEFAIR_TEST_JUDGES may name the folder of fetched judges.
"""

import argparse
import hashlib
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from hpefair.core.shares.representation import share_interval
from hpefair.judges import fetching
from hpefair.judges.catalogue import FOLDER
from hpefair.judges.opening import open_counter
from hpefair.judges.panel import Panel
from hpefair.schema import ATTRIBUTES
from hpefair.screening.company import COUNTED_FROM, COUNTED_JOINTS
from hpefair.screening.copies import copy_faults
from hpefair.screening.screener import Screener
from hpefair.settings.params import Params
from tests.screening import injected
from tests.screening.recomposed import photographed, recomposed
from tests.screening.rows import rendered, settings

ROOT = Path(__file__).resolve().parent.parent
JUDGES = ("movenet", "blazepose", "movenet_multipose")
TONES = {"light": (1, 2, 3, 4), "mid": (5, 6, 7), "dark": (8, 9, 10)}
TONE_OF = {f"monk_{tone:02d}": name for name, tones in TONES.items() for tone in tones}
GROUPED = ("age_band", "build", "skin", "view")
RECOMPOSED = 34  # of each contrast
NOTHING = "none"
WANTED, KEPT = 0.9, 0.7  # share of faults that must be found, share of people without fault that must be let in
CONSOLE = Console(width=190)


class Remembered:
    """A panel and a counter that answer at once when they are asked the same again."""

    def __init__(self, folder: Path) -> None:
        self._panel, self._counter = Panel(JUDGES, folder), open_counter("movenet_multipose", folder)
        self.known: dict = {}

    def look(self, item_id: str, pixels: np.ndarray, bbox: np.ndarray) -> np.ndarray:
        """See `judges.panel.Panel`."""
        return self._once((*bbox,), pixels, lambda: self._panel.look(item_id, pixels, bbox))

    def count(self, pixels: np.ndarray) -> list:
        """See `judges.protocol.Counter`."""
        return self._once((), pixels, lambda: self._counter.count(pixels))

    def _once(self, key: tuple, pixels: np.ndarray, ask: Callable[[], object]):
        key = (hashlib.sha256(np.ascontiguousarray(pixels)).digest(), key)
        if key not in self.known:
            self.known[key] = ask()
        return self.known[key]


def rendered_people(folder: Path) -> list[SimpleNamespace]:
    """One of every combination of groups."""
    combinations = list(product(*(ATTRIBUTES[name] for name in ("age_band", "build", "gender_presentation")), TONES))
    rows = []
    for number, (age, build, gender, skin) in track(
        list(enumerate(combinations * 3)), "rendering", console=Console(stderr=True)
    ):
        tones = TONES[skin]
        wanted = {"age_band": age, "build": build, "gender_presentation": gender}
        wanted |= {"skin_tone": f"monk_{tones[number // 7 % len(tones)]:02d}"}
        wanted |= {"contrast": ATTRIBUTES["contrast"][number // len(combinations)]}
        rows.append(rendered(folder, wanted, number + 5000))
    return [row for row in rows if row.made]


def injections(row, guest, folder: Path, rng: np.random.Generator) -> dict[str, SimpleNamespace]:
    """The person with each fault that the picture is looked at for; without those that change nothing visible."""
    made = {
        NOTHING: row,
        "swapped limbs": injected.swapped_limbs(row, rng),
        "swapped sides": injected.swapped_sides(row, rng),
        "a quarter trunk off": injected.shifted(row, rng),
        "wrong contrast": injected.wrong_attribute(row, rng),
    }
    for name in ("swapped limbs", "swapped sides"):
        if not moved(row, made[name]):
            del made[name]
    for where, name in (("beside", "somebody alongside"), ("behind", "somebody behind"), ("cut", "somebody cut off")):
        altered, shown, joints, _ = injected.extra_person(row, guest, folder, where)
        if shown >= COUNTED_FROM * row.width * row.height:
            made[name if joints >= COUNTED_JOINTS else f"{name}, barely"] = altered
    return made


def moved(row, altered) -> bool:
    """Whether a visible joint is no longer where it was."""
    before, after = injected.joints(row), injected.joints(altered)
    visible = (before[:, 2] == 2) | (after[:, 2] == 2)
    return bool((np.abs(before - after)[visible] > 0).any())


def screened(rows: list, screener: Screener, folder: Path) -> pd.DataFrame:
    """What the checks of a single person find: person, fault put in, fault found, reason, groups."""
    rng, found = np.random.default_rng(0), []
    for number, row in track(list(enumerate(rows)), "screening", console=Console(stderr=True)):
        for name, altered in injections(row, rows[(number + 7) % len(rows)], folder, rng).items():
            finding = screener.screen(altered)
            groups = {"age_band": row.age_band, "build": row.build, "skin": TONE_OF.get(row.skin_tone, "unknown")}
            if name == NOTHING:
                view = finding.measured.get("view", "unknown")
            said = {"fault": finding.fault[0], "reason": finding.fault[1]}
            found.append({"backend": row.backend, "person": number, "put_in": name, "view": view, **groups, **said})
    return pd.DataFrame(found)


def compared(rows: list, found: pd.DataFrame, real: pd.DataFrame, screen, folder: Path) -> pd.DataFrame:
    """The same with what comparing pictures finds, among those whom nothing else is wrong with."""
    alone = found[found["put_in"] == NOTHING].set_index("person")
    people = [rows[number] for number in alone.index[alone["fault"] == ""]]
    numbers = alone.index[alone["fault"] == ""]
    again = [injected.saved_again(row, folder) for row in people]
    taken = [
        injected.saved_again(row, folder, row.width // 50, bool(number % 2))
        for number, row in zip(numbers, people, strict=True)
    ]
    nobody = real[:0]
    alike = {
        NOTHING: copy_faults(listed(people), real, [], screen),
        "a duplicate": copy_faults(listed(people + again), nobody, [], screen)[len(people) :],
        "a training photograph": copy_faults(listed(taken), listed(people), [], screen),
    }
    for name, faults in alike.items():
        said = pd.DataFrame(faults, columns=["fault", "reason"], index=numbers)
        part = alone.loc[numbers].assign(put_in=name, **said).reset_index()
        if name == NOTHING:
            found = found[(found["put_in"] != NOTHING) | ~found["person"].isin(numbers)]
        found = pd.concat([found, part], ignore_index=True)
    return found


def listed(rows: list) -> pd.DataFrame:
    """Rows as `copy_faults` takes them."""
    return pd.DataFrame({"path": [row.path for row in rows], "bbox": [row.bbox for row in rows]})


def share(right: np.ndarray) -> str:
    """A share with its Wilson interval."""
    if not len(right):
        return "-"
    low, high = share_interval(int(right.sum()), len(right), 1.0, 0.95)
    return f"{right.mean():.2f} [{low:.2f} {high:.2f}]"


def print_faults(found: pd.DataFrame, backend: str) -> None:
    """A line per fault: how often it is found, and as what."""
    table = Table(title=f"{backend}: faults put in, and what the screen says")
    for column in ("put in", "people", "rejected", "rejected of those otherwise let in", "said to be"):
        table.add_column(column)
    for name, part in found.groupby("put_in", sort=False):
        names = Counter(part["fault"]).most_common()
        said = ", ".join(f"{fault or 'nothing'} {count}" for fault, count in names)
        caught = "" if name == NOTHING else share(rejected(part[part["let_in"]]))
        table.add_row(name, str(len(part)), share(rejected(part)), caught, said)
    CONSOLE.print(table)


def print_groups(found: pd.DataFrame, backend: str) -> None:
    """A line per group: who is let in, and how often each fault is found in those who would be."""
    faults = [name for name in found["put_in"].unique() if name != NOTHING]
    table = Table(title=f"{backend}: let in without fault; share of each fault found in those otherwise let in")
    for column in ("group", "people", "let in", *faults):
        table.add_column(column)
    for label, part in grouped(found):
        alone, otherwise = part[part["put_in"] == NOTHING], part[part["let_in"]]
        cells = [share(rejected(otherwise[otherwise["put_in"] == name])) for name in faults]
        table.add_row(label, str(len(alone)), share(~rejected(alone)), *cells)
    CONSOLE.print(table)


def grouped(found: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Everybody, then everybody of each group that is known."""
    parts = [("everybody", found)]
    for name in GROUPED:
        order = ATTRIBUTES.get(name, tuple(TONES))
        parts += [(f"{name} {group}", found[found[name] == group]) for group in order if (found[name] == group).any()]
    return parts


def rejected(part: pd.DataFrame) -> np.ndarray:
    """Who is not let in."""
    return (part["fault"] != "").to_numpy()


def shares(found: pd.DataFrame, backend: str) -> list[dict]:
    """The tables as rows: backend, group, fault put in, share, number."""
    rows = []
    for label, part in grouped(found):
        for name, own in part.groupby("put_in", sort=False):
            asked = ~rejected(own) if name == NOTHING else rejected(own[own["let_in"]])
            low, high = share_interval(int(asked.sum()), max(len(asked), 1), 1.0, 0.95)
            met = bool(len(asked) and asked.mean() >= (KEPT if name == NOTHING else WANTED))
            value = float(asked.mean()) if len(asked) else None
            said = {"share": value, "low": low, "high": high, "people": len(asked), "met": met}
            rows.append({"backend": backend, "group": label, "put_in": name, **said})
    return rows


def real_people(everything: Params) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Real people and their images, where there are any."""
    folder = Path(os.environ.get("HPEFAIR_TEST_DATA", "")) / "coco_kp"
    if os.environ.get("HPEFAIR_TEST_DATA") and folder.is_dir():
        return photographed(folder, everything)
    CONSOLE.print("recomposed people are left out: set HPEFAIR_TEST_DATA to a folder that holds coco_kp/")
    return None


def measure(folder: Path, screener: Screener, everything: Params) -> pd.DataFrame:
    """Everything found, of all backends."""
    real = real_people(everything)
    made = {"render": rendered_people(folder)}
    photographs = pd.DataFrame({"path": [], "bbox": []})
    if real is not None:
        made["recompose"] = recomposed(*real, everything, folder, RECOMPOSED)
        photographs = real[0].loc[~real[0]["iscrowd"], ["path", "bbox"]]
    parts = []
    for rows in made.values():
        found = screened(rows, screener, folder)
        parts.append(compared(rows, found, photographs, everything.screen, folder))
    found = pd.concat(parts, ignore_index=True)
    alone = found[found["put_in"] == NOTHING].set_index(["backend", "person"])["fault"] == ""
    return found.assign(let_in=alone.reindex(list(zip(found["backend"], found["person"], strict=True))).to_numpy())


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    given = parser.parse_args()
    target, models = given.json and given.json.resolve(), Path(os.environ.get("HPEFAIR_TEST_JUDGES", ROOT / FOLDER))
    os.chdir(ROOT)
    for _, fault in fetching.fetch(JUDGES, models):
        if fault:
            sys.exit(fault)
    everything = settings(ROOT, judges=JUDGES, counter="movenet_multipose")
    screener = Screener(everything)
    screener.__dict__["_panel"] = screener.__dict__["_counter"] = Remembered(models)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), screener, everything)
    rows = []
    for backend, part in found.groupby("backend", sort=False):
        print_faults(part, str(backend))
        print_groups(part, str(backend))
        rows += shares(part, str(backend))
    if target:
        target.write_text(json.dumps({"rows": rows}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
