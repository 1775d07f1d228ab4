"""How long a plan takes, by number of cells; the peer is the same integer program, solved exactly by HiGHS (scipy).

People are drawn at random with uneven shares, a tenth of the values unknown; every planned attribute has a share ratio,
a support and a divergence that must hold, three of them a coverage of their cells. Two backends, one of which has few
parents. The peer is stopped after a minute; what it has found by then is compared in cost.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import optimize

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.rows import arguments, cpu_seconds, report, row
from hpefair.core.balance import program, repair
from hpefair.core.balance.cells import cell_table, evidence
from hpefair.core.balance.problem import Limits, Maker, Problem
from hpefair.core.balance.requirements import Requirement
from hpefair.schema import groups_of

ATTRIBUTES = ("age_band", "gender_presentation", "build", "contrast", "skin_tone", "scale", "view")
SIZES = ((4, 1_000), (5, 2_000), (7, 20_000))
LIMIT_S = 60.0


def problem(attributes: int, people: int) -> Problem:
    """A random dataset and what must hold of it."""
    rng, names = np.random.default_rng(0), ATTRIBUTES[:attributes]
    table = pd.DataFrame({name: rng.choice(groups_of(name), people, p=_shares(rng, name)) for name in names})
    sure = {f"{name}_sure": table[name] != "unknown" for name in names}
    everybody = table.assign(**sure, exposure=1.0, synthetic=False, root_person=np.arange(people))
    cells = cell_table(everybody, names)
    even = {name: dict.fromkeys(groups_of(name)[:-1], 1 / (len(groups_of(name)) - 1)) for name in names}
    wanted = [Requirement("ratio", (name,), 0.7, 1.6) for name in names]
    wanted += [Requirement("support", (name,), 20) for name in names]
    wanted += [Requirement("divergence", (name,), maximum=0.15, severity="warning") for name in names]
    wanted.append(Requirement("cells", names[:3], 0.8, people=5, severity="warning"))
    there, endless = cells["n_distinct"].to_numpy(dtype=float), np.full(len(cells), np.inf)
    makers = [
        Maker("render", np.full(len(cells), 1.5), endless, endless, frozenset(names), 0.7),
        Maker("recompose", np.full(len(cells), 1.2), 3 * there, there, frozenset({"contrast"}), 0.7),
    ]
    return Problem(
        cells, {name: evidence(cells, name) for name in names}, even, wanted, makers, Limits(3, 4, 0.5, 0.01)
    )


def _shares(rng: np.random.Generator, name: str) -> np.ndarray:
    return np.append(0.9 * rng.dirichlet(np.ones(len(groups_of(name)) - 1)), 0.1)


def exact(about: Problem) -> float:
    """Cost that the peer finds within its limit."""

    def milp(**how):
        how["options"] = {"mip_rel_gap": 0.0, "time_limit": LIMIT_S}
        return optimize.milp(**how)

    kept, program.milp, repair.EXACT_CELLS = program.milp, milp, 10**9
    try:
        return repair.repair(about).cost
    finally:
        program.milp, repair.EXACT_CELLS = kept, 150


def main() -> None:
    options = arguments(__doc__)
    rows = []
    for attributes, people in SIZES:
        about = problem(attributes, people)
        name = f"{len(about.cells)} cells, {people} people"
        found = repair.repair(about)
        spent = cpu_seconds(lambda about=about: repair.repair(about), 1)
        rows.append(row(name, spent, "CPU s", *(() if attributes > 4 else _peer(about))))
        rows.append(row(f"{name}: cost", found.cost, "", *(() if attributes > 4 else ("exact", exact(about)))))
        met = int(found.requirements["met"].sum())
        rows.append(row(f"{name}: expectations met", met, f"of {len(found.requirements)}"))
    report("Plans", rows, options.json)


def _peer(about: Problem) -> tuple[str, float]:
    return "exact", cpu_seconds(lambda: exact(replace(about)), 1)


if __name__ == "__main__":
    main()
