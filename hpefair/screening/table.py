"""Screen all generated people: side by side, resumable."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hpefair.attributes.measured.measurement import COLUMNS
from hpefair.data import tables
from hpefair.machine import worker_pool
from hpefair.schema import PERCEIVED
from hpefair.screening.screener import Finding, Screener
from hpefair.settings.params import Params


@dataclass
class _Screen:
    """Screens rows; what it found is kept in files, so that it travels between processes and outlives them."""

    settings: Params
    work: Path

    @cached_property
    def _screener(self) -> Screener:
        return Screener(self.settings)

    def __call__(self, row: Any) -> None:
        tables.write_json_atomically(self.file(row.item_id), _plain(self._screener.screen(row)))

    def file(self, item_id: str) -> Path:
        """Where a finding is kept."""
        return self.work / f"{item_id}.json"


def screen_all(made: pd.DataFrame, settings: Params, work: Path) -> pd.DataFrame:
    """Check every generated person by itself.

    Args:
        made: generated.parquet of all shards.
        settings: All settings.
        work: Folder that an interrupted run leaves behind, and the next one goes on from.

    Returns:
        The table with fault, reason, measured attributes, judged_oks, judged_worst, masked_joints, and
        `<attribute>_source` where perceived attributes were told anew.
    """
    screen = _Screen(settings, work)
    missing = [row for row in made.itertuples(name="Row") if not screen.file(row.item_id).exists()]
    workers = min(os.cpu_count() or 1, max(len(missing), 1))
    for _ in worker_pool.run(screen, [_Row(row._asdict()) for row in missing], workers, "screening"):
        pass
    findings = pd.DataFrame([tables.read_json(screen.file(name)) for name in made["item_id"]], index=made.index)
    return _joined(made, findings) if len(made) else _joined(made, pd.DataFrame(columns=_COLUMNS))


class _Row:
    """A row that can be pickled."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values)


_COLUMNS = ("fault", "reason", "measured", "keypoints", "judged_oks", "judged_worst", "perceived")


def _plain(finding: Finding) -> dict[str, Any]:
    fault, reason = finding.fault
    return {
        "fault": fault,
        "reason": reason,
        "measured": dict(finding.measured),
        "keypoints": None if finding.keypoints is None else finding.keypoints.ravel().tolist(),
        "judged_oks": finding.oks,
        "judged_worst": finding.worst,
        "perceived": dict(finding.perceived),
    }


def _joined(made: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    """Generated people with what was found of them; masked joints replace the annotated ones."""
    out = made.drop(columns="reason").assign(
        fault=findings["fault"].astype(str),
        reason=findings["reason"].astype(str),
        judged_oks=findings["judged_oks"].astype(float),
        judged_worst=findings["judged_worst"].astype(float),
    )
    masked = findings["keypoints"].notna()
    kept = out["keypoints"].where(~masked, findings["keypoints"])
    out["masked_joints"] = out["keypoints"].map(_labelled).astype(int) - kept.map(_labelled).astype(int)
    out["keypoints"] = kept
    measured = pd.DataFrame(list(findings["measured"]), index=made.index).reindex(columns=list(COLUMNS))
    anew = pd.DataFrame(list(findings["perceived"]), index=made.index)
    for name in PERCEIVED:
        if name in anew:
            out[name] = anew[name].fillna(out[name])
        out[f"{name}_source"] = anew[f"{name}_source"].fillna("") if f"{name}_source" in anew else ""
    return out.join(measured)


def _labelled(keypoints: Any) -> int:
    """Number of labelled joints; 0 where there is no picture."""
    return int((np.asarray(keypoints, dtype=float)[2::3] > 0).sum()) if isinstance(keypoints, list | np.ndarray) else 0
