"""Each source's probabilities, made to mean what they say on people whose groups somebody told."""

import hashlib
import json
from typing import Any

import numpy as np
import pandas as pd

from hpefair.core.labels import calibration
from hpefair.core.labels.calibration import NOBODY, Scaling, unscaled
from hpefair.schema import ATTRIBUTES, UNKNOWN
from hpefair.settings.params import Calibrate

COLUMNS = (
    "attribute", "source", "model_id", "calibration_id", "labelled_by", "n_labelled", "slope", "shift", "threshold",
    "accuracy", "accuracy_named", "named", "log_loss_before", "log_loss", "error_before", "error",
)  # fmt: skip


def calibrate(inferred: pd.DataFrame, truth: pd.DataFrame, settings: Calibrate) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scale every source's probabilities and choose from which confidence on it names a group.

    Args:
        inferred: What the sources said: person_id, image_id, attribute, source, model_id, probabilities, reason.
        truth: What people said: person_id, attribute, group, by (`review` or `labels`).
        settings: The calibrate section of params.yaml.

    Returns:
        `inferred` with scaled probabilities, group (`unknown` below the threshold, or where the source cannot tell) and
        calibration_id; and one row per attribute and source: how it was calibrated and how good it is. Numbers with
        labels are cross-fitted: nobody is judged by a scaling that saw them.
    """
    told, rows = [], []
    for (attribute, source), part in inferred.groupby(["attribute", "source"], sort=False):
        labels, by = _labels(truth[truth["attribute"] == attribute], part, settings.min_labels)
        default = settings.default_thresholds[str(source)]
        row, scaling = _fit(part, labels, str(attribute), settings, default)
        row |= {"attribute": attribute, "source": source, "model_id": ", ".join(sorted(part["model_id"].unique()))}
        row |= {"labelled_by": by, "calibration_id": _identity(scaling, row["threshold"]) if by else "none"}
        rows.append(row)
        told.append(
            _named(part, scaling, row["threshold"], str(attribute)).assign(calibration_id=row["calibration_id"])
        )
    empty = inferred.assign(group="", calibration_id="")
    return pd.concat(told) if told else empty, pd.DataFrame(rows, columns=list(COLUMNS))


def matrix(part: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Probabilities (N, K) of rows that have them."""
    return np.array(part["probabilities"].tolist(), dtype=np.float64)


def _labels(truth: pd.DataFrame, part: pd.DataFrame, fewest: int) -> tuple[pd.Series, str]:
    """Groups by person id from review, or else from given labels, if there are enough people that the source judged."""
    judged = part.loc[part["reason"] == "", "person_id"]
    for by in ("review", "labels"):
        rows = truth[(truth["by"] == by) & (truth["group"] != UNKNOWN) & truth["person_id"].isin(judged)]
        if len(rows) >= fewest and rows["group"].nunique() > 1:
            return rows.set_index("person_id")["group"], by
    return pd.Series(dtype=object), ""


def _fit(
    part: pd.DataFrame, labels: pd.Series, attribute: str, settings: Calibrate, default: float
) -> tuple[dict[str, Any], Scaling]:
    """Calibration of one source for one attribute; the default threshold where nobody labelled enough people."""
    groups = ATTRIBUTES[attribute]
    rows = part[(part["reason"] == "") & part["person_id"].isin(labels.index)]
    if rows.empty:
        row = dict.fromkeys(COLUMNS[9:], np.nan) | {"n_labelled": 0, "threshold": default}
        return row | _plain(unscaled(len(groups))), unscaled(len(groups))
    raw = matrix(rows)
    seen = np.array([groups.index(group) for group in rows["person_id"].map(labels)])
    image = pd.factorize(rows["image_id"])[0].astype(np.int64)
    scaling = calibration.METHODS[settings.method](raw, seen)
    across = calibration.cross_fitted(raw, seen, image, settings.method)
    threshold = calibration.threshold(across, seen, settings.accuracy, settings.confidence)
    right, named = across.argmax(axis=1) == seen, across.max(axis=1) >= threshold
    row = {
        "n_labelled": len(rows),
        "threshold": threshold,
        "accuracy": right.mean(),
        "accuracy_named": right[named].mean() if named.any() else np.nan,
        "named": named.mean(),
        "log_loss_before": calibration.log_loss(raw, seen),
        "log_loss": calibration.log_loss(across, seen),
        "error_before": calibration.calibration_error(raw, seen),
        "error": calibration.calibration_error(across, seen),
    }
    return row | _plain(scaling), scaling


def _plain(scaling: Scaling) -> dict[str, Any]:
    return {"slope": scaling.slope, "shift": list(scaling.shift)}


def _identity(scaling: Scaling, threshold: float) -> str:
    text = json.dumps([scaling.slope, scaling.shift, threshold])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _named(part: pd.DataFrame, scaling: Scaling, threshold: float, attribute: str) -> pd.DataFrame:
    """Rows with scaled probabilities and the group that they name."""
    out = part.assign(group=UNKNOWN).reset_index(drop=True)
    told = np.flatnonzero((out["reason"] == "").to_numpy())
    if not len(told):
        return out
    scaled = scaling(matrix(out.iloc[told]))
    best = np.array(ATTRIBUTES[attribute], dtype=object)[scaled.argmax(axis=1)]
    group, probabilities = out["group"].to_numpy(dtype=object).copy(), out["probabilities"].to_numpy().copy()
    group[told] = np.where(scaled.max(axis=1) >= min(threshold, NOBODY), best, UNKNOWN)
    for place, values in zip(told, scaled.round(6).tolist(), strict=True):
        probabilities[place] = values
    return out.assign(group=group, probabilities=probabilities)
