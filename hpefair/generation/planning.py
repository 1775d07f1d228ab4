"""The repair of a dataset: its audit, the expectations, what backends can do and have yielded, the cheapest plan."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from hpefair import artifacts
from hpefair.arrays import Array
from hpefair.attributes.doubt import surely_known
from hpefair.attributes.sources.source import GIVEN
from hpefair.core.balance.cells import Evidence, cell_table, evidence
from hpefair.core.balance.problem import Limits, Maker, Problem
from hpefair.core.balance.repair import Repair, repair
from hpefair.core.balance.yields import Belief, beliefs
from hpefair.data import tables
from hpefair.errors import InputError, SettingsError
from hpefair.generation.parents import MINORS, capacity
from hpefair.schema import PERCEIVED, UNKNOWN
from hpefair.settings.params import BackendName, Params
from hpefair.tools.gx.requirements import Rules, read_rules

LOWEST_RATE = 0.05  # a cell of which fewer than one attempt in twenty is let in is left to other backends
HISTORY = ("backend", "cell", "attempts", "accepted")


@dataclass(frozen=True)
class Plan:
    """A repair, the same without generation, and what stands behind them.

    Attributes:
        repaired: The plan; its cells have `attempts_<backend>` as well.
        resampled: The best that repetition alone can do.
        references: Reference share by planned attribute and group.
        rules: The expectations that it is for, and those that it is not for.
        beliefs: What is known about every backend and cell.
    """

    repaired: Repair
    resampled: Repair
    references: Mapping[str, Mapping[str, float]]
    rules: Rules
    beliefs: Mapping[tuple[str, str], Belief]


def plan_repair(settings: Params, variant: str) -> Plan:
    """Plan the repair of the training people.

    Args:
        settings: All settings.
        variant: Whose audit to start from, `original` or `balanced`.

    Raises:
        SettingsError: If a planned attribute has no reference.
    """
    names = settings.plan.attributes
    everybody = tables.read(artifacts.AUDIT / variant / "people.parquet")
    train = everybody[everybody["split"] == "train"].reset_index(drop=True)
    sure = surely_known(train, names) != UNKNOWN
    cells = cell_table(train.assign(**{f"{name}_sure": sure[name] for name in names}), names)
    shares = tables.read(artifacts.AUDIT / variant / "shares.parquet")
    shares = shares[shares["scope"] == "train"]
    cover = settings.audit.coverage
    rules = read_rules(artifacts.EXPECTATIONS, names, cover.attributes, cover.min_people)
    posteriors = _beliefs(settings, list(cells["cell"]))
    problem = Problem(
        cells,
        {name: _evidence(cells, name, shares) for name in names},
        _references(shares, names),
        rules.planned,
        [_maker(settings, backend, cells, posteriors) for backend in settings.plan.backends],
        _limits(settings),
    )
    repaired = repair(problem)
    assurance = settings.plan.assurance
    attempts = {
        f"attempts_{backend}": [
            posteriors[backend, cell].attempts(int(wanted), assurance)
            for cell, wanted in zip(cells["cell"], repaired.cells[f"generate_{backend}"], strict=True)
        ]
        for backend in settings.plan.backends
    }
    repaired = replace(repaired, cells=repaired.cells.assign(**attempts))
    return Plan(repaired, repair(replace(problem, makers=())), problem.references, rules, posteriors)


def training_people(split: str = "train") -> tuple[pd.DataFrame, pd.DataFrame]:
    """People of a split with their attributes and image (path, width, height, license), and the split's images."""
    raw = tables.read(artifacts.INGEST / "images.parquet")
    members = tables.read(artifacts.SPLIT / "images.parquet")
    pictures = raw.merge(members[members["split"] == split], on="image_id", validate="1:1")
    people = tables.read(artifacts.INGEST / "people.parquet")
    about = tables.read(artifacts.CALIBRATE / "attributes.parquet")
    people = people.merge(pictures[["image_id", "path", "width", "height", "license"]], on="image_id", validate="m:1")
    return people.merge(about, on="person_id", validate="1:1"), pictures


def _evidence(cells: pd.DataFrame, attribute: str, shares: pd.DataFrame) -> Evidence:
    rows = shares[(shares["attribute"] == attribute) & (shares["basis"] == "audit")]
    audited = {row.group: (row.bound_low, row.bound_high) for row in rows.itertuples() if row.group != UNKNOWN}
    return evidence(cells, attribute, audited or None)


