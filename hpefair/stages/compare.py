"""Verdict per candidate: fairer than the baseline, and no group harmed?"""

from pathlib import Path

import pandas as pd

from hpefair import artifacts, workspace
from hpefair.core.fairness.comparison import Tolerance
from hpefair.core.fairness.paired_models import Rule, compare_models, known_attributes
from hpefair.data import content, tables
from hpefair.errors import SettingsError
from hpefair.settings import params
from hpefair.tools.dvc import stage

CLAIM = "about these trained models; a claim about the method needs at least 3 seeds per variant"


def write(out: Path, work: Path, item: str) -> None:
    """Write one verdict per candidate with the groups and gaps behind it."""
    everything = params.load()
    settings, attributes = everything.compare, workspace.attributes()
    baseline = tables.read(artifacts.EVALUATE / settings.baseline / "people.parquet").set_index("person_id")
    subjects = tables.read(artifacts.INGEST / "images.parquet").set_index("image_id")["subject_id"]
    _check_alike([settings.baseline, *settings.candidates])
    scores = {
        name: (baseline, tables.read(artifacts.EVALUATE / name / "people.parquet").set_index("person_id"))
        for name in settings.candidates
    }
    comparisons = compare_models(scores, attributes, subjects, _rule(everything))
    known = known_attributes(attributes.loc[baseline.index], settings.attributes)
    for name, one in comparisons.items():
        print(f"compare {name} with {settings.baseline}: {one.verdict}")
    summary = {
        "baseline": settings.baseline,
        "metric": settings.metric,
        "tolerance": settings.tolerance,
        "claim": CLAIM,
    }
    # A verdict is about these evaluations: where one has changed since, it says nothing.
    compared = [settings.baseline, *settings.candidates]
    summary |= {"evaluations": {name: content.digest(artifacts.EVALUATE / name) for name in compared}}
    verdicts = [
        {"model": name, "verdict": one.verdict, "no_harm": one.harm, "fairer": one.fairer}
        for name, one in comparisons.items()
    ]
    summary |= {"not_judged": [name for name in settings.attributes if name not in known]}
    tables.write_json(out / "verdicts.json", {**summary, "people": len(baseline), "candidates": verdicts})
    for table in ("groups", "gaps"):
        parts = [getattr(one, table).assign(model=name) for name, one in comparisons.items()]
        tables.write(out / f"{table}.parquet", pd.concat(parts, ignore_index=True))


def _rule(everything: params.Params) -> Rule:
    settings, drawing = everything.compare, everything.evaluate
    tolerance = Tolerance(settings.tolerance, drawing.confidence, drawing.power, drawing.min_support)
    return Rule(settings.metric, settings.attributes, tolerance, drawing.resamples, drawing.seed)


def _check_alike(models: list[str]) -> None:
    """Only models that were given the same boxes and images can be compared."""
    kinds = {}
    for name in models:
        overall = tables.read_json(artifacts.EVALUATE / name / "overall.json")
        kinds[name] = f"boxes: {overall['boxes']}, {overall['images']}"
    if len(set(kinds.values())) > 1:
        said = "; ".join(f"{name} ({kind})" for name, kind in kinds.items())
        raise SettingsError(f"params.yaml: compare names models that were not measured alike: {said}")


if __name__ == "__main__":
    stage.main("compare", write)
