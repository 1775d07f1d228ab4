"""Verdict per candidate: fairer than the baseline, and no group harmed?"""

from pathlib import Path

import numpy as np
import pandas as pd

from hpefair import artifacts
from hpefair.core.fairness.comparison import Paired, Tolerance, compare
from hpefair.core.fairness.disaggregation import with_overall
from hpefair.core.shares.groups import groups
from hpefair.core.uncertainty.clusters import image_clusters
from hpefair.core.uncertainty.intervals import resample
from hpefair.data import content, tables
from hpefair.errors import SettingsError
from hpefair.schema import UNKNOWN
from hpefair.settings import params
from hpefair.tools.dvc import stage

CLAIM = "about these trained models; a claim about the method needs at least 3 seeds per variant"


def build(out: Path, work: Path, item: str) -> None:
    """Write one verdict per candidate with the groups and gaps behind it."""
    everything = params.load()
    settings, drawing = everything.compare, everything.evaluate
    attributes = tables.read(artifacts.CALIBRATE / "attributes.parquet").set_index("person_id")
    baseline = tables.read(artifacts.EVALUATE / settings.baseline / "people.parquet").set_index("person_id")
    image, names = pd.factorize(baseline["image_id"])
    subject = tables.read(artifacts.INGEST / "images.parquet").set_index("image_id")["subject_id"]
    cluster = image_clusters(len(names), np.arange(len(names)), subject.loc[names].tolist())
    counts = resample(cluster, drawing.resamples, drawing.seed)
    _check_alike([settings.baseline, *settings.candidates])
    known = [name for name in settings.attributes if (attributes.loc[baseline.index, name] != UNKNOWN).any()]
    listed = with_overall(groups(attributes.loc[baseline.index], known), len(baseline))
    tolerance = Tolerance(settings.tolerance, drawing.confidence, drawing.power, drawing.min_support)
    verdicts, changes, spread = [], [], []
    for name in settings.candidates:
        candidate = tables.read(artifacts.EVALUATE / name / "people.parquet").set_index("person_id")
        scores = candidate.loc[baseline.index, settings.metric].to_numpy()
        paired = Paired(baseline[settings.metric].to_numpy(), scores, image.astype(np.int64))
        found = compare(paired, listed, cluster, counts, tolerance)
        verdicts.append({"model": name, "verdict": found.verdict, "no_harm": found.harm, "fairer": found.fairer})
        changes.append(found.groups.assign(model=name))
        spread.append(found.gaps.assign(model=name))
        print(f"compare {name} with {settings.baseline}: {found.verdict}")
    summary = {
        "baseline": settings.baseline,
        "metric": settings.metric,
        "tolerance": settings.tolerance,
        "claim": CLAIM,
    }
    # A verdict is about these evaluations: where one has changed since, it says nothing.
    compared = [settings.baseline, *settings.candidates]
    summary |= {"evaluations": {name: content.digest(artifacts.EVALUATE / name) for name in compared}}
    summary |= {"not_judged": [name for name in settings.attributes if name not in known]}
    tables.write_json(out / "verdicts.json", {**summary, "people": len(baseline), "candidates": verdicts})
    tables.write(out / "groups.parquet", pd.concat(changes, ignore_index=True))
    tables.write(out / "gaps.parquet", pd.concat(spread, ignore_index=True))


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
    stage.main("compare", build)