def _references(shares: pd.DataFrame, names: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Reference shares of the planned attributes, as the audit used them."""
    rows = shares[shares["attribute"].isin(names) & shares["reference"].notna()]
    references = {
        name: dict(zip(part["group"].astype(str), part["reference"].astype(float), strict=True))
        for name, part in rows.groupby("attribute")
    }
    missing = [name for name in names if name not in references]
    if missing:
        raise SettingsError(f"audit.reference names no shares for {', '.join(missing)} of plan.attributes; add them")
    return references


def _beliefs(settings: Params, cells: list[str]) -> dict[tuple[str, str], Belief]:
    history = tables.read_jsonl(Path(artifacts.ACCEPTANCE_HISTORY), HISTORY)
    for line, row in enumerate(history, start=1):
        numbers = row["attempts"], row["accepted"], row.get("seconds") or 0
        if not all(isinstance(one, int | float) for one in numbers) or not 0 <= numbers[1] <= numbers[0]:
            raise InputError(
                f"{artifacts.ACCEPTANCE_HISTORY}, row {line}: accepted ({numbers[1]}) is not between 0 and attempts "
                f"({numbers[0]}); correct or delete the row"
            )
    before: dict[str, tuple[float, float]] = {
        name: (backend.rate, backend.seconds) for name, backend in settings.plan.backends.items()
    }
    return beliefs(history, cells, before)


def _maker(
    settings: Params, name: BackendName, cells: pd.DataFrame, posteriors: Mapping[tuple[str, str], Belief]
) -> Maker:
    """A backend as the plan sees it; an accepted person costs its attempts, and what it is worth less than a real."""
    backend, plan = settings.plan.backends[name], settings.plan
    known = [posteriors[name, cell] for cell in cells["cell"]]
    hopeless = np.array([one.rate < LOWEST_RATE for one in known])
    cost = np.array([backend.cost + plan.cost_per_second * one.seconds / one.rate for one in known])
    endless, adds = np.full(len(cells), np.inf), frozenset(plan.attributes)
    most = parents = endless
    if name == "recompose":
        able, strangers = _parents(settings, cells)
        # Whoever cannot be brought into a cell cannot be, however often it is tried.
        rate = np.array([one.rate for one in known])
        most, parents = plan.max_descendants * np.floor(able * rate), np.floor(strangers * rate)
        adds = frozenset({"contrast"})
    elif name == "diffusion":
        adds, most = diffusable(settings, cells)
    return Maker(name, cost, np.where(hopeless, 0.0, most), parents, adds, backend.share)


def _parents(settings: Params, cells: pd.DataFrame) -> tuple[Array, Array]:
    """Eligible parents (C,) of every cell, and those of them (C,) who are not in it."""
    people, _ = training_people()
    generate = settings.generate
    able = capacity(people, settings.plan.attributes, generate.context, generate.forbid_licenses)
    counts = np.array([able.get(cell, (0, 0)) for cell in cells["cell"]], dtype=float).reshape(-1, 2)
    return counts[:, 0], counts[:, 1]


def diffusable(settings: Params, cells: pd.DataFrame) -> tuple[frozenset[str], Array]:
    """To which attributes diffusion adds somebody new, and how many people (C,) it can make of each cell: any or none.

    Minors are not diffused without the opt-in; a perceived attribute that no source but labels can tell is never found
    in what was produced, and who is painted around a photograph stays that person.
    """
    attributes, diffusion = settings.plan.attributes, settings.generate.diffusion
    able = np.ones(len(cells), dtype=bool)
    if diffusion is None or not diffusion.minors:
        able &= ~cells["age_band"].isin(MINORS).to_numpy() if "age_band" in cells else True
    around = set(diffusion.pipelines) if diffusion else set()
    for name in set(attributes) & set(PERCEIVED):
        told = [source for source in settings.attribute.sources.get(name, ()) if source != GIVEN]
        able &= bool(told) or around == {"inpaint"}
    adds = frozenset({"contrast"}) if "inpaint" in around else frozenset(attributes)
    return adds, np.where(able, np.inf, 0.0)


def _limits(settings: Params) -> Limits:
    plan = settings.plan
    return Limits(plan.cost_resample, plan.max_repeats, plan.max_synthetic_share, plan.margin)
