"""Does the screen itself treat everybody alike? The same rendered scene with one factor changed, through all checks."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pandas as pd

from hpefair.core.fairness.counterfactual import paired_gaps
from hpefair.generation.protocol import Item
from hpefair.generation.records import record
from hpefair.generation.render import made_of
from hpefair.machine import worker_pool
from hpefair.screening.screener import Screener
from hpefair.settings.params import Params
from hpefair.synthetic.counterfactual import change
from hpefair.synthetic.picture.photograph import photograph
from hpefair.synthetic.picture.scene import Scene
from hpefair.synthetic.picture.staging import Setting, stage
from hpefair.synthetic.streams import Streams

BEFORE: Final = {"age_band": "adult", "build": "average", "gender_presentation": "feminine", "skin_tone": "monk_04"}
CHANGES: Final = (
    ("age_band", "child"),
    ("age_band", "older"),
    ("build", "large"),
    ("gender_presentation", "masculine"),
    ("skin_tone", "monk_10"),
)
SAMPLES: Final = 2
RESAMPLES: Final = 1000


@dataclass
class _Pairs:
    """Screens the pictures of one scene; travels between processes."""

    settings: Params
    work: Path

    @cached_property
    def _screener(self) -> Screener:
        everybody = self.settings.screen.model_copy(update={"judged": ("render",)})
        nothing_wanted = self.settings.plan.model_copy(update={"attributes": ()})
        return Screener(self.settings.model_copy(update={"screen": everybody, "plan": nothing_wanted}))

    def __call__(self, number: int) -> list[dict[str, Any]]:
        streams = Streams(self.settings.generate.seed, f"pair {number}")
        scene = photograph(stage(streams, Setting(size=self.settings.generate.size, crowds=(1.0,)), BEFORE), 1).scene
        before = self._accepted(scene, f"{number}_before")
        return [
            {
                "scene": number,
                "factor": factor,
                "group": group,
                "before": before,
                "after": self._accepted(change(scene, factor, group), f"{number}_{factor}_{group}"),
            }
            for factor, group in CHANGES
        ]

    def _accepted(self, scene: Scene, name: str) -> float:
        item = Item(f"pair_{name}", {}, 0)
        made = made_of(photograph(scene, SAMPLES), "counterfactual")
        row = SimpleNamespace(**record(item, made, self.work / "pairs", self.work / "pairs"), backend="render")
        return float(self._screener.screen(row).fault == ("", ""))


def paired_acceptance(settings: Params, work: Path, number: int) -> pd.DataFrame:
    """Change of the acceptance rate when one factor of a rendered person changes.

    Poses are judged, whoever's poses the settings name.

    Args:
        settings: All settings.
        work: Folder for the pictures.
        number: Number of scenes.

    Returns:
        From `core.fairness.counterfactual.paired_gaps`, the difference being that of acceptance; empty without scenes.
    """
    (work / "pairs").mkdir(parents=True, exist_ok=True)
    workers = min(os.cpu_count() or 1, max(number, 1))
    by_scene = list(worker_pool.run(_Pairs(settings, work), range(number), workers, "checking the screen"))
    rows = sorted(
        (row for rows in by_scene for row in rows), key=lambda row: (row["scene"], row["factor"], row["group"])
    )
    if not rows:
        return pd.DataFrame(columns=["factor", "group", "n_scenes", "difference", "difference_low", "difference_high"])
    return paired_gaps(pd.DataFrame(rows), 1.0, settings.screen.confidence, RESAMPLES, settings.generate.seed)
