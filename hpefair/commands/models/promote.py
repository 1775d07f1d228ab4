"""`hpefair promote`: candidates against the champion, on people whom nobody has looked at, and a new champion."""

import hashlib
import tempfile
from pathlib import Path
from typing import Any, Final

import pandas as pd

from hpefair import artifacts
from hpefair.core.fairness.verdict import Verdict
from hpefair.data import content
from hpefair.errors import InputError, MissingArtifactError, NothingToDo
from hpefair.machine import git_repository
from hpefair.settings import params
from hpefair.tracking import keys, registry
from hpefair.tracking.run import Run
from hpefair.tracking.tracker import Logged, Tracker, connected

HOLD: Final = "hold"  # proposed where nobody can be
RANK: Final = {Verdict.PASS: 0, Verdict.INCONCLUSIVE: 1, Verdict.FAIL: 2}


def compare(uri: str, experiment: str) -> str:
    """Compare every candidate with the champion, or with the baseline where there is none, and log it.

    The one that comes off best is proposed, and registered as challenger where `hpefair log` has logged it; on fewer
    sealed people than `evaluate.min_support` nobody is.

    Args:
        uri: MLflow tracking URI.
        experiment: Experiment.

    Returns:
        One line for whoever decides.

    Raises:
        NothingToDo: If the champion is all there is.
        InputError: If nobody lies in the sealed split.
    """
    from hpefair.prediction.sealed import compare_sealed

    settings = params.load()
    with connected(uri, experiment) as tracker, tempfile.TemporaryDirectory() as scratch:
        champion = registry.champion(tracker)
        weights = _candidates(settings, champion.digest if champion else "")
        baseline = artifacts.TRAIN / settings.compare.baseline
        holder = registry.weights_of(tracker, champion, Path(scratch)) if champion else baseline
        comparisons, people = compare_sealed(settings, holder, weights)
        order = sorted(
            comparisons,
            key=lambda name: (
                RANK[comparisons[name].verdict],
                RANK[comparisons[name].harm],
                -_change(comparisons[name]),
            ),
        )
        needed = settings.evaluate.min_support
        proposed = order[0] if people >= needed else HOLD
        who = f"champion {champion.model}, version {champion.version}" if champion else f"no champion, {baseline.name}"
        tags = {f"verdict.{name}": str(one.verdict) for name, one in comparisons.items()}
        run = Run(
            name="sealed",
            key=_key(settings, weights, champion),
            metrics={f"change/{name}/{settings.compare.metric}/all": _change(one) for name, one in comparisons.items()},
            tags={
                **tags,
                "proposed": proposed,
                "people": str(people),
                "against": who,
                "git.commit": git_repository.commit(),
            },
            tables={"sealed": pd.concat([one.groups.assign(model=name) for name, one in comparisons.items()])},
        )
        tracker.log(run)
        if proposed != HOLD and (logged := _logged(tracker, proposed)):
            registry.challenge(tracker, logged.run_id, proposed, content.digest(weights[proposed]))
    said = "; ".join(_sentence(name, comparisons[name], settings.compare.metric) for name in order)
    few = f": {people} sealed people are too few, at least {needed} are needed" if proposed == HOLD else ""
    return f"Against {who}, on {people} sealed people: {said}. Proposed: {proposed}{few}."


def apply(uri: str, experiment: str, model: str, reason: str, by: str = "") -> str:
    """Make a candidate the champion; the same call in the same commit twice changes nothing.

    Args:
        uri: MLflow tracking URI.
        experiment: Experiment.
        model: Candidate; the proposed one where empty.
        reason: Why, where the verdict is not PASS, or nobody was proposed.
        by: Who decided; whoever git knows here where empty.

    Returns:
        `<name>/<version>`.

    Raises:
        MissingArtifactError: If nothing was compared, or the candidate is not logged.
        InputError: If there is no such candidate, or a reason is needed.
    """
    settings = params.load()
    key = f"{git_repository.commit()}:{model}:{reason}"
    with connected(uri, experiment) as tracker:
        if before := registry.crowned(tracker, key):
            return before
        champion = registry.champion(tracker)
        weights = _candidates(settings, champion.digest if champion else "")
        sealed = tracker.find(_key(settings, weights, champion))
        if sealed is None:
            raise MissingArtifactError("candidates not compared yet: run `hpefair promote compare`")
        held = sealed.tags["proposed"] == HOLD
        if held and not model:
            raise InputError(
                f"no model is proposed: {sealed.tags['people']} sealed people are too few, at least "
                f"{settings.evaluate.min_support} are needed; hold, or name a --model with a --reason"
            )
        model = model or sealed.tags["proposed"]
        if model not in weights:
            raise InputError(f"candidate {model!r} not found; candidates: {', '.join(weights)}")
        verdict = sealed.tags[f"verdict.{model}"]
        if (held or verdict != Verdict.PASS) and not reason.strip():
            few = f", on {sealed.tags['people']} sealed people" if held else ""
            raise InputError(
                f"the verdict on {model} is {verdict}{few}: promote it with a reason (--reason), or hold it"
            )
        logged = _logged(tracker, model)
        if logged is None:
            raise MissingArtifactError(f"{model} is not logged yet: run `hpefair log`")
        tags = {"verdict": verdict, "reason": reason.strip() or "verdict", "git.commit": git_repository.commit()}
        tags["promoted_by"] = by.strip() or git_repository.author() or "unknown"
        tags[registry.PROMOTION] = key
        version = registry.crown(tracker, logged.run_id, model, content.digest(weights[model]), tags)
    return f"{model}/{version}"


def _candidates(settings: params.Params, champion: str) -> dict[str, Path]:
    """Weights of the candidates that are not the champion."""
    folders = {name: artifacts.TRAIN / name for name in settings.compare.candidates}
    if absent := [name for name, folder in folders.items() if not folder.exists()]:
        raise MissingArtifactError(f"{absent[0]} is not trained here: run `dvc repro`")
    others = {name: folder for name, folder in folders.items() if content.digest(folder) != champion}
    if not others:
        raise NothingToDo("the champion is the only candidate: no decision to make")
    return others


def _logged(tracker: Tracker, model: str) -> Logged | None:
    """The run in which a model's evaluation was logged."""
    return tracker.find(keys.evaluation_key(model, artifacts.EVALUATE / model))


def _key(settings: params.Params, weights: dict[str, Path], champion: Any) -> str:
    """Of everything that a comparison depends on: who, by what rule, on whom, and what is known of them."""
    digests = [f"{name}={content.digest(folder)}" for name, folder in sorted(weights.items())]
    rule = hashlib.sha256(f"{settings.compare!r}{settings.evaluate!r}".encode()).hexdigest()[:16]
    people = f"{content.digest(artifacts.SPLIT)}:{content.digest(artifacts.CALIBRATE)}"
    return f"sealed:{champion.digest if champion else 'nobody'}:{','.join(digests)}:{rule}:{people}"


def _change(comparison: Any) -> float:
    return float(comparison.groups["change"].iloc[0])


def _sentence(name: str, comparison: Any, metric: str) -> str:
    everyone = comparison.groups.iloc[0]
    return (
        f"{name} {comparison.verdict} (no harm: {comparison.harm}, fairer: {comparison.fairer}; mean {metric} "
        f"{everyone['change']:+.3f} [{everyone['low']:.3f}, {everyone['high']:.3f}])"
    )
